"""The second table: the same work at several sizes, and what each unit of it costs, so that what bends is seen."""

from __future__ import annotations

from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from tests.benchmarks.measuring.figures import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.measuring.figures import Figure

Series = tuple[str, str, str, str]


def lines(figures: Sequence[Figure]) -> list[str]:
    """In Markdown; nothing where nothing was measured at more than one size."""
    found: dict[Series, dict[int, float]] = {}
    for figure in figures:
        if figure.size is None:
            continue
        work = figure.work.replace(f"{figure.size:,}", "*n*")
        for contender, values in figure.values.items():
            if values:
                series = (work, figure.what, figure.unit, contender)
                found.setdefault(series, {})[figure.size] = median(values)
    rows = [_line(series, sizes) for series, sizes in found.items() if len(sizes) > 1]
    if not rows:
        return []
    return [
        "| work | measured | contender | *n*: median | more, for each unit more |",
        "| --- | --- | --- | --- | --- |",
        *rows,
    ]


def per_unit(sizes: dict[int, float]) -> list[tuple[int, float]]:
    """For each size but the least, what a unit more has cost since the size before: the same where growth is linear."""
    ordered = sorted(sizes.items())
    return [(size, (value - before) / (size - smaller)) for (smaller, before), (size, value) in pairwise(ordered)]


def _line(series: Series, sizes: dict[int, float]) -> str:
    work, what, unit, contender = series
    medians = " · ".join(f"{size:,}: {number(value)}" for size, value in sorted(sizes.items()))
    steps = " · ".join(f"to {size:,}: {number(value)}" for size, value in per_unit(sizes))
    return f"| {work} | {what} ({unit}) | {contender} | {medians} | {steps} |"
