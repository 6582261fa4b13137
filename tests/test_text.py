from __future__ import annotations

import json
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.text import ago, countdown, duration, nearest, parse_duration, safe, safe_json, safe_lines, size
from tests.support.properties import examples

NASTY = "\x1b[]PX^_0;31mHJ\x07\\\x9b\x9d\x9c\r\n\t\x00\x7f\u202e\u2066\u200b\u200d\ufeff\u2028\ud800\udfffaé漢 "


class TestSafe:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("plain text, ümläut, 漢字, 🚀, [/red] $x", "plain text, ümläut, 漢字, 🚀, [/red] $x"),
            ("", ""),
            ("\x1b[31mred\x1b[0m", "red"),
            ("\x1b[38;2;1;2;3mtrue\x1b[2J\x1b[?1049h", "true"),
            ("\x1b]0;title\x07after", "after"),
            ("\x1b]52;c;aGk=\x1b\\after", "after"),
            ("\x1bPq#0\x1b\\after", "after"),
            ("\x1bcreset \x1b(Bcharset \x1b7saved", "reset charset saved"),
            ("no end \x1b]0;hides nothing", "no end ]0;hides nothing"),
            ("no end \x1b[31", "no end [31"),
            ("lone \x1b", "lone "),
            ("\x9b31mC1", "\ufffd31mC1"),
            ("a\nb\r\nc\rd\te\vf\fg\x85h\u2028i", "a b c d e f g h i"),
            ("bell\x07 null\0 del\x7f back\b", "bell\ufffd null\ufffd del\ufffd back\ufffd"),
            ("\u202egnp.exe \u2066x\u2069 \u200fy \u061c", "\ufffdgnp.exe \ufffdx\ufffd \ufffdy \ufffd"),
            ("zero\u200bwidth\u200d\ufeff\u00ad\u2060", "zero\ufffdwidth\ufffd\ufffd\ufffd\ufffd"),
            ("tag\U000e0041", "tag\ufffd"),
            ("lone \ud800 surrogate \udcff", "lone \ufffd surrogate \ufffd"),
            ("no-break\u00a0space \ue0b0 private", "no-break\u00a0space \ue0b0 private"),
        ],
    )
    def test_shows_text_and_nothing_else(self, text: str, shown: str) -> None:
        assert safe(text) == shown

    def test_lines_keep_their_ends(self) -> None:
        assert safe_lines("a\nb\r\nc\rd\te\u2028f\x1b[2Jg\n") == "a\nb\nc\nd e fg\n"
        assert safe_lines("\x1b]0;no end\nnext\x07") == "]0;no end\nnext\ufffd"
        assert safe_lines("plain") == "plain"

    @examples(200)
    @given(st.one_of(st.text(NASTY, max_size=40), st.text(st.characters(), max_size=20)))
    def test_whatever_comes_in_nothing_invisible_goes_out(self, text: str) -> None:
        shown = safe(text)
        assert {unicodedata.category(letter) for letter in shown}.isdisjoint({"Cc", "Cs", "Zl", "Zp"})
        assert not [letter for letter in shown if unicodedata.bidirectional(letter) in BIDI_CONTROLS]
        assert safe(shown) == shown
        shown.encode()  # no lone surrogates
        lines = safe_lines(text)
        assert safe(lines) == lines.replace("\n", " ")

    @pytest.mark.parametrize(
        "text",
        ["\x1b]" * 50_000, "\x1b" * 100_000, "\x1b[" + "0;" * 50_000, "\x1b[" * 50_000, "\x1b[" + " " * 100_000,
         "\x1b]" + "x" * 100_000, "\x1bP" * 50_000, "\x1b " * 50_000, "\x1b" + " " * 100_000, "\0" * 100_000],
    )  # fmt: skip
    def test_time_is_linear_in_the_length(self, text: str) -> None:
        started = time.process_time()
        safe(text)
        safe_lines(text)
        assert time.process_time() - started < 1  # a quadratic one takes a minute


