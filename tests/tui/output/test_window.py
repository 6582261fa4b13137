from __future__ import annotations

import pytest
from rich.cells import cell_len

from peak_console.tui.output.ansi import PLAIN, StyledText, TextStyle
from peak_console.tui.output.files import OutputFiles
from peak_console.tui.output.line_index import LineIndex
from peak_console.tui.output.search import Pattern
from peak_console.tui.output.styled_text import cropped, wrapped
from peak_console.tui.output.window import MATCH, OutputWindow
from tests.tui.output_stage import RunDirectory, indexed


def window_of(run: RunDirectory, *, width: int = 10, height: int = 4, wrap: bool = True) -> OutputWindow:
    window = OutputWindow(indexed(run))
    window.width, window.height, window.wrap = width, height, wrap
    return window


def rows(window: OutputWindow) -> list[str]:
    return ["".join(piece.text for piece in row.pieces) for row in window.rows()]


def grow(window: OutputWindow) -> None:
    window.index.files.refresh()
    assert isinstance(window.index, LineIndex)
    window.index.advance(1 << 20)


def numbered(count: int, first: int = 0) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(first, first + count))


def test_it_starts_at_the_end_and_follows(run: RunDirectory) -> None:
    run.write(numbered(10))
    window = window_of(run)
    assert rows(window) == ["line 6", "line 7", "line 8", "line 9"]
    run.write(numbered(2, 10))
    grow(window)
    assert rows(window) == ["line 8", "line 9", "line 10", "line 11"]


def test_less_than_a_screen_starts_at_the_top(run: RunDirectory) -> None:
    run.write(numbered(2))
    window = window_of(run)
    assert rows(window) == ["line 0", "line 1"]
    assert window.thumb() == (0, 0)
    assert not window.scroll(-1)
    assert window.follow


def test_scrolling_up_stops_following_and_the_end_starts_it_again(run: RunDirectory) -> None:
    run.write(numbered(10))
    window = window_of(run)
    assert window.scroll(-1)
    assert rows(window)[0] == "line 5"
    run.write(numbered(5, 10))
    grow(window)
    assert (window.follow, rows(window)[0]) == (False, "line 5")
    window.scroll(100)
    assert (window.follow, rows(window)[-1]) == (True, "line 14")


def test_the_start_is_the_limit(run: RunDirectory) -> None:
    run.write(numbered(10))
    window = window_of(run)
    window.scroll(-1000)
    assert rows(window)[0] == "line 0"
    assert not window.scroll(-1)
    window.go_to_end()
    window.go_to_start()
    assert rows(window)[0] == "line 0"


def test_a_wrapped_line_scrolls_by_its_rows(run: RunDirectory) -> None:
    run.write(b"a" * 25 + b"\n" + b"b" * 25 + b"\nc\n")
    window = window_of(run)
    assert rows(window) == ["b" * 10, "b" * 10, "b" * 5, "c"]
    window.scroll(-1)
    assert rows(window) == ["a" * 5, "b" * 10, "b" * 10, "b" * 5]
    window.scroll(-10)
    assert rows(window) == ["a" * 10, "a" * 10, "a" * 5, "b" * 10]
    window.scroll(1)
    assert rows(window)[0] == "a" * 10
    assert window.rows()[0].row == 1


def test_every_row_is_reached_by_scrolling(run: RunDirectory) -> None:
    run.write(b"".join(b"%02d" % number + b"x" * (number * 3) + b"\n" for number in range(20)))
    window = window_of(run, width=7, height=5)
    window.go_to_start()
    seen = rows(window)
    while window.scroll(1):
        seen.append(rows(window)[-1])
    expected = [
        row for n in range(20) for text in [f"{n:02}" + "x" * (n * 3)] for row in map("".join, _chunks(text, 7))
    ]
    assert seen == expected
    while window.scroll(-3):
        pass
    assert rows(window) == expected[:5]


def _chunks(text: str, width: int) -> list[str]:
    return [text[at : at + width] for at in range(0, len(text), width)]


def test_unwrapped_lines_are_cut_and_say_so(run: RunDirectory) -> None:
    run.write(b"0123456789\n0123456789abcdef\n")
    window = window_of(run, wrap=False)
    assert rows(window) == ["0123456789", "012345678›"]
    assert window.shift(8)
    assert rows(window) == ["6789", "6789abcdef"]
    assert not window.shift(8)
    assert window.shift(-8)
    assert rows(window)[0] == "0123456789"


def test_the_final_line_is_the_last_one(run: RunDirectory) -> None:
    run.write(numbered(3))
    window = window_of(run)
    window.final = [StyledText("done", PLAIN)]
    assert rows(window) == ["line 0", "line 1", "line 2", "done"]
    run.write(numbered(3, 3))
    grow(window)
    assert rows(window) == ["line 3", "line 4", "line 5", "done"]
    assert window.rows()[-1].line is None


