"""Where a window begins or ends, as it is written: ``22:00``, ``fri 22:00``, ``XNYS close-5m``, a date and time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from peak_console.schedule.blackouts.windows import Moments
from peak_console.schedule.kind import zone_of
from peak_console.schedule.model import WEEKDAYS, JobSchedule, SessionRule
from peak_console.schedule.sessions import moments
from peak_console.schedule.slots import ScheduleError
from peak_console.schedule.wall_clock_kinds import Daily, SessionKind
from peak_console.schedule.zones import instant_of
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from peak_console.schedule.sessions.table import Calendar
    from peak_console.schedule.sessions.timetables import Slots

FORMS: Final = (
    'write a time ("22:00", "fri 22:00", "mon-fri 22:00"), a date and time ("2026-12-24T18:00"), or a moment of a'
    ' session ("XNYS close-5m")'
)
_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a window."""

    slots: Slots
    """Each moment at which a window begins, or may end."""
    moment: datetime | None = None
    """That moment, where it is a single one."""
    known_until: datetime | None = None
    """Where its calendar ends."""


def calendar_of(value: object) -> str | None:
    """The calendar that a bound names; ``None`` where it names none."""
    if not isinstance(value, str):
        return None
    name, _, rest = value.strip().rpartition(" ")
    word = rest.lower().partition("+")[0].partition("-")[0]
    return name.strip() or None if word in moments.COLUMNS else None


def bound(value: object, timezone: str | None, find: Callable[[str], Calendar]) -> Bound:
    """What a value of a jobs file means. ``find`` gives the calendar of a name.

    Raises ``ValueError`` with what is wrong, to be read after the key.
    """
    if isinstance(value, datetime):
        return _at(value, timezone)
    if isinstance(value, date):
        return _at(datetime.combine(value, time()), timezone)
    if isinstance(value, time):
        return _daily(value.isoformat(), (), timezone)
    text = " ".join(str(value).split())
    if (calendar := calendar_of(text)) is not None:
        return _of_session(find(calendar), text.rpartition(" ")[2])
    if text[:4].isdecimal():
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"is no date and time; {FORMS}") from None
        return _at(moment, timezone)
    days, _, clock = text.rpartition(" ")
    if ":" not in clock:
        raise ValueError(f"is no moment; {FORMS}")
    return _daily(clock, _days(days), timezone)


def _at(moment: datetime, timezone: str | None) -> Bound:
    try:
        zone = zone_of(JobSchedule(timezone=timezone))
        instant = instant_of(moment, zone) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside of the years 1 to 9999") from None
    return Bound(Moments(instant), instant)


def _daily(clock: str, days: tuple[str, ...], timezone: str | None) -> Bound:
    schedule = JobSchedule("daily", daily_time=clock, days=days, timezone=timezone)
    try:
        return Bound(Daily(schedule).timetable())
    except ScheduleError:
        raise ValueError(f"is no moment; {FORMS}") from None


def _days(text: str) -> tuple[str, ...]:
    """The weekdays of ``fri``, ``mon,wed`` or ``mon-fri``, by their short names; none is every day."""
    found: list[str] = []
    for part in filter(None, text.lower().replace(",", " ").split()):
        first, dash, last = part.partition("-")
        begin = _day(first)
        end = _day(last) if dash else begin
        found += [WEEKDAYS[(begin + each) % 7] for each in range((end - begin) % 7 + 1)]
    return tuple(dict.fromkeys(found))


def _day(word: str) -> int:
    for number, name in enumerate(_NAMES):
        if word in (name, WEEKDAYS[number]):
            return number
    raise ValueError(f"is no moment; {FORMS}")


def _of_session(calendar: Calendar, at: str) -> Bound:
    from peak_console.schedule.sessions.rule import end_of

    if not calendar.has_hours:
        raise ValueError(f"is no moment: calendar {calendar.name} has days and no hours; give it open and close")
    schedule = JobSchedule("session", sessions=SessionRule(calendar=calendar, at=at))
    try:
        slots = SessionKind(schedule).timetable()
    except ScheduleError as error:
        raise ValueError(f"is no moment of a session: {error}") from None
    return Bound(slots, known_until=end_of(calendar))
