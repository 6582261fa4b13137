"""What a benchmark finds out, and the table of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

OURS = "peak-console"


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity, measured of several contenders in the same rounds."""

    work: str
    """What was done, and how much of it."""
    what: str
    """What was measured of it."""
    unit: str
    values: Mapping[str, Sequence[float]]
    """By contender, ours first, one value per round: values at one place were measured right after one another."""
    limit: str | None = None
    """The contender that does the least that has to be done; ratios are to it."""
    allowed: float | None = None
    """The highest ratio of ours to the limit that is good enough."""
    wanted: float | None = None
    """The highest median of ours that is wanted. It is shown and fails nothing, as machines differ."""
    size: int | None = None
    """How much work: figures of different sizes whose ``work`` differs in that number only make a line of growth."""
    rivals: tuple[str, ...] = ()
    """The contenders of which the best is to be beaten."""
    share: float = 1.0
    """The highest share of the best rival's median that is good enough. It is shown and fails nothing."""

    def ratios(self, contender: str) -> list[float]:
        """The contender's value to that of the limit, round by round."""
        if self.limit is None or contender == self.limit:
            return []
        pairs = zip(self.values[contender], self.values[self.limit], strict=False)  # guests leave early
        return [value / at_best for value, at_best in pairs]

    def ratio(self, contender: str) -> float | None:
        """The median of the ratios: what disturbs one round disturbs both of its values, or is one in many."""
        ratios = self.ratios(contender)
        return median(ratios) if ratios else None

    def is_good(self) -> bool:
        """Whether the goal is reached, for all that this run can tell.

        The goal is missed when the lower quartile of the ratios exceeds what is allowed. Noise from the machine's
        other work makes some rounds bad, a slower program makes all of them bad; so no factor for noise is needed,
        and ten times the noise does not fail an unchanged program.
        """
        return self.allowed is None or spread(self.ratios(OURS))[0] <= self.allowed

    def beside_rivals(self) -> str | None:
        """A sentence on ours beside the best of the rivals."""
        medians = {name: median(self.values[name]) for name in self.rivals if self.values.get(name)}
        if not medians:
            return None
        best = min(medians, key=medians.__getitem__)
        share = median(self.values[OURS]) / medians[best]
        judged = "reached" if share <= self.share else "**missed**"
        return f"{self.work}, {self.what}: {share:.2f} of {best}; the goal, ≤ {self.share:g}, is {judged}."


def spread(values: Sequence[float]) -> tuple[float, float]:
    """The lower and the upper quartile."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high


def percentile(values: Iterable[float], percent: float) -> float:
    """The smallest value that at least so many per cent of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


@dataclass(slots=True)
class Report:
    """Figures as they come, and what could not be measured."""

    figures: list[Figure] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    """Sentences on how it was measured."""
    doubtful: list[Figure] = field(default_factory=list)
    """Those that miss their goals on a machine that was too busy to tell. They fail nothing, and are named."""

    def add(self, part: Report) -> None:
        """Take over what another report says."""
        self.figures += part.figures
        self.missing += part.missing
        self.remarks += part.remarks
        self.doubtful += part.doubtful

    def doubt(self, figures: Iterable[Figure], reason: str) -> None:
        """Whatever misses its goal among some figures says nothing, for a reason."""
        missed = [figure for figure in figures if not figure.is_good()]
        self.doubtful += missed
        self.missing += [f"{figure.work}, {figure.what}: the goal is not judged, as {reason}" for figure in missed]

    def lines(self) -> list[str]:
        """The table in Markdown."""
        lines = [
            "| work | measured | contender | median | quartiles | ratio | quartiles | goal |",
            "| --- | --- | --- | ---: | ---: | ---: | ---: | --- |",
        ]
        for figure in self.figures:
            lines += [_line(figure, contender) for contender in figure.values if figure.values[contender]]
        beside = [f"\n{sentence}" for figure in self.figures if (sentence := figure.beside_rivals())]
        remarks = [f"\n{sentence}" for sentence in self.remarks]
        return lines + beside + remarks + [f"\nNot measured: {reason}" for reason in self.missing]

    def failures(self) -> list[str]:
        """A sentence for each goal that is missed."""
        return [
            f"{figure.work}, {figure.what}: {figure.ratio(OURS):.2f} × {figure.limit}, the goal is {figure.allowed:g}"
            for figure in self.figures
            if not figure.is_good() and figure not in self.doubtful
        ]


def _line(figure: Figure, contender: str) -> str:
    values = figure.values[contender]
    low, high = spread(values)
    cells = [
        figure.work,
        f"{figure.what} ({figure.unit})",
        contender,
        number(median(values)),
        f"{number(low)} – {number(high)}",
    ]
    ratios = figure.ratios(contender)
    if ratios:
        low, high = spread(ratios)
        cells += [f"{median(ratios):.2f}", f"{low:.2f} – {high:.2f}"]
    else:
        cells += ["1" if contender == figure.limit else "", ""]
    goal = ""
    if contender == OURS and figure.wanted is not None:
        goal = f"≤ {number(figure.wanted)} {figure.unit}"
    elif contender == OURS and figure.allowed is not None:
        goal = f"≤ {figure.allowed:g}" + ("" if figure.is_good() else " **missed**")
    return f"| {' | '.join([*cells, goal])} |"


def number(value: float) -> str:
    """Three digits that count, or all before the point."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
