"""The ``[executors.NAME]`` tables, and whether the jobs name executors that there are."""

from __future__ import annotations

import os

from peak_console.jobs.beside import ExecutorDefinition
from peak_console.jobs.file.checks.wording import as_text, did_you_mean, quoted
from peak_console.jobs.file.fields.field import EXECUTOR, JOB, SCHEDULER
from peak_console.jobs.model import Resources
from peak_console.model.terms import LOCAL
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from peak_console.jobs.file.findings import Findings, Path
    from peak_console.jobs.model import JobDefinition

TABLE = "executors"
REQUIRED = ("type", "shared_dir")
_UNITS = {"M": 1, "G": 1024, "T": 1024**2}


def resources_of(value: Mapping[str, Any]) -> Resources:
    """A table of resources that was found good."""
    values = dict(value)
    memory = values.pop("memory", None)
    if memory is not None:
        values["memory_mb"] = int(memory[:-1]) * _UNITS[memory[-1]]
    return Resources(**values)


def read_executors(
    tables: Any,
    document: Mapping[str, Any],
    jobs: dict[str, JobDefinition],
    policies: Mapping[str, Any],
    findings: Findings,
) -> tuple[ExecutorDefinition, ...]:
    """The executors of a file whose good ``jobs`` are known by name, and what is wrong with those that use them."""
    definitions: list[ExecutorDefinition] = []
    if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
        findings.error((TABLE,), "begin each executor with [executors.NAME]")
        return ()
    for name, table in tables.items():
        path: Path = (TABLE, name)
        label = f"executor {quoted(name)}"
        good = findings.good_values(table, EXECUTOR, path, label)
        if name == LOCAL or not name.strip():
            findings.error(path, f"{label}: give it another name: local is this machine, and needs no table")
        for key in REQUIRED:
            if key not in table:
                findings.error(path, f"{label}: {key} is missing")
        if "shared_dir" in good and not os.path.isabs(good["shared_dir"]):
            findings.error(
                (*path, "shared_dir"), f"{label}: shared_dir must be an absolute path: it is that of the nodes too"
            )
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in good.items()
        }
        if "env" in values:
            values["env"] = {key: as_text(value) for key, value in values["env"].items()}
        if all(key in values for key in REQUIRED):
            definitions.append(ExecutorDefinition(name, **values))
    _judge_jobs(document, jobs, policies, [LOCAL, *tables], findings)
    return tuple(definitions)


def _judge_jobs(
    document: Mapping[str, Any],
    jobs: dict[str, JobDefinition],
    policies: Mapping[str, Any],
    known: Sequence[str],
    findings: Findings,
) -> None:
    """Tell of jobs whose executor is none, and of those that ask this machine for what only a cluster gives."""
    default = policies.get("executor", LOCAL)
    if default not in known:
        findings.error((SCHEDULER, "executor"), f"[scheduler]: {_unknown(default, known)}")
    tables = document.get("job")
    for index, table in enumerate(tables if isinstance(tables, list) else ()):
        name = table.get("name") if isinstance(table, dict) else None
        job = jobs.get(name) if isinstance(name, str) else None
        if job is None:
            continue
        label = f"job {quoted(job.name)}"
        if "executor" in table and job.executor not in known:
            findings.error((JOB, index, "executor"), f"{label}: {_unknown(job.executor, known)}")
        for key in ("resources", "rerun_on_node_failure"):
            if key in table and job.executor == LOCAL:
                message = f'{label}: {key} means nothing with executor = "local"; name a cluster, or leave it out'
                findings.error((JOB, index, key), message)
        if job.executor != LOCAL and job.resources is None:
            jobs[job.name] = replace(job, resources=Resources())


def _unknown(name: str, known: Sequence[str]) -> str:
    return f"executor {quoted(name)} is defined nowhere; write a table [executors.NAME]{did_you_mean(name, known)}"
