"""What happened, judged: the alert it makes, or ``None``. Pure; times are aware, ``zone`` is for display only.

The first line of a message stands alone (it is what a list or a phone shows); details follow it. All text
comes from outside (``stderr_tail``, ``reason``) has to be free of secrets and control characters already.
"""

from __future__ import annotations

from peak_console.alerts import wording
from peak_console.model.records import Alert, Level, Outcome, Trigger
from peak_console.text import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo
    from typing import Any

    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run

    Judgement = tuple[Level, str, list[str]]
    """Level, first line without the job's name, and the details."""

PROBLEMS_SHOWN = 20
_NEWLINE = "\n"


class Finished:
    """A finished run and what is known around it."""

    __slots__ = ("failures_before", "job", "now", "resolved", "retry_at", "run", "tail", "zone")

    def __init__(
        self,
        job: JobDefinition | None,
        run: Run,
        failures_before: int,
        retry_at: datetime | None,
        tail: Sequence[str],
        resolved: Sequence[Alert],
        now: datetime,
        zone: tzinfo | None,
    ) -> None:
        self.job = job
        self.run = run
        self.failures_before = failures_before
        self.retry_at = retry_at
        self.tail = wording.tail(tail)
        self.resolved = resolved
        self.now = now
        self.zone = zone

    @property
    def attempts(self) -> int:
        """How many attempts its slot gets at most. An array as a whole gets one: its runs have their own."""
        if self.run.is_array:
            return 1
        return max(self.run.attempt, 1 + (self.job.retries if self.job else 0))

    @property
    def alert_after(self) -> int:
        """How many failures in a row make an alert."""
        return self.job.alert_after if self.job else 1

    def when(self, moment: datetime) -> str:
        return wording.moment(moment, self.now, self.zone)

    def with_retry(self, headline: str) -> str:
        """The headline of a failure, with what comes next: a retry, or how many attempts there were."""
        if self.retry_at is not None:
            return (
                f"{headline}, attempt {self.run.attempt} of {self.attempts}: next attempt at {self.when(self.retry_at)}"
            )
        return f"{headline} after {self.run.attempt} attempts" if self.run.attempt > 1 else headline

    def failure_details(self) -> list[str]:
        details = []
        if self.retry_at is None and self.failures_before:
            details.append(f"{self.failures_before + 1} failures in a row.")
        if self.tail:
            details += ["Last lines of stderr:", *(f"  {line}" for line in self.tail)]
        return details


def judge_finished(
    job: JobDefinition | None,
    run: Run,
    *,
    failures_before: int,
    retry_at: datetime | None,
    stderr_tail: Sequence[str] = (),
    resolved: Sequence[Alert] = (),
    now: datetime,
    zone: tzinfo | None = None,
) -> Alert | None:
    """The alert of a finished run.

    ``job`` is the definition it ran under, ``None`` if that is gone. ``failures_before`` counts the job's final
    failures in a row before this run. ``retry_at`` is when the next attempt starts, ``None`` if there is none.
    Failures make none before there have been ``alert_after`` in a row. A plain success of a job with
    ``alert_on_success = false`` makes none either; one that has ``resolved`` something, or comes after as many
    failures, always does. A slot skipped by the overlap policy makes none; missed slots have ``judge_missed``.
    """
    if run.outcome is None:
        raise ValueError(f"run #{run.id} has not finished")
    finished = Finished(job, run, failures_before, retry_at, stderr_tail, resolved, now, zone)
    if run.outcome not in (Outcome.SUCCEEDED, Outcome.STOPPED) and failures_before + 1 < finished.alert_after:
        return None
    judgement = _judgement(run.outcome, finished)
    if judgement is None:
        return None
    level, headline, details = judgement
    lines = [f"{run.job} {headline}", _facts(finished), *details]
    return Alert(
        level=level,
        message="\n".join(lines),
        timestamp=now,
        context=_context(finished),
        job=run.job,
        run_id=run.id,
    )


def _succeeded(finished: Finished) -> Judgement | None:
    run, before = finished.run, finished.failures_before
    details = _reason(finished) if run.is_array else []
    details += [f"Resolved: {alert.message.partition(_NEWLINE)[0]}" for alert in finished.resolved]
    if before and (before >= finished.alert_after or finished.resolved):
        return Level.INFO, f"recovered after {wording.count(before, 'failure')}", details
    if run.attempt > 1:
        return Level.INFO, f"succeeded at attempt {run.attempt} of {finished.attempts}", details
    if finished.job is not None and not finished.job.alert_on_success and not finished.resolved:
        return None
    took = run.duration_seconds
    return Level.INFO, "succeeded" if took is None else f"succeeded in {duration(took)}", details


def _failed(finished: Finished) -> Judgement:
    if finished.run.is_array:
        return Level.CRITICAL, f"failed: {finished.run.reason}", finished.failure_details()
    level = Level.CRITICAL if finished.retry_at is None else Level.WARNING
    headline = finished.with_retry(f"failed with {wording.exit_code(finished.run.return_code)}")
    return level, headline, _reason(finished) + finished.failure_details()


