"""Groups and priorities: never more runs of a group than may, and who starts first where places are scarce."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.decisions.turns import turn
from peak_console.engine.setup import EngineOptions
from peak_console.errors import JobsFileError
from peak_console.jobs.file.loader import load
from peak_console.jobs.model import JobSet, SchedulerSettings
from peak_console.model.records import Claim, RunState
from peak_console.runs.supervisors import identity
from tests.support.clock import MONDAY_MORNING
from tests.support.engine import Bench
from tests.support.factories import make_job, make_queued

if TYPE_CHECKING:
    from pathlib import Path

    from peak_console.jobs.model import JobDefinition
    from tests.engine.conftest import MakeBench


class GroupedBench(Bench):
    """A bench whose jobs file limits the group ``api`` to two runs at once."""

    def jobset(self, *jobs: JobDefinition) -> JobSet:
        return JobSet("/etc/peak/jobs.toml", {job.name: job for job in jobs}, self.settings, groups={"api": 2})


def jobs(count: int, **more: object) -> list[JobDefinition]:
    return [make_job(f"j{n}", daily_time="07:00", group="api", timeout_seconds=0, **more) for n in range(count)]


def test_no_more_runs_of_a_group_go_on_at_once_than_may(tmp_path: Path) -> None:
    bench = GroupedBench(tmp_path / "state", *jobs(5), make_job("free", daily_time="07:00"))
    bench.turn()
    bench.advance(3600)
    assert {bench.store.run(n).job for n in bench.live} == {"free", "j0", "j1"}  # type: ignore[union-attr]
    waiting = [run for run in bench.runs() if run.state == RunState.QUEUED]
    assert {run.late_because for run in waiting} == {"waited for a place in the group api"}
    most = 0
    while any(run.state == RunState.QUEUED for run in bench.runs()):
        bench.end(next(n for n in bench.live if bench.store.run(n).job != "free"))  # type: ignore[union-attr]
        most = max(most, len(bench.live) - 1)
    assert most == 2
    for run_id in bench.live:
        bench.end(run_id)
    assert bench.outcomes() == ["succeeded"] * 6
    bench.close()


def test_a_group_holds_across_the_engines_of_a_state_directory(tmp_path: Path) -> None:
    made = [
        make_job(f"{tag}{n}", daily_time="07:00", group="api", tags=(tag,), timeout_seconds=0)
        for tag in "ab" for n in range(2)
    ]  # fmt: skip
    bench = GroupedBench(tmp_path / "state", *made, options=EngineOptions("headless", include_tags=["b"]))
    bench.turn()
    another = identity(os.getppid())
    claims = [Claim(name, MONDAY_MORNING) for name in ("a0", "a1")]
    first, _ = bench.store.claim(claims, MONDAY_MORNING, another)
    bench.advance(3600)
    assert bench.live == []
    assert [run.state for run in bench.runs() if run.job.startswith("b")] == [RunState.QUEUED] * 2
    bench.store.finish(first.id, "succeeded", 0, bench.clock.now())
    bench.advance(2)
    assert len(bench.live) == 1
    bench.close()


def test_the_higher_priority_starts_first_where_places_are_scarce(bench: MakeBench) -> None:
    made = [make_job(name, daily_time="07:00", priority=n) for name, n in (("low", -1), ("mid", 0), ("top", 1))]
    engine = bench(*made, settings=SchedulerSettings(timezone="UTC", max_concurrent_runs=1))
    engine.turn()
    engine.advance(3600)
    order = []
    while engine.live:
        order.append(engine.store.run(engine.live[0]).job)  # type: ignore[union-attr]
        engine.end(engine.live[0])
    assert order == ["top", "mid", "low"]


def test_what_falls_due_with_a_higher_priority_comes_before_what_waits(bench: MakeBench) -> None:
    made = [
        make_job("long", daily_time="07:00"),
        make_job("waits", daily_time="07:01"),
        make_job("urgent", daily_time="07:02", priority=1),
    ]
    engine = bench(*made, settings=SchedulerSettings(timezone="UTC", max_concurrent_runs=1))
    engine.turn()
    engine.advance(3600)
    engine.advance(60)
    long = engine.live[0]
    engine.clock.advance(60)
    engine.end(long)  # at the very moment at which the urgent one falls due
    assert [engine.store.run(n).job for n in engine.live] == ["urgent"]  # type: ignore[union-attr]
    engine.end(engine.live[0])
    assert [engine.store.run(n).job for n in engine.live] == ["waits"]  # type: ignore[union-attr]


def test_who_waits_long_enough_comes_before_any_priority() -> None:
    old = make_queued(1, MONDAY_MORNING, priority=-100)
    fresh = make_queued(2, MONDAY_MORNING + timedelta(minutes=2001), priority=100)
    sooner = make_queued(3, MONDAY_MORNING + timedelta(minutes=1999), priority=100)
    assert sorted([fresh, old, sooner], key=turn) == [sooner, old, fresh]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[groups]\napi = 0\n", 'jobs.toml:2:1: [groups]: "api" must be a whole number, 1 or more'),
        (
            "groups = 1\n",
            "jobs.toml:1:1: groups must be a table, begun with [groups]: a name and its limit in each line",
        ),
        (
            '[groups]\napi = 1\n[[job]]\nname = "a"\ngroup = "apo"\n',
            'jobs.toml:5:1: job "a": group "apo" is not defined; did you mean "api"?',
        ),
        (
            '[[job]]\nname = "a"\ngroup = "api"\n',
            'jobs.toml:3:1: job "a": group "api" is not defined; give its limit under [groups]',
        ),
    ],
)
def test_what_is_wrong_with_groups_is_told_with_its_place(text: str, told: str) -> None:
    with pytest.raises(JobsFileError) as caught:
        load("jobs.toml", text.encode(), {})
    assert [str(problem) for problem in caught.value.problems] == [told]


def test_groups_are_read() -> None:
    jobset = load("jobs.toml", b'[groups]\napi = 2\n[[job]]\nname = "a"\ngroup = "api"\npriority = -3\n', {})
    assert jobset.groups == {"api": 2}
    assert (jobset.jobs["a"].group, jobset.jobs["a"].priority) == ("api", -3)
