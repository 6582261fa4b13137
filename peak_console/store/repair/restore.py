"""What a living engine remembers goes back into a registry that has lost it."""

from __future__ import annotations

from peak_console.store.rows import as_json, stamp
from peak_console.store.tables.holds import restore_holds
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peak_console.jobs.blackouts import Blackout
    from peak_console.model.records import Run
    from peak_console.model.state import GateState, Hold, JobState
    from peak_console.store.store import Store


@dataclass(frozen=True, slots=True)
class EngineMemory:
    """What an engine remembers of runs, slots and its hold."""

    runs: Sequence[Run]
    """Those that it looks after, those that wait for their turn, and those whose end is not recorded yet."""
    states: Sequence[JobState]
    failures: Mapping[str, int]
    """By job: final failures in a row."""
    hold: Hold | None
    gates: Sequence[GateState] = ()
    """The state of the gates that a person has closed or an engine has asked."""
    holds: Sequence[Hold] = ()
    """The holds on some of the jobs."""
    blackouts: Sequence[Blackout] = ()
    """Those that people have added."""
    last_run_id: int = 0
    """No run gets this number or a lower one: alerts and commands have named them."""


NO_MEMORY = EngineMemory((), (), {}, None)
"""What an engine remembers before it has begun."""


def write_memory(store: Store, memory: EngineMemory) -> int:
    """Write down what the registry does not hold, or holds older, in one transaction; how many runs it had lost.

    A run whose id belongs to another run in the registry is not written.
    """
    lost = 0
    with store:
        there = store.job_states()
        for state in memory.states:
            other = there.get(state.job)
            known_until = other.decided_until if other is not None else None
            if known_until is None or (state.decided_until is not None and state.decided_until > known_until):
                store.remember([state])
            if state.override is not None and (other is None or other.override is None):
                store.set_override(state.job, state.override)
            if state.job in memory.failures:
                store.count_failures(state.job, memory.failures[state.job])
        if memory.hold is not None and store.hold() is None:
            store.set_hold(memory.hold)
        there_already = store.gate_states() if memory.gates else {}
        for gate in memory.gates:
            if gate.closed_at is not None and (gate.gate not in there_already):
                store.close_gate(gate.gate, gate.closed_by, gate.closed_at, gate.closed_reason)
        if memory.holds:
            restore_holds(store, memory.holds)
        if memory.blackouts:
            from peak_console.store.tables.blackouts import restore_blackouts

            restore_blackouts(store, memory.blackouts)
        store.pass_over(memory.last_run_id)
        for run in memory.runs:
            lost += _reinstate(store, run)
    return lost


def _reinstate(store: Store, run: Run) -> bool:
    values = (
        run.id, run.run_type, run.job, run.triggered_by, stamp(run.scheduled_for), run.attempt, run.state, run.reason,
        stamp(run.not_before), stamp(run.claimed_at), stamp(run.started_at), run.stop_reason, run.supervisor,
        run.executor, run.reference, stamp(run.submitted_at), run.node, run.waits_for, as_json(run.command),
        as_json(run.args), as_json(run.tags), run.tag, run.late_because,
    )  # fmt: skip
    cursor = store._write(  # noqa: SLF001
        "INSERT OR IGNORE INTO runs (id, run_type, job, triggered_by, scheduled_for, attempt, state, reason,"
        " not_before, claimed_at, started_at, stop_reason, supervisor, executor, reference, submitted_at, node,"
        " waits_for, command, args, tags, tag, late_because)"
        f" VALUES ({', '.join('?' * len(values))})",
        values,
    )
    return cursor.rowcount == 1
