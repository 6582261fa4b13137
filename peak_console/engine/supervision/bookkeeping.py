"""What follows from a run's end: its result, the next attempt, the alert."""

from __future__ import annotations

from peak_console.alerts.judge import judge_finished
from peak_console.alerts.mishaps import judge_unjudged
from peak_console.decisions.policy import retry_at
from peak_console.engine.alerting.incidents import FAILURES, open_for_job, resolve_after, unwatched_cause
from peak_console.engine.dispatch.claims import TAG
from peak_console.engine.dispatch.lateness import RETRY
from peak_console.engine.events import RunFinished, RunQueued
from peak_console.engine.supervision.mishaps import sentence
from peak_console.errors import StateError
from peak_console.model.records import Claim, Outcome, RunState, Trigger
from peak_console.model.terms import LOCAL
from peak_console.store.rows import DAMAGED
from peak_console.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from peak_console.engine.context import EngineContext
    from peak_console.engine.results.notes import Notes
    from peak_console.engine.supervision.aside import Aside, Call
    from peak_console.engine.supervision.ends import End
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.runs.interface import Usage

HIGHEST_CODE = 2**31
MOST_RERUNS = 3
"""How often a run whose node was lost is tried again, beyond ``retries``."""
TAIL_LINES = 10
TAIL_BYTES = 16 * 1024
NO_ANSWER = "(stderr cannot be read: the shared directory does not answer)"
PATIENCE_SECONDS = 1.0
"""How long the engine waits for the stderr of a run that ended elsewhere."""


@dataclass(slots=True)
class Ending:
    """An end on its way into the registry."""

    end: End
    finished: Run
    """Its run, as it is recorded."""
    now: datetime
    notes: Notes | None
    tail: Sequence[str]
    """The last lines of its stderr, where it has failed."""
    next_at: datetime | None
    """When its next attempt starts; ``None`` when there is none."""
    retry: Sequence[Run] = ()
    """The next attempt."""
    triggered: Sequence[Run] = ()
    """The runs that it triggers."""


AT_ONCE = 32
"""So many ends are recorded in one transaction: to make it durable takes longer than to write down all of them."""