def test_the_dropped_middle_says_how_much(run: RunDirectory) -> None:
    run.write(b"head\n" + b"x" * 4096 + b"\ntail\n")
    run.drop("out", 5, 5 + 4097)
    assert rows(window_of(run, width=60)) == ["head", "── 4.0 KiB dropped (max_output_bytes) ──", "tail"]


def test_a_line_is_shown_without_moving_when_it_is_there(run: RunDirectory) -> None:
    run.write(numbered(100))
    window = window_of(run, height=9)
    window.show_line(95)
    assert rows(window)[-1] == "line 99"
    assert window.follow
    window.show_line(50)
    assert rows(window)[3] == "line 50"
    assert not window.follow


def test_the_scrollbar_points_where_the_window_is(run: RunDirectory) -> None:
    run.write(numbered(1000))
    window = window_of(run, height=20)
    assert window.thumb() == (19, 20)
    window.scroll(-1)
    assert window.thumb() == (18, 19)
    window.go_to_start()
    assert window.thumb() == (0, 1)
    window.go_to_share(0.5)
    assert window.thumb() == (9, 10)
    window.go_to_share(1)
    assert window.follow


def test_an_index_with_other_numbers_shows_the_same_line(run: RunDirectory) -> None:
    run.write(numbered(1000))
    window = window_of(run)
    tail = LineIndex(OutputFiles(str(run)), (len(numbered(900)), 0))
    tail.advance(1 << 20)
    window.index = tail
    window.scroll(-10)
    before = rows(window)
    window.take(indexed(run), window.line_at_top())
    assert rows(window) == before
    assert window.top.line == 986


def test_what_is_looked_for_is_marked_across_pieces_and_rows(run: RunDirectory) -> None:
    run.write(b"xxxxxxxxne\x1b[31med\x1b[0mle nee\n")
    window = window_of(run)
    window.pattern = Pattern("needle")
    marked = "".join(piece.text for row in window.rows() for piece in row.pieces if piece.style.attributes & MATCH)
    assert marked == "needle"


@pytest.mark.parametrize("text", ["aaa", "aa aa", "a"])
def test_matches_side_by_side_are_all_marked(run: RunDirectory, text: str) -> None:
    run.write(text.encode() + b"\n")
    window = window_of(run)
    window.pattern = Pattern("a")
    marked = [piece.text for piece in window.rows()[0].pieces if piece.style.attributes & MATCH]
    assert "".join(marked) == text.replace(" ", "")


def test_wide_characters_wrap_whole() -> None:
    found = wrapped([StyledText("a中文字", PLAIN)], 4)
    assert [[piece.text for piece in row] for row in found] == [["a中"], ["文字"]]


def test_lines_break_between_words_where_that_leaves_no_great_gap() -> None:
    def texts(text: str) -> list[str]:
        half = len(text) // 2
        pieces = [StyledText(text[:half], PLAIN), StyledText(text[half:], TextStyle(colour=1))]
        return ["".join(piece.text for piece in row) for row in wrapped(pieces, 10)]

    assert texts("exposure of BTC/EUR") == ["exposure ", "of BTC/EUR"]
    assert texts("exposure12 of BTC") == ["exposure12", "of BTC"]
    assert texts("a bcdefghijklmno") == ["a bcdefghi", "jklmno"]
    assert texts("0123456789  x") == ["0123456789", " x"]
    assert texts("0123456789 ") == ["0123456789"]
    assert texts("") == [""]


@pytest.mark.parametrize("text", ["e\u0301" * 12, "中" * 12, "a" * 12, "中 a e\u0301 " * 6])
@pytest.mark.parametrize("width", [2, 3, 7])
def test_wrapping_loses_nothing_but_blanks_and_keeps_to_the_width(text: str, width: int) -> None:
    found = ["".join(piece.text for piece in row) for row in wrapped([StyledText(text, PLAIN)], width)]
    assert "".join(found).replace(" ", "") == text.replace(" ", "")
    assert all(cell_len(row) <= width for row in found)


def test_half_of_a_wide_character_is_a_blank() -> None:
    red = TextStyle(colour=1)
    assert cropped([StyledText("中文", PLAIN), StyledText("x", red)], 1, 3) == [StyledText(" 文", PLAIN)]
    assert cropped([StyledText("中文", PLAIN), StyledText("x", red)], 2, 3) == [
        StyledText("文", PLAIN),
        StyledText("x", red),
    ]
    assert cropped([StyledText("ab", PLAIN)], 5, 3) == []
