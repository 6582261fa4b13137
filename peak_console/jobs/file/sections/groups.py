"""``[groups]``: how many runs of the jobs that share something may go on at once."""

from __future__ import annotations

from peak_console.jobs.file.checks.wording import did_you_mean, quoted
from peak_console.jobs.file.fields.field import JOB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from peak_console.jobs.file.findings import Findings

GROUPS = "groups"


def read_groups(table: Any, jobs: Sequence[Any], findings: Findings) -> Mapping[str, int]:
    """The limits by group; what is wrong with them, and jobs of groups that are not there, are recorded."""
    limits: dict[str, int] = {}
    if not isinstance(table, dict):
        findings.error((GROUPS,), "groups must be a table, begun with [groups]: a name and its limit in each line")
        table = {}
    for name, most in table.items():
        if most.__class__ is not int or most < 1:
            findings.error((GROUPS, name), f"[groups]: {quoted(name)} must be a whole number, 1 or more")
        limits[name] = most
    for index, job in enumerate(jobs if isinstance(jobs, list) else ()):
        group = job.get("group") if isinstance(job, dict) else None
        if isinstance(group, str) and group.strip() and group not in limits:
            hint = did_you_mean(group, limits) or "; give its limit under [groups]"
            label = quoted(job["name"]) if isinstance(job.get("name"), str) else f"number {index + 1}"
            findings.error((JOB, index, "group"), f"job {label}: group {quoted(group)} is not defined{hint}")
    return limits
