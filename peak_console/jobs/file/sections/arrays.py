"""The arrays of jobs: made of their keys, once each key by itself is good."""

from __future__ import annotations

from peak_console.jobs.arrays import ALL, member_name, parse, size_of
from peak_console.jobs.environment import matrix_variable
from peak_console.jobs.file.checks.wording import quoted
from peak_console.jobs.file.fields.field import JOB
from peak_console.jobs.model import Array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from peak_console.jobs.file.findings import Findings
    from peak_console.jobs.model import JobDefinition

KEYS = ("array", "matrix", "array_at_once", "array_succeeds")


def take_array(values: dict[str, Any], table: Mapping[str, Any], index: int, label: str, findings: Findings) -> bool:
    """Replace the good values of these keys by one ``Array``; ``False`` if they do not go together."""
    text, axes, at_once, rule = (values.pop(key, None) for key in KEYS)

    def refuse(key: str, fault: str) -> bool:
        findings.error((JOB, index, key), f"{label}: {fault}")
        return False

    if "array" in table and "matrix" in table:
        return refuse("matrix", "array and matrix exclude each other; a matrix counts its runs itself")
    if "array" not in table and "matrix" not in table:
        key = next(key for key in KEYS if key in table)
        return refuse(key, f"{key} means nothing without array or matrix; add one of them, or leave it out")
    if text is None and axes is None:
        return False  # that it is wrong has been said
    indexes, bound = parse(text) if text is not None else (range(size_of(axes)), 0)
    if bound and at_once:
        return refuse("array_at_once", "array_at_once and % in array say the same; leave one of them out")
    succeeds = rule["at_least"] if isinstance(rule, dict) else rule or ALL
    if isinstance(succeeds, int) and succeeds > len(indexes):
        return refuse("array_succeeds", f"at_least = {succeeds} is more than the {len(indexes)} runs of the array")
    taken = {matrix_variable(name) for name in axes or ()}.intersection(values.get("env", ()))
    if taken:
        return refuse("env", f"env must not set {min(taken)}: that is the value of an axis of its matrix")
    frozen = {name: tuple(axis) for name, axis in (axes or {}).items()}
    values["array"] = Array(tuple(indexes), bound or at_once or 0, succeeds, frozen)
    return True


def refuse_taken_names(jobs: Mapping[str, JobDefinition], tables: list[dict[str, Any]], findings: Findings) -> None:
    """Tell of jobs that are called as one run of an array is: ``sweep[7]``."""
    for index, table in enumerate(tables):
        name = table.get("name")
        whole, bracket, rest = name.rpartition("[") if isinstance(name, str) else ("", "", "")
        job = jobs.get(whole) if bracket else None
        if job is not None and job.array is not None and rest[:-1].isdecimal() and rest[-1:] == "]":
            example = member_name(whole, job.array.indexes[0])
            message = (
                f"job {quoted(str(name))}: the runs of the array {quoted(whole)} are called like this"
                f" ({example}); give it another name"
            )
            findings.error((JOB, index, "name"), message)
