"""Deadlines: a warning as soon as one is likely to be missed, a critical alert when it is, along the whole chain."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.decisions.ahead.deadlines import Prospect, Risk, recorded
from peak_console.decisions.ahead.durations import expected, how_unusual, quantile
from peak_console.engine.one_shot import OneShotEngine
from peak_console.engine.setup import EngineOptions
from peak_console.errors import JobsFileError
from peak_console.jobs.file.loader import load
from peak_console.model.records import Claim
from peak_console.schedule.deadline_times import moment_of
from tests.support.engine import Bench

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from peak_console.jobs.model import JobDefinition, JobSet

DAY = datetime(2026, 11, 23, tzinfo=UTC)


def at(hour: int, minute: int = 0, second: int = 0, day: int = 0) -> datetime:
    return DAY + timedelta(days=day, hours=hour, minutes=minute, seconds=second)


TEXT = """\
[scheduler]
timezone = "UTC"
timeout_seconds = 0
alert_on_success = false
[[job]]
name = "scan"
command = "/bin/true"
schedule_type = "daily"
daily_time = "07:00"
tags = ["pre-open"]
[[job]]
name = "risk"
command = "/bin/true"
schedule_type = "after"
after = ["scan"]
[[job]]
name = "report"
command = "/bin/true"
schedule_type = "daily"
daily_time = "07:30"
after = ["risk"]
finish_by = "08:55"
"""


class FileBench(Bench):
    """A bench that works by a whole jobs file."""

    text = TEXT

    def jobset(self, *jobs: JobDefinition) -> JobSet:
        return load("/etc/peak/jobs.toml", self.text.encode(), {})


def record(bench: Bench, job: str, minutes: float, count: int = 10) -> None:
    """Runs of the days before, each so many minutes long."""
    for day in range(1, count + 1):
        slot = at(5, day=-day)
        (run,) = bench.store.claim([Claim(job, slot)], slot, "1 x")
        bench.store.started(run.id, slot, reference="1 x")
        bench.store.finish(run.id, "succeeded", 0, slot + timedelta(minutes=minutes))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[FileBench]:
    made = FileBench(tmp_path / "state")
    for job, minutes in (("scan", 30), ("risk", 10), ("report", 5)):
        record(made, job, minutes)
    made.turn()
    yield made
    made.close()


def go_to(bench: Bench, moment: datetime) -> None:
    bench.advance((moment - bench.clock.now()).total_seconds())


def told(bench: Bench) -> list[tuple[str, str]]:
    return [(alert.level, alert.message.partition("\n")[0]) for alert in bench.store.incidents()]


def prospects(bench: Bench) -> Sequence[Prospect]:
    context = bench.context
    jobset, now = context.served.jobset, bench.clock.now()
    return recorded(jobset, jobset.jobs.values(), bench.store, context.chains.state_of, now)


def test_it_is_expected_along_the_whole_chain(bench: FileBench) -> None:
    (prospect,) = prospects(bench)
    assert (prospect.risk, prospect.at, prospect.expected) == (Risk.GOOD, at(8, 55), at(7, 45))
    assert prospect.path == ("scan", "risk", "report")
    go_to(bench, at(7, 1))
    assert prospects(bench)[0].expected == at(7, 46), "it has started a minute late"
    assert told(bench) == []


def test_a_run_that_takes_longer_than_usual_is_warned_of_before_the_deadline(bench: FileBench) -> None:
    go_to(bench, at(7))
    go_to(bench, at(7, 30))
    assert told(bench) == []
    go_to(bench, at(8, 25))
    assert prospects(bench)[0].risk == Risk.LATE
    assert told(bench) == [
        ("warning", "report expected 09:01, 6m15s after its deadline 08:55: scan runs 2.8 × longer than usual")
    ]
    bench.end(bench.live[0])
    bench.turn()
    bench.advance(10)
    assert told(bench) == [], "the rest may still be in time"
    for _ in range(4):
        for run_id in bench.live:
            bench.end(run_id)
        bench.advance(10)
    assert {each.at: each.risk for each in prospects(bench)}[at(8, 55)] == Risk.MET


def test_a_deadline_that_is_missed_is_critical_until_the_job_has_run(bench: FileBench) -> None:
    go_to(bench, at(7))
    go_to(bench, at(7, 30))
    go_to(bench, at(8, 55))
    bench.advance(6)
    assert ("critical", "report did not end by 08:55: scan runs 3.8 × longer than usual") in told(bench)
    bench.restart()
    bench.turn()
    assert len([level for level, _ in told(bench) if level == "critical"]) == 1
    for _ in range(6):
        for run_id in bench.live:
            bench.end(run_id)
        bench.advance(10)
    assert told(bench) == []


def test_a_start_with_once_judges_deadlines_too(bench: FileBench) -> None:
    go_to(bench, at(7))
    bench.close(crash=True)
    bench.options = EngineOptions(mode="once")
    for moment, level, words in ((at(8, 30), "warning", "report expected"), (at(8, 56), "critical", "report did not")):
        bench.clock.advance((moment - bench.clock.now()).total_seconds())
        bench.begin()
        assert isinstance(bench.any_engine, OneShotEngine)
        bench.any_engine.dispatch_once()
        assert [found for found, message in told(bench) if message.startswith(words)] == [level]
        bench.close(crash=True)
    bench.begin()


def test_a_chain_that_is_stuck_is_warned_of_at_once(bench: FileBench) -> None:
    go_to(bench, at(7))
    bench.end(bench.live[0], code=1)
    bench.advance(10)
    assert ("warning", "report will not end by 08:55: scan failed, #32") in told(bench)


def test_the_deadline_of_a_set_and_of_a_start(tmp_path: Path) -> None:
    class SetBench(FileBench):
        text = TEXT.replace('finish_by = "08:55"', 'start_by = "10m after slot"') + (
            '[[deadline]]\nname = "pre-open"\ntags = ["pre-open"]\njobs = ["risk"]\nat = "07:35"\n'
        )

    bench = SetBench(tmp_path / "state")
    for job, minutes in (("scan", 30), ("risk", 10), ("report", 5)):
        record(bench, job, minutes)
    bench.turn()
    found = {(each.name, each.job): each for each in prospects(bench)}
    assert {key: each.risk for key, each in found.items()} == {
        ("pre-open", "risk"): Risk.LATE,
        ("report", "report"): Risk.GOOD,
        ("pre-open", "scan"): Risk.GOOD,
    }
    assert found["report", "report"].slack_seconds == 0
    assert told(bench) == [("warning", "pre-open: risk expected 07:40, 5m00s after its deadline 07:35")]
    bench.close()


def test_runs_that_are_suspiciously_short_or_long_are_flagged(tmp_path: Path) -> None:
    class OneBench(FileBench):
        text = (
            '[scheduler]\ntimezone = "UTC"\ntimeout_seconds = 0\n[[job]]\nname = "scan"\ncommand = "/bin/true"\n'
            'schedule_type = "interval"\ninterval_seconds = 3600\nexpect_duration = ["10s", "5m"]\n'
        )

    bench = OneBench(tmp_path / "state")
    bench.turn()
    bench.advance(2)
    bench.end(bench.live[0])
    assert told(bench) == [("warning", "scan was suspiciously short: #1 took 2.0s")]
    bench.advance(3600)
    bench.advance(60)
    bench.end(bench.live[0])
    assert told(bench) == []
    bench.advance(3600)
    bench.advance(301)
    assert told(bench) == [("warning", "scan is suspiciously long: #3 has been running for 5m01s")]
    bench.close()


def test_without_a_history_nobody_knows_and_nobody_is_warned(tmp_path: Path) -> None:
    bench = FileBench(tmp_path / "state")
    bench.turn()
    (prospect,) = prospects(bench)
    assert (prospect.risk, prospect.because) == (
        Risk.UNKNOWN, "no run of scan has succeeded yet, so nobody knows how long it takes",
    )  # fmt: skip
    assert told(bench) == []
    bench.close()


@pytest.mark.parametrize(
    ("text", "slot", "moment"),
    [
        ("08:55", at(7), at(8, 55)),
        ("08:55", at(8, 55), at(8, 55)),
        ("08:55:30", at(7), at(8, 55, 30)),
        ("01:00", at(23), at(1, day=1)),
        ("30m after slot", at(7), at(7, 30)),
        ("1h30m  after  slot", at(23), at(0, 30, day=1)),
    ],
)
def test_a_deadline_is_a_moment_for_each_slot(text: str, slot: datetime, moment: datetime) -> None:
    assert moment_of(text, slot, UTC) == moment


@given(st.lists(st.floats(0, 10_000), min_size=1, max_size=60), st.floats(0, 20_000))
def test_what_is_expected_of_a_run_is_never_less_than_it_has_taken(known: list[float], elapsed: float) -> None:
    takes = expected(known, elapsed)
    assert takes is not None
    assert takes.late >= takes.usual >= elapsed
    unusual = how_unusual(known, elapsed)
    assert unusual is None or elapsed >= sorted(known)[len(known) // 2] * 0.99


@given(st.lists(st.integers(0, 100), min_size=1, max_size=30))
def test_the_median_is_the_middle(values: list[int]) -> None:
    from statistics import median

    assert quantile(sorted(values), 0.5) == pytest.approx(median(values))


DAILY = '[[job]]\nname = "a"\nschedule_type = "daily"\ndaily_time = "07:00"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            DAILY + 'finish_by = "soon"\n',
            (
                'jobs.toml:5:1: job "a": finish_by is no deadline; write a time of day such as "08:55", a time after'
                ' the slot such as "30m after slot", or a moment of the session such as "open-5m"'
            ),
        ),
        (
            DAILY + 'expect_duration = ["5m", "10s"]\n',
            'jobs.toml:5:1: job "a": expect_duration must be the least and the most, such as ["10s", "5m"]',
        ),
        (
            DAILY + '[[deadline]]\nname = "x"\nat = "08:00"\njobs = ["b"]\n',
            'jobs.toml:8:9: deadline "x": no job is called "b"',
        ),
        (
            DAILY + '[[deadline]]\nname = "x"\nat = "08:00"\n',
            'jobs.toml:5:1: deadline "x": names no jobs; give it jobs or tags',
        ),
        (DAILY + '[[deadline]]\nname = "x"\njobs = ["a"]\n', 'jobs.toml:5:1: deadline "x": at is missing'),
        ("deadline = 1\n", "jobs.toml:1:1: begin each deadline with [[deadline]], in two pairs of brackets"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_deadline_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(JobsFileError) as caught:
        load("jobs.toml", text.encode(), {})
    assert [str(problem) for problem in caught.value.problems] == [message]
