"""``forecast``: what will start when, what waits for what, and what is skipped, by the engine on a virtual clock."""

from __future__ import annotations

from datetime import timedelta

from peak_console.errors import JobsFileError, UsageError
from peak_console.forecast.deadlines import foreseen
from peak_console.forecast.figures import busiest, longest_wait, slots_in
from peak_console.forecast.forecast import Question, forecast, futures
from peak_console.forecast.past import Past
from peak_console.jobs.file.loader import load, load_changed
from peak_console.text import duration, safe
from peak_console.values import replace
from peak_console.verbs.ahead.forecast_output import write_forecast, write_spread
from peak_console.verbs.shared.common import note_no_jobs, select
from peak_console.verbs.shared.output import note
from peak_console.verbs.shared.times import moment, shown_with_zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping, Sequence
    from typing import Any

    from peak_console.forecast.deadlines import Foreseen
    from peak_console.forecast.forecast import Forecast
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.verbs.shared.common import Selection

DEFAULT_SPAN = timedelta(days=1)
LONGEST_SPAN = timedelta(days=366)
MOST_SAMPLES = 10_000
MOST_FACTOR = 1000.0


def show_forecast(options: Namespace) -> int:
    """``forecast``: nothing is written and nothing is started."""
    if not 0 <= options.samples <= MOST_SAMPLES:
        raise UsageError(f"--samples: give at most {MOST_SAMPLES} futures, and no negative number")
    with select(options) as selection:
        jobset = _jobset(options, selection)
        question = _question(options, selection, jobset)
        past = Past(selection.store, jobset.jobs)
        wanted = _wanted(options, selection, jobset)
        if options.places:
            return _show_places(jobset, selection, question, past)
        if options.samples:
            drawn = [each.of(wanted) for each in futures(jobset, selection.store, question, past=past)]
            write_spread(slots_in(drawn), jobset, selection, options)
            return 0
        found = forecast(jobset, selection.store, question, past=past).of(wanted)
        hold = selection.store.hold() if selection.store is not None else None
    note_no_jobs(selection)
    if hold is not None:
        note("all jobs are held, and the forecast is made as if that went on")
    deadlines = foreseen(jobset, found)
    write_forecast(found, deadlines, selection, options)
    if not (options.json or options.csv or options.ics):
        _summarize(found, deadlines, selection)
    return 0


def _jobset(options: Namespace, selection: Selection) -> JobSet:
    """The jobs as they would be."""
    assert selection.jobset is not None
    path = options.file or options.config
    changes = [_change(text, selection.jobset if options.file is None else load(path)) for text in options.set]
    try:
        jobset = load_changed(path, changes) if changes else load(path) if options.file else selection.jobset
    except JobsFileError as error:
        if not changes:
            raise
        load(path)  # the file itself has its own message
        raise UsageError(f"--set: {error}") from None
    for tag in options.hold:
        if not any(tag in job.tags for job in jobset.jobs.values()):
            raise UsageError(f'--hold: no job has the tag "{safe(tag)}"; see: peak-console jobs')
    if options.hold:
        jobs = {
            name: replace(job, enabled=False) if set(options.hold) & set(job.tags) else job
            for name, job in jobset.jobs.items()
        }
        jobset = replace(jobset, jobs=jobs)
    return jobset


def _change(text: str, jobset: JobSet) -> tuple[str, str, Any]:
    import tomli

    left, equals, value = text.partition("=")
    name, dot, key = left.strip().rpartition(".")
    if not (equals and dot and name and key):
        raise UsageError(f"--set: {safe(text)} names no job, key and value; write for example backup.daily_time=07:30")
    if name != "scheduler":
        _job(jobset, name)
    try:
        return name, key, tomli.loads(f"value = {value.strip()}")["value"]
    except tomli.TOMLDecodeError:  # a text without its quotes
        return name, key, value.strip()


def _question(options: Namespace, selection: Selection, jobset: JobSet) -> Question:
    now, zone = selection.now, selection.zone
    begin = now if options.from_ is None else moment("--from", options.from_, zone, now, ahead=True)
    if begin < now:
        raise UsageError(f"--from: {safe(options.from_)} has passed; see what was: peak-console runs")
    end = begin + DEFAULT_SPAN if options.to is None else moment("--to", options.to, zone, now, ahead=True)
    if end <= begin:
        raise UsageError(f"--to: {safe(options.to)} lies before {'--from' if options.from_ else 'now'}")
    if end - now > LONGEST_SPAN:
        raise UsageError(f"--to: {safe(options.to or options.from_)} is too far away; ask for a year at the most")
    return Question(
        now=now, begin=begin, end=end, fail=[_job(jobset, name).name for name in options.fail],
        slow=_factors(options.slow, jobset), samples=options.samples, seed=options.seed,
    )  # fmt: skip


def _job(jobset: JobSet, name: str) -> JobDefinition:
    from peak_console.engine.commands.answers import unknown_job
    from peak_console.errors import UnknownJobError

    if name not in jobset.jobs:
        raise UnknownJobError(unknown_job(safe(name), jobset.jobs))
    return jobset.jobs[name]


def _factors(texts: Sequence[str], jobset: JobSet) -> Mapping[str, float]:
    factors = {}
    for text in texts:
        name, _, word = text.rpartition("=")
        try:
            factor = float(word.removesuffix("x"))
        except ValueError:
            factor = 0.0
        if not (name and 0 < factor <= MOST_FACTOR):
            raise UsageError(f"--slow: {safe(text)} names no job and factor; write for example report=2x")
        factors[_job(jobset, name).name] = factor
    return factors


def _wanted(options: Namespace, selection: Selection, jobset: JobSet) -> Sequence[str]:
    if options.job is not None:
        return [_job(jobset, options.job).name]
    if selection.is_filtered:
        from peak_console.jobs.file.loader import filter_jobs_by_tags

        return [
            j.name for j in filter_jobs_by_tags(jobset.jobs.values(), selection.include_tags, selection.exclude_tags)
        ]
    return [*jobset.jobs]


def _summarize(found: Forecast, deadlines: Sequence[Foreseen], selection: Selection) -> None:
    if deadlines:
        late = [each for each in deadlines if not each.is_met]
        note(f"{len(late)} of {len(deadlines)} deadlines will be missed" if late else "every deadline will be met")
    most = busiest(found)
    if most is not None:
        limit = f", of {found.max_concurrent_runs} places" if found.max_concurrent_runs else ""
        note(f"busiest at {shown_with_zone(most.at, selection.zone)}: {most.runs} at once{limit}")
    waits = longest_wait(found.runs)
    if waits is not None:
        note(f"{waits.job} waits longest for a place: {duration(waits.waits_seconds)}")
    guessed = dict.fromkeys(run.job for run in found.runs if run.is_guess)
    if guessed:
        names = ", ".join(list(guessed)[:5]) + (f" and {len(guessed) - 5} more" if len(guessed) > 5 else "")
        note(f"no run of {names} has ended yet, so how long one takes is a guess")


def _show_places(jobset: JobSet, selection: Selection, question: Question, past: Past) -> int:
    from peak_console.forecast.places import smallest_limit
    from peak_console.verbs.shared.output import write

    found = smallest_limit(jobset, selection.store, question, past)
    write(f"max_concurrent_runs = {found.limit}\n")
    note(found.reason)
    return 0
