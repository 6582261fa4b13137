"""What is asked of an engine for several jobs at once: stop, enable, disable; hold and release by tags or words."""

from __future__ import annotations

from functools import partial

from peak_console.decisions.selection import tags_of
from peak_console.engine.commands.requests import LONGEST_OVERRIDE_SECONDS
from peak_console.errors import PeakConsoleError, UsageError
from peak_console.text import counted, parse_duration, safe
from peak_console.verbs import command
from peak_console.verbs.command import give
from peak_console.verbs.shared.common import number_of, select
from peak_console.verbs.shared.output import note
from peak_console.verbs.shared.times import moment

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from peak_console.jobs.model import JobDefinition
    from peak_console.verbs.shared.common import Selection


def stop(options: Namespace) -> int:
    """Ask the runs of some jobs, or some runs, to end."""
    runs = {what: number_of(what) for what in options.what if what.startswith("#")}
    for what, number in runs.items():
        if number is None:
            raise UsageError(f'"{safe(what)}" is no run: write #123')
    with select(options) as selection:
        jobs = _jobs(selection, [what for what in options.what if what not in runs], options.tags)
        if options.tags and not options.what:  # of jobs that are named by a tag only those that run are meant
            busy = {run.job for run in selection.store.unfinished()} if selection.store is not None else set()
            jobs = [job for job in jobs if job in busy]
            if not jobs:
                raise PeakConsoleError("none of these jobs is running; see: peak-console jobs")
        if options.chain:
            jobs = _with_waiting(selection, jobs)
    acts = [partial(give, options, "stop", run_id=number, needs_engine=True) for number in runs.values()]
    return _each([*acts, *(partial(give, options, "stop", job, needs_engine=True) for job in jobs)])


def _with_waiting(selection: Selection, jobs: Sequence[str]) -> list[str]:
    """Those of some jobs, and of all that wait for them, that have runs; the last of a chain first.

    Raises ``PeakConsoleError`` when there is none.
    """
    from peak_console.decisions.upstreams.graph import Graph

    assert selection.jobset is not None  # select() needs it
    graph = Graph(selection.jobset.jobs)
    chain = dict.fromkeys([*jobs, *(name for job in jobs for name in graph.downstream(job))])
    busy = {run.job for run in selection.store.unfinished()} if selection.store is not None else set()
    found = [name for name in reversed(chain) if name in busy]
    if not found:
        raise PeakConsoleError("no job of this chain is running or waits; see: peak-console graph")
    return found


def enable(options: Namespace) -> int:
    return _override(options, "enable")


def disable(options: Namespace) -> int:
    return _override(options, "disable")


def _override(options: Namespace, verb: str) -> int:
    with select(options) as selection:
        jobs = _jobs(selection, options.job, options.tags)
        arguments = {"reason": options.reason, **_end(options, selection)}
        if verb == "enable":
            arguments |= command.confirmed(options)
    return _each([partial(give, options, verb, job, **arguments) for job in jobs])


def hold(options: Namespace) -> int:
    """Hold everything; or some jobs, for a while if an end is named."""
    with select(options) as selection:
        end = _end(options, selection)
        until = end.get("until")
        if "for_seconds" in end:
            from datetime import timedelta

            until = (selection.now + timedelta(seconds=end["for_seconds"])).isoformat()
    if not (options.tags or options.jobs or until):
        return command.hold(options)
    return give(options, "hold_jobs", reason=options.reason, until=until, **_scope(options))


def release(options: Namespace) -> int:
    """Lift the hold on everything, or one on some jobs, or all of these."""
    if not (options.tags or options.jobs or options.all):
        return command.release(options)
    return give(options, "release_jobs", everything=options.all, **_scope(options), **command.confirmed(options))


def _scope(options: Namespace) -> dict[str, Any]:
    return {"tags": list(tags_of(options.tags)), "words": options.jobs or ""}


def _end(options: Namespace, selection: Selection) -> dict[str, Any]:
    """The end that ``--for`` or ``--until`` names, as an argument of a command."""
    if options.for_ is not None and options.until is not None:
        raise UsageError("--for and --until: name one end")
    if options.until is not None:
        until = moment("--until", options.until, selection.zone, selection.now, ahead=True)
        if until <= selection.now:
            raise UsageError(f"--until: {safe(options.until)} is over; name a later end")
        return {"until": until.isoformat()}
    if options.for_ is None:
        return {}
    try:
        seconds = parse_duration(options.for_)
    except ValueError as error:
        raise UsageError(f"--for: {error}") from None
    if not 0 < seconds <= LONGEST_OVERRIDE_SECONDS:
        what = "more than ten years" if seconds else "no time at all"
        raise UsageError(f"--for: {safe(options.for_)} is {what}; leave --for out to do it for good")
    return {"for_seconds": seconds}


def _jobs(selection: Selection, names: Sequence[str], tags: str | None) -> list[str]:
    """The jobs that are named, and those with one of the tags, each once. Raises ``UsageError``."""
    found = dict.fromkeys(selection.job(name).name for name in names)
    found.update(dict.fromkeys(tagged(selection.jobs.values(), tags)))
    return list(found)


def tagged(jobs: Iterable[JobDefinition], tags: str | None) -> list[str]:
    """The names of the jobs that have one of the tags that ``--tags`` gives. Raises ``UsageError`` where none has."""
    wanted = set(tags_of(tags))
    if tags is not None and not wanted:
        raise UsageError("--tags: names no tag; name some (a,b,c), or leave it out")
    found = [job.name for job in jobs if not wanted.isdisjoint(job.tags)]
    if wanted and not found:
        raise UsageError(f"--tags: no job has {' or '.join(map(safe, sorted(wanted)))}; see: peak-console jobs")
    return found


def _each(acts: Sequence[Callable[[], int]]) -> int:
    """Do all of it, whatever is refused; the refusals are told, and raised at the end."""
    if not acts:
        raise UsageError("name a job, or --tags")
    if len(acts) == 1:
        return acts[0]()
    refused = 0
    for act in acts:
        try:
            act()
        except PeakConsoleError as error:
            note(str(error))
            refused += 1
    if refused:
        others = "; the others are done" if refused < len(acts) else ""
        raise PeakConsoleError(f"{refused} of {counted(len(acts), 'command')} refused{others}")
    return 0