def _timed_out(finished: Finished) -> Judgement:
    job, took = finished.job, finished.run.duration_seconds
    limit = job.timeout_seconds if job is not None and job.timeout_seconds else took
    headline = "timed out" if limit is None else f"timed out after {duration(limit)}"
    if finished.retry_at is not None:
        headline = finished.with_retry(headline)
    return Level.CRITICAL, headline, finished.failure_details()


def _lost(finished: Finished) -> Judgement:
    headline = finished.with_retry("was lost: its process is gone and left no exit code")
    return Level.CRITICAL, headline, _reason(finished) + finished.failure_details()


def _not_started(finished: Finished) -> Judgement:
    level = Level.CRITICAL if finished.retry_at is None else Level.WARNING
    headline = finished.with_retry("could not be started")
    return level, headline, _reason(finished) + finished.failure_details()


def _unexpected(finished: Finished) -> Judgement:
    level = Level.CRITICAL if finished.retry_at is None else Level.WARNING
    headline = finished.with_retry("ended well, but its result is not as expected")
    return level, headline, _reason(finished) + finished.failure_details()


def _stopped(finished: Finished) -> Judgement:
    why = finished.run.stop_reason or (finished.run.reason if finished.run.is_array else "") or ""
    if why.startswith("stopped by "):
        return Level.INFO, f"was {why}", []
    return Level.INFO, "was stopped", [why] if why else []


def _judgement(outcome: Outcome, finished: Finished) -> Judgement | None:
    match outcome:
        case Outcome.SUCCEEDED:
            return _succeeded(finished)
        case Outcome.FAILED:
            return _failed(finished)
        case Outcome.TIMED_OUT:
            return _timed_out(finished)
        case Outcome.LOST:
            return _lost(finished)
        case Outcome.NOT_STARTED:
            return _not_started(finished)
        case Outcome.UNEXPECTED:
            return _unexpected(finished)
        case Outcome.STOPPED:
            return _stopped(finished)
        case Outcome.MISSED | Outcome.SKIPPED:  # slots without a run: ``judge_missed`` has those that matter
            return None


def _reason(finished: Finished) -> list[str]:
    return [finished.run.reason] if finished.run.reason else []


def _facts(finished: Finished) -> str:
    """Which run it was, in one line."""
    run = finished.run
    facts = [f"Run #{run.id}"]
    if run.triggered_by == Trigger.MANUAL:
        facts.append("started by hand")
    elif run.scheduled_for is not None:
        facts.append(f"due at {finished.when(run.scheduled_for)}")
    if finished.attempts > 1:
        facts.append(f"attempt {run.attempt} of {finished.attempts}")
    if run.duration_seconds is not None:
        facts.append(f"took {duration(run.duration_seconds)}")
    return ", ".join(facts) + "."


def _context(finished: Finished) -> dict[str, Any]:
    run, took = finished.run, finished.run.duration_seconds
    context: dict[str, Any] = {
        "job_name": run.job,
        "return_code": run.return_code,
        "duration": None if took is None else round(took, 3),
        "run_id": run.id,
        "attempt": run.attempt,
        "scheduled_for": None if run.scheduled_for is None else run.scheduled_for.isoformat(),
        "outcome": str(run.outcome),
        "tags": list(run.tags),
    }
    if run.outcome not in (Outcome.SUCCEEDED, Outcome.STOPPED):
        context["stderr_tail"] = finished.tail
    return context


def judge_missed(
    job_name: str,
    *,
    count: int,
    since: datetime,
    tags: Sequence[str] = (),
    reason: str | None = None,
    run_id: int | None = None,
    now: datetime,
    zone: tzinfo | None = None,
    counted: bool = True,
) -> Alert:
    """The one alert of ``count`` slots that no run makes up for, the oldest at ``since``.

    Where they were not all ``counted`` there are more.
    """
    first = wording.moment(since, now, zone)
    what = f"its slot at {first}" if count == 1 else f"{_least(counted)}{wording.count(count, 'slot')} since {first}"
    lines = [f"{job_name} missed {what}", *([reason] if reason else [])]
    context = _slots_context(job_name, Outcome.MISSED, count, since, tags)
    return Alert(Level.WARNING, "\n".join(lines), now, context=context, job=job_name, run_id=run_id)


def _least(counted: bool) -> str:
    return "" if counted else "at least "


def judge_catch_up(
    run: Run, *, count: int, since: datetime, now: datetime, zone: tzinfo | None = None, counted: bool = True
) -> Alert | None:
    """The alert of a run that also stands for ``count`` earlier slots, the oldest at ``since``; none for 0."""
    if count < 1:
        return None
    first = wording.moment(since, now, zone)
    lines = [
        f"{run.job} runs once for {_least(counted)}{wording.count(count, 'earlier slot')} too, since {first}",
        f"Run #{run.id} makes up for all of them.",
    ]
    context = _slots_context(run.job, None, count, since, run.tags)
    return Alert(Level.WARNING, "\n".join(lines), now, context=context, job=run.job, run_id=run.id)


