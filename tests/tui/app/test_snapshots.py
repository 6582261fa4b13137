"""How the whole console looks in each state that matters. Look at a difference before it is taken over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input, OptionList

from peak_console.errors import StateError
from peak_console.model.records import EngineInfo
from peak_console.store.locks import EngineLock
from peak_console.tui.output.view import OutputView
from peak_console.tui.state.snapshot import EngineState, Trouble
from tests.tui import desk
from tests.tui.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from pathlib import Path

    from textual.pilot import Pilot

    SnapCompare = Callable[..., bool]
    Prepare = Callable[[Pilot[Any]], Awaitable[None]]

LARGE, LEAST, SMALL, HUGE, WIDE = (140, 42), (120, 36), (80, 24), (200, 60), (180, 48)


def by_size(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def pressing(*keys: str, theme: str | None = None) -> Prepare:
    """What the operator does before the picture is taken."""

    async def prepare(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        if theme is not None:
            pilot.app.theme = theme
            await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await pilot.pause()

    return prepare


def looks(snap_compare: SnapCompare, stage: Stage, size: tuple[int, int], prepare: Prepare | None = None) -> bool:
    return snap_compare(stage.app(), terminal_size=size, run_before=prepare or pressing())


def test_empty(snap_compare: SnapCompare, tmp_path: Path) -> None:
    assert looks(snap_compare, Stage(tmp_path), LEAST)


def test_quiet(snap_compare: SnapCompare, tmp_path: Path) -> None:
    assert looks(snap_compare, desk.quiet(tmp_path), LARGE)


@pytest.mark.parametrize("size", [LARGE, LEAST], ids=by_size)
def test_busy(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    """The cursor is on the sweep, whose output comes."""
    assert looks(snap_compare, desk.busy(tmp_path), size, pressing("down", "down"))


@pytest.mark.parametrize("size", [LARGE, LEAST, HUGE], ids=by_size)
def test_failing(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    """A critical alert, and a traceback on stderr."""
    assert looks(snap_compare, desk.failing(tmp_path), size)


@pytest.mark.parametrize("keys", ["1", "2", "3", "4"])
def test_failing_on_a_small_screen(snap_compare: SnapCompare, tmp_path: Path, keys: str) -> None:
    assert looks(snap_compare, desk.failing(tmp_path), SMALL, pressing(keys))


@pytest.mark.parametrize("theme", ["peak-colour-blind", "peak-16", "peak-16-light", "peak-light"])
def test_failing_in_other_colours(snap_compare: SnapCompare, tmp_path: Path, theme: str) -> None:
    assert looks(snap_compare, desk.failing(tmp_path), LARGE, pressing(theme=theme))


def test_failing_without_colours(snap_compare: SnapCompare, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert looks(snap_compare, desk.failing(tmp_path), LARGE)


@pytest.mark.parametrize("size", [LEAST, SMALL], ids=by_size)
def test_held(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    stage = desk.busy(tmp_path)
    stage.hold("exchange down, back at 16:00")
    assert looks(snap_compare, stage, size)


@pytest.mark.parametrize("size", [LEAST, SMALL], ids=by_size)
def test_a_broken_file(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    stage = desk.quiet(tmp_path)
    wrong = (
        "jobs file rejected, the jobs loaded before go on: config/scheduler/jobs.toml:41:12: "
        'job "market_scan": unknown time zone "Europe/Berln"; did you mean "Europe/Berlin"?'
    )
    stage.session.troubled.append(Trouble(wrong, stage.ago(95)))
    assert looks(snap_compare, stage, size)


def test_attached_to_another_engine(snap_compare: SnapCompare, tmp_path: Path) -> None:
    stage = desk.busy(tmp_path)
    stage.store.engine_started(EngineInfo(pid=31337, mode="headless", started_at=stage.ago(80_000)))
    stage.session.state = EngineState.ATTACHED
    assert looks(snap_compare, stage, LEAST)


@pytest.mark.parametrize("size", [LEAST, SMALL], ids=by_size)
def test_nobody_serves(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    stage = desk.quiet(tmp_path)
    stage.session.state = EngineState.STOPPED
    stage.session.troubled.append(Trouble("no engine serves this directory: press E to take over", stage.ago(600)))
    assert looks(snap_compare, stage, size)


@pytest.mark.parametrize("size", [LEAST, SMALL], ids=by_size)
def test_locked_out(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    stage = desk.busy(tmp_path)
    stage.session.state = EngineState.BLOCKED
    locked = (
        "the engine can record nothing and so starts nothing, but keeps trying: "
        "/srv/trading/.peak_console/registry.db: another program keeps the registry locked; see who has it open, "
        "and try again"
    )
    stage.session.troubled.append(Trouble(locked, stage.ago(95)))
    assert looks(snap_compare, stage, size)


@pytest.mark.parametrize("size", [SMALL, LEAST, WIDE], ids=by_size)
def test_starving(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    assert looks(snap_compare, desk.starving(tmp_path), size)


@pytest.mark.parametrize("size", [SMALL, LEAST, WIDE], ids=by_size)
def test_why_a_run_was_late(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    assert looks(snap_compare, desk.starving(tmp_path), size, pressing("slash", *"heartbeat", "enter", "2"))


@pytest.mark.parametrize("size", [SMALL, LEAST, WIDE], ids=by_size)
def test_some_jobs_are_not_served(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    stage = desk.quiet(tmp_path)
    lock = EngineLock(stage.session.directory)
    assert lock.acquire()
    served = [job.name for job in desk.JOBS if not {"risk", "sweep"} & set(job.tags)]
    stage.store.engine_started(
        EngineInfo(pid=4711, mode="headless", started_at=stage.ago(600), exclude_tags=("risk", "sweep"), jobs=served)
    )
    stage.session.state = EngineState.ATTACHED
    assert looks(snap_compare, stage, size)
    lock.release()


def test_stale(snap_compare: SnapCompare, tmp_path: Path) -> None:
    stage = desk.busy(tmp_path)

    def broken(*, strict: bool = False) -> EngineInfo:
        raise StateError("registry.db: the disk cannot be written or read (full or failing); see the system's log")

    async def prepare(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        stage.clock.advance(42)
        stage.store.engine_info = broken  # type: ignore[method-assign]
        pilot.app.feed.bring_up_to_date()  # type: ignore[attr-defined]
        pilot.app.presenter.tick()  # type: ignore[attr-defined]
        await pilot.pause()

    assert looks(snap_compare, stage, LEAST, prepare)


@pytest.mark.parametrize("size", [LEAST, SMALL], ids=by_size)
def test_asking_about_leaving(snap_compare: SnapCompare, tmp_path: Path, size: tuple[int, int]) -> None:
    assert looks(snap_compare, desk.busy(tmp_path), size, pressing("q"))


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("filtering", ["slash", *"daily"]),
        ("marking", ["down", "space", "space"]),
        ("alerts", ["4", "down"]),
    ],
)
def test_at_work(snap_compare: SnapCompare, tmp_path: Path, name: str, keys: Sequence[str]) -> None:
    assert name
    assert looks(snap_compare, desk.failing(tmp_path), LEAST, pressing(*keys))


def test_searching(snap_compare: SnapCompare, tmp_path: Path) -> None:
    async def prepare(pilot: Pilot[Any]) -> None:
        await pressing("2", "slash", *"limit")(pilot)
        await until(pilot, lambda: "of 6" in pilot.app.query_one(OutputView).search_status)

    assert looks(snap_compare, desk.failing(tmp_path), LEAST, prepare)


def test_the_palette(snap_compare: SnapCompare, tmp_path: Path) -> None:
    async def prepare(pilot: Pilot[Any]) -> None:
        await pressing("ctrl+p")(pilot)
        pilot.app.screen.query_one(Input).cursor_blink = False
        await pressing(*"alerts")(pilot)
        await pilot.app.workers.wait_for_complete()
        await until(pilot, lambda: pilot.app.screen.query_one(OptionList).has_class("--visible"))

    assert looks(snap_compare, desk.failing(tmp_path), LEAST, prepare)


async def until(pilot: Pilot[Any], holds: Callable[[], bool]) -> None:
    """Wait for what another thread or task brings about."""
    for _ in range(500):
        if holds():
            break
        await pilot.pause(0.02)
    assert holds()
    await pilot.pause()


def test_an_answer(snap_compare: SnapCompare, tmp_path: Path) -> None:
    stage = desk.busy(tmp_path)

    async def prepare(pilot: Pilot[Any]) -> None:
        await pressing("j", "k", "r")(pilot)
        stage.answer("fetch_quotes #131 started")
        pilot.app.feed.bring_up_to_date()  # type: ignore[attr-defined]
        await pilot.pause()

    assert looks(snap_compare, stage, LEAST, prepare)
