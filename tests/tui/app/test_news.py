"""What reaches the console from outside, good and bad; what rings; how it is left."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Static

from peak_console.errors import StateError
from peak_console.jobs.model import Problem
from peak_console.model.records import Alert, Level, Override
from peak_console.store.store import Store
from peak_console.tui.bars.trouble_bar import TroubleBar
from peak_console.tui.dialogs.quit import QuitDialog
from peak_console.tui.state.feed import COLLECT_SECONDS, REFRESH_SECONDS
from peak_console.tui.state.snapshot import EngineState
from tests.tui.console import Console, configure, covers, running, three_jobs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.screen import Screen

    from tests.tui.stage import Stage


async def test_warnings_of_a_jobs_file_are_told_once(console: Console) -> None:
    session = console.stage.session
    problem = Problem("jobs.toml", 3, 1, 'unknown key "colour"', is_error=False)
    session._jobset = replace(session._jobset, warnings=(problem, problem))
    await console.refresh()
    await console.refresh()
    told = [note.message for note in console.app._notifications]
    assert told == ['jobs.toml:3:1: unknown key "colour"; 1 more: peak-console validate']


async def test_each_unknown_tag_of_the_command_line_is_told_once(console: Console) -> None:
    session = console.stage.session
    session.doubts = ['--include-tags: no job has the tag "x"; there are no tags']
    session._jobset = replace(session._jobset)
    await console.refresh()
    await console.refresh()
    assert [note.message for note in console.app._notifications] == session.doubts


class Later:
    """A loop that notes in how many seconds it is to call."""

    def __init__(self) -> None:
        self.delays: list[float] = []

    def call_soon_threadsafe(self, callback: Callable[[], None]) -> None:
        callback()

    def call_later(self, seconds: float, _callback: Callable[[], None]) -> None:
        self.delays.append(seconds)


async def test_news_after_a_while_are_shown_at_once_and_then_together(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = Later()
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(console.app.feed, "_loop", later)
        console.app.feed._refreshed_at = time.monotonic() - REFRESH_SECONDS
        for _ in range(3):
            console.app.feed.news()
        assert later.delays == [COLLECT_SECONDS], "what comes until then is shown with it"
        before = time.monotonic()
        console.app.feed.bring_up_to_date()
        console.app.feed.news()
        assert later.delays[1] >= before + REFRESH_SECONDS - time.monotonic()
        assert later.delays[1] <= REFRESH_SECONDS


# The bell.


class Bells:
    def __init__(self, console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        monkeypatch.setattr(console.app, "bell", self._ring)

    def _ring(self) -> None:
        self.count += 1


async def test_each_new_critical_alert_rings_once(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    bells = Bells(console, monkeypatch)
    console.stage.alert()  # the first one of this registry
    await console.refresh()
    await console.refresh()
    assert bells.count == 1

    console.stage.alert("a warning", Level.WARNING)
    await console.refresh()
    assert bells.count == 1

    console.stage.alert("again")
    await console.refresh()
    assert bells.count == 2


def fail(console: Console, level: str = Level.CRITICAL, *, realert_seconds: float = 600) -> None:
    """The same failure once more, a minute later."""
    console.stage.clock.advance(60)
    alert = Alert(Level(level), "backup failed", console.stage.clock.now(), cause="backup")
    console.stage.store.open_incident(alert, (), console.stage.clock.now(), realert_seconds)


async def test_an_incident_rings_when_it_is_told_again_or_becomes_critical(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    bells = Bells(console, monkeypatch)
    counts = []
    for level, realert_seconds in (
        (Level.WARNING, 600),  # nothing critical
        (Level.CRITICAL, 600),  # worse
        (Level.CRITICAL, 600),  # once more, told a minute ago
        (Level.CRITICAL, 100),  # told again
    ):
        fail(console, level, realert_seconds=realert_seconds)
        await console.refresh()
        counts.append(bells.count)
    assert counts == [0, 1, 1, 2]


async def test_an_acknowledged_incident_rings_when_it_is_open_again(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    bells = Bells(console, monkeypatch)
    fail(console)
    await console.refresh()
    console.stage.store.acknowledge("anna", console.stage.clock.now(), 1)
    fail(console)
    await console.refresh()
    assert bells.count == 1, "it goes on, acknowledged"
    fail(console, realert_seconds=0)
    await console.refresh()
    assert bells.count == 2
    console.stage.store.resolve(["backup"], console.stage.clock.now())
    await console.refresh()
    assert bells.count == 2


async def test_alerts_from_before_do_not_ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = three_jobs(tmp_path)
    stage.alert()
    stage.alert()
    async with running(stage) as console:
        bells = Bells(console, monkeypatch)
        stage.store.acknowledge("anna", stage.clock.now(), 2)
        await console.refresh()
        assert bells.count == 0


async def test_the_bell_can_be_switched_off(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(home, "[console]\nbell = false\n")
    async with running(three_jobs(tmp_path)) as console:
        bells = Bells(console, monkeypatch)
        console.stage.alert()
        await console.refresh()
        assert bells.count == 0


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


# News of other processes, and bad news.


def elsewhere(stage: Stage) -> Store:
    return Store(stage.session.directory)


async def test_what_another_process_does_is_seen(console: Console) -> None:
    console.stage.session.state = EngineState.ATTACHED
    await console.refresh()
    await console.go_to("alpha")
    await console.press("j", "k", "r")
    theirs = elsewhere(console.stage)
    theirs.answer(1, "done", "alpha #4 started", console.stage.clock.now())
    theirs.add_alert(Alert(Level.CRITICAL, "alpha failed", console.stage.clock.now()), (), console.stage.clock.now())
    theirs.close()
    console.app.feed.look_for_news()
    await console.pilot.pause()

    assert console.toasts == [("information", "alpha #4 started")]
    assert "1 unread" in str(console.app.layout.alerts.border_title)


async def test_news_are_asked_for_only_where_nobody_brings_them(tmp_path: Path) -> None:
    async with running(three_jobs(tmp_path), live=True) as console:

        def asks() -> bool:
            timer = console.app.feed._poll_timer
            return timer is not None and timer._active.is_set()

        asked = [asks()]
        await console.press("j", "k", "r")
        asked.append(asks())
        console.stage.answer("beta #4 started")
        await console.refresh()
        asked.append(asks())
        console.stage.session.state = EngineState.ATTACHED
        await console.refresh()
        asked.append(asks())

        assert asked == [False, True, False, True]


async def test_a_timer_that_comes_when_the_panes_are_gone_does_no_harm(console: Console) -> None:
    await console.app.layout.pane("output").remove()
    console.app.presenter.while_mounted(console.app.shown_run.refresh)()
    assert console.app.is_running


async def test_a_timer_that_comes_when_the_screens_are_gone_does_no_harm(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as at_the_end:
        at_the_end.setattr(console.app, "_screen_stacks", {console.app.current_mode: []})
        console.app.presenter.while_mounted(console.app.presenter.tick)()
    assert console.app.is_running


async def test_the_end_of_an_engine_is_seen(console: Console) -> None:
    console.stage.session.state = EngineState.STOPPED
    console.app.presenter.tick()
    await console.pilot.pause()

    assert console.app.feed.snapshot is not None
    assert console.app.feed.snapshot.engine == EngineState.STOPPED


async def test_a_registry_that_cannot_be_read_is_said_until_it_can(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    bar = console.app.screen_stack[0].query_one(TroubleBar)

    def broken() -> None:
        raise StateError("registry.db: the disk cannot be read")

    with monkeypatch.context() as patch:
        patch.setattr(console.stage.store, "engine_info", broken)
        await console.refresh()
        assert bar.has_class("-troubled")
        assert "registry.db: the disk cannot be read; what is shown is old" in str(bar.content)
        assert console.app.feed.snapshot is not None
        assert len(console.app.feed.snapshot.rows) == 3
        console.app.feed.look_for_news()
        assert console.app.feed.snapshot.stale_since is not None

    console.app.feed.look_for_news()
    await console.pilot.pause()
    assert not bar.display
    assert console.app.feed.snapshot.stale_since is None


async def test_a_registry_that_cannot_be_read_from_the_start_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> None:
        raise StateError("registry.db: the registry is damaged")

    stage = three_jobs(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(stage.store, "engine_info", broken)
        async with running(stage) as console:
            bar = console.app.screen_stack[0].query_one(TroubleBar)
            assert "the registry is damaged" in str(bar.content)
            assert console.app.feed.snapshot is not None
            assert console.app.feed.snapshot.rows == ()

            patch.undo()
            console.app.feed.look_for_news()
            await console.pilot.pause()
            assert not bar.display
            assert len(console.app.feed.snapshot.rows) == 3


async def test_a_registry_that_is_removed_and_made_anew_is_followed(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    bells = Bells(console, monkeypatch)
    bar, registry = console.app.screen_stack[0].query_one(TroubleBar), console.stage.store.path
    console.stage.alert(ago=3)
    console.stage.alert(ago=2)
    await console.refresh()
    for ending in ("", "-wal", "-shm"):
        os.unlink(registry + ending)
    console.app.presenter.tick()
    await console.pilot.pause()
    assert "registry.db: the registry is out of reach (No such file or directory); what" in str(bar.content)
    assert console.app.feed.snapshot is not None
    assert len(console.app.feed.snapshot.rows) == 3

    fresh = elsewhere(console.stage)
    fresh.add_alert(Alert(Level.CRITICAL, "a fresh one is in use", console.stage.clock.now()), (), console.stage.ago(0))
    fresh.close()
    console.app.feed.look_for_news()
    await console.pilot.pause()
    assert not bar.display
    assert [alert.message for alert in console.app.feed.snapshot.alerts] == ["a fresh one is in use"]
    assert all(row.view.last_run is None for row in console.app.feed.snapshot.rows)
    assert bells.count == 2, "once for those of the old registry, which came together"


async def test_an_override_that_lapses_is_seen_without_news(console: Console) -> None:
    now, until = console.stage.clock.now(), console.stage.ago(-60)
    console.stage.store.set_override("alpha", Override(False, "anna", now, until, None))
    await console.refresh()
    row = console.app.feed.snapshot and console.app.feed.snapshot.row("alpha")
    assert row
    assert not row.view.enabled

    console.stage.clock.advance(60)
    console.app.presenter.tick()

    row = console.app.feed.snapshot and console.app.feed.snapshot.row("alpha")
    assert row
    assert row.view.enabled