class Bookkeeper:
    """Records ends, each once and with all that follows in the same transaction."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._unrecorded: list[End] = []
        self._aside: Aside | None = None
        self._hanging: Call | None = None
        """The reading of a shared file system that did not answer, until it does."""
        states = context.store.job_states(strict=True)
        self._failures = {name: state.failures for name, state in states.items() if state.failures}

    @property
    def unrecorded(self) -> Sequence[End]:
        """Ends that the registry has refused so far."""
        return self._unrecorded

    @property
    def failures(self) -> Mapping[str, int]:
        """By job: final failures in a row."""
        return self._failures

    def keep(self, ends: Sequence[End]) -> None:
        """Take ends to be recorded with the next ones."""
        self._unrecorded += ends

    def record(self, ends: Sequence[End]) -> None:
        """Record ends, and those that the registry refused before.

        Raises ``StateError`` when it still refuses; they are kept for the next call.
        """
        self._unrecorded += ends
        while self._unrecorded:
            self._context.beat()
            recorded = self._record_first(self._unrecorded[:AT_ONCE])
            for end in self._unrecorded[:recorded]:
                self._context.chains.touch(end.run.job)
            del self._unrecorded[:recorded]

    def _record_first(self, ends: Sequence[End]) -> int:
        """Record ends in one transaction; where one of them makes trouble, the first alone. How many were recorded."""
        failures = dict(self._failures)
        try:
            self._record_together(ends)
        except StateError:
            self._failures = failures
            raise
        except Exception as error:  # noqa: BLE001 - one job's trouble is that job's
            self._failures = failures
            if len(ends) > 1:
                return self._record_first(ends[:1])
            self._record_plainly(ends[0], error)
        return len(ends)

    def _record_plainly(self, end: End, error: Exception) -> None:
        """Record an end of which it could not be decided what follows: nothing but an alert."""
        context = self._context
        now = context.clock.now()
        code = end.return_code if end.return_code is not None and 0 <= end.return_code <= HIGHEST_CODE else None
        wrong = context.served.launcher.redactor.text(sentence(error))
        with context.alerts:
            if context.store.finish(end.run.id, end.outcome, code, end.at, f"what follows is unknown: {wrong}"):
                context.alerts.raise_alert(judge_unjudged(end.run, end.outcome, wrong, now=now), end.job.tags)
        finished = replace(end.run, state=RunState.FINISHED, outcome=end.outcome, return_code=code, finished_at=end.at)
        context.emit(RunFinished(at=now, run=finished, retry_at=None))

    def _record_together(self, ends: Sequence[End]) -> None:
        """Record ends in one transaction, and then do what follows from each."""
        looked_at = [self._looked_at(end) for end in ends]
        with self._context.alerts:
            written = [each for each in looked_at if self._write(each)]
        refusal: StateError | None = None
        for each in written:
            try:
                self._follow(each)
            except StateError as error:  # what follows from the others is done first
                refusal = error
            except Exception as error:  # noqa: BLE001 - one job's trouble is that job's
                self._record_plainly(each.end, error)
        if refusal is not None:
            raise refusal

    def _looked_at(self, end: End) -> Ending:
        """An end with all that is to be known of it before it is recorded: its run's files are read here."""
        end, notes = self._noted(end)
        failed = end.outcome in FAILURES
        is_member = end.run.array_of is not None  # alerts and counts of failures are about the array as a whole
        tail = self._stderr_tail(end.run) if failed and self._context.options.judges and not is_member else []
        used = end.usage or self._used(end)
        finished = replace(
            end.run,
            state=RunState.FINISHED,
            outcome=end.outcome,
            return_code=end.return_code,
            finished_at=end.at,
            reason="; ".join(filter(None, (end.reason, end.run.reason))) or None,
            stop_reason=end.reason if end.outcome == Outcome.STOPPED and not end.run.is_array else end.run.stop_reason,
            cpu_seconds=used.cpu_seconds if used is not None else None,
            peak_memory_bytes=used.peak_memory_bytes if used is not None else None,
        )
        return Ending(end, finished, self._context.clock.now(), notes, tail, _next_at(end) if failed else None)

    def _write(self, each: Ending) -> bool:
        """Record an end inside a transaction; ``False`` when that had been done already."""
        context, end, finished = self._context, each.end, each.finished
        if not context.store.finish(
            end.run.id, end.outcome, end.return_code, end.at, finished.reason,
            cpu_seconds=finished.cpu_seconds, peak_memory_bytes=finished.peak_memory_bytes,
        ):  # fmt: skip
            return False
        if end.job.on_finish and context.status.on_finish is not None:
            context.status.on_finish.owe(end.run)
        if each.notes is not None:
            each.notes.keep(context.store, end.run.id)
        if each.next_at is not None:
            each.retry = context.store.claim([self._next_attempt(end, each.next_at)], each.now, context.identity)
        else:
            each.triggered = self._triggered(finished, each.now)
        self._tell(end, finished, self._failures.get(end.run.job, 0), each.next_at, each.tail, each.now)
        return True

    def _follow(self, each: Ending) -> None:
        """Do what follows from an end once it is durable."""
        context, end, finished = self._context, each.end, each.finished
        context.runs.arrays.pop(end.run.id, None)
        context.runs.queue.forget_arguments(end.run)
        for run in each.retry:
            context.runs.queue.keep_arguments(run, end.job)
            context.runs.queue.add(run)
        for run in each.triggered:
            context.runs.queue.add(run, own=context.options.mode != "run")  # who runs one job leaves them to others
            context.emit(RunQueued(at=each.now, run=run))
        self._tally(end, final=each.next_at is None)
        context.emit(RunFinished(at=each.now, run=finished, retry_at=each.next_at))
        if context.status.beacon is not None:
            context.status.beacon.ended(finished, end.job)
        if end.job.on_finish and context.status.on_finish is not None:
            context.status.on_finish.tell(finished, end.job, each.notes)
        is_member = end.run.array_of is not None
        if is_member and each.next_at is None:
            self._end_array(end.run.array_of or 0)
        elif not context.options.keep_registry and not is_member and not context.chains.is_awaited(end.run.job):
            self._forget(end.run)

    def _tell(
        self, end: End, finished: Run, before: int, next_at: datetime | None, tail: Sequence[str], now: datetime
    ) -> None:
        """Count failures in a row, and judge an end; in the transaction that records it."""
        context = self._context
        if finished.array_of is not None:
            context.alerts.resolve(unwatched_cause(finished.id))
            return
        self._failures[end.run.job] = self._count(end, before, final=next_at is None)
        resolved = resolve_after(context.alerts, finished)
        alert = None
        if context.options.judges:
            alert = judge_finished(
                end.job, finished, failures_before=before, retry_at=next_at, stderr_tail=tail, resolved=resolved,
                now=now, zone=context.served.zone_of(end.job),
            )  # fmt: skip
        if alert is not None and end.outcome in FAILURES:
            open_for_job(context.alerts, end.outcome, end.job, alert)
        elif alert is not None:
            context.alerts.raise_alert(alert, end.job.tags, also_to=context.store.channels_told(resolved))
        self._flag_duration(end.job, finished, now)

    def _end_array(self, array: int) -> None:
        """Record the end of an array as a whole next, if this was the last of its runs."""
        from peak_console.engine.arrays.ending import end_of_array

        end = end_of_array(self._context, array)
        if end is not None:
            self._unrecorded.append(end)

    def _used(self, end: End) -> Usage | None:
        """What a run has used, where that did not come with its end."""
        if end.run.started_at is None or end.return_code is None or end.run.is_array:
            return None
        return self._context.runs.supervisor.executors.of(end.run.executor).usage(end.run.id)

    def _triggered(self, finished: Run, now: datetime) -> list[Run]:
        """The queued runs of the jobs that follow every run of the one that has ended for good."""
        if finished.array_of is not None or not self._context.chains.follow_runs:
            return []
        from peak_console.engine.dispatch.triggers import claim_triggered

        context = self._context
        return claim_triggered(context.store, context.served, context.chains.state_of, context.identity, finished, now)

    def _flag_duration(self, job: JobDefinition, finished: Run, now: datetime) -> None:
        """Flag a run that was shorter or longer than its job expects."""
        if job.expect_duration and self._context.options.judges:
            from peak_console.engine.alerting.durations import flag_duration

            flag_duration(self._context.alerts, job, finished, now)

    def _noted(self, end: End) -> tuple[End, Notes | None]:
        """The end of a run, once its result was held against what its job expects; and what is kept with it."""
        context, job = self._context, end.job
        has_result = end.outcome == Outcome.SUCCEEDED and (job.expect is not None or job.result is not None)
        if not context.options.judges or not (has_result or context.status.provenance is not None):
            return end, None
        if end.run.is_array:  # its runs have results
            return end, None
        from peak_console.engine.results.notes import note

        return note(end, context.directory, context.served, context.status.provenance, has_result=has_result)

    def _count(self, end: End, before: int, *, final: bool) -> int:
        """Final failures in a row; a run that was stopped says nothing about its job."""
        failures = before
        if end.outcome == Outcome.SUCCEEDED:
            failures = 0
        elif end.outcome in FAILURES and final:
            failures = before + 1
        if failures != before:
            self._context.store.count_failures(end.run.job, failures)
        return failures

    def _tally(self, end: End, *, final: bool) -> None:
        if end.run.array_of is not None:
            return
        if end.outcome == Outcome.SUCCEEDED:
            self._context.status.succeeded += 1
        elif final and end.outcome in FAILURES:
            self._context.status.failed += 1

    def _next_attempt(self, end: End, not_before: datetime) -> Claim:
        return Claim(
            job=end.run.job,
            scheduled_for=end.run.scheduled_for or end.run.claimed_at,
            triggered_by=Trigger.RETRY,
            attempt=end.run.attempt + 1,
            queued=True,
            not_before=not_before,
            command=end.run.command,
            args=end.run.args,
            round_at=end.run.round_at,
            priority=end.job.priority,
            tags=end.run.tags,
            tag=TAG,
            late_because=RETRY,
            run_mode=end.run.run_mode,
            requested_by=end.run.requested_by,
            args_changed=end.run.args_changed,
            executor=end.job.executor,
            array_of=end.run.array_of,
            array_index=end.run.array_index,
            array_values=end.run.array_values,
        )

    def _stderr_tail(self, run: Run) -> list[str]:
        from peak_console.runs.output.of_run import output_of
        from peak_console.text import safe

        redactor = self._context.served.launcher.redactor
        run_id = run.id
        if run.is_array:
            from peak_console.engine.arrays.ending import first_failed

            run_id = first_failed(self._context, run.id) or run.id

        def read() -> list[str]:
            return output_of(self._context.directory, run_id).reader().tail_lines("err", TAIL_LINES, TAIL_BYTES)

        try:
            lines = read() if run.executor == LOCAL else self._read_aside(read)
        except Exception as error:  # noqa: BLE001 - the end counts, whatever has become of the output
            lines = [f"(stderr cannot be read: {sentence(error)})"]
        return [safe(redactor.text(line)) for line in lines]

    def _read_aside(self, read: Callable[[], list[str]]) -> list[str]:
        """What is read from a shared file system, if it answers soon. Raises what ``read`` raises."""
        from peak_console.engine.supervision.aside import Aside, CrowdedError

        if self._hanging is not None and not self._hanging.is_over():
            return [NO_ANSWER]
        self._aside, self._hanging = self._aside or Aside(), None
        try:
            call = self._aside.call(read)
        except CrowdedError:
            return [NO_ANSWER]
        if not call.is_over(PATIENCE_SECONDS):
            self._hanging = call  # the next ones do not wait for it once more
            return [NO_ANSWER]
        if call.error is not None:
            raise call.error
        lines: list[str] = call.result  # type: ignore[assignment]
        return lines

    def _forget(self, run: Run) -> None:
        from peak_console.runs.output.of_run import output_of

        members: list[int] = []
        if run.is_array:
            from peak_console.store.tables.arrays import Arrays

            members = Arrays(self._context.store).member_ids(run.id, -1)
        for run_id in (*members, run.id):
            self._context.store.forget([run_id])
            output_of(self._context.directory, run_id).remove()


def _next_at(end: End) -> datetime | None:
    """When the next attempt of a failed run starts; ``None`` when there is none left.

    A run that is lost to its node is certain to live no more by now: its executor has seen to that.
    """
    job, attempt = end.job, end.run.attempt
    # With what a damaged row has lost another attempt would be another run. Of an array each run has its own attempts.
    if end.run.is_array or (end.run.reason or "").startswith(DAMAGED):
        return None
    if end.outcome == Outcome.LOST and job.rerun_on_node_failure and attempt <= job.retries + MOST_RERUNS:
        return end.at
    return retry_at(job, attempt, end.at)
