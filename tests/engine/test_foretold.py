"""What the dry run foretells for this moment is what an engine then does, whatever has happened before."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import example, given
from hypothesis import strategies as st

from peak_console.decisions.ahead.rehearsal import GIVE_UP
from peak_console.decisions.gates import recorded_gating
from peak_console.decisions.planner import Planner
from peak_console.decisions.policy import Action
from peak_console.headless.dry_run import Recorded
from peak_console.jobs.beside import Gate
from peak_console.jobs.model import SchedulerSettings
from peak_console.model.records import RunState
from peak_console.runs.interface import Ended
from tests.support.engine import Bench
from tests.support.factories import make_job
from tests.support.properties import examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.decisions.ahead.rehearsal import Step
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run

    Deed = tuple[str, str, str, str | None]
    """A job, a slot, what became of it, and why."""
    Event = tuple[str, Any, Any]

NAMES = ("a", "b", "c", "d")
SCHEDULES: tuple[dict[str, Any], ...] = (
    {"interval_seconds": 60},
    {"interval_seconds": 45},
    {"cron": "* * * * *"},
    {"cron": "*/2 * * * *"},
    {"daily_time": "06:03"},
    {},
)


@st.composite
def job_sets(draw: st.DrawFn) -> list[JobDefinition]:
    return [
        make_job(
            name,
            enabled=draw(st.sampled_from([True, True, True, False])),
            overlap=draw(st.sampled_from(["skip", "queue", "allow", "kill_previous"])),
            catch_up=draw(st.sampled_from(["latest", "all", "skip"])),
            retries=draw(st.integers(0, 2)),
            retry_delay_seconds=draw(st.sampled_from([0, 30, 90])),
            misfire_grace_seconds=draw(st.sampled_from([None, 0, 75, 1000])),
            kill_grace_seconds=draw(st.sampled_from([5, 100])),
            **draw(st.sampled_from(SCHEDULES)),
        )
        for name in NAMES[: draw(st.integers(1, len(NAMES)))]
    ]


EVENTS = st.one_of(
    st.tuples(st.just("advance"), st.sampled_from([1, 15, 30, 60, 120, 300]), st.none()),
    st.tuples(st.just("leap"), st.sampled_from([60, 300, 1200]), st.none()),
    st.tuples(st.just("end"), st.integers(0, 9), st.sampled_from([0, 1, 1])),
    st.tuples(st.just("end"), st.integers(0, 9), st.sampled_from([0, 1, 1])),
    st.tuples(st.sampled_from(["run", "force", "stop", "enable", "disable"]), st.sampled_from(NAMES), st.none()),
    st.tuples(st.sampled_from(["enable", "disable"]), st.sampled_from(NAMES), st.sampled_from([30, 100])),
    st.tuples(st.sampled_from(["close_gate", "open_gate"]), st.none(), st.none()),
    st.tuples(st.sampled_from(["hold", "release", "restart"]), st.none(), st.none()),
)


def happen(engine: Bench, what: str, whom: Any, how: Any) -> None:
    """One thing that an operator, a process or the clock does."""
    if what == "advance":
        engine.advance(whom)
    elif what == "leap":  # nobody is there meanwhile
        engine.close()
        engine.clock.advance(whom)
        engine.begin()
    elif what == "end" and engine.live:
        engine.end(engine.live[whom % len(engine.live)], how)
    elif what == "restart":
        engine.restart(crash=True)
    elif what in ("hold", "release"):
        engine.command(what)
    elif what in ("close_gate", "open_gate"):
        engine.command(what, gate="desk")
    elif what in ("run", "force"):
        engine.command("run", whom, force=what == "force")
    elif what in ("enable", "disable"):
        engine.command(what, whom, for_seconds=how)
    elif what == "stop":
        engine.command(what, whom)


def foretold(engine: Bench) -> list[Deed]:
    """What the dry run says of this moment, by the registry alone."""
    now, store = engine.clock.now(), engine.store
    recorded = Recorded.read(store)
    gating = recorded_gating(engine.gates, recorded.gates, UTC, is_served=True)
    facts = recorded.facts(engine.settings.max_concurrent_runs, now, UTC, gating)
    return sorted(map(_of_step, recorded.steps(Planner(engine.jobs, store.job_states(), now), facts)))


def _of_step(step: Step) -> Deed:
    became = {
        Action.START: "started", Action.SKIP: "skipped", Action.MISS: "missed", GIVE_UP: "given up",
    }.get(step.action, "queued")  # fmt: skip
    return step.job.name, str(step.slot), became, None if became in ("started", "queued") else step.reason


def done(before: Sequence[Run], after: Sequence[Run]) -> list[Deed]:
    """What an engine has done to runs and slots, by what stands in the registry before and after."""
    known = {run.id: run for run in before}
    deeds = []
    for run in after:
        was = known.get(run.id)
        if was is not None and (was.state, was.outcome) == (run.state, run.outcome):
            continue
        became = {RunState.QUEUED: "queued", RunState.FINISHED: "given up"}.get(RunState(run.state), "started")
        if was is None and run.outcome is not None:
            became = run.outcome
        elif was is not None and was.state != RunState.QUEUED:
            continue  # a process has ended, or what was claimed runs
        reason = run.reason.partition("; stands for")[0].partition("stands for")[0] if run.reason else None
        why = reason or None
        deeds.append((run.job, str(run.scheduled_for), became, None if became in ("started", "queued") else why))
    return sorted(deeds)


def check(jobs: list[JobDefinition], places: int, events: Sequence[Event], wait: float, ending: Sequence[int]) -> None:
    """``ending`` are processes that end at the very moment that is foretold, by their place among those that live."""
    folder = Path(tempfile.mkdtemp())
    limits = SchedulerSettings(timezone="UTC", max_concurrent_runs=places)
    engine = Bench(folder, *jobs, settings=limits, gates=[Gate("desk", jobs=["a", "c"])])
    try:
        engine.turn()
        for event in events:
            if event[1] not in NAMES or event[1] in {job.name for job in jobs}:
                happen(engine, *event)
        engine.clock.advance(wait)
        for run_id in [run_id for place, run_id in enumerate(engine.live) if place in ending]:
            engine.executor.processes[run_id].ended = Ended(run_id % 2, None)
        for _ in range(3):  # whatever has ended by now is recorded, also what is killed at this moment
            engine.engine.core.watch(engine.clock.now())
        before, expected = engine.runs(), foretold(engine)
        engine.turn()
        assert done(before, engine.runs()) == expected
    finally:
        engine.close()
        shutil.rmtree(folder)


RETRY_BESIDE_SLOT = [("end", 0, 1), ("advance", 60, None), ("end", 0, 0)]
GATED = [("end", 0, 1), ("close_gate", None, None)]
LAPSED = [("end", 0, 0), ("enable", "c", 30)]


@examples(50)
@given(
    job_sets(), st.integers(0, 3), st.lists(EVENTS, max_size=12), st.sampled_from([0, 1, 30, 60, 61, 200, 1500]),
    st.lists(st.integers(0, 3), max_size=3),
)  # fmt: skip
@example([make_job("a", interval_seconds=60, overlap="kill_previous", retries=1)], 1, RETRY_BESIDE_SLOT, 60, [])
@example([make_job("a", interval_seconds=60, overlap="queue", retries=1)], 0, RETRY_BESIDE_SLOT, 60, [])
@example([make_job(name, interval_seconds=60) for name in NAMES], 1, [], 60, [0])
@example([make_job("a", interval_seconds=600, retries=1, retry_delay_seconds=30)], 0, GATED, 30, [])
@example([make_job(name, interval_seconds=60) for name in "ab"] + [make_job("c", cron="* * * * *")], 2, LAPSED, 60, [])
def test_the_dry_run_foretells_what_the_engine_does(
    jobs: list[JobDefinition], places: int, events: list[Event], wait: float, ending: list[int]
) -> None:
    check(jobs, places, events, wait, ending)
