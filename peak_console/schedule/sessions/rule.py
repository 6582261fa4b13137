"""From what a jobs file says about sessions to slots and words."""

from __future__ import annotations

from peak_console.schedule.offsets import EPOCH
from peak_console.schedule.sessions import moments
from peak_console.schedule.sessions.picks import MOST_IN, UNITS, IfClosed, Pick, nth_weekday, picked
from peak_console.schedule.sessions.table import day_ordinal
from peak_console.schedule.sessions.timetables import AtMoment, Moved, OnSessions, Paced
from peak_console.schedule.wallclock import ScheduleError, shown
from peak_console.schedule.zones import instant_of, zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from typing import Final

    from peak_console.schedule.model import JobSchedule, SessionRule
    from peak_console.schedule.sessions.picks import Sessions
    from peak_console.schedule.sessions.table import Calendar
    from peak_console.schedule.sessions.timetables import Slots


def session_slots(rule: SessionRule | None) -> Slots:
    """The slots of a ``session`` schedule. Raises ``ScheduleError``."""
    if rule is None or rule.calendar is None:
        raise ScheduleError("calendar is missing; a session schedule needs it", "calendar")
    if (rule.at is None) == (rule.every is None):
        what = "has both at and every; keep one of them" if rule.at is not None else "needs at, or every"
        raise ScheduleError(f"a session schedule {what}", "at")
    sessions = _sessions(rule, rule.calendar)
    if not rule.calendar.has_hours:
        raise ScheduleError(
            f"calendar {rule.calendar.name} has days and no hours: give it open and close, or write"
            ' schedule_type = "daily"',
            "calendar",
        )
    sessions = sessions.with_hours()
    if rule.every is None:
        return AtMoment(sessions, _moment(rule.at, "at", rule.calendar))
    first, last = (
        _moment(rule.begin or "open", "from", rule.calendar),
        _moment(rule.end or "close", "until", rule.calendar),
    )
    return Paced(sessions, _step(rule.every), first, last)


def on_sessions(schedule: JobSchedule, slots: Slots, every_day: Callable[[], Slots | None]) -> Slots:
    """The slots of a ``daily`` or ``cron`` schedule that fall on sessions. Raises ``ScheduleError``."""
    rule = schedule.sessions
    assert rule is not None
    if rule.calendar is None:
        field = next(name for name in ("nth_weekday", "if_closed", *_OF_UNITS) if getattr(rule, name) is not None)
        raise ScheduleError(f"calendar is missing; {field} needs it", "calendar")
    sessions = _sessions(rule, rule.calendar)
    if rule.if_closed in (None, IfClosed.SKIP) or rule.nth_weekday is not None:
        return OnSessions(slots, sessions)
    daily = every_day()
    if daily is None:
        raise ScheduleError(
            "if_closed moves slots of daily jobs and of nth_weekday; cron has no day to move", "if_closed"
        )
    return Moved(slots, daily, sessions, is_after=rule.if_closed == IfClosed.AFTER)


_DAYS: Final = ("nth_weekday", "if_closed")
_OF_UNITS: Final = tuple(f"session_of_{unit}" for unit in UNITS)


def _sessions(rule: SessionRule, calendar: Calendar) -> Sessions:
    """The sessions that a rule picks. Raises ``ScheduleError``."""
    pick = pick_of(rule)
    found = picked(calendar, pick)
    if pick is not None and found.places is not None and not len(found.places):
        field = _pick_field(rule)
        raise ScheduleError(
            f"{field} {shown(getattr(rule, field))} never happens: {calendar.name} has no such session", field
        )
    return found


def _pick_field(rule: SessionRule) -> str:
    return next(name for name in ("nth_weekday", *_OF_UNITS) if getattr(rule, name) is not None)


def pick_of(rule: SessionRule) -> Pick | None:
    """Which of a calendar's sessions a rule wants; ``None`` is each. Raises ``ScheduleError``."""
    given = [name for name in ("nth_weekday", *_OF_UNITS) if getattr(rule, name) is not None]
    if len(given) > 1:
        raise ScheduleError(f"{given[0]} and {given[1]} exclude each other; keep one of them", given[1])
    if rule.if_closed is not None and rule.if_closed not in tuple(IfClosed):
        raise ScheduleError(f"if_closed {shown(rule.if_closed)} is unknown; use {', '.join(IfClosed)}", "if_closed")
    if not given:
        return None
    field = given[0]
    if field == "nth_weekday":
        try:
            return nth_weekday(str(rule.nth_weekday), rule.if_closed or IfClosed.SKIP)
        except ValueError:
            raise ScheduleError(
                f'nth_weekday {shown(rule.nth_weekday)} cannot be read; write for example "3 fri" or "last mon"', field
            ) from None
    if rule.if_closed is not None:
        raise ScheduleError(f"if_closed has no effect with {field}, which names sessions; remove it", "if_closed")
    number, most = getattr(rule, field), MOST_IN[field.removeprefix("session_of_")]
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= abs(number) <= most:
        raise ScheduleError(f"{field} must be 1 to {most}, or -1 to -{most} from the end, not {shown(number)}", field)
    return Pick(field.removeprefix("session_of_"), number)


def _moment(text: object, field: str, calendar: Calendar) -> moments.Moment:
    try:
        found = moments.moment(str(text))
    except ValueError as error:
        raise ScheduleError(f"{field} {shown(text)} {error}", field) from None
    if found.is_of_break and not calendar.has_breaks:
        raise ScheduleError(f"{field} {shown(text)} never happens: {calendar.name} has no breaks", field)
    return found


def _step(text: str) -> int:
    try:
        seconds = moments.duration_seconds(text)
    except ValueError as error:
        raise ScheduleError(f"every {error}", "every") from None
    if seconds < 1 or seconds != int(seconds) or seconds > moments.MOST_SECONDS:
        raise ScheduleError(f"every {shown(text)} must be whole seconds, 1 or more", "every")
    return int(seconds)


def check_happens(rule: SessionRule, slots: Slots) -> None:
    """Raise ``ScheduleError`` if a rule has no slot among all days that its calendar knows."""
    from datetime import timedelta

    calendar = rule.calendar
    assert calendar is not None
    if slots.after(EPOCH + timedelta(calendar.first_day - moments.MOST_SECONDS // 86400 - 2)) is None:
        field = "calendar" if rule.at is None and rule.every is None else ("at" if rule.at is not None else "every")
        raise ScheduleError(f"it never happens: {calendar.name} has no such moment among the days that it knows", field)


def known_until(schedule: JobSchedule) -> datetime | None:
    """When the last day that a schedule's calendar knows is over."""
    calendar = schedule.sessions.calendar if schedule.sessions is not None else None
    return None if calendar is None else end_of(calendar)


def end_of(calendar: Calendar) -> datetime:
    """When the last day that a calendar knows is over, where the calendar is at home."""
    from datetime import datetime as moment

    return instant_of(moment.fromordinal(day_ordinal(calendar.last_day + 1)), zone(calendar.zone))


def fingerprint(schedule: JobSchedule) -> str:
    """What tells a schedule on sessions from others, and what jitter adds; begins with a blank."""
    rule, words = schedule.sessions, []
    if rule is not None:
        assert rule.calendar is not None
        words.append(f"on {rule.calendar.name}")
        said = ((name, getattr(rule, name)) for name in ("at", "every", "begin", "end", *_OF_UNITS, *_DAYS))
        words += [f"{name} {str(value).lower()}" for name, value in said if value is not None]
    if schedule.jitter_seconds:
        words.append(f"jitter {schedule.jitter_seconds}")
    return " " + ", ".join(words)
