"""The numbers of a job's results: the last of each, what it usually is, and its course. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from peak_console.text import safe
from peak_console.tui.drawing.glyphs import BLOCKS
from peak_console.tui.state.snapshot import median

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peak_console.model.records import Run

SHOWN = 8
"""Numbers that are shown; ``runs --metrics`` has all."""
RUNS = 20
_NAME_MAX = 24


def course(values: Sequence[float]) -> str:
    """Values as blocks, oldest first: the lowest is the lowest block."""
    low, high = min(values), max(values)
    steps = len(BLOCKS) - 1
    return "".join(
        BLOCKS[round((value - low) / (high - low) * steps) if high > low else steps // 2] for value in values
    )


def results(runs: Sequence[Run], numbers: Mapping[int, Mapping[str, float]], width: int) -> Content:
    """For each number of the newest result its value, the median of the runs before it, and its course."""
    kept = [numbers[run.id] for run in runs if run.id in numbers][:RUNS]
    if not kept:
        return Content.styled("no result yet", "$text-muted")
    names = list(kept[0])[:SHOWN]
    widest = min(_NAME_MAX, max(len(safe(name)) for name in names))
    lines = []
    for name in names:
        values = [each[name] for each in kept if name in each]
        before = median(values[1:])
        usual = f"  median of {len(values) - 1}: {before:g}" if before is not None else ""
        blocks = course(values[::-1])
        shown = safe(name)[:widest]
        room = width - widest - len(usual) - 12
        lines.append(
            Content.assemble(
                (f"{shown:<{widest}}  ", "$text-muted"),
                (f"{values[0]:<8g}", "bold"),
                (usual if room > 0 else "", "$text-muted"),
                (f"  {blocks}" if room >= len(blocks) else "", ""),
            )
        )
    if len(kept[0]) > SHOWN:
        lines.append(Content.styled(f"and {len(kept[0]) - SHOWN} more: peak-console runs --metrics", "$text-muted"))
    return Content("\n").join(lines)
