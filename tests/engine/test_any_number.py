"""Any number that a jobs file may hold is borne by everything that reckons with it."""

from __future__ import annotations

import contextlib
import io
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from peak_console.cli import main
from peak_console.decisions.ahead.upcoming import slots_ahead
from peak_console.decisions.conditions import ALLOW_LIMIT
from peak_console.decisions.job_status import views
from peak_console.decisions.policy import decide, retry_at
from peak_console.jobs.file.fields import fields_of
from peak_console.jobs.file.fields.field import INTEGER, INTEGERS, JOB, NUMBER, SCHEDULER, Field
from peak_console.jobs.file.loader import load
from peak_console.schedule.slots import Pending
from tests.support.clock import FakeClock
from tests.support.engine import Bench
from tests.support.factories import make_job, make_situation
from tests.support.properties import examples

if TYPE_CHECKING:
    from pathlib import Path

    from peak_console.jobs.model import JobSet

SCHEDULES = (
    'schedule_type = "interval"\ninterval_seconds = {interval}', 'schedule_type = "daily"\ndaily_time = "05:30"',
    'schedule_type = "cron"\ncron = "*/7 * * * *"', 'schedule_type = "once"', "run_at = 0001-01-01T16:00:00",
    "run_at = 9999-12-31T18:00:00", "run_at = 9999-12-31T23:59:59Z", "run_at = 2026-11-02T05:59:00Z",
)  # fmt: skip
ZONES = ("UTC", "Pacific/Kiritimati", "America/New_York", "Europe/Berlin")
ELSEWHERE = (
    "interval_seconds",
    "array_at_once",
    "session_of_week",
    "session_of_month",
    "session_of_quarter",
    "session_of_year",
)
"""Keys that stand there already, and those that need an array or a calendar: tests/schedule/test_sessions.py."""
LEAPS = (1.0, 3600.0, 86400.0 * 400, 86400.0 * 365 * 3000)


