"""``sessions NAME``: a calendar as the program sees it; without a name all that there are."""

from __future__ import annotations

from datetime import datetime

from peak_console.calendars.book import CalendarBook, CalendarError, exchange_names
from peak_console.calendars.library import EXCHANGES, LibraryError, ask, version
from peak_console.errors import UsageError
from peak_console.schedule.offsets import EPOCH
from peak_console.schedule.sessions.table import NO_BREAK, Calendar, day_text, weekday
from peak_console.schedule.zones import zone
from peak_console.text import safe
from peak_console.verbs.shared.common import select
from peak_console.verbs.shared.output import note, write_json, write_table
from peak_console.verbs.shared.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from datetime import tzinfo
    from typing import Any

    from peak_console.verbs.shared.common import Selection

DAYS = 14
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def show_sessions(options: Namespace) -> int:
    """``sessions``: the days of a calendar with their hours, also those without a session."""
    with select(options) as selection:
        tables = selection.jobset.calendar_tables if selection.jobset is not None else {}
        if options.name is None:
            return _names(options, list(tables), selection.directory)
        try:
            calendar = CalendarBook(tables, selection.directory).calendar(options.name)
        except CalendarError as error:
            raise UsageError(str(error)) from None
        first, last = _days(options, selection)
    home = zone(calendar.zone)
    days = range(max(first, calendar.first_day), min(last, calendar.last_day) + 1)
    if options.compare:
        return _compare(options, calendar, days, is_own=options.name in tables)
    if options.json:
        write_json([_object(calendar, day, home) for day in days])
    elif days:
        write_table(("day", "", "open", "break", "close", ""), [_row(calendar, day, home) for day in days], flexible=5)
    if last > calendar.last_day:
        note(f"calendar {safe(calendar.name)} is known up to {day_text(calendar.last_day)}")
    if first < calendar.first_day:
        note(f"calendar {safe(calendar.name)} is known from {day_text(calendar.first_day)} on")
    return 0


def _compare(options: Namespace, calendar: Calendar, days: range, *, is_own: bool) -> int:
    """Each day as the program sees it beside the library's own table; 1 where any differs."""
    if is_own:
        raise UsageError(f"--compare: {safe(calendar.name)} is a table of the jobs file; name an exchange")
    answer = ask([f"library {calendar.name} {day_text(days.start)} {day_text(days.stop - 1)}"])[0] if days else b""
    if isinstance(answer, LibraryError):
        raise UsageError(str(answer))
    theirs = {line.split()[0]: line.split()[1:] for line in answer.decode().splitlines()}
    home = zone(calendar.zone)
    ours = {day_text(day): _instants(calendar, day) for day in days}
    differ = [day for day, found in ours.items() if found != theirs.get(day)]
    if options.json:
        write_json([{**_object(calendar, day, home), "library_agrees": day_text(day) not in differ} for day in days])
    elif days:
        rows = [
            (*_row(calendar, day, home), _library_words(theirs.get(day_text(day)), home, day_text(day) in differ))
            for day in days
        ]
        write_table(("day", "", "open", "break", "close", "", "library"), rows, flexible=6)
    what = (
        f"{len(differ)} of {len(days)} days differ" if differ else f"all {len(days)} days are as the library has them"
    )
    note(f"{safe(calendar.name)}: {what} ({EXCHANGES} {version(EXCHANGES)})")
    return 1 if differ else 0


def _instants(calendar: Calendar, day: int) -> list[str] | None:
    """The hours of a day's session as instants; ``None`` without a session."""
    place = calendar.index(day)
    if place is None:
        return None
    columns = (calendar.opens, calendar.break_starts, calendar.break_ends, calendar.closes)
    return ["-" if column[place] == NO_BREAK else str(column[place]) for column in columns]


def _library_words(hours: list[str] | None, home: tzinfo, differs: bool) -> str:
    if not differs:
        return "the same"
    if hours is None:
        return "DIFFERS: closed"
    times = " ".join("-" if at == "-" else f"{datetime.fromtimestamp(int(at), home):%H:%M}" for at in hours)
    return f"DIFFERS: {times}"


def _names(options: Namespace, own: list[str], directory: str) -> int:
    try:
        exchanges = exchange_names(directory)
    except CalendarError as error:
        note(str(error))
        exchanges = []
    if options.json:
        write_json(
            [{"name": name, "kind": "table"} for name in own] + [{"name": n, "kind": "exchange"} for n in exchanges]
        )
    else:
        write_table(("name", "what it is"), [(name, "table of the jobs file") for name in own]
                    + [(name, "exchange") for name in exchanges], flexible=1)  # fmt: skip
    return 0


def _days(options: Namespace, selection: Selection) -> tuple[int, int]:
    """The first and the last day that were asked for; two weeks from today on if none was."""

    def day_of(option: str, text: str) -> int:
        at = moment(option, text, selection.zone, selection.now, ahead=True)
        return at.astimezone(selection.zone).toordinal() - EPOCH.toordinal()

    first = day_of("--from", options.from_) if options.from_ else selection.now.toordinal() - EPOCH.toordinal()
    last = day_of("--to", options.to) if options.to else first + DAYS - 1
    if last < first:
        raise UsageError(f"--to: {options.to} lies before {'--from' if options.from_ else 'today'}")
    return first, last


def _at(seconds: int, home: tzinfo) -> datetime | None:
    return None if seconds == NO_BREAK else datetime.fromtimestamp(seconds, home)


def _hours(calendar: Calendar, place: int, home: tzinfo) -> list[datetime | None]:
    """Open, start and end of the break, close."""
    columns = (calendar.opens, calendar.break_starts, calendar.break_ends, calendar.closes)
    return [_at(column[place], home) if calendar.has_hours else None for column in columns]


def _object(calendar: Calendar, day: int, home: tzinfo) -> dict[str, Any]:
    place = calendar.index(day)
    hours = _hours(calendar, place, home) if place is not None else [None] * 4
    opens, start, end, closes = (None if at is None else at.isoformat() for at in hours)
    return {
        "day": day_text(day),
        "session": place is not None,
        "open": opens,
        "break_start": start,
        "break_end": end,
        "close": closes,
        "early_close": day in calendar.early,
        "late_open": day in calendar.late,
    }


def _row(calendar: Calendar, day: int, home: tzinfo) -> tuple[str, ...]:
    place = calendar.index(day)
    name = _WEEKDAYS[weekday(day)]
    if place is None:
        return day_text(day), name, "", "", "", "closed"
    opens, start, end, closes = _hours(calendar, place, home)
    pause = f"{start:%H:%M}–{end:%H:%M}" if start is not None and end is not None else ""
    words = [word for word, days in (("closes early", calendar.early), ("opens late", calendar.late)) if day in days]
    if not calendar.has_hours:
        words.append("open")
    return day_text(day), name, _time(opens, day), pause, _time(closes, day), ", ".join(words)


def _time(at: datetime | None, day: int) -> str:
    """The time of day, with its weekday where that is not the session's own."""
    if at is None:
        return ""
    is_own = at.toordinal() - EPOCH.toordinal() == day
    return f"{at:%H:%M %Z}" if is_own else f"{at:%a %H:%M %Z}"
