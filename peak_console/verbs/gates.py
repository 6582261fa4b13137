"""``gate list``, ``gate close``, ``gate open``."""

from __future__ import annotations

from peak_console.decisions.gates import recorded_reason, since
from peak_console.errors import UsageError
from peak_console.text import duration, safe
from peak_console.verbs.command import give
from peak_console.verbs.shared.common import select
from peak_console.verbs.shared.output import note, write_json, write_table
from peak_console.verbs.shared.times import iso, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Any

    from peak_console.jobs.beside import Gate
    from peak_console.model.state import GateState
    from peak_console.verbs.shared.common import Selection


def gate(options: Namespace) -> int:
    """List the gates, or close or open one by hand."""
    if options.what == "list":
        if options.name is not None or options.reason is not None:
            raise UsageError("gate list takes neither a name nor a reason")
        return _list(options)
    if options.json:
        raise UsageError(f"--json is for gate list, not for gate {options.what}")
    if options.name is None:
        raise UsageError(f"gate {options.what}: name a gate; see: peak-console gate list")
    if options.what == "open" and options.reason is not None:
        raise UsageError("gate open takes no reason")
    return give(options, f"{options.what}_gate", gate=options.name, reason=options.reason)


def _list(options: Namespace) -> int:
    with select(options) as selection:
        assert selection.jobset is not None  # select() needs it
        gates = selection.jobset.gates
        states = selection.store.gate_states() if selection.store is not None else {}
        engines = selection.store.engines() if selection.store is not None else ()
        is_served = any(engine.serves for engine in engines)
    objects = [_object(each, states.get(each.name), selection, is_served=is_served) for each in gates]
    if options.json:
        write_json(objects)
    elif gates:
        headers = ("gate", "state", "why", "since", "asks", "every", "jobs")
        write_table(headers, [_row(each, selection, states) for each in objects], flexible=2)
    else:
        note("the jobs file has no gate: begin each with [[gate]]")
    return 0


def _object(gate: Gate, state: GateState | None, selection: Selection, *, is_served: bool) -> dict[str, Any]:
    reason = recorded_reason(gate, state, selection.zone, is_served=is_served)
    by_hand = state is not None and state.closed_at is not None
    return {
        "name": gate.name,
        "open": not reason,
        "reason": reason or None,
        "words": state.words if state is not None and state.words else None,
        "since": iso(since(state), selection.zone) if state is not None else None,
        "closed_by": state.closed_by if state is not None and by_hand else None,
        "asks": " ".join(gate.command) or gate.file or gate.env,
        "every": gate.every if gate.is_asked else None,
        "jobs": [job.name for job in selection.jobs.values() if gate.guards(job)],
    }


def _row(told: dict[str, Any], selection: Selection, states: dict[str, GateState]) -> tuple[str, ...]:
    state = states.get(told["name"])
    at = since(state) if state is not None else None
    return (
        told["name"],
        "open" if told["open"] else "CLOSED",
        (told["reason"] or told["words"] or "").removeprefix("closed: "),
        shown(at, selection.zone) if at is not None else "",
        safe(told["asks"] or "people only"),
        duration(told["every"]) if told["every"] else "",
        ", ".join(told["jobs"]),
    )
