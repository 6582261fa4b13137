"""The ``[[blackout]]`` tables.

What would be on no job is an error: a name or a tag is misspelt, and jobs would start inside.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from peak_console.jobs.blackouts import Blackout
from peak_console.jobs.file.checks.wording import as_text, did_you_mean, quoted
from peak_console.jobs.file.conversions import seconds_of
from peak_console.jobs.file.fields.field import BLACKOUT
from peak_console.schedule.blackouts.bounds import bound, calendar_of
from peak_console.schedule.blackouts.windows import Bounded, Lasting, Listed
from peak_console.schedule.kind import zone_of
from peak_console.schedule.model import JobSchedule
from peak_console.schedule.offsets import EPOCH
from peak_console.schedule.slots import ScheduleError
from peak_console.schedule.wall_clock_kinds import CronKind
from peak_console.schedule.zones import instant_of
from peak_console.text import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final

    from peak_console.calendars.ics import Event
    from peak_console.jobs.file.findings import Findings, Path
    from peak_console.jobs.file.sections.calendars import Calendars
    from peak_console.jobs.model import JobDefinition, SchedulerSettings
    from peak_console.schedule.blackouts.bounds import Bound
    from peak_console.schedule.blackouts.windows import Windows
    from peak_console.schedule.sessions.table import Calendar

_WAYS: Final = (("from", "until"), ("cron", "duration"), ("from_ics",))
"""The keys that say together when the windows are."""
_STEPS: Final = 400
"""So many windows in a row have to leave no time between them before a blackout counts as one without an end."""


class _FaultError(Exception):
    """A key is wrong after all: its name, and what is wrong; an empty sentence has been recorded elsewhere."""

    def __init__(self, key: str, fault: str) -> None:
        super().__init__(fault)
        self.key = key


def calendars_named(tables: Any) -> set[str]:
    """The calendars that the windows of a file's blackouts are made of."""
    values = [
        table.get(key)
        for table in (tables if isinstance(tables, list) else ())
        if isinstance(table, dict)
        for key in ("from", "until")
    ]
    return {name for value in values if (name := calendar_of(value)) is not None}