def _slots_context(
    job_name: str, outcome: Outcome | None, count: int, since: datetime, tags: Sequence[str]
) -> dict[str, Any]:
    return {
        "job_name": job_name,
        "outcome": None if outcome is None else str(outcome),
        "slots": count,
        "since": since.isoformat(),
        "tags": list(tags),
    }


def judge_trouble(error: str, *, since: datetime, now: datetime, zone: tzinfo | None = None) -> Alert:
    """The alert of a registry that refused from ``since`` on and serves again: it can be recorded only now."""
    lines = [
        f"the engine could record nothing for {duration((now - since).total_seconds())}, and therefore started nothing",
        f"Since {wording.moment(since, now, zone)}: {error}",
        "What fell due meanwhile is treated as if no engine had been running.",
    ]
    return Alert(Level.CRITICAL, "\n".join(lines), now, context={"error": error, "since": since.isoformat()})


def judge_lasting_trouble(error: str, since: datetime, *, now: datetime, zone: tzinfo | None = None) -> Alert:
    """The alert of a registry that still refuses, for those whom no record can reach."""
    lines = [
        "the engine can record nothing, and therefore starts nothing",
        f"Since {wording.moment(since, now, zone)}: {error}",
        "This is sent once, past the registry; when it works again an alert says so.",
    ]
    return Alert(Level.CRITICAL, "\n".join(lines), now, source="registry")


def judge_waiting(run: Run, seconds: float, behind: str, waiting: int, *, now: datetime) -> Alert:
    """The alert of a slot that has waited long for its turn, behind the runs that ``behind`` names."""
    whom = f" behind {behind}" if behind else ""
    lines = [
        f"{run.job} has waited {duration(seconds)} for its turn{whom}",
        f"{wording.count(waiting, 'slot')} waiting in all; stop what hangs, or raise max_concurrent_runs.",
    ]
    context = {"job_name": run.job, "waited_seconds": seconds, "waiting": waiting, "behind": behind}
    return Alert(Level.WARNING, "\n".join(lines), now, context=context, job=run.job, run_id=run.id)


def judge_not_served(
    job_name: str, slot: datetime, engines: Sequence[str], *, now: datetime, zone: tzinfo | None = None
) -> Alert:
    """The alert of a job that is due while every engine, given by pid and tags, leaves it out."""
    lines = [
        f"{job_name} is not served: due since {wording.moment(slot, now, zone)}, and no engine selects it",
        f"Engines that serve other jobs: {'; '.join(engines)}.",
        "Start one whose tags select it.",
    ]
    context = {"job_name": job_name, "since": slot.isoformat(), "engines": list(engines)}
    return Alert(Level.WARNING, "\n".join(lines), now, context=context, job=job_name)


def judge_rejected(path: str, problems: Sequence[str], *, now: datetime) -> Alert:
    """The alert of a reload that changed nothing because the file has errors, given as ``file:line: …``."""
    file_name = path.rpartition("/")[2]
    found = f": {wording.count(len(problems), 'error')}" if problems else ""
    lines = [f"{file_name} rejected{found}; the jobs already loaded keep running", *problems[:PROBLEMS_SHOWN]]
    if len(problems) > PROBLEMS_SHOWN:
        lines.append(f"… and {len(problems) - PROBLEMS_SHOWN} more; see peak-console validate")
    return Alert(Level.WARNING, "\n".join(lines), now, context={"path": path, "errors": len(problems)})


def judge_unselected(path: str, doubts: Sequence[str], *, now: datetime) -> Alert:
    """The alert of a reload that leaves an engine with tags no job to serve."""
    message = f"{path.rpartition('/')[2]} has no job left for this engine: {'; '.join(doubts)}"
    return Alert(Level.WARNING, message, now, context={"path": path})


def judge_accepted(path: str, *, now: datetime) -> Alert:
    """The news that a file that was rejected again says what it said before."""
    return Alert(Level.INFO, f"{path.rpartition('/')[2]} can be used again", now, context={"path": path})


def judge_reloaded(
    path: str, *, added: Sequence[str], removed: Sequence[str], changed: Sequence[str], now: datetime
) -> Alert | None:
    """The alert of new job definitions in force; ``None`` when the file says what it said before."""
    parts = [(word, jobs) for word, jobs in (("added", added), ("removed", removed), ("changed", changed)) if jobs]
    if not parts:
        return None
    summary = ", ".join(f"{len(jobs)} {word}" for word, jobs in parts)
    lines = [f"{path.rpartition('/')[2]} reloaded: {summary}"]
    # Name each removed job: nothing else will mention it again.
    most = {"removed": len(removed)}
    lines += [f"{word.capitalize()}: {wording.names(jobs, most.get(word))}" for word, jobs in parts]
    context = {"path": path, "added": list(added), "removed": list(removed), "changed": list(changed)}
    return Alert(Level.WARNING if removed else Level.INFO, "\n".join(lines), now, context=context)
