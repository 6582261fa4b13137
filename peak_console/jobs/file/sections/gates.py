"""The ``[[gate]]`` tables, and ``[safety]``.

What would guard no job is an error: a name or a tag is misspelt, and jobs would start unguarded.
"""

from __future__ import annotations

from peak_console.jobs.beside import Gate
from peak_console.jobs.file.checks.wording import did_you_mean, quoted
from peak_console.jobs.file.fields.field import GATE, SAFETY
from peak_console.text import parse_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from peak_console.jobs.file.findings import Findings, Path
    from peak_console.jobs.model import JobDefinition


def read_gates(tables: Any, jobs: Mapping[str, JobDefinition], findings: Findings) -> tuple[Gate, ...]:
    """The gates of a file whose good ``jobs`` are known by name."""
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        findings.error((GATE,), "begin each gate with [[gate]], in two pairs of brackets")
        return ()
    known_tags = {tag for job in jobs.values() for tag in job.tags}
    taken: dict[str, int] = {}
    gates: list[Gate] = []
    for index, table in enumerate(tables):
        path: Path = (GATE, index)
        name = table.get("name")
        label = f"gate {quoted(name)}" if isinstance(name, str) and name.strip() else f"gate number {index + 1}"
        good = findings.good_values(table, GATE, path, label)
        if "name" not in table:
            findings.error(path, f"{label}: name is missing; give each gate one of its own")
        if "name" not in good:
            continue
        if taken.setdefault(good["name"], index) != index:
            first: Path = (GATE, taken[good["name"]], "name")
            findings.error((*path, "name"), f"{label}: duplicate name; the first is in line ", first)
        asked = [key for key in ("command", "file", "env") if key in table]
        if len(asked) > 1:
            findings.error((*path, asked[1]), f"{label}: has both {asked[0]} and {asked[1]}; keep one of them")
        if not findings.has_errors:  # jobs with errors are not among those that are known
            _tell_of_unknown(good, known_tags, jobs, findings, path, label)
        for key in ("every", "timeout"):
            if isinstance(good.get(key), str):
                good[key] = parse_duration(good[key])
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in good.items()
        }
        gates.append(Gate(**values))
    return tuple(gates)


def read_confirm_tags(table: Any, jobs: Mapping[str, JobDefinition], findings: Findings) -> tuple[str, ...]:
    """The tags of ``[safety]`` whose jobs are to be confirmed."""
    if not isinstance(table, dict):
        findings.error((SAFETY,), "safety must be a table, begun with [safety]")
        return ()
    good = findings.good_values(table, SAFETY, (SAFETY,), "[safety]")
    tags = {"tags": good.get("confirm_tags", ())}
    if not findings.has_errors:
        known = {tag for job in jobs.values() for tag in job.tags}
        _tell_of_unknown(tags, known, jobs, findings, (SAFETY,), "[safety]", "confirm_tags")
    return tuple(tags["tags"])


def _tell_of_unknown(
    good: Mapping[str, Any],
    known_tags: set[str],
    jobs: Mapping[str, JobDefinition],
    findings: Findings,
    path: Path,
    label: str,
    written: str = "",
) -> None:
    """Record each tag that no job has, and each name that is none of a job."""
    for key, known, what in (("tags", known_tags, "no job has the tag"), ("jobs", jobs, "no job is called")):
        for place, word in enumerate(good.get(key, ())):
            if word not in known:
                hint = did_you_mean(word, known) or "; nothing would be guarded by it"
                shown = written or key
                findings.error((*path, shown, place), f"{label}: {shown}: {what} {quoted(word)}{hint}")