def numbers_of(field: Field) -> st.SearchStrategy[str]:
    """What may stand at a key, as TOML: its limits first of all."""
    low, high = field.minimum, field.maximum
    assert low is not None
    assert high is not None
    whole = st.integers(-(-int(low * 10) // 10) if low == int(low) else 1, int(high))
    if field.kind == NUMBER:
        either = st.sampled_from((low, high, float(high), min(high, 6.4e10), min(high, 2.6e11))) | whole
        return (either | st.floats(low, high)).map(repr)
    return (st.sampled_from((int(low), int(high))) | whole).map(
        lambda n: f"[{n}]" if field.kind == INTEGERS else str(n)
    )


def some_of(table: str) -> st.SearchStrategy[dict[str, str]]:
    numeric = {key: field for key, field in fields_of(table).items() if field.kind in (NUMBER, INTEGER, INTEGERS)}
    optional = {key: numbers_of(field) for key, field in numeric.items() if key not in ELSEWHERE}
    return st.fixed_dictionaries({}, optional=optional)


def file_of(schedule: str, interval: str, job: dict[str, str], scheduler: dict[str, str], words: list[str]) -> str:
    lines = ["[scheduler]", f'timezone = "{words[0]}"', *(f"{key} = {value}" for key, value in scheduler.items())]
    lines += ["[[job]]", 'name = "backup"', 'command = "true"', schedule.format(interval=interval)]
    lines += [f'overlap = "{words[1]}"', f'catch_up = "{words[2]}"']
    return "\n".join([*lines, *(f"{key} = {value}" for key, value in job.items())]) + "\n"


FILES = st.builds(
    file_of,
    st.sampled_from(SCHEDULES),
    numbers_of(fields_of(JOB)["interval_seconds"]),
    some_of(JOB),
    some_of(SCHEDULER),
    st.tuples(
        st.sampled_from(ZONES),
        st.sampled_from(("skip", "queue", "allow", "kill_previous")),
        st.sampled_from(("skip", "latest", "all")),
    ).map(list),
)


def reckon(jobset: JobSet, engine: Bench) -> None:
    """What the screen and the verbs ask."""
    store = engine.store
    for now in (engine.clock.now(), datetime(9999, 12, 31, 23, tzinfo=UTC), datetime(1, 1, 1, 1, tzinfo=UTC)):
        views(jobset.jobs.values(), store, now)
        for job in jobset.jobs.values():
            list(islice(slots_ahead(job, store.job_states().get(job.name), now), 3))


@examples(12)
@given(text=FILES, leaps=st.lists(st.sampled_from(LEAPS), min_size=1, max_size=3))
@example(
    text=file_of(SCHEDULES[1], "1", {"misfire_grace_seconds": "99999999999"}, {}, ["UTC", "skip", "all"]), leaps=[1.0]
)
@example(text=file_of(SCHEDULES[4], "1", {}, {}, ["America/New_York", "skip", "latest"]), leaps=[1.0])
@example(text=file_of(SCHEDULES[0], "1e11", {}, {"keep_runs": str(2**63 - 1)}, ["UTC", "skip", "latest"]), leaps=[1.0])
def test_an_engine_bears_any_number(tmp_path_factory: pytest.TempPathFactory, text: str, leaps: list[float]) -> None:
    folder = tmp_path_factory.mktemp("any")
    (folder / "jobs.toml").write_text(text)
    jobset = load(str(folder / "jobs.toml"))
    clock = FakeClock()
    engine = Bench(folder / "state", *jobset.jobs.values(), settings=jobset.settings, clock=clock)
    try:
        for leap in leaps:
            engine.turn()
            for run_id in engine.live[:2]:
                engine.end(run_id, 1)
            reckon(jobset, engine)
            engine.engine.seconds_to_sleep()
            with contextlib.suppress(OverflowError):  # the clock's own: no machine's leaves the calendar
                clock.advance(leap)
            engine.turn()
        engine.restart()
        engine.turn()
        assert engine.command("run", "backup", force=True).startswith("done")
    finally:
        engine.close()


LOOKS = (
    ["validate"], ["--headless", "--once"], ["--headless", "--once", "--dry-run", "--verbose"],
    ["next", "--count", "3"],
    ["next", "--from", "9999-12-31"], ["next", "--from", "0001-01-02", "--count", "1"], ["status"], ["jobs"], ["runs"],
    ["alerts"], ["jobs", "--json"], ["next", "--json"],
)  # fmt: skip


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("zone", ZONES[1:3])
def test_every_verb_bears_the_largest_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, schedule: str, zone: str
) -> None:
    monkeypatch.chdir(tmp_path)
    limits: dict[str, dict[str, Any]] = {
        table: {
            key: field.maximum
            for key, field in fields_of(table).items()
            if field.kind in (NUMBER, INTEGER) and key not in ELSEWHERE
        }
        for table in (JOB, SCHEDULER)
    }
    interval = fields_of(JOB)["interval_seconds"].maximum
    limits[JOB] |= {"retry_delay_seconds": 0.1, "retries": 1, "max_output_bytes": 2**63 - 1, "timeout_seconds": 5}
    text = file_of(schedule, str(interval), limits[JOB], limits[SCHEDULER], [zone, "skip", "all"])
    (tmp_path / "jobs.toml").write_text(text.replace('"true"', '"false"'))
    for look in LOOKS:
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            assert main(["--config", "jobs.toml", *look]) in (0, 3), said.getvalue()


def test_a_backoff_that_no_number_can_hold_is_no_retry() -> None:
    now = FakeClock().now()
    job = make_job(retries=1000, retry_delay_seconds=1e11, retry_backoff=1000)
    assert [retry_at(job, attempt, now) for attempt in (2, 200, 1000)] == [None] * 3


def test_a_grace_that_reaches_back_before_the_calendar_misses_nothing() -> None:
    now = FakeClock().now()
    job = make_job(daily_time="05:30", misfire_grace_seconds=1e11)
    slot = datetime(1, 1, 1, tzinfo=UTC)
    assert [verdict.action for verdict in decide(make_situation(job, slot, now), Pending(slot, slot, 1))] == ["start"]


def test_runs_side_by_side_have_a_limit() -> None:
    now = FakeClock().now()
    job = make_job(interval_seconds=0.1, overlap="allow")
    (before,) = decide(make_situation(job, now, now, active=range(ALLOW_LIMIT - 1)), Pending(now, now, 1))
    (verdict,) = decide(make_situation(job, now, now, active=range(ALLOW_LIMIT)), Pending(now, now, 1))
    assert (before.action, verdict.action) == ("start", "skip")
    assert verdict.reason == "100 of its runs are under way"
