"""How the console is left, and what becomes of its engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Static

from peak_console.tui.dialogs.quit import QuitDialog
from peak_console.tui.state.snapshot import EngineState
from tests.tui.console import Console, covers, running, three_jobs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.screen import Screen


# Leaving.


@covers("quit")
@pytest.mark.parametrize(("keys", "left"), [(["e"], ["leave"]), (["escape"], []), (["down", "enter"], ["leave"])])
@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_quit_asks_what_becomes_of_the_scheduler(
    tmp_path: Path, key: str, keys: list[str], left: list[str]
) -> None:
    stage = three_jobs(tmp_path)
    stage.store.finish(3, "succeeded", 0, stage.clock.now())
    async with running(stage) as console:
        await console.press(key)
        assert console.shows(QuitDialog)
        assert text_of(console.screen) == "The scheduler ends with this console.\n  next: alpha in 00:58:58"
        await console.press(*keys)

        assert stage.session.left == left
        assert bool(left) == console.app._exit


async def test_a_letter_of_another_question_chooses_nothing(tmp_path: Path) -> None:
    stage = three_jobs(tmp_path)
    stage.store.finish(3, "succeeded", 0, stage.clock.now())
    async with running(stage) as console:
        await console.press("q", "w", "s", "l", "q")
        assert console.shows(QuitDialog)
        assert stage.session.left == []


@pytest.mark.parametrize("keys", [["b"], ["enter"]])
async def test_the_console_leaves_once_a_headless_engine_stands_by(console: Console, keys: list[str]) -> None:
    await console.press("q", *keys)
    assert console.stage.session.succession.is_wanted
    assert console.stage.session.left == []  # its own engine goes on until then

    console.stage.session.succession.ready = True
    await until(console, lambda: console.app._exit)
    assert console.stage.session.left == ["leave"]


async def test_without_a_successor_the_console_stays_and_says_why(console: Console) -> None:
    console.stage.session.succession.failure = "no headless engine takes over: nothing works"
    await console.press("q", "b")
    await until(console, lambda: ("error", "no headless engine takes over: nothing works") in console.toasts)
    assert console.stage.session.left == []
    assert not console.app._exit


async def test_a_successor_is_dismissed_when_the_operator_ends_the_scheduler_after_all(console: Console) -> None:
    await console.press("q", "b", "q", "l")
    assert not console.stage.session.succession.is_wanted
    assert console.stage.session.left == ["leave"]


async def test_one_engine_does_not_hand_over_while_a_slot_falls_due(console: Console) -> None:
    console.stage.session.succession.ready = True
    snapshot = console.app.feed.snapshot
    assert snapshot is not None
    slots = [row.view.next_slot for row in snapshot.rows if row.view.next_slot is not None]
    console.stage.clock.advance(seconds=(min(slots) - console.stage.clock.now()).total_seconds() - 1)
    await console.press("q", "b")
    await console.pilot.pause(0.2)
    assert console.stage.session.left == []
    console.stage.clock.advance(seconds=11)  # patience is over
    await until(console, lambda: console.app._exit)


async def until(console: Console, holds: Callable[[], bool]) -> None:
    """Wait until something holds that a timer brings about."""
    for _ in range(200):
        if holds():
            return
        await console.pilot.pause(0.02)
    assert holds()


@pytest.mark.parametrize(("keys", "left"), [(["w"], "drain"), (["s"], "stop"), (["l"], "leave")])
@pytest.mark.parametrize("key", ["q", "ctrl+c"])
async def test_quit_asks_what_becomes_of_the_runs(console: Console, key: str, keys: list[str], left: str) -> None:
    await console.press(key)
    assert console.shows(QuitDialog)
    assert console.stage.session.left == []
    await console.press(*keys)

    assert console.stage.session.left == [left]
    assert console.app._exit


@pytest.mark.parametrize("keys", [["enter"], ["question_mark"], ["ctrl+p"], ["H"], ["t"], ["d"], ["R"]])
async def test_q_in_details_and_dialogs_never_asks_about_leaving(console: Console, keys: list[str]) -> None:
    await console.go_to("alpha")
    await console.press(*keys)
    assert len(console.app.screen_stack) == 2
    await console.press("q")
    assert not console.shows(QuitDialog)
    assert not console.app._exit


async def test_the_question_says_when_nothing_runs_any_more(console: Console) -> None:
    await console.press("q")
    dialog = console.app.screen
    assert isinstance(dialog, QuitDialog)
    assert "Under way:" in text_of(dialog)
    console.stage.clock.advance(seconds=60)
    dialog.look_again()
    assert "running for 1m" in text_of(dialog)
    console.stage.store.finish(3, "succeeded", 0, console.stage.clock.now())
    dialog.look_again()
    assert text_of(dialog).startswith("Nothing runs any more, and the scheduler ends with this console.\n")


def text_of(dialog: Screen[Any]) -> str:
    return "\n".join(str(dialog.query_one(part, Static).content) for part in (".sentence", ".explanation"))


async def test_quit_can_be_taken_back_and_is_asked_once(console: Console) -> None:
    await console.press("q", "ctrl+c")
    assert len(console.app.screen_stack) == 2
    await console.press("escape")

    assert console.stage.session.left == []
    assert not console.app._exit


async def test_runs_of_another_engine_hold_nobody_up(console: Console) -> None:
    console.stage.session.state = EngineState.ATTACHED
    await console.press("q")

    assert console.app._exit
