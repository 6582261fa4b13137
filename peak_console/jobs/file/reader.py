"""From a parsed jobs file to its jobs and settings; what is wrong goes into ``findings``, only good values go on."""

from __future__ import annotations

import os

from peak_console.jobs.file.checks import checks_of
from peak_console.jobs.file.checks.wording import did_you_mean, quoted
from peak_console.jobs.file.conversions import CONVERSIONS
from peak_console.jobs.file.fields import fields_of
from peak_console.jobs.file.fields.chains import CHAIN_FIELDS
from peak_console.jobs.file.fields.executors import ARRAY_FIELDS
from peak_console.jobs.file.fields.field import (
    BLACKOUT,
    CALENDAR,
    JOB,
    SCHEDULER,
)
from peak_console.jobs.file.findings import Findings
from peak_console.jobs.file.schedules import SCHEDULE_KEYS, ScheduleReader, label
from peak_console.jobs.model import JobDefinition, JobSet, Requirement, SchedulerSettings
from peak_console.jobs.watching.place import base_of
from peak_console.schedule.model import JobSchedule
from peak_console.schedule.slots import ScheduleError, validate
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Final

    from peak_console.jobs.beside import AlertChannel, Deadline, ExecutorDefinition
    from peak_console.jobs.file.checks.wording import Check
    from peak_console.jobs.file.sections.calendars import Calendars

_TABLES: Final = (
    "job",
    "scheduler",
    "alerts",
    "groups",
    "deadline",
    "gate",
    "safety",
    "heartbeat",
    "metrics",
    "executors",
    CALENDAR,
    BLACKOUT,
)
_ARRAY_KEYS: Final = frozenset(field.key for field in ARRAY_FIELDS)
_CHAIN_KEYS: Final = frozenset(field.key for field in CHAIN_FIELDS) - {"group", "priority"}


