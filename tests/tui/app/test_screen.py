"""The console as a whole: what is shown at which size, by which keys, and what of it is remembered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from textual._callback import invoke
from textual.command import CommandPalette
from textual.widgets import Input

from peak_console.tui.app.layout import BROAD, HIGH, PANES, TALL, WIDE
from peak_console.tui.app.palette import ActionCommands
from peak_console.tui.bars.key_bar import KeyBar
from peak_console.tui.drawing.themes import DEFAULT_THEME
from peak_console.tui.keys.actions import ACTION, ACTIONS, ROOMS
from peak_console.tui.state.snapshot import EngineState
from tests.tui import desk
from tests.tui.console import Console, configure, covers, running, three_jobs

if TYPE_CHECKING:
    from pathlib import Path


def displayed(console: Console) -> list[str]:
    return [name for name in PANES if console.app.layout.pane(name).display]


def key_bar(console: Console) -> str:
    return str(console.app.screen_stack[0].query_one(KeyBar).render())


def remembered(home: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((home / ".local/state/peak-console/console.json").read_text())
    return found


# Size.


@pytest.mark.parametrize("size", [(WIDE, HIGH), (140, 42), (200, 60)])
async def test_a_large_screen_shows_every_pane_whole(tmp_path: Path, size: tuple[int, int]) -> None:
    async with running(three_jobs(tmp_path), size) as console:
        regions = [console.app.layout.pane(name).region for name in PANES]

        assert displayed(console) == list(PANES)
        assert all(region.width >= 40 and region.height >= 8 for region in regions)
        assert sum(region.area for region in regions) == size[0] * (size[1] - 3)
        assert all(one is other or not one.overlaps(other) for one in regions for other in regions)


@pytest.mark.parametrize("width", [WIDE, 140, BROAD - 1, BROAD])
async def test_a_large_screen_has_every_column(tmp_path: Path, width: int) -> None:
    async with running(desk.failing(tmp_path), (width, HIGH)) as console:
        header = console.app.layout.jobs.render_line(0).text.split()

        assert header == ["state", "▲", "name", "schedule", "next", "last", "took", "runs", "tags"]
        output, upcoming = console.app.layout.pane("output").region, console.app.layout.pane("upcoming").region
        assert output.x == 0
        assert (output.y == upcoming.y) == (width < BROAD)


@pytest.mark.parametrize("size", [(80, 24), (WIDE - 1, TALL - 1), (WIDE, TALL - 1)])
async def test_a_small_screen_shows_one_pane_at_a_time_and_all_of_it(tmp_path: Path, size: tuple[int, int]) -> None:
    async with running(three_jobs(tmp_path), size) as console:
        for key, name in zip("1234", PANES, strict=True):
            await console.press(key)
            assert displayed(console) == [name]
            assert console.app.layout.pane(name).region == (0, 3, size[0], size[1] - 4)  # below the tabs


async def test_a_terminal_may_become_small_and_large_again(console: Console) -> None:
    await console.press("4")
    await console.pilot.resize_terminal(80, 24)
    await console.pilot.pause()
    assert displayed(console) == ["alerts"]

    await console.pilot.resize_terminal(140, 42)
    await console.pilot.pause()
    assert displayed(console) == list(PANES)
    assert console.app.layout.alerts.has_focus


@pytest.mark.parametrize("size", [(1, 1), (20, 5), (500, 10)])
async def test_no_size_is_too_odd(tmp_path: Path, size: tuple[int, int]) -> None:
    async with running(three_jobs(tmp_path), size) as console:
        await console.press("tab", "tab", "tab", "tab", "question_mark", "escape")

        assert console.app.is_running


# Keys of one's own, and the palette.


async def test_keys_are_replaced_everywhere(tmp_path: Path, home: Path) -> None:
    configure(home, '[keys]\nrun = "i"\nmark = "m"\ndetails = "b"\nacknowledge = "y"\nwrap = "Z"\n')
    stage = three_jobs(tmp_path)
    alert = stage.alert()
    async with running(stage) as console:
        wrapped = console.app.layout.output.wrap
        await console.press("r", "space", "enter", "a", "2", "l", "4", "a", "1")
        assert stage.commands == []
        assert console.app.layout.jobs.selected_names() == ("beta",)
        assert console.app.layout.output.wrap == wrapped
        assert len(console.app.screen_stack) == 1

        await console.press("m", "m", "i", "4", "y", "2", "Z", "b")
        verbs = [(command[0], command[1], command[3].get("alert")) for command in stage.commands]
        assert verbs == [("run", "beta", None), ("run", "alpha", None), ("ack", None, alert.id)]
        assert console.app.layout.output.wrap != wrapped
        assert console.app.details.screen is not None
        assert "i Run" in key_bar(console)


async def test_what_is_said_names_the_keys_that_one_has(tmp_path: Path, home: Path) -> None:
    configure(home, '[keys]\ntake_over = ["y", "Y"]\nedit = "b"\nhold = "J"\nopen_run = "ctrl+o"\nclose = "p"\n')
    stage = three_jobs(tmp_path)
    stage.hold()
    async with running(stage) as console:
        await console.press("j", "k", "r")
        stage.session.state = EngineState.STOPPED
        await console.press("J", "enter")
        assert [text for _, text in console.toasts] == [
            "no engine serves this directory: press y to take over",
        ]
        assert "Ctrl+O output of the run · r Run · x Stop · d Disable · Tab other side · p closes" in str(
            console.screen.query_one("#keys").render()
        )
        await console.press("p")
        stage.session.define()
        stage.session.jobs_file = "jobs.toml"
        await console.refresh()
        assert "press b to edit" in console.app.layout.jobs.render_line(1).text


async def test_what_is_wrong_with_the_configuration_is_said(tmp_path: Path, home: Path) -> None:
    configure(home, '[keys]\nrum = "i"\n')
    async with running(three_jobs(tmp_path)) as console:
        assert console.toasts == [("warning", 'console.toml: [keys] unknown action "rum"; did you mean "run"?')]


@covers("command_palette")
async def test_the_palette_holds_every_action_of_the_console(console: Console) -> None:
    await console.press("ctrl+p")
    assert console.shows(CommandPalette)
    provider = ActionCommands(console.screen)
    titles = [str(getattr(hit, "display", "")) async for hit in provider.discover()]

    there = [action for action in ACTIONS if action.context not in ROOMS and action.id != "command_palette"]
    assert [title.rsplit(" · ", 1)[0] for title in titles] == [action.label for action in there]


@pytest.mark.parametrize("action", ["sort", "search", "wrap", "pane_alerts", "hold", "help"])
async def test_a_command_of_the_palette_does_what_its_key_does(console: Console, action: str) -> None:
    await console.press("ctrl+p")
    provider = ActionCommands(console.screen)
    await console.press("escape")
    before = state(console)
    hits = [hit async for hit in provider.search(ACTION[action].help)]
    await invoke(hits[0].command)
    await console.pilot.pause()

    assert state(console) != before


def state(console: Console) -> object:
    app = console.app
    return (
        app.layout.jobs.sort_column,
        app.layout.prompt.display,
        app.layout.output.wrap,
        app.layout.focused,
        type(app.screen),
    )


# What is remembered.


async def test_nothing_is_remembered_of_one_who_only_looks(tmp_path: Path, home: Path) -> None:
    async with running(three_jobs(tmp_path)) as console:
        await console.press("down", "2", "1", "q")

    assert not (home / ".local").exists()


async def test_the_theme_is_remembered(tmp_path: Path, home: Path) -> None:
    stage = three_jobs(tmp_path)
    async with running(stage) as console:
        assert console.app.theme == DEFAULT_THEME
        await console.press("ctrl+p", *"colour", "enter")
        for _ in range(100):
            await console.pilot.pause(0.02)
            if console.app.theme != DEFAULT_THEME:
                break
            await console.press("enter")
        assert console.app.theme == "peak-colour-blind"

    assert remembered(home)["theme"] == "peak-colour-blind"
    async with running(stage) as console:
        assert console.app.theme == "peak-colour-blind"
        console.app.theme = DEFAULT_THEME
        await console.pilot.pause()

    assert remembered(home)["theme"] == DEFAULT_THEME


async def test_order_wrapping_and_times_are_remembered(tmp_path: Path, home: Path) -> None:
    stage = three_jobs(tmp_path)
    async with running(stage) as console:
        await console.press("s", "S", "2", "l", "T")
        wanted = (console.app.layout.output.wrap, console.app.layout.output.timestamps)

    assert "theme" not in remembered(home)
    async with running(stage) as console:
        assert (console.app.layout.jobs.sort_column, console.app.layout.jobs.sort_descending) == ("name", True)
        assert (console.app.layout.output.wrap, console.app.layout.output.timestamps) == wanted


async def test_what_cannot_be_remembered_is_said(tmp_path: Path, home: Path) -> None:
    (home / ".local").write_text("in the way")
    async with running(three_jobs(tmp_path)) as console:
        await console.press("s")

        ((severity, text),) = console.toasts
        assert severity == "warning"
        assert "cannot be written, so nothing is remembered" in text


@pytest.mark.parametrize("theme", [DEFAULT_THEME, "peak-light", "peak-16", "nord"])
async def test_to_begin_with_a_theme_is_as_to_change_to_it(tmp_path: Path, home: Path, theme: str) -> None:
    async with running(three_jobs(tmp_path / "changed")) as console:
        console.app.theme = theme
        await console.pilot.pause()
        changed = dressed(console)
    configure(home, f'[console]\ntheme = "{theme}"\n')
    async with running(three_jobs(tmp_path / "begun")) as console:
        assert dressed(console) == changed


def dressed(console: Console) -> object:
    """Everything that a theme decides."""
    app = console.app
    styles = [(widget.styles.background, widget.styles.color) for widget in app.screen.walk_children()]
    return set(app.classes), app.theme_variables, app.native_ansi_color, vars(app._filters[0]), styles


async def test_no_cursor_blinks(console: Console) -> None:
    await console.press("slash")
    assert not console.app.layout.prompt.cursor_blink
    await console.press("escape", "H")
    assert not any(each.cursor_blink for each in console.app.screen.query(Input))
