from __future__ import annotations

from peak_console.verbs.shared.terminal import TerminalOutput


def shown(*writes: tuple[str, bytes], colours: bool = False, marked: bool = True) -> str:
    parts: list[str] = []
    output = TerminalOutput(parts.append, colours=colours, marked=marked)
    for stream, data in writes:
        output.show(stream, data)
    output.end()
    return "".join(parts)


def test_stderr_is_marked_line_by_line() -> None:
    assert shown(("out", b"one\n"), ("err", b"two\nthree\n"), ("out", b"four\n")) == "one\n▌ two\n▌ three\nfour\n"


def test_one_stream_alone_needs_no_mark() -> None:
    assert shown(("err", b"two\nthree\n"), marked=False) == "two\nthree\n"


def test_streams_never_share_a_line() -> None:
    assert shown(("out", b"50 %"), ("err", b"oops\n"), ("out", b" done\n")) == "50 %\n▌ oops\n done\n"


def test_a_line_in_pieces_stays_one_line_with_one_mark() -> None:
    assert shown(("err", b"hel"), ("err", b"lo\n")) == "▌ hello\n"


def test_output_without_a_last_line_break_leaves_the_prompt_alone() -> None:
    assert shown(("out", b"no end")) == "no end\n"


def test_a_character_across_pieces_is_one_character() -> None:
    text = "grüße".encode()
    assert shown(("out", text[:3]), ("out", text[3:])) == "grüße\n"


def test_what_is_not_utf_8_is_replaced() -> None:
    assert shown(("out", b"\xff\xfe ok\n")) == "\ufffd\ufffd ok\n"


def test_only_colours_survive() -> None:
    wild = b"\x1b[2J\x1b]0;title\x07\x1b[31mred\x1b[0m\x1b[?1049h\x08\x9bend\tof\r\nline\rnext\n"
    assert shown(("out", wild), colours=True) == "\x1b[31mred\x1b[0m\ufffd\ufffdend\tof\nline\nnext\n"
    assert shown(("out", wild)) == "red\ufffd\ufffdend\tof\nline\nnext\n"


def test_a_colour_across_pieces_is_one_colour() -> None:
    assert shown(("out", b"\x1b[3"), ("out", b"1mred"), colours=True) == "\x1b[31mred\x1b[0m\n"


def test_a_line_break_across_pieces_is_one_line_break() -> None:
    assert shown(("out", b"one\r"), ("out", b"\ntwo\n")) == "one\ntwo\n"


def test_a_colour_left_on_does_not_reach_the_other_stream_and_comes_back() -> None:
    text = shown(("err", b"\x1b[33myellow\n"), ("out", b"plain\n"), ("err", b"again\n"), colours=True)
    after_err, after_out = text.index("plain"), text.index("again")
    assert text[:after_err].endswith("yellow\n\x1b[0m") or text[:after_err].endswith("yellow\x1b[0m\n")
    assert text[after_err:after_out].endswith("\x1b[33m")
    assert text.endswith("again\n\x1b[0m")


def test_an_unfinished_sequence_at_the_end_stays_without_effect() -> None:
    assert shown(("out", b"x\x1b[3"), colours=True) == "x[3\n"


def test_a_remark_has_a_line_of_its_own() -> None:
    parts: list[str] = []
    output = TerminalOutput(parts.append, colours=False, marked=True)
    output.show("out", b"head")
    output.remark("3.0 KiB of stdout were dropped here")
    output.show("out", b"tail\n")
    output.end()
    assert "".join(parts) == "head\n── 3.0 KiB of stdout were dropped here ──\ntail\n"
