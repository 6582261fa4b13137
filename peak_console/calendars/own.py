"""Tables of one's own: business days, an exchange with days taken out, days on which two exchanges are both open."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from peak_console.schedule.offsets import DAY, EPOCH, offsets
from peak_console.schedule.sessions.table import NO_BREAK, Calendar, day_number, day_ordinal, day_text, weekday
from peak_console.schedule.zones import instant_of, zone
from peak_console.values import dataclass, field, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import tzinfo

PAST_YEARS = 20
COMING_YEARS = 30
"""So far a rule that never ends is computed."""
ALL_OF = "all_of"
ANY_OF = "any_of"


@dataclass(frozen=True, slots=True)
class Definition:
    """One ``[calendars.NAME]`` table. Days are numbers, times of day are seconds."""

    name: str
    bases: Sequence[str] = ()
    """Names of the calendars that it is made of."""
    how: str = ""
    """``based_on``, ``all_of`` or ``any_of``; empty where it is made of weekdays."""
    weekdays: Sequence[int] = ()
    timezone: str | None = None
    fallback_zone: str = ""
    """The zone of its weekdays, where they stand for the exchange that it is based on."""
    open: int | None = None
    close: int | None = None
    closed: frozenset[int] = frozenset()
    closed_from: str | None = None
    """Absolute path of a file of days."""
    extra: frozenset[int] = frozenset()
    early: Mapping[int, int] = field(default_factory=dict)
    until: int | None = None
    """The last day that it knows."""

    def text(self) -> str:
        """Everything that makes the calendar what it is, apart from its bases and files."""
        parts = [
            self.fallback_zone,
            self.how,
            *self.bases,
            *self.weekdays,
            self.timezone,
            self.open,
            self.close,
            self.closed_from,
            self.until,
        ]
        return repr((parts, sorted(self.closed), sorted(self.extra), sorted(self.early.items())))

    def fallback(self) -> Definition:
        """What counts while there is no library of exchanges: its weekdays."""
        return replace(self, how="", bases=(), timezone=self.fallback_zone)


class DefinitionError(ValueError):
    """What is wrong with a table of one's own; ``key`` is the key to put right, and ``day`` the one it is about."""

    def __init__(self, message: str, key: str, day: int | None = None) -> None:
        super().__init__(message)
        self.key = key
        self.day = day


@dataclass(frozen=True, slots=True)
class _Session:
    day: int
    open: int = 0
    close: int = 0
    break_start: int = NO_BREAK
    break_end: int = NO_BREAK
    is_early: bool = False
    is_late: bool = False


def day_edges(days: Iterable[int], name: str) -> tuple[list[int], list[int]]:
    """When each day begins, and when it ends, in a zone."""
    tz = zone(name)
    clock = _Clock(tz)
    days = list(days)
    return [clock.instant(day, 0) for day in days], [clock.instant(day + 1, 0) for day in days]


class _Clock:
    """Instants by what a zone's clocks show."""

    def __init__(self, tz: tzinfo) -> None:
        self._tz = tz
        self._offsets = offsets(tz)

    def instant(self, day: int, second: int) -> int:
        day, second = day + second // DAY, second % DAY
        first, last, offset = self._offsets.steady
        if first <= day <= last:
            return day * DAY + second - offset
        wall = datetime.fromordinal(day_ordinal(day)) + timedelta(0, second)
        found = int((instant_of(wall, self._tz) - EPOCH).total_seconds())
        self._offsets.at(found)  # the days around it are looked up at once from now on
        return found


def build(definition: Definition, bases: Sequence[Calendar], listed: Iterable[int], today: int) -> Calendar:
    """The calendar of a definition; ``listed`` are the closed days of its file. Raises ``DefinitionError``."""
    closed = definition.closed | frozenset(listed)
    name = definition.timezone or (bases[0].zone if bases else "UTC")
    clock = _Clock(zone(name))
    known, is_endless = _known(definition, bases, closed, today)
    if definition.how:
        sessions = {each.day: each for each in _combined(definition.how, bases) if known[0] <= each.day <= known[1]}
    else:
        days = range(known[0], known[1] + 1)
        sessions = {day: _regular(definition, clock, day) for day in days if weekday(day) in definition.weekdays}
    for day in closed:
        sessions.pop(day, None)
    for day in sorted(definition.extra):
        if known[0] <= day <= known[1] and day not in sessions:
            sessions[day] = _extra(definition, bases, sessions, clock, day)
    for day, second in definition.early.items():
        if known[0] <= day <= known[1]:
            sessions[day] = _closing_early(sessions.get(day), clock, day, second)
    found = [sessions[day] for day in sorted(sessions)]
    return _table(
        definition, name, known, found, is_endless=is_endless, has_hours=_has_hours(definition, bases), today=today
    )


def _known(
    definition: Definition, bases: Sequence[Calendar], closed: frozenset[int], today: int
) -> tuple[tuple[int, int], bool]:
    """The first and the last day that a calendar knows, and whether its rule goes on for ever.

    A list of closed days says nothing about the years after its last one.
    """
    if bases:
        first, last = max(base.first_day for base in bases), min(base.last_day for base in bases)
        endless = all(base.is_endless for base in bases)
    else:
        year = date.fromordinal(day_ordinal(today)).year
        first = day_number(date(year - PAST_YEARS, 1, 1).toordinal())
        last, endless = day_number(date(year + COMING_YEARS, 12, 31).toordinal()), True
    if definition.until is not None:
        return (first, min(last, definition.until)), False
    if endless and closed:
        year = date.fromordinal(day_ordinal(max(closed))).year
        return (first, min(last, day_number(date(year, 12, 31).toordinal()))), False
    return (first, last), endless


