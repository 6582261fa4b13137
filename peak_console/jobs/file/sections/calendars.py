"""The ``[calendars.NAME]`` tables of a jobs file, and the calendars of its jobs, with the place of each mistake."""

from __future__ import annotations

import os
from datetime import date, time

from peak_console.calendars.book import CalendarBook, CalendarError
from peak_console.jobs.file.checks.wording import DAY_NAMES, quoted
from peak_console.jobs.file.fields import fields_of
from peak_console.jobs.file.fields.field import CALENDAR
from peak_console.jobs.state_place import chosen, state_directory
from peak_console.schedule.model import WEEKDAYS
from peak_console.schedule.sessions.table import day_number
from peak_console.schedule.wallclock import time_of_day
from peak_console.schedule.zones import zone, zone_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any, Final

    from peak_console.calendars.own import Definition
    from peak_console.jobs.file.findings import Findings
    from peak_console.jobs.model import SchedulerSettings
    from peak_console.schedule.sessions.table import Calendar

_WAYS: Final = ("based_on", "all_of", "any_of", "weekdays")


class Calendars:
    """The calendars of one document. Mistakes in a table are recorded at their place, once."""

    def __init__(self, document: Mapping[str, Any], path: str, settings: SchedulerSettings, findings: Findings) -> None:
        self._document = document.get(CALENDAR, {})
        self._findings = findings
        self.tables: dict[str, Definition] = {}
        self.used: dict[str, Calendar] = {}
        """By name the calendars that have been asked for."""
        self._told: set[str] = set()
        self._bad: set[str] = set()
        """Tables with mistakes, which have been recorded."""
        self._read(os.path.dirname(os.path.abspath(path)), settings)
        self._book = CalendarBook(self.tables, state_directory(path, chosen(), settings.state_dir))

    def prepare(self, names: Iterable[str]) -> None:
        """Make calendars known, with one child process at the most."""
        self._book.prepare(name for name in names if name not in self._bad)

    def calendar(self, name: str) -> Calendar | str:
        """The calendar of a name, or what is wrong; empty text where that has been recorded in its table."""
        if name in self._bad:
            return ""
        if name in self.used:
            return self.used[name]
        try:
            found = self.used[name] = self._book.calendar(name)
        except CalendarError as error:
            if not error.definition:
                return str(error)
            self._tell(error)
            return ""
        for table in self._book.fallbacks - self._told:
            self._told.add(table)
            self._findings.warning((CALENDAR, table, "based_on"), self._book.fallback_words(table))
        return found

    def check_unused(self) -> None:
        """Look at the tables that no job names, too."""
        for name in self.tables:
            self.calendar(name)

    def _tell(self, error: CalendarError) -> None:
        if error.definition in self._bad:
            return
        self._bad.add(error.definition)
        path: tuple[str | int, ...] = (CALENDAR, error.definition)
        if error.key:
            path = (*path, error.key)
            value = self._document[error.definition].get(error.key)
            if error.day is not None and isinstance(value, (list, dict)):
                places = enumerate(value) if isinstance(value, list) else ((day, day) for day in value)
                inner = [place for place, day in places if _day(day) == error.day]
                path = (*path, *inner[:1])
        self._findings.error(path, str(error))

    # Tables.

    def _read(self, beside: str, settings: SchedulerSettings) -> None:
        tables = self._document
        if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
            self._findings.error((CALENDAR,), "calendars must be tables, each begun with [calendars.NAME]")
            self._document = {}
            return
        for name, table in tables.items():
            label = f"calendar {quoted(name)}"
            good = self._findings.good_values(table, CALENDAR, (CALENDAR, name), label)
            if len(good) < len([key for key in table if key in _KEYS]) or not self._is_whole(name, table, label):
                self._bad.add(name)
                continue
            definition = _definition(name, good, beside, settings)
            if isinstance(definition, tuple):
                key, fault = definition
                self._bad.add(name)
                self._findings.error((CALENDAR, name, key), f"{label}: {fault}")
            else:
                self.tables[name] = definition

    def _is_whole(self, name: str, table: Mapping[str, Any], label: str) -> bool:
        """Whether a table says in one way what its days are, and has an open with each close."""
        path = (CALENDAR, name)
        ways = [way for way in _WAYS if way in table]
        fallback = ways == ["based_on", "weekdays"]
        if not ways:
            self._findings.error(path, f"{label}: needs weekdays, based_on, all_of or any_of")
        elif len(ways) > 1 and not fallback:
            self._findings.error(
                (*path, ways[1]), f"{label}: {ways[0]} and {ways[1]} exclude each other; keep one of them"
            )
        elif not table[ways[0]]:
            self._findings.error((*path, ways[0]), f"{label}: {ways[0]} is empty; name some")
        elif ("open" in table) != ("close" in table):
            key, other = ("open", "close") if "open" in table else ("close", "open")
            self._findings.error((*path, key), f"{label}: {other} is missing; give both, or none")
        elif "open" in table and "weekdays" not in table:
            self._findings.error(
                (*path, "open"), f"{label}: open and close are for weekdays; {ways[0]} has its own hours"
            )
        else:
            return True
        return False


_KEYS: Final = frozenset(fields_of(CALENDAR))


def _definition(
    name: str, good: Mapping[str, Any], beside: str, settings: SchedulerSettings
) -> Definition | tuple[str, str]:
    """The definition that good values make; or the key that is wrong after all, and why."""
    from peak_console.calendars.own import Definition

    how = next((way for way in ("based_on", "all_of", "any_of") if way in good), "")
    bases = (good[how],) if how == "based_on" else tuple(good.get(how, ()))
    timezone = good.get("timezone")
    if timezone is not None:
        try:
            zone(timezone)
        except ValueError as error:
            return "timezone", str(error)
    elif "weekdays" in good:
        timezone = settings.timezone or zone_name(None)
        try:
            zone(timezone)
        except ValueError:
            return "weekdays", "timezone is missing; weekdays need it, as this machine's own zone has no name"
    closed_from = good.get("closed_from")
    return Definition(
        name=name,
        bases=bases,
        how=how,
        weekdays=tuple(WEEKDAYS.index(DAY_NAMES[day.strip().lower()]) for day in good.get("weekdays", ())),
        timezone=timezone if not how or "timezone" in good else None,
        fallback_zone=timezone or "",
        open=_second(good.get("open")),
        close=_second(good.get("close")),
        closed=frozenset(map(_day, good.get("closed", ()))),
        closed_from=os.path.join(beside, os.path.expanduser(closed_from)) if closed_from else None,
        extra=frozenset(map(_day, good.get("extra_sessions", ()))),
        early={_day(day): _second(at) or 0 for day, at in good.get("early_close", {}).items()},
        until=_day(good["until"]) if "until" in good else None,
    )


def _day(value: Any) -> int:
    """The number of a day that a file names, as text or as TOML's own."""
    return day_number((value if isinstance(value, date) else date.fromisoformat(value)).toordinal())


def _second(value: Any) -> int | None:
    """The second of the day that a file names."""
    if value is None:
        return None
    at = value if isinstance(value, time) else time_of_day(value)
    return 3600 * at.hour + 60 * at.minute + at.second
