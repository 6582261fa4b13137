"""The output that is shown: of which run, from where to where, searched and saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.tui.dialogs.save import SaveDialog
from peak_console.tui.keys.actions import ACTION
from tests.tui.console import Console, covers

if TYPE_CHECKING:
    from pathlib import Path


def output_text(console: Console) -> str:
    return "\n".join(
        console.app.layout.output.render_line(y).text for y in range(console.app.layout.output.size.height)
    )


# Output.


async def test_the_output_is_of_the_latest_run_of_the_job_under_the_cursor(console: Console) -> None:
    assert console.shown_run == 3
    assert "at work" in output_text(console)

    await console.go_to("alpha")
    assert console.shown_run == 2
    assert "line 59 of many" in output_text(console)

    newest = console.stage.running("alpha", 0, out="begun\n")
    await console.refresh()
    assert console.shown_run == newest.id


@covers("older_run", "newer_run")
@pytest.mark.parametrize("place", [0, 1])
async def test_earlier_runs_are_one_key_away_and_stay_when_newer_ones_come(console: Console, place: int) -> None:
    older, newer = (ACTION[name].default_keys[place] for name in ("older_run", "newer_run"))
    await console.go_to("alpha")
    await console.press("2", older)
    assert console.shown_run == 1
    assert "an earlier run" in output_text(console)

    latest = console.stage.running("alpha", 0)
    await console.refresh()
    assert console.shown_run == 1

    await console.press(newer, newer)
    assert console.shown_run == latest.id
    await console.press(newer)
    assert console.toasts == [("information", "this is the latest run")]


async def test_there_is_nothing_before_the_first_run(console: Console) -> None:
    await console.go_to("alpha")
    await console.press("2", "o", "o")

    assert console.shown_run == 1
    assert console.toasts == [("information", "there is no earlier run here")]


async def test_another_job_shows_its_latest_run_again(console: Console) -> None:
    await console.go_to("alpha")
    await console.press("2", "o", "1")
    await console.go_to("beta")
    await console.go_to("alpha")

    assert console.shown_run == 2


@covers("follow")
async def test_follow_is_off_as_soon_as_one_scrolls_up_and_on_again_by_its_key(console: Console) -> None:
    await console.go_to("alpha")
    followed = [console.app.layout.output.follow]
    for keys in (("2", "up"), ("1", "f"), ("f",)):
        await console.press(*keys)
        followed.append(console.app.layout.output.follow)

    assert followed == [True, False, True, False]


@covers("jump_end")
async def test_end_goes_to_the_end_and_follows(console: Console) -> None:
    await console.go_to("alpha")
    await console.press("2", "home")
    assert "line 0 of many" in output_text(console)
    await console.press("end")

    assert "line 59 of many" in output_text(console)
    assert console.app.layout.output.follow


@covers("search", "next_match", "previous_match")
async def test_search_finds_while_it_is_typed_and_keys_go_from_match_to_match(console: Console) -> None:
    await console.go_to("alpha")
    await console.press("2", "slash")
    await console.write("line 5")
    assert "of 11" in console.app.layout.output.search_status

    await console.press("enter")
    assert console.app.layout.output.has_focus
    first = console.app.layout.output.search_status
    await console.press("n")
    assert console.app.layout.output.search_status != first
    await console.press("N")
    assert console.app.layout.output.search_status == first


@pytest.mark.parametrize("follows", [True, False])
async def test_escape_gives_back_place_and_follow(console: Console, *, follows: bool) -> None:
    await console.go_to("alpha")
    await console.press("2", *([] if follows else ["home", "pagedown"]))
    output = console.app.layout.output
    before = (output._window.top if output._window else None, output.follow)
    assert output.follow == follows
    await console.press("slash")
    await console.write("line 3 of")
    assert output._window is not None
    assert (output._window.top, output.follow) != before
    await console.press("escape")
    assert (output._window.top, output.follow) == before


async def test_escape_takes_a_search_back(console: Console) -> None:
    await console.go_to("alpha")
    await console.press("2", "slash")
    await console.write("needle")
    await console.press("escape")

    assert console.app.layout.output.search_status == ""
    assert console.app.layout.output.has_focus


async def test_a_search_begins_with_what_was_looked_for_last(console: Console) -> None:
    await console.go_to("alpha")
    await console.press("2", "slash", *"needle", "enter", "slash")

    assert console.app.layout.prompt.value == "needle"


@covers("wrap", "timestamps")
async def test_wrapping_and_times_are_switched(console: Console) -> None:
    wrap, times = console.app.layout.output.wrap, console.app.layout.output.timestamps
    await console.press("2", "l", "T")

    assert (console.app.layout.output.wrap, console.app.layout.output.timestamps) == (not wrap, not times)


@covers("save")
async def test_output_is_saved_to_a_file_that_is_asked_for(console: Console, tmp_path: Path) -> None:
    await console.go_to("alpha")
    await console.press("2", "T", "S")
    assert console.shows(SaveDialog)
    path = tmp_path / "saved.log"
    console.screen.query_one("#path").value = str(path)  # type: ignore[attr-defined]
    await console.press("enter")
    for _ in range(200):
        if console.toasts:
            break
        await console.pilot.pause(0.01)

    assert "line 59 of many" in path.read_text()
    assert console.toasts == [("information", f"969 B saved to {path}")]