class Reader:
    """Reads one document. Everything it finds wrong goes into ``findings``; only good values go on."""

    def __init__(self, path: str, document: dict[str, Any], environ: Mapping[str, str]) -> None:
        self.findings = Findings()
        self.settings = SchedulerSettings()
        self.jobs: dict[str, JobDefinition] = {}
        self.path = path
        self._document = document
        self.base = base_of(path)
        self._environ = environ
        self.executors: tuple[ExecutorDefinition, ...] = ()
        self._is_elsewhere = False
        """Whether any job is to be executed elsewhere, or asks for what only a cluster has."""
        self._has_arrays = False
        """Whether slots of any job are many runs."""
        self._policies: dict[str, Any] = {}
        """What ``[scheduler]`` says for jobs that do not."""
        self._schedules = ScheduleReader(self.findings)
        self.calendars: Calendars | None = None
        """Those of the document; ``None`` where it names none."""

    def job_set(self) -> JobSet | None:
        """The document as a ``JobSet``; ``None`` if it has errors."""
        document, findings = self._document, self.findings
        for name in document:
            if name not in _TABLES:
                self._unknown_table(name, document[name])
        self._read_scheduler(document.get("scheduler", {}))
        self._read_calendars(document)
        self._schedules.know(self.settings.timezone, self.calendars)
        self._read_jobs(document.get("job", []))
        self._link_chains(document.get("job", []))
        channels: tuple[AlertChannel, ...] = ()
        alert_file: str | None = None
        if "alerts" in document:
            from peak_console.jobs.file.sections.channels import read_channels

            channels = read_channels(document["alerts"], findings, self._environ, self.base or os.curdir)
            alert_file = self._beside(document["alerts"])
        deadlines = self._deadlines(document)
        groups: Mapping[str, int] = {}
        if "groups" in document or any(job.group is not None for job in self.jobs.values()):
            from peak_console.jobs.file.sections.groups import read_groups

            groups = read_groups(document.get("groups", {}), document.get("job", []), findings)
        trust = self._read_trust()
        if self._is_elsewhere or "executors" in document:
            from peak_console.jobs.file.sections.executors import read_executors

            self.executors = read_executors(
                document.get("executors", {}), document, self.jobs, self._policies, findings
            )
        if findings.has_errors:
            return None
        found = JobSet(
            os.path.abspath(self.path), self.jobs, self.settings, channels, executors=self.executors,
            alert_file=alert_file, groups=groups, deadlines=deadlines, base=self.base, **trust,
        )  # fmt: skip
        if self.calendars is None:
            return found
        return replace(found, calendars=dict(self.calendars.used), calendar_tables=self.calendars.tables)

    def _deadlines(self, document: Mapping[str, Any]) -> tuple[Deadline, ...]:
        """The ``[[deadline]]`` tables, with what jobs say of their own deadlines and durations checked."""
        deadlines: tuple[Deadline, ...] = ()
        if "deadline" in document:
            from peak_console.jobs.file.sections.deadlines import read_deadlines

            deadlines = read_deadlines(document["deadline"], self.jobs, self.findings)
        if deadlines or any(job.finish_by or job.start_by for job in self.jobs.values()):
            from peak_console.jobs.file.sections.deadlines import check_session_moments

            check_session_moments(document["job"], deadlines, self.jobs, self.findings)
        if any(job.expect_duration for job in self.jobs.values()):
            from peak_console.jobs.file.sections.deadlines import check_durations

            check_durations(document["job"], self.jobs, self.findings)
        return deadlines

    def _read_trust(self) -> dict[str, Any]:
        """Gates, blackouts, what people confirm, and where the engine tells that it works: as in a ``JobSet``."""
        document, findings = self._document, self.findings
        found: dict[str, Any] = {}
        if "gate" in document:
            from peak_console.jobs.file.sections.gates import read_gates

            found["gates"] = read_gates(document["gate"], self.jobs, findings)
        if BLACKOUT in document:
            from peak_console.jobs.file.sections.blackouts import BlackoutReader

            reader = BlackoutReader(self.path, self.settings, self.jobs, self.calendars, findings)
            found["blackouts"] = reader.read(document[BLACKOUT])
        if "heartbeat" in document:
            from peak_console.jobs.file.outside import read_heartbeat

            found["heartbeat"] = read_heartbeat(document["heartbeat"], findings)
        if "metrics" in document:
            from peak_console.jobs.file.outside import read_metrics

            found["metrics"] = read_metrics(document["metrics"], findings, self.path)
        if "safety" in document:
            from peak_console.jobs.file.sections.gates import read_confirm_tags

            found["confirm_tags"] = read_confirm_tags(document["safety"], self.jobs, findings)
        return found

    def _link_chains(self, tables: Any) -> None:
        """Let jobs know those that they wait for; a file without such jobs pays next to nothing."""
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            return
        if not any(table.get("schedule_type") == "after" or not _CHAIN_KEYS.isdisjoint(table) for table in tables):
            return
        from peak_console.jobs.file.sections.chains import Linker

        Linker(self.jobs, tables, self.findings).link()

    def _beside(self, alerts: Any) -> str | None:
        """The file for alerts, from the directory of the jobs file on."""
        name = alerts.get("file") if isinstance(alerts, dict) else None
        if not isinstance(name, str):
            return None
        return os.path.join(os.path.dirname(os.path.abspath(self.path)), os.path.expanduser(name))

    def _unknown_table(self, name: str, value: Any) -> None:
        what = f"unknown key {quoted(name)}"
        if isinstance(value, dict):
            what = f"unknown table [{quoted(name)[1:-1]}]"
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            what = f"unknown tables [[{quoted(name)[1:-1]}]]"
        if name.lower() in ("jobs", "job"):
            hint = "; did you mean [[job]]?"
        elif name in fields_of(JOB):
            hint = "; it belongs in [[job]]"
        elif name in fields_of(SCHEDULER):
            hint = "; it belongs in [scheduler]"
        else:
            hint = did_you_mean(name, _TABLES)
        self.findings.warning((name,), what + hint)

    def _read_scheduler(self, table: Any) -> None:
        if not isinstance(table, dict):
            self.findings.error(("scheduler",), "scheduler must be a table, begun with [scheduler]")
            return
        good = self.findings.good_values(table, SCHEDULER, (SCHEDULER,), "[scheduler]")
        good = {key: CONVERSIONS[key](value) if key in CONVERSIONS else value for key, value in good.items()}
        zone = good.pop("timezone", None)
        if zone is not None:
            try:
                validate(JobSchedule(timezone=zone))
            except ScheduleError as error:
                self.findings.error(("scheduler", "timezone"), f"[scheduler]: {error}")
                zone = None
            else:
                self._schedules.warn_of_zone(("scheduler", "timezone"), "[scheduler]", zone)
        settings = {name: good.pop(name) for name in SchedulerSettings.__match_args__ if name in good}
        if "state_dir" in settings:
            beside = os.path.dirname(os.path.abspath(self.path))
            settings["state_dir"] = os.path.join(beside, os.path.expanduser(settings["state_dir"]))
        self.settings = SchedulerSettings(timezone=zone, **settings)
        self._policies = good

    def _read_calendars(self, document: Mapping[str, Any]) -> None:
        """Make the calendars known that the jobs name, before each job is looked at."""
        jobs = document.get("job", [])
        tables = jobs if isinstance(jobs, list) else []
        values = [table["calendar"] for table in tables if isinstance(table, dict) and "calendar" in table]
        named = {value for value in values if isinstance(value, str) and value.strip()}
        if any(isinstance(table, dict) and "requires" in table for table in tables):
            from peak_console.jobs.file.sections.freshness import named_calendars

            named |= {name for table in tables if isinstance(table, dict) for name in named_calendars(table)}
        if BLACKOUT in document:
            from peak_console.jobs.file.sections.blackouts import calendars_named

            named |= calendars_named(document[BLACKOUT])
        if CALENDAR in document or named:
            from peak_console.jobs.file.sections.calendars import Calendars

            self.calendars = Calendars(document, self.path, self.settings, self.findings)
            self.calendars.prepare(sorted(named))

    def _read_jobs(self, tables: Any) -> None:
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self.findings.error(("job",), "begin each job with [[job]], in two pairs of brackets")
            return
        checks = checks_of(JOB)
        first_index: dict[str, int] = {}
        for index, table in enumerate(tables):
            if self.findings.is_full:
                return
            name = table.get("name")
            job = self._read_job(index, table, checks)
            if name.__class__ is str and name and first_index.setdefault(name, index) != index:
                path, first = ("job", index, "name"), ("job", first_index[name], "name")
                self.findings.error(path, f"job {quoted(name)}: duplicate name; the first is in line ", first)
            elif job is not None:
                self.jobs[job.name] = job
        if self._has_arrays:
            from peak_console.jobs.file.sections.arrays import refuse_taken_names

            refuse_taken_names(self.jobs, tables, self.findings)

    def _read_job(self, index: int, table: dict[str, Any], checks: Mapping[str, Check]) -> JobDefinition | None:
        """The job that ``table`` defines; ``None`` if it has errors."""
        values = self._policies.copy()
        times: dict[str, Any] = {}
        good = True
        for key, value in table.items():
            if (checked := checks.get(key)) is None:
                self.findings.unknown_key((JOB, index, key), label(index, table), JOB)
            elif faults := checked(value):
                good = False
                for inner, fault in faults:
                    self.findings.error((JOB, index, key, *inner), f"{label(index, table)}: {key} {fault}")
            else:
                into = times if key in SCHEDULE_KEYS else values
                into[key] = CONVERSIONS[key](value) if key in CONVERSIONS else value
        if "executor" in values or "resources" in values or "rerun_on_node_failure" in values:
            self._is_elsewhere = True
        if "name" not in table:
            good = False
            self.findings.error((JOB, index), f"{label(index, table)}: name is missing; give each job one of its own")
        if "argv" in table and "args" in table:
            good = False
            message = f"{label(index, table)}: argv and args exclude each other; put everything into argv"
            self.findings.error((JOB, index, "argv"), message)
        good = self._take_array(values, table, index) and good
        values["schedule"] = self._schedules.schedule(index, table, times)
        if "timezone" in times and values["schedule"] is not None:
            self._schedules.warn_of_zone((JOB, index, "timezone"), label(index, table), times["timezone"])
        mode = values.get("mode")
        if mode is not None and mode not in self.settings.allow_modes:
            good = False
            allowed = ", ".join(quoted(each) for each in self.settings.allow_modes)
            message = (
                f"{label(index, table)}: mode {quoted(mode)} is not allowed on this machine:"
                f" [scheduler] allow_modes = [{allowed}]; allow it there, or leave the job out"
            )
            self.findings.error((JOB, index, "mode"), message)
        good = good and values["schedule"] is not None
        if not good:
            return None
        values["requires"] = self._requirements(index, table, values)
        if "env" in self._policies and "env" in table:
            values["env"] = {**self._policies["env"], **values["env"]}
        return JobDefinition(**values)

    def _requirements(self, index: int, table: dict[str, Any], values: Mapping[str, Any]) -> Sequence[Requirement]:
        """What a job requires of files, with the calendars that sessions' moments are of."""
        requires: Sequence[Requirement] = values.get("requires", ())
        if not requires or all(each.newer_than is None for each in requires):
            return requires
        from peak_console.jobs.file.sections.freshness import with_calendars

        place = (index, label(index, table))
        return with_calendars(requires, values["schedule"], self.calendars, self.findings, place)

    def _take_array(self, values: dict[str, Any], table: dict[str, Any], index: int) -> bool:
        """Make an array of its keys, if there are any; ``False`` if they do not go together."""
        if _ARRAY_KEYS.isdisjoint(table):
            return True
        from peak_console.jobs.file.sections.arrays import take_array

        self._has_arrays = True
        return take_array(values, table, index, label(index, table), self.findings)
