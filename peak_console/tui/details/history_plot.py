"""A job's past as a picture of blocks and as numbers. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from peak_console.model.records import Outcome
from peak_console.text import duration
from peak_console.tui.drawing.glyphs import BLOCKS, outcome

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.model.records import Run
    from peak_console.tui.drawing.paint import Piece

RUNS = 60
"""How many runs the plot shows."""
CUT = "▲"
"""On a bar that is higher than the scale."""
_AXIS_WIDTH = 9
_OUTLIER = 4
"""A duration of more than this many times the usual longest is cut, so that the others are not flat."""
_WITHOUT_PROCESS = (Outcome.MISSED, Outcome.SKIPPED)


@dataclass(frozen=True, slots=True)
class Statistics:
    """What a job's finished runs come to."""

    count: int
    """Runs that ended by themselves or at their timeout; not those that a user stopped."""
    succeeded: int
    median: float | None
    """Seconds, of the successful runs, or of all where none succeeded."""
    p95: float | None
    longest: float | None


def finished(runs: Sequence[Run]) -> list[Run]:
    """The finished ones of ``runs`` (newest first), at most as many as are plotted, oldest first."""
    return [run for run in runs if run.outcome is not None][:RUNS][::-1]


def statistics(runs: Sequence[Run]) -> Statistics:
    """Of finished runs, in any order."""
    ended = [run for run in runs if run.outcome not in (*_WITHOUT_PROCESS, Outcome.STOPPED, None)]
    good = [run for run in ended if run.outcome == Outcome.SUCCEEDED]
    seconds = sorted(run.duration_seconds for run in good or ended if run.duration_seconds is not None)
    return Statistics(
        count=len(ended),
        succeeded=len(good),
        median=median(seconds) if seconds else None,
        p95=seconds[max(0, -(-len(seconds) * 95 // 100) - 1)] if seconds else None,  # the nearest rank
        longest=seconds[-1] if seconds else None,
    )


def plot(runs: Sequence[Run], height: int) -> list[list[Piece]]:
    """The durations of finished runs, oldest first, as ``height`` lines of bars over a line of signs.

    A bar has the colour of its run's outcome; below it stands the sign of every outcome but success.
    """
    top = _top([run.duration_seconds for run in runs if run.duration_seconds is not None])
    lines: list[list[Piece]] = []
    for row in range(height - 1, -1, -1):
        label = duration(top) if row == height - 1 else duration(top / 2) if 2 * row == height - 1 else ""
        lines.append([_axis(label, "┤" if label else "│"), *(_block(run, row, height, top) for run in runs)])
    signs = [(look.glyph if look.word != "ok" else " ", look.style) for look in (outcome(run.outcome) for run in runs)]
    lines.append([_axis("0", "┼"), *signs])
    return lines


def _axis(label: str, mark: str) -> Piece:
    return f"{label:>{_AXIS_WIDTH - 2}} {mark}", "muted"


def _top(seconds: Sequence[float]) -> float:
    """The end of the scale: the longest, unless it is far off what nine in ten keep to."""
    if not seconds:
        return 1.0
    usual = sorted(seconds)[(len(seconds) - 1) * 9 // 10]
    longest = max(seconds)
    return (2 * usual if 0 < _OUTLIER * usual < longest else longest) or 1.0


def _block(run: Run, row: int, height: int, top: float) -> Piece:
    """The cell of one run in one line, counted from the bottom."""
    seconds, style = run.duration_seconds, outcome(run.outcome).style
    if seconds is None:
        return " ", "muted"
    if seconds > top and row == height - 1:
        return CUT, style
    eighths = max(1, round(min(seconds / top, 1.0) * height * 8)) - row * 8
    return (BLOCKS[min(eighths, 8) - 1] if eighths > 0 else " "), style
