"""What holds after every step, whatever has gone wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.model.terms import RunState

if TYPE_CHECKING:
    from collections.abc import Collection

    from peak_console.runs.interface import RunSpec
    from peak_console.runs.simulated import SimulatedProcess
    from tests.simulation.faults import FaultyStore
    from tests.simulation.processes import Machine


class BrokenError(BaseException):
    """Something that has to hold does not. No engine catches this."""

    def __init__(self, rule: str, what: str) -> None:
        super().__init__(f"{rule}: {what}")
        self.rule = rule


def at_start(
    spec: RunSpec,
    limit: int,
    store: FaultyStore,
    machine: Machine,
    *,
    is_alone: bool,
    group: Collection[str] = (),
    group_limit: int = 0,
) -> None:
    """What holds at the moment at which a process starts. ``is_alone``: no jobs file lets its job run side by side."""
    name = f"{spec.job or '?'} #{spec.run_id}"
    if store.in_transaction:
        raise BrokenError("decide, record, then act", f"{name} starts inside a transaction that may not be committed")
    rows = store.peek("SELECT state FROM runs WHERE id = ?", (spec.run_id,))
    if not rows:
        raise BrokenError("no run unaccounted", f"{name} starts and the registry knows nothing of it")
    state = rows[0][0]
    if state not in (RunState.CLAIMED, RunState.SUBMITTED):
        raise BrokenError("no slot twice", f"{name} starts while the registry has it as {state}")
    if spec.run_id in machine.processes:
        raise BrokenError("no slot twice", f"{name} starts a second time")
    if store.peek("SELECT 1 FROM engine WHERE hold_since IS NOT NULL"):
        raise BrokenError("no start under a hold", name)
    living = machine.now_living()
    if limit and len(living) >= limit:
        raise BrokenError("places", f"{name} starts beside {len(living)} others, and {limit} may run")
    others = sum(each.spec.job in group for each in living) if spec.job in group else 0
    if group_limit and others >= group_limit:
        raise BrokenError("groups", f"{name} starts beside {others} of its group, and {group_limit} may run")
    beside = [each.run_id for each in living if each.spec.job == spec.job]
    if is_alone and beside:
        raise BrokenError("overlap", f"{name} starts beside #{beside[0]} of its own job")


def after_step(store: FaultyStore, machine: Machine, *, restful: bool) -> None:
    """What holds between any two steps. ``restful``: no engine has crashed or was refused anything in this step."""
    if store.in_transaction:
        raise BrokenError("the database is consistent", "a transaction is left open")
    if not restful:
        return
    for run_id, job in store.peek("SELECT id, job FROM runs WHERE state = 'running' AND state <> 'finished'"):
        if run_id not in machine.processes:
            raise BrokenError("every return code is true", f"{job} #{run_id} runs without a process")


def at_end(store: FaultyStore, machine: Machine, *, is_over: bool) -> None:
    """What holds once nothing new is due and everything has had the time to end."""
    rows = store.peek("SELECT id, job, state, outcome, return_code, stop_reason FROM runs")
    for run_id, name, state, outcome, code, stop_reason in rows:
        if state != RunState.FINISHED:
            if not is_over:
                continue
            raise BrokenError("nothing starves", f"{name} #{run_id} is still {state} at the end")
        process = machine.processes.get(run_id)
        if process is None:
            if outcome in ("succeeded", "failed", "timed_out"):
                raise BrokenError("every return code is true", f"{name} #{run_id} has {outcome} without a process")
            continue
        _check_end(f"{name} #{run_id}", outcome, code, process, was_to_stop=stop_reason is not None)
    unknown = [run_id for run_id in machine.processes if not store.peek("SELECT 1 FROM runs WHERE id = ?", (run_id,))]
    if unknown:
        raise BrokenError("no run unaccounted", f"#{unknown[0]} had a process and has no row")
    if store.peek("SELECT job, scheduled_for, attempt FROM runs GROUP BY 1, 2, 3 HAVING count(*) > 1"):
        raise BrokenError("no slot twice", "two rows for one attempt")
    if (found := store.peek("PRAGMA integrity_check")) != [("ok",)]:
        raise BrokenError("the database is consistent", str(found))
    store.unfinished(strict=True)
    store.job_states(strict=True)
    open_commands = store.open_command_ids()
    if open_commands and is_over:
        raise BrokenError("nothing starves", f"command {open_commands[0]} was never answered")


def _check_end(name: str, outcome: str, code: int | None, process: SimulatedProcess, *, was_to_stop: bool) -> None:
    ended = process.ended
    if ended is None:
        raise BrokenError("every return code is true", f"{name} has {outcome} and its process lives")
    if code != ended.return_code:
        raise BrokenError("every return code is true", f"{name}: {code} is recorded, it was {ended.return_code}")
    expected = {"lost"} if ended.return_code is None else {"succeeded" if ended.return_code == 0 else "failed"}
    if process.signals or was_to_stop:  # the reason is recorded before the signal; the engine may crash between them
        expected |= {"stopped", "timed_out"}
    if outcome not in expected:
        raise BrokenError("every return code is true", f"{name} is {outcome}; true is {sorted(expected)}")
