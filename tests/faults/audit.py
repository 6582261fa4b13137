"""The jobs' own notes against the registry. Pure: what was found in, what is wrong out."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from peak_console.jobs.model import Overlap
from peak_console.model.records import Outcome, RunState, Trigger

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Alert, Command, Run

WITHOUT_PROCESS = frozenset({Outcome.MISSED, Outcome.SKIPPED})
RETRIED = frozenset({Outcome.FAILED, Outcome.TIMED_OUT, Outcome.LOST, Outcome.NOT_STARTED})
BY_ITSELF = frozenset({Outcome.SUCCEEDED, Outcome.FAILED})
CODES_OF_A_STOP = (143, 137)
FOLDED = re.compile(r"stands for (\d+) earlier slot")
T0 = datetime.min.replace(tzinfo=UTC)
STARTED_JITTER = timedelta(milliseconds=20)
"""A start is noted just before the process exists, an end just after: by two clocks' ticks."""


@dataclass(frozen=True)
class Effect:
    """What a job itself wrote when it began."""

    run_id: int
    job: str
    slot: datetime
    attempt: int
    code: int
    """What it is going to exit with."""


@dataclass
class Found:
    """A state directory after everything has come to rest, and what its jobs have done."""

    runs: Sequence[Run]
    effects: Sequence[Effect]
    alerts: Sequence[Alert] = ()
    commands: Sequence[Command] = ()
    jobs: Mapping[str, JobDefinition] = field(default_factory=dict)
    """Definitions of the jobs whose schedule, retries and overlap never changed."""
    decided: Mapping[str, datetime] = field(default_factory=dict)
    """Of each job, until when its slots are decided."""
    max_concurrent_runs: int = 0
    keep_runs: int = 0
    """Older rows than so many of a job may be gone."""
    codes_can_be_lost: bool = False
    """Keepers were killed: the ends of what they had started may be unknown."""
    paused: frozenset[str] = frozenset()
    """Jobs that were disabled now and then: their slots of that time need no explanation."""


def effect_from(line: str) -> Effect:
    """A line that a job wrote: run, job, slot, attempt, code."""
    run_id, job, slot, attempt, code = line.split()
    return Effect(int(run_id), job, datetime.fromisoformat(slot), int(attempt), int(code))


def audit(found: Found) -> list[str]:
    """Everything that is wrong, a sentence each; empty when every promise was kept."""
    checks = (_twice, _unfinished, _effects_have_rows, _rows_have_effects, _codes, _times, _retries, _chains)
    more = (_overlaps, _crowds, _alerts, _commands)
    return [problem for check in (*checks, *more) for problem in check(found)]


def _name(run: Run) -> str:
    return f"#{run.id} {run.job} {run.scheduled_for} attempt {run.attempt} ({run.outcome or run.state})"


def _twice(found: Found) -> Iterable[str]:
    counts = Counter((effect.job, effect.slot, effect.attempt) for effect in found.effects)
    yield from (f"ran {count} times: {what}" for what, count in counts.items() if count > 1)
    by_run = Counter(effect.run_id for effect in found.effects)
    yield from (f"run #{run_id} ran {count} times" for run_id, count in by_run.items() if count > 1)


def _unfinished(found: Found) -> Iterable[str]:
    yield from (f"never finished: {_name(run)}" for run in found.runs if run.state != RunState.FINISHED)


def _effects_have_rows(found: Found) -> Iterable[str]:
    rows = {row.id: row for row in found.runs}
    newest: dict[str, list[int]] = {}
    for row in found.runs:
        newest.setdefault(row.job, []).append(row.id)
    for effect in found.effects:
        if (run := rows.get(effect.run_id)) is None:
            newer = sum(run_id > effect.run_id for run_id in newest.get(effect.job, ()))
            if not found.keep_runs or newer < found.keep_runs:
                yield f"ran without a row: {effect}"
        elif (run.job, run.scheduled_for, run.attempt) != (effect.job, effect.slot, effect.attempt):
            yield f"the row is another one's: {_name(run)}, {effect}"
        elif run.outcome in WITHOUT_PROCESS or (run.outcome == Outcome.NOT_STARTED):
            yield f"it ran, but its row says otherwise: {_name(run)}"


def _rows_have_effects(found: Found) -> Iterable[str]:
    ran = {effect.run_id for effect in found.effects}
    yield from (
        f"no trace of what is said to have ended by itself: {_name(run)}"
        for run in found.runs
        if run.outcome in BY_ITSELF and run.id not in ran
    )
    if not found.codes_can_be_lost:
        yield from (f"lost: {_name(run)}" for run in found.runs if run.outcome == Outcome.LOST)


def _codes(found: Found) -> Iterable[str]:
    meant = {effect.run_id: effect.code for effect in found.effects}
    for run in found.runs:
        code = meant.get(run.id)
        if run.outcome in BY_ITSELF:
            right = run.return_code == code and (run.outcome == Outcome.SUCCEEDED) == (code == 0)
            # On a full disk a run is stopped for a reason that nobody can write down, and then its engine dies.
            right = right or (found.codes_can_be_lost and run.return_code in CODES_OF_A_STOP)
        elif run.outcome in (Outcome.STOPPED, Outcome.TIMED_OUT):
            right = run.return_code in (code, *CODES_OF_A_STOP) or (code is None and run.return_code is None)
            right = right or found.codes_can_be_lost
        else:
            right = run.return_code is None
        if not right:
            yield f"exit code {run.return_code} instead of {code}: {_name(run)}"


