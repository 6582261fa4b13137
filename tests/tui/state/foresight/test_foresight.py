"""When a forecast is made anew, what counts as a surprise, and the child process that makes one."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.forecast.child import Asked, Ended
from peak_console.forecast.outlook import HORIZON, Gathering, Outlook
from peak_console.jobs.model import JobSet, SchedulerSettings
from peak_console.model.ahead import AheadRun, Due
from peak_console.model.records import Hold, Outcome
from peak_console.tui.state.foresight.asking import Asking
from peak_console.tui.state.foresight.foresight import Foresight
from peak_console.tui.state.foresight.pace import (
    AGE_FACTOR,
    AGE_SECONDS,
    FAILURE_SECONDS,
    REST_SECONDS,
    SETTLE_SECONDS,
    SURPRISE_FACTOR,
    Pace,
    Reason,
)
from peak_console.tui.state.foresight.surprise import LEAST_SECONDS, is_overdue, surprises
from tests.support.factories import make_job
from tests.support.processes import DEADLINE_SECONDS
from tests.tui.harness import ZONE, fixed_now, make_row, make_run, make_snapshot
from tests.tui.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

    from peak_console.model.records import Run

NOW = fixed_now()
MADE = NOW - timedelta(hours=1)


def at(minutes: float) -> Any:
    return NOW + timedelta(minutes=minutes)


# Surprises.

FORESEEN = AheadRun("backup", at(-10), at(-10), at(-6), Outcome.SUCCEEDED)


def run(started: float, finished: float | None, **fields: Any) -> Run:
    known = {"scheduled_for": at(-10), "started_at": at(started), "finished_at": at(finished) if finished else None}
    return make_run(7, ended_ago=60 if finished else None, **{**known, **fields})


@pytest.mark.parametrize(
    ("happened", "is_one"),
    [
        (run(-10, None), False),
        (run(-10, -6), False),
        (run(-10, -5.1), False),
        (run(-10, -4), True),
        (run(-10, -8), True),
        (run(-9, None), True),
        (run(-10, -6, outcome=Outcome.FAILED), True),
        (run(-10, None, attempt=2), True),
        (run(-10, None, scheduled_for=None), True),
        (run(-80, -70), False),
        (run(-10, None, started_at=None), False),
    ],
)
def test_a_surprise_is_a_run_that_starts_or_ends_otherwise_than_foreseen(happened: Run, is_one: bool) -> None:
    assert surprises(happened, [FORESEEN], MADE) is is_one


def test_a_run_is_overdue_beyond_its_leeway() -> None:
    going = run(-10, None)
    assert not is_overdue(going, [FORESEEN], at(-5.1))
    assert is_overdue(going, [FORESEEN], at(-4.9))
    assert not is_overdue(going, [], at(60))
    assert LEAST_SECONDS < 60


# The pace.


def paced(reason: Reason, cost: float = 2.0, *, failed: bool = False) -> Pace:
    """At 100 s a forecast has ended; then comes a reason for another one."""
    pace = Pace()
    pace.started(90.0)
    pace.ended(100.0, cost, failed=failed)
    pace.wants(reason, 100.0)
    return pace


@pytest.mark.parametrize(
    ("reason", "cost", "rests"),
    [
        (Reason.CHANGE, 20.0, SETTLE_SECONDS),
        (Reason.SURPRISE, 0.1, REST_SECONDS),
        (Reason.SURPRISE, 20.0, SURPRISE_FACTOR * 20),
        (Reason.AGE, 0.1, AGE_SECONDS),
        (Reason.AGE, 20.0, AGE_FACTOR * 20),
    ],
)
def test_the_less_urgent_the_longer_it_rests(reason: Reason, cost: float, rests: float) -> None:
    pace = paced(reason, cost)
    assert not pace.is_due(100 + rests - 0.01, at_work=False)
    assert pace.is_due(100 + rests, at_work=False)


def test_what_the_operator_changes_ends_a_forecast_at_work_but_not_again_and_again() -> None:
    pace = paced(Reason.CHANGE)
    pace.started(101.0)
    pace.wants(Reason.SURPRISE, 102.0)
    assert not pace.is_due(1000.0, at_work=True)
    pace.wants(Reason.CHANGE, 102.0)
    assert not pace.is_due(102 + SETTLE_SECONDS, at_work=True)
    assert pace.is_due(101 + REST_SECONDS, at_work=True)


def test_a_forecast_that_fails_is_tried_again_later_and_at_once_after_a_change() -> None:
    pace = paced(Reason.SURPRISE, 0.1, failed=True)
    assert not pace.is_due(100 + FAILURE_SECONDS - 1, at_work=False)
    assert pace.is_due(100 + FAILURE_SECONDS, at_work=False)
    assert paced(Reason.CHANGE, failed=True).is_due(101.0, at_work=False)


# What is shown.


class Loop:
    """A foresight whose child processes are started by hand."""

    def __init__(self, directory: Path) -> None:
        self.stage = Stage(directory, make_job("backup", interval_seconds=3600))
        self.news = 0
        self.made = Foresight(self.stage.session, self.stage.clock, self.hear)

    def hear(self) -> None:
        self.news += 1

    def wants(self, **fields: Any) -> Reason:
        """What a snapshot calls for."""
        self.made._pace.reason = Reason.NONE
        self.made.consider(make_snapshot(**fields))
        return self.made._pace.reason

    @property
    def note(self) -> str:
        return self.made.note(self.stage.clock.now(), ZONE)


def outlook(hours: float = 24, *runs: AheadRun) -> Outlook:
    gathering = Gathering(Outlook(MADE, MADE + timedelta(hours=hours), MADE + HORIZON))
    gathering.add(runs)
    return gathering.outlook()


def test_holds_overrides_and_definitions_call_for_another_forecast_at_once_and_runs_as_foreseen_for_none(
    tmp_path: Path,
) -> None:
    loop = Loop(tmp_path)
    row = make_row("backup")
    assert loop.wants(rows=[row]) == Reason.CHANGE
    assert loop.wants(rows=[row]) == Reason.NONE
    assert loop.wants(rows=[row], hold=Hold(NOW, "anna")) == Reason.CHANGE
    assert loop.wants(rows=[row]) == Reason.CHANGE
    loop.stage.session.define(make_job("backup", interval_seconds=60))
    assert loop.wants(rows=[row]) == Reason.CHANGE
    loop.made.take(outlook(24, FORESEEN))
    assert loop.wants(rows=[make_row("backup", active=(run(-10, None),))]) == Reason.NONE
    assert loop.wants(rows=[make_row("backup", active=(run(-8, None),))]) == Reason.SURPRISE


def test_a_partial_outlook_stands_in_for_none_and_never_for_one_that_goes_further(tmp_path: Path) -> None:
    loop = Loop(tmp_path)
    first, whole = outlook(2), outlook()
    loop.made.take(first)
    assert loop.made.outlook is first
    loop.made.take(whole)
    loop.made.take(outlook(2))
    assert loop.made.outlook is whole
    bounded = outlook(7)
    loop.made.take(bounded)
    loop.made.take(Ended(15.0))
    assert loop.made.outlook is bounded, "the old one has ended, and this is as far as it goes"
    assert loop.note == "forecast up to 20:55, then slots alone: too many runs to come"
    assert loop.news == 5


def test_a_forecast_that_fails_leaves_the_old_one_and_says_why(tmp_path: Path) -> None:
    loop = Loop(tmp_path)
    loop.made.take(Ended(1.0, "the forecast fails (KeyError: 'x')"))
    assert loop.note == "slots alone: the forecast fails (KeyError: 'x')"
    loop.made.take(outlook())
    assert loop.note == ""
    loop.made.take(Ended(1.0, "the forecast fails (KeyError: 'x')"))
    assert loop.made.outlook is not None
    assert loop.note == "old forecast: the forecast fails (KeyError: 'x')"


def test_the_next_runs_and_those_at_risk_are_found_at_once() -> None:
    late = Due("backup", at(5), at(9))
    runs = [
        AheadRun("backup", at(n), at(n), at(n + 1), Outcome.SUCCEEDED, due=late if n == 8 else None) for n in range(20)
    ]
    found = outlook(24, *runs)
    assert [each.slot for each in found.next_of("backup", at(4.5))][:2] == [at(5), at(6)]
    assert found.at_risk == [runs[8]]
    assert found.due_of == {("backup", at(8)): late}
    assert found.next_of("other", NOW) == ()


# The child process.


async def asking(asked: Asked, answers: list[Outlook | Ended]) -> None:
    """Have a child process answer, until it has ended."""
    over = asyncio.Event()

    def take(answer: Outlook | Ended) -> None:
        answers.append(answer)
        if isinstance(answer, Ended):
            over.set()

    made = Asking(asked, asyncio.get_running_loop(), take)
    async with asyncio.timeout(DEADLINE_SECONDS):
        await over.wait()
    made.cancel()


async def test_a_child_process_makes_the_forecast_of_what_it_is_handed(tmp_path: Path) -> None:
    stage = Stage(tmp_path, *(make_job(f"job {n}", interval_seconds=3600) for n in range(450)))
    stage.ran("job 0", 3000, 60)
    answers: list[Outlook | Ended] = []
    jobs = JobSet("/nowhere/jobs.toml", stage.session.jobs, SchedulerSettings(timezone="UTC"))
    asked = Asked(jobs, stage.session.directory, NOW, NOW + timedelta(hours=3), 60.0)
    await asking(asked, answers)
    *outlooks, ended = answers
    assert isinstance(ended, Ended)
    assert ended.why == ""
    assert ended.seconds > 0
    first, whole = outlooks
    assert isinstance(first, Outlook)
    assert isinstance(whole, Outlook)
    assert first.end == NOW + timedelta(hours=2)
    assert whole.is_whole
    assert len(whole.of_job) == 450
    [one, *_] = whole.next_of("job 0", NOW)
    assert one.starts_at is not None
    assert one.ends_at == one.starts_at + timedelta(seconds=60)


async def test_a_child_that_cannot_be_started_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "nothing"))
    answers: list[Outlook | Ended] = []
    asked = Asked(JobSet("/nowhere/jobs.toml", {}), str(tmp_path), NOW, NOW + HORIZON, 1.0)
    await asking(asked, answers)
    assert answers == [Ended(0.0, "no forecast can be made (No such file or directory)")]