def _has_hours(definition: Definition, bases: Sequence[Calendar]) -> bool:
    if not bases:
        return definition.open is not None
    if not all(base.has_hours for base in bases):
        return False
    return definition.how != ALL_OF or any(each.open != NO_BREAK for each in _combined(ALL_OF, bases))


def _regular(definition: Definition, clock: _Clock, day: int) -> _Session:
    """A session of weekdays; it closes on the next day where its close is not later than its open."""
    if definition.open is None or definition.close is None:
        return _Session(day)
    over = DAY if definition.close <= definition.open else 0
    return _Session(day, clock.instant(day, definition.open), clock.instant(day, definition.close + over))


def _extra(
    definition: Definition, bases: Sequence[Calendar], sessions: Mapping[int, _Session], clock: _Clock, day: int
) -> _Session:
    """A session on a day that has none by the rule, with the hours of the nearest usual one before it."""
    if not bases or not _has_hours(definition, bases):
        return _regular(definition, clock, day)
    usual = [each for each in sessions.values() if not (each.is_early or each.is_late)]
    if not usual:
        raise DefinitionError("it has no session whose hours could be taken", "extra_sessions", day)
    model = min(usual, key=lambda each: (each.day > day, abs(each.day - day)))

    def moved(instant: int) -> int:
        if instant == NO_BREAK:
            return NO_BREAK
        begin = clock.instant(model.day, 0)
        local = instant - begin  # the clocks of a day with a usual session are not set between midnight and its hours
        return clock.instant(day, local) if local >= 0 else clock.instant(day - 1, local + DAY)

    return _Session(day, moved(model.open), moved(model.close), moved(model.break_start), moved(model.break_end))


def _closing_early(session: _Session | None, clock: _Clock, day: int, second: int) -> _Session:
    if session is None:
        raise DefinitionError(f"{day_text(day)} is no session of it; mend the day", "early_close", day)
    close = clock.instant(day, second)
    if session.close == session.open == 0:
        raise DefinitionError("it has days and no hours; give it open and close", "early_close", day)
    if not session.open < close <= session.close:
        raise DefinitionError(
            f"{second // 3600:02}:{second // 60 % 60:02} on {day_text(day)} does not lie between its open and its usual"
            " close; mend the time",
            "early_close",
            day,
        )
    has_break = session.break_start != NO_BREAK and session.break_end < close
    start, end = (session.break_start, session.break_end) if has_break else (NO_BREAK, NO_BREAK)
    return _Session(day, session.open, close, start, end, True, session.is_late)


def _sessions(calendar: Calendar) -> Iterator[_Session]:
    early, late = set(calendar.early), set(calendar.late)
    if not calendar.has_hours:
        yield from map(_Session, calendar.days)
        return
    columns = (calendar.days, calendar.opens, calendar.closes, calendar.break_starts, calendar.break_ends)
    for day, opens, closes, start, end in zip(*columns, strict=True):
        yield _Session(day, opens, closes, start, end, day in early, day in late)


def _combined(how: str, bases: Sequence[Calendar]) -> Iterator[_Session]:
    """The sessions of several calendars, by day."""
    if len(bases) == 1:
        yield from _sessions(bases[0])
        return
    by_day: dict[int, list[_Session]] = {}
    for base in bases:
        for session in _sessions(base):
            by_day.setdefault(session.day, []).append(session)
    with_hours = all(base.has_hours for base in bases)
    for day, found in by_day.items():
        if how == ALL_OF and len(found) == len(bases):
            yield _all_open(found) if with_hours else _Session(day)
        elif how == ANY_OF:
            yield _any_open(found) if with_hours else _Session(day)


def _all_open(found: Sequence[_Session]) -> _Session:
    """While all are open, and without hours on a day on which they never are at once; a break is when any has one."""
    opens, closes = max(each.open for each in found), min(each.close for each in found)
    if opens >= closes:
        return _Session(found[0].day, NO_BREAK, NO_BREAK)
    early = any(each.is_early and each.close == closes for each in found)
    late = any(each.is_late and each.open == opens for each in found)
    breaks = [each for each in found if each.break_start != NO_BREAK]
    start = max(opens, min((each.break_start for each in breaks), default=NO_BREAK))
    end = min(closes, max((each.break_end for each in breaks), default=NO_BREAK))
    if not breaks or start >= end:
        start = end = NO_BREAK
    return _Session(found[0].day, opens, closes, start, end, early, late)


def _any_open(found: Sequence[_Session]) -> _Session:
    """From the first open to the last close; a break only where a single one is open."""
    if len(found) == 1:
        return found[0]
    closes = max(each.close for each in found)
    early = all(each.is_early for each in found if each.close == closes)
    return _Session(found[0].day, min(each.open for each in found), closes, NO_BREAK, NO_BREAK, early, False)


def _table(
    definition: Definition,
    name: str,
    known: tuple[int, int],
    found: Sequence[_Session],
    *,
    is_endless: bool,
    has_hours: bool,
    today: int,
) -> Calendar:
    days = [each.day for each in found]
    starts, ends = day_edges(days, name)
    return Calendar(
        definition.name,
        name,
        known,
        is_endless=is_endless,
        made_on=today,
        days=days,
        starts=starts,
        ends=ends,
        opens=[each.open for each in found] if has_hours else (),
        closes=[each.close for each in found] if has_hours else (),
        break_starts=[each.break_start for each in found] if has_hours else (),
        break_ends=[each.break_end for each in found] if has_hours else (),
        early=[each.day for each in found if each.is_early],
        late=[each.day for each in found if each.is_late],
    )


def day_at(instant: int, name: str) -> int:
    """The day that clocks in a zone show at an instant."""
    shown = datetime.fromtimestamp(instant, UTC).astimezone(zone(name))
    return day_number(shown.toordinal())
