"""Chains of a jobs file: the names in ``after`` become upstreams; what can never work is an error with its place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from peak_console.jobs.file.checks.wording import did_you_mean, quoted
from peak_console.jobs.file.fields.field import JOB
from peak_console.jobs.model import JobDefinition, Upstream, Wanted
from peak_console.schedule.after import RUN
from peak_console.schedule.model import AfterRule
from peak_console.schedule.rounds import SESSION, TICK, round_of
from peak_console.schedule.slots import kind_of
from peak_console.schedule.zones import zone
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any, Final

    from peak_console.jobs.file.findings import Findings
    from peak_console.schedule.model import JobSchedule

_KEYS: Final = ("round", "if_failed", "if_skipped", "wait_at_most")
"""Keys that say nothing without ``after``."""
_LOOK_FROM: Final = datetime(2026, 1, 1, tzinfo=UTC)
_MOST_LEAPS: Final = 1000
_DAY: Final = timedelta(days=1)


class Linker:
    """Links the jobs of one file; what is wrong goes into ``findings``."""

    def __init__(self, jobs: dict[str, JobDefinition], tables: Sequence[dict[str, Any]], findings: Findings) -> None:
        self._jobs = jobs
        self._tables = tables
        self._findings = findings
        self._place: dict[str, int] = {}
        """By name the first job of the file that has it, with errors or without."""
        for index, table in enumerate(tables):
            name = table.get("name")
            if isinstance(name, str):
                self._place.setdefault(name, index)

    def link(self) -> None:
        """Give each job its upstreams, and each schedule of type ``after`` the schedules that it comes from."""
        for name, job in list(self._jobs.items()):
            self._warn_of_idle_keys(name)
            self._jobs[name] = replace(job, after=tuple(self._upstreams(job)))
        if self._findings.has_errors or self._find_circles():
            return
        for name, job in list(self._jobs.items()):
            if job.schedule.type == "after":
                rule = AfterRule(tuple(map(str, job.after)), job.round, tuple(dict.fromkeys(self._roots(job))))
                self._jobs[name] = replace(job, schedule=replace(job.schedule, follows=rule))
        for job in self._jobs.values():
            if job.after:
                self._check_rounds(job)

    def _error(self, job: str, message: str, *keys: str | int) -> None:
        table = self._tables[self._place[job]]
        place = keys if keys and keys[0] in table else ()
        self._findings.error((JOB, self._place[job], *place), f"job {quoted(job)}: {message}")

    def _warn_of_idle_keys(self, name: str) -> None:
        table = self._tables[self._place[name]]
        for key in _KEYS:
            if key == "wait_at_most" and table.get("requires"):
                continue
            if key in table and not table.get("after"):
                path = (JOB, self._place[name], key)
                self._findings.warning(path, f"job {quoted(name)}: {key} has no effect without after")

    def _upstreams(self, job: JobDefinition) -> Iterator[Upstream]:
        if job.schedule.type == "after" and not job.after:
            self._error(job.name, 'schedule_type = "after" needs after; name the jobs that it follows', "schedule_type")
        if job.round == RUN and job.after and (len(job.after) != 1 or job.schedule.type != "after"):
            message = 'round = "run" needs schedule_type = "after" and exactly one job in after'
            self._error(job.name, message, "round")
        rule = job.schedule.sessions
        if job.round == SESSION and (rule is None or rule.calendar is None):
            self._error(job.name, 'round = "session" needs a calendar; give the job one', "round")
        seen: set[str] = set()
        for place, text in enumerate(job.after):
            upstream = self._upstream(str(text))
            fault = self._fault_of(job, upstream, str(text))
            if not fault and upstream.job in seen:
                fault = f"names {quoted(upstream.job)} twice"
            seen.add(upstream.job)
            if fault:
                self._error(job.name, f"after {fault}", "after", place)
            yield upstream

    def _upstream(self, text: str) -> Upstream:
        if text in self._place:
            return Upstream(text)
        name, _, wanted = text.rpartition(":")
        return Upstream(name, wanted) if name and wanted in tuple(Wanted) else Upstream(text)

    def _fault_of(self, job: JobDefinition, upstream: Upstream, text: str) -> str:
        if upstream.job == job.name:
            return "names the job itself"
        if upstream.job in self._place:
            return ""
        name, _, wanted = text.rpartition(":")
        if name in self._place:
            return f"ends in {quoted(f':{wanted}')}; write :failed, :ended, or nothing for a success"
        return f"names no job: {quoted(upstream.job)}{did_you_mean(upstream.job, self._place)}"

    def _find_circles(self) -> bool:
        """Tell of each circle of jobs that wait for each other; whether there is one."""
        settled: set[str] = set()
        for start in self._jobs:
            circle = self._circle_from(start, settled)
            if circle:
                told = ", ".join(
                    f"{name} waits for {other}" for name, other in zip(circle, [*circle[1:], circle[0]], strict=True)
                )
                self._error(circle[0], f"after makes a circle: {told}", "after")
                return True
        return False

    def _circle_from(self, start: str, settled: set[str]) -> list[str]:
        """The first circle that is reached from a job, without recursion: chains may be thousands of jobs long."""
        path: list[str] = []
        ways: list[Iterator[Upstream]] = []
        if start not in settled:
            path.append(start)
            ways.append(iter(self._jobs[start].after))
        while path:
            upstream = next(ways[-1], None)
            if upstream is None:
                settled.add(path.pop())
                ways.pop()
            elif upstream.job in path:
                return path[path.index(upstream.job) :]
            elif upstream.job not in settled and upstream.job in self._jobs:
                path.append(upstream.job)
                ways.append(iter(self._jobs[upstream.job].after))
        return []

    def _roots(self, job: JobDefinition) -> Iterator[JobSchedule]:
        """The schedules with times of their own that a job's rounds come from."""
        waiting, seen = [each.job for each in job.after], set[str]()
        while waiting:
            name = waiting.pop(0)
            other = self._jobs.get(name)
            if other is None or name in seen:
                continue
            seen.add(name)
            if other.schedule.type == "after":
                waiting += [each.job for each in other.after]
            else:
                yield other.schedule

    def _check_rounds(self, job: JobDefinition) -> None:
        if job.round == RUN:
            return
        own = job.schedule
        for place, upstream in enumerate(job.after):
            other = self._jobs[upstream.job]
            if own.type == "after" and _is_longer_than_a_day(other.schedule):
                message = f'after: {other.name} does not run every day; its rounds need round = "run"'
                self._error(job.name, message, "after", place)
            elif own.type != "after" and never_meet(own, other.schedule, own, job.round):
                message = f"after: it has no day in common with {other.name}, so that their rounds can never meet"
                self._error(job.name, message, "after", place)
            elif own.type == "after":
                for earlier in job.after[:place]:
                    if never_meet(self._jobs[earlier.job].schedule, other.schedule, own, job.round):
                        message = f"after: {earlier.job} and {other.name} have no day in common: no round has both"
                        self._error(job.name, message, "after", place)


def _is_longer_than_a_day(schedule: JobSchedule) -> bool:
    return schedule.type == "interval" and (schedule.interval_seconds or 0) > _DAY.total_seconds()


def never_meet(one: JobSchedule, other: JobSchedule, waits: JobSchedule, kind: str) -> bool:
    """Whether two schedules have slots in no round of a job that waits in common, by its schedule and kind of round.

    Schedules that keep to no clock may always meet.
    """
    schedules = (one, other)
    if any(each.type in ("interval", "once") for each in schedules):
        return False
    where = zone(waits.timezone)
    kinds = [kind_of(each) for each in schedules]
    moment = _LOOK_FROM
    for _ in range(_MOST_LEAPS):
        found = [kind.next(moment, moment) for kind in kinds]
        if found[0] is None or found[1] is None:
            return found[0] is None and found[1] is None and moment == _LOOK_FROM
        days = [round_of(waits, kind, slot, where) for slot in found if slot is not None]
        if days[0] == days[1]:
            return False
        moment = max(day.start for day in days) - TICK
    return True