class BlackoutReader:
    """Reads the blackouts of one document."""

    def __init__(
        self,
        path: str,
        settings: SchedulerSettings,
        jobs: Mapping[str, JobDefinition],
        calendars: Calendars | None,
        findings: Findings,
    ) -> None:
        """``jobs`` are the good ones; ``calendars`` knows those that the tables name."""
        self._path = path
        self._settings = settings
        self._jobs = jobs
        self._calendars = calendars
        self._findings = findings

    def read(self, tables: Any) -> tuple[Blackout, ...]:
        """The blackouts; mistakes are recorded."""
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self._findings.error((BLACKOUT,), "begin each blackout with [[blackout]], in two pairs of brackets")
            return ()
        taken: dict[str, int] = {}
        found = []
        for index, table in enumerate(tables):
            path: Path = (BLACKOUT, index)
            name = table.get("name")
            label = f"blackout {quoted(name)}" if isinstance(name, str) and name.strip() else f"blackout {index + 1}"
            good = self._findings.good_values(table, BLACKOUT, path, label)
            if "name" not in table:
                self._findings.error(path, f"{label}: name is missing; give each blackout one of its own")
            elif "name" in good and taken.setdefault(good["name"], index) != index:
                first: Path = (BLACKOUT, taken[good["name"]], "name")
                self._findings.error((*path, "name"), f"{label}: duplicate name; the first is in line ", first)
            made = self._made(table, good, path, label)
            if made is not None:
                found.append(made)
        return tuple(found)

    def _made(self, table: Mapping[str, Any], good: Mapping[str, Any], path: Path, label: str) -> Blackout | None:
        if not self._findings.has_errors:  # jobs with errors are not among those that are known
            self._tell_of_unknown(good, path, label)
        try:
            keys = self._way(table)
            if not all(key in good for key in (*keys, "name")):
                return None
            timezone = self._timezone(good)
            windows = self._windows(keys, good, timezone)
        except _FaultError as error:
            if str(error):
                where = (*path, error.key) if error.key in table else path
                self._findings.error(where, f"{label}: {error}")
            return None
        return Blackout(
            name=good["name"],
            windows=windows,
            policy=good.get("policy", "skip"),
            tags=tuple(good.get("tags", ())),
            jobs=tuple(good.get("jobs", ())),
            exceptions=tuple(good.get("except", ())),
            rule=_rule(keys, good),
            calendars=tuple(sorted(calendars_named([good]))),
        )

    def _way(self, table: Mapping[str, Any]) -> tuple[str, ...]:
        """The keys that say when the windows are. Raises ``_FaultError``."""
        used = [keys for keys in _WAYS if any(key in table for key in keys)]
        if not used:
            raise _FaultError("", "needs from and until, cron and duration, or from_ics")
        if len(used) > 1:
            first, other = (next(key for key in keys if key in table) for keys in used[:2])
            raise _FaultError(other, f"{first} and {other} exclude each other; keep one of them")
        for key in used[0]:
            if key not in table:
                there = next(each for each in used[0] if each in table)
                raise _FaultError(there, f"{key} is missing; {there} needs it")
        return used[0]

    def _timezone(self, good: Mapping[str, Any]) -> str | None:
        name: str | None = good.get("timezone", self._settings.timezone)
        try:
            zone_of(JobSchedule(timezone=name))
        except ScheduleError as error:
            raise _FaultError("timezone", str(error) if "timezone" in good else "") from None
        return name

    def _windows(self, keys: tuple[str, ...], good: Mapping[str, Any], timezone: str | None) -> Windows:
        if keys[0] == "from":
            return self._bounded(good, timezone)
        if keys[0] == "cron":
            return _lasting(good, timezone)
        return self._from_ics(good["from_ics"], timezone)

    # from and until.

    def _bounded(self, good: Mapping[str, Any], timezone: str | None) -> Windows:
        first, last = (self._bound(key, good[key], timezone) for key in ("from", "until"))
        if _written(good["from"]).lower() == _written(good["until"]).lower():
            raise _FaultError("until", "until is the same as from; name another end")
        if last.moment is not None:
            if first.moment is None:
                raise _FaultError(
                    "until", f"until is one moment, and from ({_written(good['from'])}) comes again; write both alike"
                )
            if last.moment <= first.moment:
                raise _FaultError("until", "until is not after from; name a later end")
            return Listed([(first.moment, last.moment)])
        known = [each.known_until for each in (first, last) if each.known_until is not None]
        return Bounded(first.slots, last.slots, min(known, default=None))

    def _bound(self, key: str, value: object, timezone: str | None) -> Bound:
        try:
            return bound(value, timezone, lambda name: self._calendar(key, name))
        except ValueError as error:
            raise _FaultError(key, f"{key} {quoted(_written(value))} {error}") from None

    def _calendar(self, key: str, name: str) -> Calendar:
        assert self._calendars is not None  # the reader has seen that a calendar is named
        found = self._calendars.calendar(name)
        if isinstance(found, str):
            raise _FaultError(key, found)
        return found

    # An iCalendar file.

    def _from_ics(self, name: str, timezone: str | None) -> Windows:
        from peak_console.calendars.dates import DatesError, content_of, events_of, is_ics
        from peak_console.jobs.state_place import chosen, state_directory

        path = os.path.join(os.path.dirname(os.path.abspath(self._path)), os.path.expanduser(name))
        if not is_ics(path):
            raise _FaultError("from_ics", f"from_ics {quoted(name)} is no iCalendar file; its name has to end in .ics")
        state = state_directory(self._path, chosen(), self._settings.state_dir)
        try:
            events = events_of(path, content_of(path), state)
        except DatesError as error:
            raise _FaultError("from_ics", f"from_ics: {error}") from None
        if not events:
            raise _FaultError("from_ics", f"from_ics {quoted(name)} has no event; add some, or take the blackout out")
        return Listed(_span(event, timezone) for event in events)

    def _tell_of_unknown(self, good: Mapping[str, Any], path: Path, label: str) -> None:
        """Record each tag that no job has, and each name that is none of a job."""
        tags = {tag for job in self._jobs.values() for tag in job.tags}
        for key, known, what in (
            ("tags", tags, "no job has the tag"),
            ("jobs", self._jobs, "no job is called"),
            ("except", self._jobs, "no job is called"),
        ):
            for place, word in enumerate(good.get(key, ())):
                if word not in known:
                    hint = did_you_mean(word, known) or "; mend it, or take it out"
                    self._findings.error((*path, key, place), f"{label}: {key}: {what} {quoted(word)}{hint}")


def _lasting(good: Mapping[str, Any], timezone: str | None) -> Windows:
    schedule = JobSchedule("cron", cron=good["cron"], timezone=timezone)
    try:
        kind = CronKind(schedule)
        kind.validate()
        starts = kind.timetable()
    except ScheduleError as error:
        raise _FaultError("cron", str(error)) from None
    seconds = seconds_of(good["duration"])
    begin, length = starts.after(datetime(2026, 1, 1, tzinfo=UTC)), timedelta(seconds=seconds)
    for _ in range(_STEPS):
        following = starts.after(begin) if begin is not None else None
        if begin is None or following is None or begin + length < following:
            return Lasting(starts, seconds)
        begin = following
    raise _FaultError("duration", f"duration {duration(seconds)} leaves no time between its windows; shorten it")


def _span(event: Event, timezone: str | None) -> tuple[datetime, datetime]:
    """The window of an event: whole days, and times without a zone, are those of the blackout's zone."""
    from peak_console.calendars.ics import DAY, UTC_TIME

    if event.kind == UTC_TIME:
        return EPOCH + timedelta(0, event.start), EPOCH + timedelta(0, event.end)
    zone = zone_of(JobSchedule(timezone=timezone))
    unit = timedelta(1) if event.kind == DAY else timedelta(0, 1)
    start, end = (instant_of((EPOCH + unit * number).replace(tzinfo=None), zone) for number in (event.start, event.end))
    return start, end


def _written(value: object) -> str:
    return " ".join((value if isinstance(value, str) else as_text(value)).split())


def _rule(keys: tuple[str, ...], good: Mapping[str, Any]) -> str:
    """When the windows are, in words."""
    if keys[0] == "from":
        return f"{_written(good['from'])} to {_written(good['until'])}"
    if keys[0] == "cron":
        return f"cron {good['cron']} for {duration(seconds_of(good['duration']))}"
    return f"events of {good['from_ics']}"
