"""How far an array is, and how it ends once each of its runs has. Pure."""

from __future__ import annotations

from peak_console.jobs.arrays import failed_in_words, needed
from peak_console.model.terms import Outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.jobs.model import Array
    from peak_console.model.progress import Progress

_NO_FAILURE = (Outcome.SUCCEEDED, Outcome.STOPPED, Outcome.SKIPPED, Outcome.MISSED)


def end_of(array: Array | None, ends: Sequence[tuple[int, str]], stop_reason: str | None) -> tuple[Outcome, str]:
    """How an array as a whole ended, and in words how its runs did.

    ``ends`` gives of each run its index and how its last attempt ended. An array of which as many as have to have
    succeeded has succeeded, whatever became of the others; one that was stopped, or of which none has failed, but some
    never ran, counts as stopped.
    """
    bad = [(index, outcome) for index, outcome in ends if outcome != Outcome.SUCCEEDED]
    good, size = len(ends) - len(bad), len(ends)
    words = f"{good} of {size} succeeded" + (f": {failed_in_words(bad)}" if bad else "")
    if good >= needed(array, size):
        return Outcome.SUCCEEDED, words
    if stop_reason is not None or all(outcome in _NO_FAILURE for _, outcome in bad):
        return Outcome.STOPPED, f"{stop_reason}; {words}" if stop_reason else words
    least = needed(array, size)
    return Outcome.FAILED, words if least == size else f"{words}; {least} had to"


BAR = ("█", "░")


def bar(progress: Progress, cells: int) -> str:
    """A bar of so many cells: full ones for runs that have ended. Only an array that is over fills it."""
    full = progress.ended * cells // progress.size if progress.size else 0
    return BAR[0] * full + BAR[1] * (cells - full)


def progress_in_words(progress: Progress) -> str:
    """``39/100, 2 failed, 10 running``: how many runs have ended, and how the others stand."""
    words = [f"{progress.ended}/{progress.size}"]
    words += [f"{progress.failed} failed"] if progress.failed else []
    words += [f"{progress.under_way} running"] if progress.under_way else []
    return ", ".join(words)
