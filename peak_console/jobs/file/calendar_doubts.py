"""What is doubtful about a job's calendar: it ends soon, or has ended."""

from __future__ import annotations

from datetime import timedelta

from peak_console.schedule.sessions.rule import known_until
from peak_console.schedule.sessions.table import day_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.schedule.model import JobSchedule

WARNING = timedelta(60)


def end_doubt(schedule: JobSchedule, now: datetime) -> tuple[str, bool]:
    """A sentence about a calendar that has ended, or does within 60 days, and whether it has; empty for any other."""
    end = known_until(schedule)
    if end is None or end - now > WARNING or schedule.sessions is None or schedule.sessions.calendar is None:
        return "", False
    calendar = schedule.sessions.calendar
    last, mend = day_text(calendar.last_day), "add the days to come to its table, or upgrade exchange_calendars"
    if end <= now:
        return f"calendar {calendar.name} ended on {last}: the job does not run any more; {mend}", True
    days = (end - now).days
    return f"calendar {calendar.name} ends on {last}, in {days} days: the job does not run after that; {mend}", False
