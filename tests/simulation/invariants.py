"""What holds after every step, whatever has gone wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.jobs.arrays import parse
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
    held: str,
    is_alone: bool,
    group: Collection[str] = (),
    group_limit: int = 0,
    at_once: int = 0,
    wholes: Collection[int] = (),
) -> None:
    """What holds at the moment at which a process starts.

    ``is_alone``: it may not run beside another of its job. ``at_once``: no jobs file lets more of its array go on.
    ``wholes``: the runs that were claimed as whole arrays, which take no place; an edit may have made one run of such.
    """
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
    if held:
        raise BrokenError("no start under a hold", f"{name}: {held}")
    living = machine.now_living()
    placed = [each for each in living if each.run_id not in wholes]
    if spec.run_id in wholes:
        limit = group_limit = 0
    if limit and len(placed) >= limit:
        raise BrokenError("places", f"{name} starts beside {len(placed)} others, and {limit} may run")
    own = defined_by(spec.job)
    others = sum(defined_by(each.spec.job) in group for each in placed) if own in group else 0
    if group_limit and others >= group_limit:
        raise BrokenError("groups", f"{name} starts beside {others} of its group, and {group_limit} may run")
    slot = _slot_of(store, spec.run_id)
    beside = [
        each.run_id
        for each in living
        if defined_by(each.spec.job) == own and (each.spec.job == spec.job or _slot_of(store, each.run_id) != slot)
    ]
    in_array = [each for each in living if spec.job != own and _slot_of(store, each.run_id) == slot]
    if at_once and len(in_array) >= at_once:
        raise BrokenError("arrays", f"{name} starts beside {len(in_array)} of its array, and {at_once} may run")
    if is_alone and beside:
        raise BrokenError("overlap", f"{name} starts beside #{beside[0]} of its own job")


def defined_by(job: str) -> str:
    """The job in the jobs file: that of ``job3[1]``, one run of an array, is ``job3``."""
    return job.partition("[")[0]


def _slot_of(store: FaultyStore, run_id: int) -> int:
    """The run, or the array that it is part of."""
    return int(store.peek("SELECT coalesce(array_of, id) FROM runs WHERE id = ?", (run_id,))[0][0])


def after_step(store: FaultyStore, machine: Machine, *, restful: bool) -> None:
    """What holds between any two steps. ``restful``: no engine has crashed or was refused anything in this step."""
    if store.in_transaction:
        raise BrokenError("the database is consistent", "a transaction is left open")
    if not restful:
        return
    for run_id, job in store.peek("SELECT id, job FROM runs WHERE state = 'running' AND array_indexes IS NULL"):
        if run_id not in machine.processes:
            raise BrokenError("every return code is true", f"{job} #{run_id} runs without a process")


def at_end(store: FaultyStore, machine: Machine, *, is_over: bool) -> None:
    """What holds once nothing new is due and everything has had the time to end."""
    rows = store.peek("SELECT id, job, state, outcome, return_code, stop_reason FROM runs WHERE array_indexes IS NULL")
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
    _check_arrays(store, is_over=is_over)
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


def _check_arrays(store: FaultyStore, *, is_over: bool) -> None:
    """Each array that has begun has a run for each index, and has ended as these did."""
    sql = "SELECT id, job, state, outcome, started_at, array_indexes FROM runs WHERE array_indexes IS NOT NULL"
    for array, name, state, outcome, started, indexes in store.peek(sql):
        last = "SELECT array_index, state, outcome, max(attempt) FROM runs WHERE array_of = ? GROUP BY 1"
        runs = store.peek(last, (array,))
        if started is not None and [run[0] for run in runs] != parse(indexes)[0]:
            raise BrokenError("no run unaccounted", f"{name} #{array} has the runs {[run[0] for run in runs]}")
        if started is None and runs:
            raise BrokenError("decide, record, then act", f"{name} #{array} has runs and has not started")
        if state != RunState.FINISHED:
            if is_over:
                raise BrokenError("nothing starves", f"{name} #{array} is still {state} at the end")
            continue
        if any(run[1] != RunState.FINISHED for run in runs):
            raise BrokenError("arrays", f"{name} #{array} has ended before its runs have")
        good = sum(run[2] == "succeeded" for run in runs)
        if (outcome == "succeeded" and not good) or (outcome == "failed" and good == len(runs)):
            raise BrokenError("arrays", f"{name} #{array} is {outcome}, and {good} of {len(runs)} succeeded")


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
