"""``executors``: where runs are executed, how busy it is there, and whether it can be relied on."""

from __future__ import annotations

from peak_console.errors import PeakConsoleError
from peak_console.model.records import RunState
from peak_console.model.terms import LOCAL
from peak_console.text import nearest
from peak_console.verbs.shared.common import note_file_error, select
from peak_console.verbs.shared.output import write, write_json, write_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from typing import Any

    from peak_console.jobs.beside import ExecutorDefinition
    from peak_console.model.records import Run
    from peak_console.runs.slurm.proof import Load

PROVED_WRONG = 1
"""The exit code when a cluster is proved not to work."""


def show_executors(options: Namespace) -> int:
    """``executors``: this machine and every cluster of the jobs file; with ``--prove``, proofs of the clusters."""
    with select(options) as selection:
        assert selection.jobset is not None  # else select has raised
        definitions = list(selection.jobset.executors)
        limit = selection.jobset.settings.max_concurrent_runs
        runs = selection.store.unfinished() if selection.store is not None else []
    note_file_error(selection)
    if options.prove is not None:
        return _prove(options, definitions)
    objects = [_local(runs, limit), *(_cluster(definition, runs) for definition in definitions)]
    if options.json:
        write_json(objects)
    else:
        headers = ("executor", "type", "reachable", "our runs", "limit", "nodes", "all jobs")
        write_table(headers, [_row(each) for each in objects], flexible=2)
    return 0


def _prove(options: Namespace, definitions: Sequence[ExecutorDefinition]) -> int:
    from peak_console.runs.slurm.proof import ERROR, prove

    known = [definition.name for definition in definitions]
    if options.prove and options.prove not in known:
        hint = f'; did you mean "{near}"?' if (near := nearest(options.prove, known)) else ""
        raise PeakConsoleError(f'executor "{options.prove}" is not defined in the jobs file{hint}')
    if not known:
        raise PeakConsoleError("the jobs file defines no executor: there is nothing but this machine")
    found: list[dict[str, Any]] = []
    for definition in definitions:
        if options.prove in ("", definition.name):
            for grade, words in prove(definition, options.seconds):
                found.append({"executor": definition.name, "grade": grade, "message": words})
                if not options.json:
                    write(f"{definition.name}  {grade:<7}  {words}\n")
    if options.json:
        write_json(found)
    return PROVED_WRONG if any(each["grade"] == ERROR for each in found) else 0


def _counted(runs: Sequence[Run], name: str) -> tuple[int, int]:
    """How many of our runs wait with an executor, and how many run there."""
    own = [run.state for run in runs if run.executor == name]
    return own.count(RunState.SUBMITTED), own.count(RunState.RUNNING)


def _local(runs: Sequence[Run], limit: int) -> dict[str, Any]:
    waiting, running = _counted(runs, LOCAL)
    return _object(LOCAL, "local", waiting, running, limit or None, None)


def _cluster(definition: ExecutorDefinition, runs: Sequence[Run]) -> dict[str, Any]:
    from peak_console.runs.slurm.proof import load_of

    waiting, running = _counted(runs, definition.name)
    load = load_of(definition)
    return _object(definition.name, definition.type, waiting, running, definition.max_submitted, load)


def _object(name: str, kind: str, waiting: int, running: int, limit: int | None, load: Load | None) -> dict[str, Any]:
    known = load is not None and not load.fault
    return {
        "name": name,
        "type": kind,
        "reachable": load is None or not load.fault,
        "fault": load.fault or None if load is not None else None,
        "waiting": waiting,
        "running": running,
        "limit": limit,
        "nodes": load.nodes if known and load is not None else None,
        "nodes_free": load.nodes_free if known and load is not None else None,
        "all_waiting": load.waiting if known and load is not None else None,
        "all_running": load.running if known and load is not None else None,
    }


def _row(found: dict[str, Any]) -> tuple[str, ...]:
    nodes = f"{found['nodes_free']} of {found['nodes']} free" if found["nodes"] is not None else ""
    everybody = f"{found['all_waiting']} waiting, {found['all_running']} running" if nodes else ""
    return (
        found["name"],
        found["type"],
        "yes" if found["reachable"] else f"no: {found['fault']}",
        f"{found['waiting']} waiting, {found['running']} running",
        str(found["limit"] or "none"),
        nodes,
        everybody,
    )
