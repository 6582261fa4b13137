"""A calendar never runs out in silence, and days that have changed are told of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.calendars.own import Definition, build
from peak_console.decisions.capacity import Capacity
from peak_console.decisions.conditions import SCHEDULE, Situation
from peak_console.decisions.planner import Planner
from peak_console.engine.alerting.calendars import CalendarWatch
from peak_console.jobs.file.loader import check
from peak_console.jobs.model import JobSet
from peak_console.model.records import Level
from peak_console.schedule.model import JobSchedule, SessionRule
from peak_console.values import replace
from tests.support.factories import make_job

if TYPE_CHECKING:
    from pathlib import Path

    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Alert
    from peak_console.schedule.sessions.table import Calendar

EPOCH = date(1970, 1, 1).toordinal()
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
TODAY = NOW.toordinal() - EPOCH


def bank(until: str, *closed: str) -> Calendar:
    days = frozenset(date.fromisoformat(day).toordinal() - EPOCH for day in closed)
    last = date.fromisoformat(until).toordinal() - EPOCH
    definition = Definition("bank", weekdays=(0, 1, 2, 3, 4), timezone="UTC", closed=days, until=last)
    return build(definition, (), (), TODAY)


def job_on(calendar: Calendar, name: str = "payments") -> JobDefinition:
    schedule = JobSchedule("daily", daily_time="08:00", timezone="UTC", sessions=SessionRule(calendar))
    return replace(make_job(name), schedule=schedule)


class Alerts:
    """An alert log in memory."""

    def __init__(self) -> None:
        self.open: dict[str, Alert] = {}
        self.raised: list[Alert] = []

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...

    def incidents(self) -> list[Alert]:
        return list(self.open.values())

    def open_incident(self, cause: str, alert: Alert) -> None:
        self.open[cause] = replace(alert, cause=cause)

    def resolve(self, cause: str) -> None:
        del self.open[cause]

    def raise_alert(self, alert: Alert, _tags: list[str]) -> None:
        self.raised.append(alert)


class Served:
    """The jobs of one engine."""

    def __init__(self, *jobs: JobDefinition) -> None:
        self.jobs = {job.name: job for job in jobs}
        self.jobset = JobSet("jobs.toml", self.jobs)

    def zone_of(self, _job: object) -> Any:
        return UTC


def watch(alerts: Alerts, folder: Path, *jobs: JobDefinition, now: datetime = NOW) -> None:
    CalendarWatch(Served(*jobs), alerts, str(folder)).look(now)  # type: ignore[arg-type]


def test_sixty_days_before_its_end_a_calendar_is_told_of_and_after_it_as_critical(tmp_path: Path) -> None:
    alerts, job = Alerts(), job_on(bank("2026-12-31"))
    watch(alerts, tmp_path, job, now=NOW - timedelta(5))
    assert not alerts.open
    watch(alerts, tmp_path, job)
    (alert,) = alerts.open.values()
    assert alert.level == Level.WARNING
    assert "calendar bank ends on 2026-12-31, in 59 days" in alert.message
    assert "payments" in alert.message
    watch(alerts, tmp_path, job, now=NOW + timedelta(61))
    (alert,) = alerts.open.values()
    assert alert.level == Level.CRITICAL
    assert "ended on 2026-12-31" in alert.message
    watch(alerts, tmp_path, job_on(bank("2027-12-31")))
    assert not alerts.open
    assert not alerts.raised


def test_each_day_that_has_changed_is_named_with_the_slots_that_have_moved(tmp_path: Path) -> None:
    alerts = Alerts()
    watch(alerts, tmp_path, job_on(bank("2027-12-31", "2027-01-06", "2026-10-01")))
    changed = job_on(bank("2027-12-31", "2026-12-24"))
    watch(alerts, tmp_path, changed)
    (alert,) = alerts.raised
    assert alert.message.splitlines() == [
        "calendar bank has changed: 2026-12-24 (closed now), 2027-01-06 (open now)",
        "payments: no longer Thu 2026-12-24 08:00; now Wed 2027-01-06 08:00",
    ]
    watch(alerts, tmp_path, changed)
    assert len(alerts.raised) == 1


def test_days_that_are_known_in_addition_are_no_change(tmp_path: Path) -> None:
    alerts = Alerts()
    for until in ("2027-06-30", "2027-12-31"):
        watch(alerts, tmp_path, job_on(bank(until)))
    assert not alerts.raised


def test_a_job_past_its_calendar_is_an_error_at_that_moment_and_never_a_skip() -> None:
    job = job_on(bank("2026-11-03"))
    planner = Planner([job], {}, NOW)
    assert planner.next_at() == datetime(2026, 11, 3, 8, tzinfo=UTC)
    due = planner.due(datetime(2026, 11, 3, 8, tzinfo=UTC))
    planner.settle(planner.decided(job, due[0][1].latest), datetime(2026, 11, 3, 8, tzinfo=UTC))
    end = datetime(2026, 11, 4, tzinfo=UTC)
    assert planner.next_at() == end
    assert not planner.undecidable
    assert planner.due(end) == []
    assert "known up to 2026-11-03" in str(planner.undecidable[job.name])
    again = Planner([job], planner.states, end + timedelta(1))
    assert job.name in again.undecidable


def test_a_job_without_a_slot_ahead_says_that_its_calendar_ends() -> None:
    asked = Situation(job_on(bank("2026-11-03")), NOW, Capacity(0, 0), slot=None)
    assert SCHEDULE.answer(asked).sentence == "its calendar bank is known up to 2026-11-03, with no slot left of it"


@pytest.mark.parametrize(("days", "is_error", "word"), [(20, False, "ends on"), (90, True, "ended on")])
def test_validate_says_so_too(tmp_path: Path, days: int, is_error: bool, word: str) -> None:
    path = tmp_path / "jobs.toml"
    path.write_text(
        '[calendars.bank]\nweekdays = ["mon"]\ntimezone = "UTC"\nclosed = ["2026-12-25"]\n'
        '[[job]]\nname = "a"\ncommand = "true"\nschedule_type = "daily"\ndaily_time = "7:00"\ncalendar = "bank"\n',
        encoding="utf-8",
    )
    problems, _ = check(str(path), {}, NOW + timedelta(days))
    (found,) = [problem for problem in problems if "calendar" in problem.message]
    assert (found.line, found.is_error) == (10, is_error)
    assert f"calendar bank {word} 2026-12-31" in found.message
