"""What a start says besides the engine's events: doubts of the jobs file and of tags, holds, jobs of other engines."""

from __future__ import annotations

from peak_console.decisions.selection import tag_doubts, tags_of
from peak_console.decisions.serving import listed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from peak_console.engine.state.blackouts import EngineBlackouts
    from peak_console.engine.state.engine_status import EngineStatus
    from peak_console.engine.state.holds import JobHolds
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.jobs.model import JobSet


def warn(jobset: JobSet, known: JobSet | None = None, *, quiet: bool = False) -> None:
    """Show the warnings of a jobs file that an earlier one did not have; ``quiet`` omits those of unknown keys."""
    new = [warning for warning in jobset.warnings if known is None or warning not in known.warnings]
    if quiet:
        new = [warning for warning in new if not warning.unknown_key]
    if new:
        from peak_console.jobs.file.warnings import folded
        from peak_console.text import safe

        complain_of(map(safe, folded(new)))


def warn_of_tags(options: Namespace, jobset: JobSet, known: JobSet) -> None:
    """Show what a new jobs file makes doubtful about the command line's tags, and was not before."""
    include, exclude = tags_of(options.include_tags), tags_of(options.exclude_tags)
    before = tag_doubts(known.jobs, include, exclude)[0]
    doubts = [doubt for doubt in tag_doubts(jobset.jobs, include, exclude)[0] if doubt not in before]
    complain_of(doubts)


def complain_of(doubts: Iterable[str]) -> None:
    """Print each as a warning on stderr."""
    if text := "".join(f"warning: {doubt}\n" for doubt in doubts):
        from peak_console.outlet import complain

        complain(text)


def tell_of_holds(status: EngineStatus, holds: JobHolds, served: ServedJobs, say: Callable[[str, str], None]) -> None:
    """Name the hold, and the holds on some of the jobs, under which an engine begins."""
    told = [] if status.hold is None else [(status.hold, "nothing new starts")]
    told += [(each, "nothing new of these starts") for each in holds.all]
    if not told:
        return
    from peak_console.decisions.conditions import held
    from peak_console.decisions.holding.holds import scope

    zone = served.zone_of(None)
    for each, effect in told:
        which = f"{scope(each)}: " if each.tags or each.words else ""
        say("warning", f"{which}{held(each, zone)}: {effect}")


def tell_of_blackouts(
    blackouts: EngineBlackouts, served: ServedJobs, now: datetime, say: Callable[[str, str], None]
) -> None:
    """Name the blackouts in which an engine begins."""
    every = blackouts.all
    for window in every.active(now) if every is not None else ():
        from peak_console.decisions.holding.blackouts import window_in_words

        say("warning", f"{window.scope}: {window_in_words(window, served.zone_of(None))}: nothing of these starts")


def tell_of_others(served: ServedJobs, say: Callable[[str, str], None]) -> None:
    """Name the jobs that the tags select, but another engine serves."""
    left: dict[str, list[str]] = {}
    for name, engine in served.contested.items():
        left.setdefault(engine.named, []).append(name)
    for who, names in left.items():
        text = f"left to another engine ({who}), which serves them: {listed(names)}"
        say("info", text)
