"""The arithmetic of signals, sweeps and risk. Pure; series are oldest first."""

from __future__ import annotations

import math
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def moving_averages(series: Sequence[float], length: int) -> list[float]:
    """The simple moving average at each bar that has ``length`` bars behind it (itself included).

    The result is ``length - 1`` shorter than ``series``; its last value belongs to the last bar.
    """
    sums = list(accumulate(series, initial=0.0))
    return [(sums[i] - sums[i - length]) / length for i in range(length, len(sums))]


def directions(series: Sequence[float], fast: int, slow: int) -> list[int]:
    """The moving-average crossover at each bar from the first slow average on.

    1 (long) while the fast average is above the slow one, -1 (short) below, 0 when they are equal but for
    rounding.
    """
    slows = moving_averages(series, slow)
    fasts = moving_averages(series, fast)[slow - fast :]
    return [_direction(f, s) for f, s in zip(fasts, slows, strict=True)]


def _direction(fast: float, slow: float) -> int:
    gap = fast - slow
    return 0 if abs(gap) <= 1e-9 * slow else 1 if gap > 0 else -1


def log_returns(series: Sequence[float]) -> list[float]:
    """``ln(p[t] / p[t-1])``, one fewer than there are prices."""
    return [math.log(later / earlier) for earlier, later in pairwise(series)]


def long_gains(series: Sequence[float]) -> list[float]:
    """What one euro held long in EUR/XXX gains in euros, bar by bar.

    Buying 1 EUR at ``p0`` owes ``p0`` of the other currency, which costs ``p0/p1`` EUR a bar later: the gain is
    ``1 - p0/p1``, that is ``1 - exp(-log return)``. A short position gains the opposite.
    """
    return [1 - earlier / later for earlier, later in pairwise(series)]


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean; 0 for no values."""
    return math.fsum(values) / len(values) if values else 0.0


def deviation(values: Sequence[float]) -> float:
    """The sample standard deviation; 0 for fewer than two values."""
    if len(values) < 2:
        return 0.0
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1))


def sharpe(returns: Sequence[float], bars_per_year: int) -> float:
    """Annualised mean over deviation, without a risk-free rate; 0 when nothing moves."""
    spread = deviation(returns)
    return mean(returns) / spread * math.sqrt(bars_per_year) if spread else 0.0


def max_drawdown(returns: Sequence[float]) -> float:
    """The deepest fall of the running sum of ``returns`` below its highest point so far (0 at the start)."""
    total = peak = deepest = 0.0
    for value in returns:
        total += value
        peak = max(peak, total)
        deepest = max(deepest, peak - total)
    return deepest


def value_at_risk(gains: Sequence[float], confidence: float) -> tuple[float, float]:
    """Historical value at risk and expected shortfall, both as losses (positive), at least 0.

    The value at risk is the loss that at most ``1 - confidence`` of the past gains exceeded; the expected
    shortfall is the mean of the losses at least as large, the value at risk itself included.
    """
    losses = sorted((-gain for gain in gains), reverse=True)
    # (1 - 0.9) * 10 is a hair below 1: rounding puts back what binary fractions lose.
    beyond = math.floor(round((1 - confidence) * len(losses), 9))
    return max(losses[beyond], 0.0), max(mean(losses[: beyond + 1]), 0.0)
