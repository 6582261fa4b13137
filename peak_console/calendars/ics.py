"""The events of an iCalendar file, in the child process that loads ``icalendar``; and their lines, for everybody.

A line is ``START END KIND SUMMARY``: for a whole-day event (``day``) the first day and the day after its last one, for
others instants in seconds (``utc``), or seconds on the clock of whatever zone the reader means (``wall``).
"""

from __future__ import annotations

from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime
    from typing import Any

MOST_EVENTS = 20_000
MOST_OF_ONE = 4_000
PAST_YEARS = 5
COMING_YEARS = 10
"""How far events that repeat for ever are followed."""
_EPOCH_ORDINAL = 719163
DAY = "day"
UTC_TIME = "utc"
WALL = "wall"


@dataclass(frozen=True, slots=True)
class Event:
    """One event, or one of its repetitions."""

    start: int
    end: int
    kind: str
    summary: str = ""
    is_endless: bool = False
    """Whether it repeats for ever."""


def read_lines(text: str) -> list[Event]:
    """The events that ``events`` has written down."""
    found = []
    for line in text.splitlines():
        start, end, kind, endless, summary = line.split(" ", 4)
        found.append(Event(int(start), int(end), kind, summary, endless == "1"))
    return found


def events(path: str) -> bytes:
    """The events of a file, as lines. Raises ``ValueError``, and ``OSError``."""
    from datetime import UTC, datetime

    import icalendar

    with open(path, "rb") as file:
        content = file.read()
    try:
        calendars = icalendar.Calendar.from_ical(content, multiple=True)
    except (ValueError, IndexError, KeyError) as error:
        raise ValueError(f"it is no iCalendar file ({str(error)[:100]})") from None
    year = datetime.now(UTC).year
    found: list[Event] = []
    for calendar in calendars:
        components: list[Any] = list(calendar.walk("VEVENT"))
        replaced = {
            (str(each.get("UID")), _key(each["RECURRENCE-ID"].dt)) for each in components if "RECURRENCE-ID" in each
        }
        for component in components:
            found += _occurrences(component, replaced, year)
            if len(found) > MOST_EVENTS:
                raise ValueError(f"it has more than {MOST_EVENTS:,} events; take out old ones")
    found.sort(key=lambda event: (event.kind, event.start, event.end))
    return "\n".join(
        f"{event.start} {event.end} {event.kind} {int(event.is_endless)} {event.summary}" for event in found
    ).encode()


def _key(at: date | datetime) -> str:
    return at.isoformat()


def _occurrences(component: Any, replaced: set[tuple[str, str]], year: int) -> Iterator[Event]:
    from datetime import date, datetime, timedelta

    if str(component.get("STATUS", "")).upper() == "CANCELLED" or "DTSTART" not in component:
        return
    start = component["DTSTART"].dt
    is_day = not isinstance(start, datetime)
    if "DTEND" in component:
        length = component["DTEND"].dt - start
    elif "DURATION" in component:
        length = component["DURATION"].dt
    else:
        length = timedelta(1 if is_day else 0)
    if is_day and length < timedelta(1):
        length = timedelta(1)
    summary = " ".join(str(component.get("SUMMARY", "")).split())[:200]
    rule = component.get("RRULE")
    endless = rule is not None and "COUNT" not in rule and "UNTIL" not in rule
    own = "RECURRENCE-ID" in component
    for at in [start] if own else _starts(component, start, rule, year):
        if not own and (str(component.get("UID")), _key(at)) in replaced:
            continue
        if is_day:
            assert isinstance(at, date)
            first = at.toordinal() - _EPOCH_ORDINAL
            yield Event(first, first + length.days, DAY, summary, endless)
        else:
            zoned = at.tzinfo is not None
            begin, end = _seconds(at), _seconds(at + length if not zoned else _later(at, length))
            yield Event(begin, end, UTC_TIME if zoned else WALL, summary, endless)


def _later(at: datetime, length: Any) -> datetime:
    """Some real time later, whatever clocks do meanwhile."""
    from datetime import UTC

    later: datetime = at.astimezone(UTC) + length
    return later


def _seconds(at: datetime) -> int:
    from calendar import timegm

    return timegm(at.utctimetuple() if at.tzinfo is not None else at.timetuple())


def _starts(component: Any, start: Any, rule: Any, year: int) -> Iterator[Any]:
    """When an event begins, each time."""
    from datetime import datetime, time

    is_day = not isinstance(start, datetime)
    left_out = {_key(each.dt) for many in _listed(component, "EXDATE") for each in many.dts}
    added = [each.dt for many in _listed(component, "RDATE") for each in many.dts]
    dates = [start]
    if rule is not None:
        from dateutil.rrule import rrulestr

        naive = datetime.combine(start, time()) if is_day else start.replace(tzinfo=None)
        text = rule.to_ical().decode()
        if "UNTIL" in rule and not is_day and start.tzinfo is not None:  # the rule is followed on the clock of its zone
            until = rule["UNTIL"][0]
            if isinstance(until, datetime) and until.tzinfo is not None:
                until = until.astimezone(start.tzinfo).replace(tzinfo=None)
            text = ";".join(part for part in text.split(";") if not part.startswith("UNTIL="))
            text += f";UNTIL={until:%Y%m%dT%H%M%S}" if isinstance(until, datetime) else f";UNTIL={until:%Y%m%d}T235959"
        elif "UNTIL" in rule:
            text = text.replace("Z", "")
        dates = []
        for at in rrulestr(text, dtstart=naive):
            if at.year > year + COMING_YEARS or len(dates) >= MOST_OF_ONE:
                break
            if at.year >= year - PAST_YEARS:
                dates.append(at.date() if is_day else at.replace(tzinfo=start.tzinfo))
    for at in [*dates, *(each for each in added if each not in dates)]:
        if _key(at) not in left_out:
            yield at


def _listed(component: Any, name: str) -> list[Any]:
    found = component.get(name, [])
    return found if isinstance(found, list) else [found]
