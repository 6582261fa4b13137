"""Only the lines that match: against every line tried by itself, and on the screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.errors import UsageError
from peak_console.tui.output.line_filter import FilteredLines, FilteredPattern, LineFilter
from peak_console.tui.output.run import INDEXED_AT_ONCE_BYTES
from peak_console.tui.output.search import Matches, Pattern
from tests.tui.output_stage import OutputApp, RunDirectory, ended, indexed, live, numbered, texts, until

if TYPE_CHECKING:
    from pathlib import Path

WORDS = st.lists(
    st.sampled_from([b"ok", b"ERROR fx", b"error", b"", b"\x1b[31mred\x1b[0m", b"50%\r100%", b"x y"]), max_size=40
)


@given(
    lines=WORDS,
    ends=st.booleans(),
    text=st.sampled_from(["error", "ERROR", "!error", "^$", "!^$", "red$", "0%", "!x", "o|r"]),
)
def test_kept_lines_are_those_that_match_one_by_one(tmp_path: Path, lines: list[bytes], ends: bool, text: str) -> None:
    run = RunDirectory(tmp_path / "run")
    (run.path / "stdout.log").write_bytes(b"\n".join(lines) + (b"\n" if ends and lines else b""))
    pattern = text.removeprefix("!")
    regex = re.compile(pattern, re.IGNORECASE if pattern == pattern.lower() else 0)
    shown = [line.replace(b"\x1b[31m", b"").replace(b"\x1b[0m", b"").split(b"\r")[-1].decode() for line in lines]
    if lines and not ends and not lines[-1]:
        shown.pop()  # nothing has been written of it
    wanted = [number for number, line in enumerate(shown) if (regex.search(line) is None) == text.startswith("!")]
    index = indexed(run)
    matches = Matches(index, LineFilter(text))
    assert matches.scan(lambda: True)
    assert (matches.total, matches.numbers(0, 100)) == (len(wanted), wanted)
    assert matches.numbers(1, 2) == wanted[1:3]


def test_long_outputs_are_looked_up_across_blocks(run: RunDirectory) -> None:
    run.write(
        b"".join(b"%d %s\n" % (number, b"error" if number % 1000 == 7 else b"x" * 90) for number in range(20_000))
    )
    index = indexed(run)
    kept = Matches(index, LineFilter("error"))
    assert not kept.scan(lambda: False)
    assert kept.scan(lambda: True)
    lines = FilteredLines(index, kept)
    assert texts(index, lines.window(0, 3)) == ["7 error", "1007 error", "2007 error"]
    assert texts(index, lines.window(19, 3)) == ["19007 error"]
    assert [lines.number_of(index.window(number, 1)[0]) for number in (0, 8, 19_999)] == [0, 1, 19]
    found = Matches(index, FilteredPattern(Pattern("3007"), LineFilter("error")))
    assert found.scan(lambda: True)
    assert found.numbers(0, 5) == [3007, 13007]


def test_a_giant_line_is_kept_or_not_as_a_whole(run: RunDirectory) -> None:
    run.write(b"a" * 3_000_000 + b" needle " + b"b" * 10 + b"\nshort\n")
    index = indexed(run)
    for text, wanted in (("needle", [0]), ("!needle", [1]), ("!short", [0])):
        matches = Matches(index, LineFilter(text))
        assert matches.scan(lambda: True)
        assert matches.numbers(0, 9) == wanted


def test_what_is_no_expression_or_might_never_end_is_refused() -> None:
    for text in ("(", "!(", "(a+)+$"):
        with pytest.raises(UsageError):
            LineFilter(text)


async def test_only_matching_lines_are_shown_also_those_that_come(run: RunDirectory) -> None:
    run.write(numbered(30) + b"ERROR fx\n" + numbered(5))
    app = OutputApp(live(), run)
    async with app.run_test(size=(70, 12)) as pilot:
        app.view.toggle_timestamps()
        app.view.filter_lines("error")
        await pilot.pause()
        assert [row for row in app.screen_text() if row.strip()] == [" ERROR fx"]
        assert app.view.filter_status == "&error · 1 of 36 lines"
        run.write(b"ok\nerror again\n")
        app.view.refresh_output()
        await pilot.pause()
        assert [row for row in app.screen_text() if row.strip()] == [" ERROR fx", " error again"]
        app.view.filter_lines("!line")
        await pilot.pause()
        assert [row for row in app.screen_text() if row.strip()] == [" ERROR fx", " ok", " error again"]
        app.view.search("again")
        await pilot.pause()
        assert app.view.search_status == "/again · 1 of 1"
        await pilot.press("escape", "escape")
        assert (app.view.search_status, app.view.filter_status) == ("", "")
        assert app.screen_text()[-1] == " error again"
        assert app.screen_text()[-3] == " line 4"


async def test_a_filter_stays_at_the_line_that_was_at_the_top_and_says_what_is_wrong(run: RunDirectory) -> None:
    run.write(numbered(200))
    app = OutputApp(ended(), run)
    async with app.run_test(size=(70, 12)) as pilot:
        app.view.toggle_timestamps()
        await pilot.press("home", *["down"] * 45)
        assert app.screen_text()[0] == " line 45"
        app.view.filter_lines("5$")
        await pilot.pause()
        assert app.screen_text()[0] == " line 45"
        assert app.screen_text()[1] == " line 55"
        app.view.filter_lines("(")
        assert app.view.filter_status.startswith('"(" is no regular expression')
        app.view.filter_lines("")
        await pilot.pause()
        assert app.screen_text()[:2] == [" line 45", " line 46"]
        app.view.filter_lines("nothing like this")
        await pilot.pause()
        assert app.view.filter_status == "&nothing like this · 0 of 200 lines"


async def test_a_long_output_is_filtered_by_a_thread(run: RunDirectory) -> None:
    row = b"x" * 63 + b"\n"
    run.write(row * (INDEXED_AT_ONCE_BYTES // 64) * 2 + b"error 1\n" + row * 100 + b"error 2\n")
    app = OutputApp(ended(), run)
    async with app.run_test(size=(70, 12)) as pilot:
        app.view.filter_lines("error")
        await until(pilot, lambda: "2 of" in app.view.filter_status)
        await pilot.pause()
        assert [row.split("  ")[-1] for row in app.screen_text() if "error" in row] == ["error 1", "error 2"]
