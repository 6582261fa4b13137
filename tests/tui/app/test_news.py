"""What reaches the console from outside, good and bad; what rings; how it is left."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from peak_console.errors import StateError
from peak_console.jobs.model import Problem
from peak_console.model.records import Alert, Level, Override
from peak_console.store.store import Store
from peak_console.tui.bars.trouble_bar import TroubleBar
from peak_console.tui.state.feed import COLLECT_SECONDS, REFRESH_SECONDS
from peak_console.tui.state.snapshot import EngineState
from tests.tui.console import Console, configure, running, three_jobs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

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
