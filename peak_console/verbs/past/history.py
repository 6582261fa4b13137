"""``history``: what has happened across all jobs, and why, newest first."""

from __future__ import annotations

from peak_console.decisions.past.run_object import run_object
from peak_console.decisions.past.run_words import OUTCOME_WORDS, TRIGGER_WORDS, AskedRuns, asked_runs, seconds
from peak_console.errors import UsageError
from peak_console.store.past.actions import actions_of
from peak_console.store.past.past_runs import PastRuns
from peak_console.text import duration, nearest, safe
from peak_console.values import replace
from peak_console.verbs.past.registry import limit_of, note_more
from peak_console.verbs.shared.common import note_file_error, select
from peak_console.verbs.shared.output import note, write_json, write_table
from peak_console.verbs.shared.times import iso, moment, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from peak_console.model.records import Run
    from peak_console.model.run_filter import RunFilter
    from peak_console.verbs.shared.common import Selection

ALL = 2**31
"""More runs than any registry holds."""


def show_history(options: Namespace) -> int:
    """``history``: the runs that are asked for, as a table or as JSON; with ``--actions``, the shift log."""
    limit = limit_of(options.limit)
    if options.actions:
        return _show_actions(options, limit)
    with select(options, needs_jobs=False) as selection:
        wanted = _wanted(options, selection)
        store = selection.store
        runs = PastRuns(store).past(wanted, ALL if limit < 0 else limit) if store is not None else []
    note_file_error(selection)
    if options.json:
        write_json([run_object(run, selection.zone) for run in runs])
    elif runs:
        headers = ("run", "job", "when", "by", "outcome", "late", "took", "why")
        write_table(headers, [_row(run, selection.zone) for run in runs], flexible=len(headers) - 1)
        note_more(len(runs), limit)
    else:
        note("no run is recorded" if store is None else "no recorded run matches")
    return 0


def _show_actions(options: Namespace, limit: int) -> int:
    with select(options, needs_jobs=False) as selection:
        wanted, store = _wanted(options, selection), selection.store
        if wanted.outcomes or wanted.triggers or wanted.late_seconds is not None:
            raise UsageError("--actions: outcomes, triggers and lateness are of runs; leave them out")
        found = (
            actions_of(
                store, ALL if limit < 0 else limit, person=wanted.person, jobs=wanted.jobs, since=wanted.since,
                until=wanted.until,
            )
            if store is not None
            else []
        )  # fmt: skip
    note_file_error(selection)
    zone = selection.zone
    if options.json:
        write_json(
            [
                {"id": each.id, "at": iso(each.at, zone), "person": each.person, "verb": each.verb, "job": each.job,
                 "run_id": each.run_id, "message": each.message, "reason": each.reason}
                for each in found
            ]
        )  # fmt: skip
    elif found:
        rows = [
            (shown(each.at, zone), each.person, each.verb.replace("_", " "), each.job or "", each.message,
             each.reason or "")
            for each in found
        ]  # fmt: skip
        write_table(("when", "person", "action", "job", "what came of it", "reason"), rows, flexible=4)
        note_more(len(found), limit)
    else:
        note("nobody has done anything that is recorded" if not wanted.person else "no recorded action matches")
    return 0


def _wanted(options: Namespace, selection: Selection) -> RunFilter:
    """What words and flags ask for together."""
    asked = asked_runs(" ".join(options.words), selection.zone, selection.now)
    asked = replace(asked, runs=_with_flags(options, asked.runs, selection))
    names = [*asked.jobs.names, *(selection.recorded_job(name) for name in options.job)]
    asked = replace(asked, jobs=replace(asked.jobs, names=names))
    return _of_selected_jobs(asked, selection)


def _with_flags(options: Namespace, runs: RunFilter, selection: Selection) -> RunFilter:
    zone, now = selection.zone, selection.now
    outcomes = [each for word in _words(options.outcome, "--outcome", OUTCOME_WORDS) for each in OUTCOME_WORDS[word]]
    triggers = [TRIGGER_WORDS[word] for word in _words(options.trigger, "--trigger", TRIGGER_WORDS)]
    since, until = (
        None if text is None else moment(option, text, zone, now, ahead=False)
        for option, text in (("--since", options.since), ("--until", options.until))
    )
    return replace(
        runs,
        outcomes=(*runs.outcomes, *outcomes),
        triggers=(*runs.triggers, *triggers),
        late_seconds=runs.late_seconds if options.late is None else seconds(options.late),
        person=options.by or runs.person,
        since=since or runs.since,
        until=until or runs.until,
    )


def _words(text: str | None, option: str, known: Mapping[str, object]) -> list[str]:
    """The words of a list. Raises ``UsageError`` for one that is not known."""
    words = [word.strip().lower().replace("-", "_") for word in (text or "").split(",")]
    for word in filter(None, words):
        if word not in known:
            guess = nearest(word, known)
            hint = f'did you mean "{guess}"?' if guess else f"use one of {', '.join(known)}"
            raise UsageError(f'{option}: "{safe(word)}" is not known; {hint}')
    return [word for word in words if word]


def _of_selected_jobs(asked: AskedRuns, selection: Selection) -> RunFilter:
    """Resolve what is asked of jobs among those of the file and of the registry, as far as the tags select them."""
    if not asked.jobs.asks:
        return replace(asked.runs, jobs=list(selection.jobs) if selection.is_filtered else None)
    jobset, store = selection.jobset, selection.store
    known = dict.fromkeys(selection.jobs)
    if not selection.is_filtered and store is not None:
        known.update(dict.fromkeys(PastRuns(store).recorded_jobs()))

    def tags_of(name: str) -> Sequence[str]:
        return jobset.jobs[name].tags if jobset is not None and name in jobset.jobs else ()

    return asked.of_jobs(known, tags_of)


def _row(run: Run, zone: tzinfo) -> tuple[str, ...]:
    late = run.lateness_seconds if run.late_because else None
    by = run.triggered_by.replace("_", " ")
    return (
        f"#{run.id}",
        run.job,
        shown(run.started_at or run.scheduled_for or run.claimed_at, zone),
        f"{by} {run.requested_by}" if run.requested_by else by if run.attempt == 1 else f"{by}, attempt {run.attempt}",
        (run.outcome or run.state).replace("_", " ") + (f" ({run.return_code})" if run.return_code else ""),
        "" if late is None else duration(late),
        "" if run.duration_seconds is None else duration(run.duration_seconds),
        "; ".join(filter(None, (run.reason or run.stop_reason, run.late_because if run.attempt == 1 else None))),
    )
