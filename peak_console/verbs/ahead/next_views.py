"""Other views of what comes next: weeks as a table, and a file for calendar programs."""

from __future__ import annotations

from datetime import timedelta

from peak_console.schedule.offsets import EPOCH
from peak_console.schedule.sessions.table import day_text, weekday
from peak_console.schedule.wording.words import in_words
from peak_console.schedule.zones import zone
from peak_console.verbs.ahead.ics import event, file_of, stamp
from peak_console.verbs.shared.output import note, write, write_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, tzinfo

    from peak_console.jobs.model import JobDefinition
    from peak_console.schedule.sessions.table import Calendar

    Upcoming = tuple[datetime, JobDefinition]

WEEKS_DAYS = 28
"""So many days are drawn where no end is named."""
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def write_ics(found: Sequence[Upcoming], now: datetime) -> None:
    """Slots as events of a calendar program, each as long as a minute."""
    minute = timedelta(minutes=1)
    events = (
        event(f"{stamp(slot)}-{job.name}", now, slot, slot + minute, job.name, in_words(job.schedule))
        for slot, job in found
    )
    write(file_of(events, "next"))


def write_weeks(
    found: Sequence[Upcoming], jobs: Iterable[JobDefinition], start: datetime, end: datetime, own: tzinfo
) -> None:
    """Weeks as a table for each calendar: each day with its slots, and which days are closed or close early.

    Jobs without a calendar come last, in a table of all days.
    """
    calendars: dict[str, Calendar] = {}
    for job in jobs:
        rule = job.schedule.sessions
        if rule is not None and rule.calendar is not None:
            calendars.setdefault(rule.calendar.name, rule.calendar)
    for calendar in calendars.values():
        home = zone(calendar.zone)
        slots = [slot for slot, job in found if _calendar_of(job) is calendar]
        _write_table(calendar.name, slots, calendar, (start, end), home, own)
    rest = [slot for slot, job in found if _calendar_of(job) is None]
    if rest or not calendars:
        _write_table("other jobs" if calendars else "jobs", rest, None, (start, end), own, own)
    for calendar in calendars.values():
        if end.toordinal() - EPOCH.toordinal() > calendar.last_day:
            note(f"calendar {calendar.name} is known up to {day_text(calendar.last_day)}")


def _calendar_of(job: JobDefinition) -> Calendar | None:
    return job.schedule.sessions.calendar if job.schedule.sessions is not None else None


def _write_table(
    name: str,
    slots: Sequence[datetime],
    calendar: Calendar | None,
    window: tuple[datetime, datetime],
    home: tzinfo,
    own: tzinfo,
) -> None:
    counts: dict[int, int] = {}
    for slot in slots:
        day = slot.astimezone(home).toordinal() - EPOCH.toordinal()
        counts[day] = counts.get(day, 0) + 1
    first, last = (at.astimezone(own).toordinal() - EPOCH.toordinal() for at in window)
    rows = []
    for monday in range(first - weekday(first), last + 1, 7):
        cells = [
            _cell(day, counts.get(day, 0), calendar) if first <= day <= last else ""
            for day in range(monday, monday + 7)
        ]
        rows.append((day_text(monday), *cells))
    write_table((name, *_WEEKDAYS), rows, flexible=7)


def _cell(day: int, slots: int, calendar: Calendar | None) -> str:
    """``24 early 2×``: the day of the month, what is special about it, and how many slots there are."""
    words = [f"{int(day_text(day)[-2:])}"]
    if calendar is not None and not calendar.first_day <= day <= calendar.last_day:
        words.append("?")
    elif calendar is not None and calendar.index(day) is None:
        words.append("closed")
    elif calendar is not None and day in calendar.early:
        words.append("early")
    if slots:
        words.append(f"{slots}×")
    return " ".join(words)
