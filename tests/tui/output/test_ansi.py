from __future__ import annotations

import pytest

from peak_console.tui.output.ansi import (
    BOLD,
    DIM,
    ITALIC,
    MAX_BYTES,
    MAX_CELLS,
    PLAIN,
    REVERSE,
    RGB,
    STRIKE,
    UNDERLINE,
    StyledText,
    TextStyle,
    shown_line,
)


def pieces(data: bytes) -> list[StyledText]:
    return shown_line(data).pieces


def text(data: bytes) -> str:
    return "".join(piece.text for piece in pieces(data))


def style(codes: str) -> TextStyle:
    """How text looks behind an SGR sequence."""
    return pieces(b"\x1b[%sm." % codes.encode())[-1].style


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ("", PLAIN),
        ("0", PLAIN),
        ("31", TextStyle(colour=1)),
        ("97", TextStyle(colour=15)),
        ("44", TextStyle(background=4)),
        ("103", TextStyle(background=11)),
        ("38;5;208", TextStyle(colour=208)),
        ("38:5:208", TextStyle(colour=208)),
        ("48;5;16", TextStyle(background=16)),
        ("38;2;1;2;3", TextStyle(colour=RGB | 0x010203)),
        ("38:2:1:2:3", TextStyle(colour=RGB | 0x010203)),
        ("38:2::1:2:3", TextStyle(colour=RGB | 0x010203)),
        ("48;2;255;0;0;1", TextStyle(background=RGB | 0xFF0000, attributes=BOLD)),
        ("1;2;3;4;7;9", TextStyle(attributes=BOLD | DIM | ITALIC | UNDERLINE | REVERSE | STRIKE)),
        ("1;2;22", PLAIN),
        ("3;23;4;24;7;27;9;29", PLAIN),
        ("31;39;41;49", PLAIN),
        ("1;31;0;32", TextStyle(colour=2)),
        ("4:3", TextStyle(attributes=UNDERLINE)),
        ("4;4:0", PLAIN),
        (";31", TextStyle(colour=1)),
        ("31;", PLAIN),
        ("58;2;1;2;3;1", TextStyle(attributes=BOLD)),
    ],
)
def test_looks_are_kept(codes: str, expected: TextStyle) -> None:
    assert style(codes) == expected


@pytest.mark.parametrize(
    "codes", ["5", "6", "8", "38", "38;5", "38;5;256", "38;2;1;2", "38;2;256;0;0", "99999999999", "38:9:1", "12:", "::"]
)
def test_what_is_unknown_or_would_hide_text_changes_nothing(codes: str) -> None:
    assert style(codes) == PLAIN


def test_pieces_change_where_the_look_changes() -> None:
    assert pieces(b"a\x1b[31mb\x1b[1mc\x1b[0md\x1b[0me") == [
        StyledText("a", PLAIN),
        StyledText("b", TextStyle(colour=1)),
        StyledText("c", TextStyle(colour=1, attributes=BOLD)),
        StyledText("de", PLAIN),
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x1b]0;title\x07text", "text"),
        (b"\x1b]8;;http://example.com\x1b\\link\x1b]8;;\x1b\\", "link"),
        (b"\x1b]52;c;aGVsbG8=\x07.", "."),
        (b"\x1bP1$r0m\x1b\\text", "text"),
        (b"\x1b[2J\x1b[Htext\x1b[K", "text"),
        (b"\x1b[?1049htext\x1b[?1049l", "text"),
        (b"\x1b(Btext\x1b7\x1b8\x1bc\x1b=", "text"),
        (b"\x1b]0;never ends", "]0;never ends"),
        (b"\x1b[31", "[31"),
        (b"text\x1b", "text"),
        (b"\x9b31mx", "\ufffd31mx"),
        ("\u009b31mx".encode(), "\ufffd31mx"),
        (b"bell\x07 null\x00 del\x7f", "bell\ufffd null\ufffd del\ufffd"),
        ("a\u202eb\u2066c\u200bd\ufeffe".encode(), "a\ufffdb\ufffdc\ufffdd\ufffde"),
        (b"\xff\xfe invalid \xc3", "\ufffd\ufffd invalid \ufffd"),
        (b"[red]markup[/red] [/] \\[x]", "[red]markup[/red] [/] \\[x]"),
        ("שלום عالم".encode(), "שלום عالم"),
    ],
)
def test_everything_else_of_escape_sequences_goes_and_nothing_is_unseen(data: bytes, expected: str) -> None:
    assert text(data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"10%\r50%\r100%", "100%"),
        (b"text\r", "text"),
        (b"text\r\r", "text"),
        (b"100%\r\x1b[K", ""),
        (b"old\rnew\r", "new"),
        (b"\rnew", "new"),
    ],
)
def test_a_progress_bar_is_shown_in_its_last_state(data: bytes, expected: str) -> None:
    assert text(data) == expected


def test_a_look_from_before_a_carriage_return_holds() -> None:
    assert pieces(b"\x1b[32m10%\r20%") == [StyledText("20%", TextStyle(colour=2))]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\tx", "        x"),
        (b"abc\tx", "abc     x"),
        (b"12345678\tx", "12345678        x"),
        (b"a\x1b[1mb\tc", "ab      c"),
        ("中\tx".encode(), "中      x"),
    ],
)
def test_tabs_reach_the_next_stop(data: bytes, expected: str) -> None:
    assert text(data) == expected


def test_width_counts_cells() -> None:
    assert shown_line("中文 e\u0301".encode()).cells == 6


def test_marks_join_no_foreign_text_and_build_no_towers() -> None:
    assert text("\u0301abc".encode()) == "\ufffdabc"
    assert text("e\u0301".encode()) == "e\u0301"
    assert len(text(("e" + "\u0301" * 1000).encode())) == 5
    tower = "e" + "\x1b[1m\u0301\x1b[0m\u0301" * 500
    assert shown_line(tower.encode()).cells > 500


def test_variation_selectors_go_so_that_widths_are_certain() -> None:
    assert text("❤\ufe0f".encode()) == "❤"


def test_a_long_line_is_cut_and_says_how_much_is_missing() -> None:
    shown = shown_line(b"x" * 10_000)
    assert (shown.cells, shown.more) == (MAX_CELLS, 10_000 - MAX_CELLS)


def test_the_length_of_a_line_that_was_read_in_part_is_told() -> None:
    shown = shown_line(b"x" * MAX_BYTES, 10 * 1024 * 1024)
    assert (shown.cells, shown.more) == (MAX_CELLS, 10 * 1024 * 1024 - MAX_CELLS)


def test_wide_characters_are_cut_within_the_width() -> None:
    shown = shown_line(b"x" + "中".encode() * 5000)
    assert shown.cells <= MAX_CELLS
    assert shown.more == 3 * (5000 - (MAX_CELLS - 1) // 2)


def test_a_line_that_fits_has_nothing_more() -> None:
    assert shown_line(b"\x1b[31m" + b"x" * MAX_CELLS).more == 0
    assert shown_line(b"").pieces == []
    assert shown_line(b"\x1b[0m").cells == 0


def test_a_line_of_a_thousand_colours_stays_quick_to_draw() -> None:
    gradient = b"".join(b"\x1b[38;2;%d;%d;9mx" % (number % 256, number // 256) for number in range(900))
    shown = shown_line(gradient)
    assert 6 < len(shown.pieces) <= 96
    assert shown.cells == 900
