"""Why a job starts or does not: each condition with the value that it saw, and what would change the answer. Pure."""

from __future__ import annotations

from peak_console.model.terms import Outcome, RunState, Trigger
from peak_console.schedule.zones import local_time
from peak_console.text import duration, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from peak_console.decisions.conditions import Answer, Situation
    from peak_console.model.records import Run

LATE_SECONDS = 2.0
_VALUES: Mapping[str, Callable[[Situation], str]] = {
    "served": lambda _asked: "an engine serves it, or the next one that starts will",
    "enabled": lambda asked: "enabled = true" if asked.job.enabled else "enabled by an operator",
    "override": lambda _asked: "no operator has disabled it",
    "hold": lambda _asked: "nothing holds it",
    "blackout": lambda _asked: "no blackout",
    "gate": lambda _asked: "no gate is closed to it",
    "schedule": lambda asked: f"due since {_moment(asked.slot, asked.zone)}",
    "after": lambda asked: "its upstreams let it go" if asked.job.after else "it waits for no other job",
    "requires": lambda _asked: "what it requires is there",
    "overlap": lambda asked: f"none of its runs is in the way (overlap = {asked.job.overlap})",
    "retry": lambda _asked: "no further attempt is outstanding",
    "group": lambda asked: f"group {asked.job.group} has room" if asked.job.group else "it is in no group",
    "places": lambda asked: (
        f"{asked.capacity.taken} of {asked.capacity.limit} places are taken" if asked.capacity.limit else "no limit"
    ),
}
_WAYS_OUT: Mapping[str, str] = {
    "served": "an engine that selects it: peak-console --headless",
    "enabled": "enabled = true in the jobs file, or: peak-console enable {job}",
    "override": "peak-console enable {job}",
    "hold": "peak-console release",
    "blackout": "the end of the blackout",
    "gate": "the gate's next yes; see: peak-console gates",
    "schedule": "its slot; sooner: peak-console run {job}",
    "after": "the runs that it waits for; without them: peak-console run {job}",
    "requires": "the files that it requires",
    "overlap": "the end of its run; sooner: peak-console stop {job}",
    "retry": "the end of that attempt",
    "group": "the end of a run of its group",
    "places": "the end of any run, or a higher max_concurrent_runs",
}


def value_of(answer: Answer, asked: Situation) -> str:
    """What a condition saw: why it does not hold, or the value with which it does."""
    if not answer.holds:
        return answer.sentence
    tell = _VALUES.get(answer.name)
    return tell(asked) if tell is not None else "it holds"


def way_out(unmet: Answer | None, job: str) -> str:
    """What would change the answer; empty where nothing is in the way."""
    return _WAYS_OUT.get(unmet.name, "").format(job=word(job)) if unmet is not None else ""


def about_now(job: str, unmet: Answer | None, where: tzinfo | None) -> str:
    """One sentence: whether a job may start, and if not, why."""
    if unmet is None:
        return f"{job} may start: nothing is in its way"
    until = f", until {_moment(unmet.until, where)} at the latest" if unmet.until is not None else ""
    if unmet.name == "schedule":
        until = ""
    return f"{job} does not start now: {unmet.sentence}{until}"


def about_run(run: Run, where: tzinfo | None) -> str:
    """One sentence on a run: who wanted it, when it started, what it waited for, how it ended."""
    words = [f"{run.job} #{run.id} {_wanted(run, where)}"]
    if run.started_at is not None:
        late = run.lateness_seconds or 0.0
        words.append(f"started at {_moment(run.started_at, where)}")
        if late >= LATE_SECONDS and run.triggered_by != Trigger.MANUAL:
            words.append(f"{duration(late)} late, as it {_because(run)}")
    elif run.state == RunState.QUEUED:
        words.append(f"waits: {run.awaits or run.late_because or 'for its turn'}")
    if run.state == RunState.FINISHED:
        words.append(_end(run, where))
    elif run.started_at is not None:
        words.append("is under way")
    return ", ".join(words)


def _wanted(run: Run, where: tzinfo | None) -> str:
    slot = _moment(run.scheduled_for, where)
    if run.triggered_by == Trigger.MANUAL:
        return f"was asked for by {run.requested_by or 'somebody'}"
    if run.triggered_by == Trigger.RETRY:
        return f"is attempt {run.attempt} of the slot {slot}"
    if run.triggered_by == Trigger.CATCH_UP:
        return f"caught up on the slot {slot}"
    return f"was due at {slot}"


def _because(run: Run) -> str:
    because = run.late_because or ""
    return because if because.startswith("waited") else f"was late: {because}" if because else "was looked at late"


def _end(run: Run, where: tzinfo | None) -> str:
    because = f" ({run.reason or run.stop_reason})" if run.reason or run.stop_reason else ""
    if run.outcome in (Outcome.SKIPPED, Outcome.MISSED, Outcome.NOT_STARTED):
        return f"was {str(run.outcome).replace('_', ' ')}{because}"
    code = f" with code {run.return_code}" if run.return_code else ""
    return f"{str(run.outcome).replace('_', ' ')}{code} at {_moment(run.finished_at, where)}{because}"


def about_slot(job: str, slot: datetime, runs: Sequence[Run], where: tzinfo | None) -> str:
    """What became of a slot that has passed; empty where nothing is recorded of it. ``runs`` are the job's."""
    own = sorted((run for run in runs if run.scheduled_for == slot), key=lambda run: run.attempt)
    if own:
        return "; ".join(about_run(run, where) for run in own)
    for run in runs:
        since, at = run.stands_since, run.scheduled_for
        if since is not None and at is not None and since <= slot < at:
            return f"the slot {_moment(slot, where)} of {job} is part of #{run.id}: {about_run(run, where)}"
    return ""


def _moment(at: datetime | None, zone: tzinfo | None) -> str:
    return "no time" if at is None else local_time(at, zone).strftime("%Y-%m-%d %H:%M:%S")
