"""Alerts about calendars: one that draws to its end, and days that are no longer what they were."""

from __future__ import annotations

from peak_console.model.records import Alert, Level
from peak_console.schedule.sessions.table import day_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.schedule.sessions.table import Calendar

MOST_NAMED = 12


def judge_calendar_end(calendar: Calendar, jobs: Sequence[str], days: int, *, now: datetime) -> Alert:
    """The alert of a calendar of which only some more days are known, or none."""
    end = day_text(calendar.last_day)
    is_over = days < 0
    lines = [
        f"calendar {calendar.name} ended on {end}: its jobs do not run any more"
        if is_over
        else f"calendar {calendar.name} ends on {end}, in {days} days: its jobs do not run after that",
        f"Jobs: {_named(jobs)}",
        "Add the days to come to its table, or upgrade exchange_calendars; then: peak-console reload",
    ]
    context = {"calendar": calendar.name, "last_day": end, "jobs": list(jobs)}
    return Alert(Level.CRITICAL if is_over else Level.WARNING, "\n".join(lines), now, context=context)


def judge_calendar_changed(name: str, days: Sequence[str], slots: Sequence[str], *, now: datetime) -> Alert:
    """The alert of a calendar of which known days are no longer what they were; ``slots`` tell what has moved."""
    lines = [f"calendar {name} has changed: {_named(days)}"]
    lines += slots[:MOST_NAMED] or ["No slot of a job has moved."]
    if len(slots) > MOST_NAMED:
        lines.append(f"… and slots of {len(slots) - MOST_NAMED} more jobs; see: peak-console next")
    context = {"calendar": name, "days": list(days), "slots": list(slots)}
    return Alert(Level.WARNING, "\n".join(lines), now, context=context)


def _named(words: Sequence[str]) -> str:
    more = f" and {len(words) - MOST_NAMED} more" if len(words) > MOST_NAMED else ""
    return ", ".join(words[:MOST_NAMED]) + more
