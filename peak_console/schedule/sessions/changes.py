"""How a calendar differs from what was known of it, and which slots that moves."""

from __future__ import annotations

from itertools import islice

from peak_console.schedule.sessions.table import NO_BREAK, day_text
from peak_console.schedule.slots import slots_between
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from peak_console.schedule.model import JobSchedule
    from peak_console.schedule.sessions.table import Calendar

MOST_SLOTS = 20_000
SLOTS_NAMED = 3


def changed_days(before: Calendar, after: Calendar, today: int) -> list[str]:
    """The days from today on that both know and that are no longer the same: each with what has become of it."""
    first, last = max(today, before.first_day, after.first_day), min(before.last_day, after.last_day)
    old, new = (dict(_sessions(each, first, last)) for each in (before, after))
    found = []
    for day in sorted(old.keys() | new.keys()):
        if old.get(day) != new.get(day):
            word = "closed now" if day not in new else "open now" if day not in old else "other hours"
            found.append(f"{day_text(day)} ({word})")
    return found


def _sessions(calendar: Calendar, first: int, last: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    columns = (calendar.opens, calendar.closes, calendar.break_starts, calendar.break_ends)
    for place, day in enumerate(calendar.days):
        if first <= day <= last:
            yield day, tuple(column[place] if len(column) else NO_BREAK for column in columns)


def moved_slots(
    schedule: JobSchedule, before: Calendar, now: datetime, until: datetime
) -> tuple[list[datetime], list[datetime]]:
    """The slots that a schedule had by the former calendar and has no more, and those that it has anew."""
    rule = schedule.sessions
    assert rule is not None
    former = replace(schedule, sessions=replace(rule, calendar=before))
    old, new = (set(islice(slots_between(each, now, until), MOST_SLOTS)) for each in (former, schedule))
    return sorted(old - new), sorted(new - old)