BIDI_CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0.0s"),
        (0.84, "0.8s"),
        (48, "48.0s"),
        (59.94, "59.9s"),
        (59.96, "1m00s"),
        (60, "1m00s"),
        (724, "12m04s"),
        (3599.4, "59m59s"),
        (3599.6, "1h00m"),
        (3720, "1h02m"),
        (86399, "23h59m"),
        (86400, "1d00h"),
        (3 * 86400 + 4 * 3600, "3d04h"),
        (400 * 86400, "400d00h"),
        (-3, "-3.0s"),
    ],
)
def test_duration(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "due"),
        (0, "due"),
        (0.2, "00:00:01"),
        (252, "00:04:12"),
        (3598.5, "00:59:59"),
        (3599.5, "1h 00m"),
        (16 * 3600 + 34 * 60 + 12, "16h 34m"),
        (86400 - 1, "23h 59m"),
        (86400, "1d 00h"),
        (3 * 86400 + 4 * 3600, "3d 04h"),
    ],
)
def test_countdown_is_coarser_the_farther_off(seconds: float, shown: str) -> None:
    assert countdown(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-10, "just now"), (0, "just now"), (59.9, "just now"), (60, "1m ago"), (56 * 60, "56m ago"), (3599, "59m ago"),
     (6 * 3600, "6h ago"), (86399, "23h ago"), (86400, "1d ago"), (7 * 86400 + 5, "7d ago")],
)  # fmt: skip
def test_ago(seconds: float, shown: str) -> None:
    assert ago(seconds) == shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1_258_291, "1.2 MiB"), (1024**2 - 1, "1.0 MiB"),
     (256 * 1024**2, "256.0 MiB"), (3 * 1024**3, "3.0 GiB"), (1024**4, "1.0 TiB"), (2 * 1024**5, "2.0 PiB")],
)  # fmt: skip
def test_size(count: int, shown: str) -> None:
    assert size(count) == shown


class TestParseDuration:
    @pytest.mark.parametrize(
        ("text", "seconds"),
        [("45", 45), ("90s", 90), ("15m", 900), ("2h", 7200), ("1h30m", 5400), ("1h 30m 5s", 5405), (" 1.5H ", 5400),
         ("1d", 86400), ("1w2d", 777600), ("0", 0), ("0.5", 0.5)],
    )  # fmt: skip
    def test_reads(self, text: str, seconds: float) -> None:
        assert parse_duration(text) == seconds

    @pytest.mark.parametrize(
        "text",
        ["", " ", "h", "2x", "-5", "-2h", "1h30", "30m1h", "1m1m", "inf", "nan", "1e3", "٢h", "1,5h", "2h!", ".",
         "1.h", "9" * 5000, " " * 5000 + "x", "\x1b[31m"],
    )  # fmt: skip
    def test_refuses_with_an_example_to_follow(self, text: str) -> None:
        with pytest.raises(ValueError, match="is not a duration; write for example 90s, 15m, 2h or 1h30m") as caught:
            parse_duration(text)
        assert str(caught.value).isprintable()
        assert len(str(caught.value)) < 200


class TestNearest:
    KNOWN = ("interval_seconds", "daily_time", "timezone", "timeout_seconds")

    @pytest.mark.parametrize(
        ("word", "meant"),
        [
            ("intervall_seconds", "interval_seconds"),
            ("interval-seconds", "interval_seconds"),
            ("Interval Seconds", "interval_seconds"),
            ("DAILY_TIME", "daily_time"),
            ("time_zone", "timezone"),
            ("timeout", "timeout_seconds"),
        ],
    )
    def test_names_what_was_probably_meant(self, word: str, meant: str) -> None:
        assert nearest(word, self.KNOWN) == meant

    @pytest.mark.parametrize("word", ["", "xyz", "colour", "interval_seconds" * 1000])
    def test_stays_silent_when_nothing_is_close(self, word: str) -> None:
        assert nearest(word, self.KNOWN) is None

    def test_nothing_is_known(self) -> None:
        assert nearest("a", ()) is None


DEFAULT_IGNORABLE = [
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F),
    (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
]  # fmt: skip
"""Of DerivedCoreProperties.txt, Unicode 15."""


def test_nothing_that_cannot_be_seen_stays_by_category_and_by_default_ignorable() -> None:
    unseen = {code for low, high in DEFAULT_IGNORABLE for code in range(low, high + 1)} | {0x2800}
    seen: list[str] = []
    for code in range(0x110000):
        character = chr(code)
        category = unicodedata.category(character)
        if category in ("Cc", "Cf", "Cs") or code in unseen:
            shown, in_json = safe(f"a{character}b"), safe_json(f"a{character}b")
            assert shown in ("a\ufffdb", "a b", "ab", "a"), hex(code)
            if code >= 0x7F:
                assert character not in in_json
                assert json.loads(f'"{in_json}"') == f"a{character}b"
        elif category not in ("Zl", "Zp", "Cn"):  # of what is unassigned here, a newer Unicode knows more
            seen.append(character)
    for first in range(0, len(seen), 1000):
        block = "".join(seen[first : first + 1000])
        assert safe(block) == safe_json(block) == block
