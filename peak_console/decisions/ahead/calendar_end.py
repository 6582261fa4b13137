"""Jobs whose calendar knows no further days: an error of theirs, and never a skip."""

from __future__ import annotations

from peak_console.errors import PeakConsoleError
from peak_console.schedule.sessions.table import day_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.jobs.model import JobDefinition


class CalendarEndedError(PeakConsoleError):
    """A job's calendar is known up to a day that is over."""


def calendar_ended(job: JobDefinition) -> CalendarEndedError:
    """The error of a job whose calendar is over."""
    return CalendarEndedError(no_slot_left(job))


def no_slot_left(job: JobDefinition) -> str:
    """Why a job on a calendar has no slot ahead."""
    rule = job.schedule.sessions
    assert rule is not None
    assert rule.calendar is not None
    return (
        f"its calendar {rule.calendar.name} is known up to {day_text(rule.calendar.last_day)}, with no slot left of it"
    )