def _times(found: Found) -> Iterable[str]:
    for run in found.runs:
        if run.return_code is not None and (run.started_at is None or run.reference is None):
            yield f"has an exit code but no start: {_name(run)}"
        if run.started_at and run.finished_at and run.finished_at < run.started_at:
            yield f"ended before it began: {_name(run)}"
        if run.started_at and run.scheduled_for and run.started_at < run.scheduled_for:
            yield f"began before its slot: {_name(run)}"


def _retries(found: Found) -> Iterable[str]:
    if found.keep_runs:
        return
    attempts: dict[tuple[str, datetime | None], dict[int, Run]] = {}
    for run in found.runs:
        attempts.setdefault((run.job, run.scheduled_for), {})[run.attempt] = run
    for (name, _), of_slot in attempts.items():
        job = found.jobs.get(name)
        if job is None:
            continue
        for number, run in of_slot.items():
            due = run.outcome in RETRIED and number <= job.retries
            if due != (number + 1 in of_slot):
                yield f"{'no further attempt' if due else 'a further attempt without reason'} after {_name(run)}"


def _chains(found: Found) -> Iterable[str]:
    """Every slot of an interval job is a row of its own, or folded into the next one."""
    for name, job in found.jobs.items():
        step = job.schedule.interval_seconds
        if not step or name in found.paused or found.keep_runs:
            continue
        planned = (Trigger.SCHEDULE, Trigger.CATCH_UP)
        rows = [run for run in found.runs if run.job == name and run.triggered_by in planned and run.scheduled_for]
        slots = sorted([(run.scheduled_for, run) for run in rows if run.scheduled_for], key=lambda each: each[0])
        if not slots:
            yield f"{name} never had a slot"
            continue
        before = slots[0][0]
        for slot, run in slots[1:]:
            folded = FOLDED.search(run.reason or "")
            covered = 1 + (int(folded[1]) if folded else 0)
            passed = (slot - before) / timedelta(seconds=step)
            if abs(passed - covered) > 1e-6:
                yield f"{passed:g} slots after {before} but {covered} explained, by {_name(run)}: {run.reason}"
            before = slot
        if name in found.decided and found.decided[name] != before:
            yield f"{name} is decided until {found.decided[name]}, but its last row is for {before}"


def _overlaps(found: Found) -> Iterable[str]:
    """Jobs that do not allow it never run beside themselves."""
    if found.codes_can_be_lost:
        return
    for name, job in found.jobs.items():
        if job.overlap == Overlap.ALLOW:
            continue
        spans = [
            (run.started_at, run.finished_at, run)
            for run in found.runs
            if run.job == name and run.started_at and run.finished_at and run.return_code is not None
        ]
        spans.sort(key=lambda span: span[:2])
        for (_, end, earlier), (start, _, later) in pairwise(spans):
            if start < end - STARTED_JITTER:
                yield f"ran side by side: {_name(earlier)} until {end}, {_name(later)} from {start}"


def _crowds(found: Found) -> Iterable[str]:
    if not found.max_concurrent_runs or found.codes_can_be_lost:
        return
    edges: list[tuple[datetime, int]] = []
    for run in found.runs:
        if run.started_at and run.finished_at:
            edges += [(run.started_at, 1), (max(run.started_at, run.finished_at - STARTED_JITTER), -1)]
    running = most = 0
    for _, change in sorted(edges):
        running += change
        most = max(most, running)
    if most > found.max_concurrent_runs:
        yield f"{most} runs at a time, {found.max_concurrent_runs} allowed"


def _alerts(found: Found) -> Iterable[str]:
    """Each end that is not well counts once in the incidents of its job, and what a success has mended is resolved."""
    told: Counter[str] = Counter()
    for alert in found.alerts:
        told[alert.cause or ""] += alert.count
    ends = Counter(f"{run.outcome}:{run.job}" for run in found.runs if run.outcome in (*RETRIED, Outcome.MISSED))
    for cause, count in ends.items():
        if told[cause] < count or (told[cause] > count and not found.keep_runs):
            yield f"{told[cause]} times told of, but {count} times happened: {cause}"
    last = {run.job: run for run in sorted(found.runs, key=lambda run: run.finished_at or run.claimed_at)}
    for alert in found.alerts:
        run = last.get(alert.job or "")
        mended = run is not None and run.outcome == Outcome.SUCCEEDED and alert.latest_at < (run.started_at or T0)
        if alert.cause and alert.resolved_at is None and mended:
            yield f"open although a later run succeeded: {alert.cause}"


def _commands(found: Found) -> Iterable[str]:
    """Each has one answer, and each that runs a job made one run."""
    rows = {run.id for run in found.runs if run.triggered_by == Trigger.MANUAL and run.attempt == 1}
    made = Counter(command.run_id for command in found.commands if command.verb == "run" and command.run_id)
    for command in found.commands:
        if command.answer is None:
            yield f"without an answer: {command}"
        if command.verb == "run" and command.answer == "done" and command.run_id not in rows and not found.keep_runs:
            yield f"carried out, but nothing ran: {command}"
    yield from (f"made by no command: #{run_id}" for run_id in rows - set(made))
    yield from (f"made by {count} commands: #{run_id}" for run_id, count in made.items() if count > 1)
