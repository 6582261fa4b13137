"""The ``[[deadline]]`` tables, and what jobs say of their durations."""

from __future__ import annotations

from peak_console.jobs.beside import Deadline
from peak_console.jobs.file.checks.wording import did_you_mean, quoted
from peak_console.jobs.file.fields.field import DEADLINE, JOB
from peak_console.schedule.deadline_times import is_of_session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from peak_console.jobs.file.findings import Findings, Path
    from peak_console.jobs.model import JobDefinition


def read_deadlines(tables: Any, jobs: Mapping[str, JobDefinition], findings: Findings) -> tuple[Deadline, ...]:
    """The deadlines of a file whose good ``jobs`` are known by name."""
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        findings.error((DEADLINE,), "begin each deadline with [[deadline]], in two pairs of brackets")
        return ()
    tags = {tag for job in jobs.values() for tag in job.tags}
    taken: dict[str, int] = {}
    found: list[Deadline] = []
    for index, table in enumerate(tables):
        path: Path = (DEADLINE, index)
        name = table.get("name")
        label = f"deadline {quoted(name)}" if isinstance(name, str) and name.strip() else f"deadline number {index + 1}"
        good = findings.good_values(table, DEADLINE, path, label)
        for key in ("name", "at"):
            if key not in table:
                findings.error(path, f"{label}: {key} is missing")
        if "name" not in good or "at" not in good:
            continue
        if taken.setdefault(good["name"], index) != index:
            first: Path = (DEADLINE, taken[good["name"]], "name")
            findings.error((*path, "name"), f"{label}: duplicate name; the first is in line ", first)
        if "jobs" not in table and "tags" not in table:
            findings.error(path, f"{label}: names no jobs; give it jobs or tags")
        if not findings.has_errors:  # jobs with errors are not among those that are known
            _tell_of_unknown(good, "jobs", jobs, "no job is called", findings, path, label)
            _tell_of_unknown(good, "tags", tags, "no job has the tag", findings, path, label)
        found.append(Deadline(good["name"], good["at"], tuple(good.get("jobs", ())), tuple(good.get("tags", ()))))
    return tuple(found)


def _tell_of_unknown(
    good: Mapping[str, Any], key: str, known: Iterable[str], what: str, findings: Findings, path: Path, label: str
) -> None:
    names = set(known)
    for place, name in enumerate(good.get(key, ())):
        if name not in names:
            findings.error((*path, key, place), f"{label}: {what} {quoted(name)}{did_you_mean(name, names)}")


def check_durations(tables: Any, jobs: Mapping[str, JobDefinition], findings: Findings) -> None:
    """Record each job whose expected durations are not two, the shorter one first."""
    for index, table in enumerate(tables):
        job = jobs.get(table.get("name", "")) if isinstance(table.get("name"), str) else None
        if job is None or not job.expect_duration or "expect_duration" not in table:
            continue
        if len(job.expect_duration) != 2 or job.expect_duration[0] > job.expect_duration[1]:
            message = f'job {quoted(job.name)}: expect_duration must be the least and the most, such as ["10s", "5m"]'
            findings.error((JOB, index, "expect_duration"), message)


def check_session_moments(
    tables: Any, deadlines: Sequence[Deadline], jobs: Mapping[str, JobDefinition], findings: Findings
) -> None:
    """Record each deadline that is a moment of a session, of a job without a calendar that has hours."""
    for index, table in enumerate(tables):
        job = jobs.get(table.get("name", "")) if isinstance(table.get("name"), str) else None
        if job is None or _has_hours(job):
            continue
        for key in ("finish_by", "start_by"):
            if is_of_session(getattr(job, key) or ""):
                message = f"job {quoted(job.name)}: {key} is a moment of a session; give the job an exchange's calendar"
                findings.error((JOB, index, key), message)
    for index, deadline in enumerate(deadlines):
        without = [name for name, job in jobs.items() if deadline.covers(job) and not _has_hours(job)]
        if without and is_of_session(deadline.at):
            why = f"at is a moment of a session, and {without[0]} has no exchange's calendar"
            findings.error((DEADLINE, index, "at"), f"deadline {quoted(deadline.name)}: {why}")


def _has_hours(job: JobDefinition) -> bool:
    rule = job.schedule.sessions
    return rule is not None and rule.calendar is not None and rule.calendar.has_hours
