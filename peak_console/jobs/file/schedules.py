"""The schedules of a jobs file: each made of its keys, or told what is wrong with it."""

from __future__ import annotations

from peak_console.jobs.file.checks.wording import quoted
from peak_console.jobs.file.fields import FIELDS
from peak_console.jobs.file.fields.field import JOB, SCHEDULE_TYPES
from peak_console.schedule.model import JobSchedule, SessionRule
from peak_console.schedule.slots import ScheduleError, validate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, Final

    from peak_console.jobs.file.findings import Findings
    from peak_console.jobs.file.sections.calendars import Calendars

_BELONGS: Final = {field.key: field.schedule.split() for field in FIELDS if field.schedule}
SCHEDULE_KEYS: Final = frozenset(("schedule_type", "timezone", *_BELONGS))
_OF_RULE: Final = {
    key: {"from": "begin", "until": "end"}.get(key, key)
    for key, kinds in _BELONGS.items()
    if "session" in kinds and key != "jitter_seconds"
}
"""By the key of a jobs file the field of a ``SessionRule``."""
_REQUIRED: Final = {field.required: field.key for field in FIELDS if field.required in SCHEDULE_TYPES}


class ScheduleReader:
    """Makes the schedules of one document's jobs. Files repeat the same few, so each is made once."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._zone: str | None = None
        """What ``[scheduler]`` says for jobs that name none."""
        self._calendars: Calendars | None = None
        self._known: dict[tuple[Any, ...], JobSchedule | list[tuple[str, str]]] = {}
        """By the keys of a schedule, what became of them: a schedule, or faults."""
        self._doubted: set[str] = set()
        """Zones that have been warned of."""

    def know(self, zone: str | None, calendars: Calendars | None) -> None:
        """Take over what the document says for all of its schedules."""
        self._zone, self._calendars = zone, calendars

    def warn_of_zone(self, path: tuple[str | int, ...], whose: str, name: str) -> None:
        """Warn of a zone that may not be meant, once for each."""
        if "/" not in name or name.startswith("Etc/"):
            from peak_console.schedule.wording.zone_hints import doubt

            if name not in self._doubted and (fault := doubt(name)):
                self._doubted.add(name)
                self._findings.warning(path, f"{whose}: {fault}")

    def schedule(self, index: int, table: dict[str, Any], times: dict[str, Any]) -> JobSchedule | None:
        """The schedule that the good values in ``times`` make; ``None`` if there is anything wrong with it."""
        if "schedule_type" in table and "schedule_type" not in times:  # then the keys that belong to it are unknown
            times = {key: value for key, value in times.items() if key == "timezone"}
        kind = times.get("schedule_type", "once")
        for key in times:
            if key in _BELONGS and kind not in _BELONGS[key]:
                self._warn_of_foreign_key(index, table, key, kind)
        if times.get("jitter_seconds"):
            times["jitter_seed"] = table.get("name")
        seen = tuple(times.items())
        known = self._known.get(seen)
        if known is None:
            known = self._known[seen] = self._made(kind, times)
        if isinstance(known, JobSchedule):
            return known
        for key, fault in known:
            if key in times:
                self._findings.error((JOB, index, key), f"{label(index, table)}: {fault}")
            elif key not in table:  # else its type is wrong, which has been said
                path = (JOB, index, "schedule_type") if "schedule_type" in table else (JOB, index)
                self._findings.error(path, f"{label(index, table)}: {fault}")
        return None

    def _made(self, kind: str, times: dict[str, Any]) -> JobSchedule | list[tuple[str, str]]:
        """The schedule, or each of its faults with the key that it is about."""
        zone = times.get("timezone", self._zone)
        own = {key: value for key, value in times.items() if key in _BELONGS and key not in _OF_RULE}
        if "jitter_seed" in times:
            own["jitter_seed"] = times["jitter_seed"]
        rule = self._session_rule(kind, times)
        if isinstance(rule, str):
            return [("calendar", rule)] if rule else []
        schedule = JobSchedule(type=kind, timezone=zone, sessions=rule, **own)
        try:
            validate(schedule)
        except ScheduleError as error:
            probes = [JobSchedule(timezone=zone)]
            if kind in _REQUIRED and kind != "session":
                required: dict[str, Any] = {_REQUIRED[kind]: own.get(_REQUIRED[kind])}
                probes.append(JobSchedule(kind, **required))
            return list(_faults(probes)) or [(error.field, str(error))]
        return schedule

    def _session_rule(self, kind: str, times: dict[str, Any]) -> SessionRule | str | None:
        """What a schedule has to do with sessions; a text for what is wrong with its calendar."""
        said = {_OF_RULE[key]: value for key, value in times.items() if key in _OF_RULE and kind in _BELONGS[key]}
        if not said:
            return None
        if "calendar" in said:
            assert self._calendars is not None
            calendar = self._calendars.calendar(said["calendar"])
            if isinstance(calendar, str):
                return calendar
            said["calendar"] = calendar
        return SessionRule(**said)

    def _warn_of_foreign_key(self, index: int, table: dict[str, Any], key: str, kind: str) -> None:
        why = f'since schedule_type is "{kind}"'
        if "schedule_type" not in table:
            why = f'without schedule_type; did you mean schedule_type = "{_BELONGS[key][-1]}"?'
        self._findings.warning((JOB, index, key), f"{label(index, table)}: {key} has no effect {why}")


def _faults(schedules: Iterable[JobSchedule]) -> Iterator[tuple[str, str]]:
    for schedule in schedules:
        try:
            validate(schedule)
        except ScheduleError as error:
            yield error.field, str(error)


def label(index: int, table: dict[str, Any]) -> str:
    """How findings name a job: by its name, or by its place among the jobs."""
    name = table.get("name")
    if name.__class__ is str and name.strip():
        return f"job {quoted(name)}"
    return f"job number {index + 1}"
