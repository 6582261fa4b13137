"""The calendars of what jobs require to be newer than a moment of a session."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import JOB
from peak_console.jobs.freshness import session_of
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from peak_console.jobs.file.findings import Findings
    from peak_console.jobs.file.sections.calendars import Calendars
    from peak_console.jobs.model import Requirement
    from peak_console.schedule.model import JobSchedule
    from peak_console.schedule.sessions.table import Calendar


def named_calendars(table: Mapping[str, Any]) -> Iterator[str]:
    """The calendars that a job's requirements name."""
    requires = table.get("requires")
    for each in requires if isinstance(requires, list) else ():
        bound = each.get("newer_than") if isinstance(each, dict) else None
        found = session_of(bound) if isinstance(bound, str) else None
        if found is not None and found[1] is not None:
            yield found[1]


def with_calendars(
    requires: Sequence[Requirement],
    schedule: JobSchedule,
    calendars: Calendars | None,
    findings: Findings,
    place: tuple[int, str],
) -> tuple[Requirement, ...]:
    """The requirements, each with the calendar that it needs. ``place`` is the job's number and label."""
    made = []
    for number, requirement in enumerate(requires):
        found = session_of(requirement.newer_than or "")
        if found is None:
            made.append(requirement)
            continue
        calendar = _calendar(found[1], schedule, calendars)
        if isinstance(calendar, str):
            index, label = place
            if calendar:
                path = (JOB, index, "requires", number, "newer_than")
                findings.error(path, f"{label}: requires newer_than: {calendar}")
            continue
        made.append(replace(requirement, calendar=calendar))
    return tuple(made)


def _calendar(name: str | None, schedule: JobSchedule, calendars: Calendars | None) -> Calendar | str:
    """The calendar, or what is wrong; empty text where that has been recorded."""
    if name is None:
        found = schedule.sessions.calendar if schedule.sessions is not None else None
        if found is None:
            return "the job has no calendar of its own; name one, as in last close of XNYS"
    else:
        assert calendars is not None
        known = calendars.calendar(name)
        if isinstance(known, str):
            return known
        found = known
    if not found.has_hours:
        return f"calendar {found.name} has days only: it neither opens nor closes; name an exchange's"
    return found
