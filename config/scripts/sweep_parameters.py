"""Try every pair of moving-average lengths on past prices and rank them.

Each pair trades all symbols with equal weight: long or short by the crossover at one close, gaining the move to
the next, less the cost of changing sides. The ranking looks at the first part of the days only; what the rest
would have brought stands beside it, so that a lucky fit shows.
"""

from __future__ import annotations

import re
import time
from argparse import ArgumentTypeError
from itertools import product
from typing import NamedTuple

from indicators import directions, long_gains, max_drawdown, mean, sharpe
from market_data import DEFAULT_PRICES, TIMEFRAMES, load_prices
from script_support import ScriptError, at_least, heading, not_negative, parser, report_path, run, write_csv

FITTED_SHARE = 2 / 3
"""The share of the days that the ranking looks at."""


class Trial(NamedTuple):
    """How one pair of lengths did. Returns are fractions a year, of one euro spread over the symbols."""

    fast: int
    slow: int
    fitted_sharpe: float
    later_sharpe: float
    annual_return: float
    """Over all days, as are the two that follow."""
    drawdown: float
    changes: int
    """How often a symbol changed sides."""


def lengths(text: str) -> list[int]:
    """A flag's type: one length (``20``), or ``first:last:step`` with the last included."""
    match = re.fullmatch(r"(\d+)(?::(\d+):(\d+))?", text)
    first, last, step = (int(group or match[1]) for group in match.groups()) if match else (0, 0, 0)
    if not 0 < first <= last or step < 1:
        raise ArgumentTypeError(f"{text!r} is neither a length (20) nor a range first:last:step (5:60:5)")
    return list(range(first, last + 1, step))


def trade(closes: list[float], fast: int, slow: int, start: int, cost: float) -> tuple[list[float], int]:
    """The gain of each day after bar ``start`` (at least ``slow - 1``), and how often the side changed.

    ``cost`` is the fraction of the turnover that a change of sides costs.
    """
    sides = directions(closes, fast, slow)[start - slow + 1 : -1]
    gains = long_gains(closes[start:])
    held = 0
    changes = 0
    result = []
    for side, gain in zip(sides, gains, strict=True):
        result.append(side * gain - cost * abs(side - held))
        changes += side != held
        held = side
    return result, changes


def attempt(series: list[list[float]], fast: int, slow: int, start: int, cost: float) -> Trial:
    """Trade every symbol with one pair of lengths."""
    traded = [trade(closes, fast, slow, start, cost) for closes in series]
    days = [mean(day) for day in zip(*(gains for gains, _ in traded), strict=True)]
    fitted = round(len(days) * FITTED_SHARE)
    year = TIMEFRAMES["1d"]
    return Trial(
        fast,
        slow,
        sharpe(days[:fitted], year),
        sharpe(days[fitted:], year),
        mean(days) * year,
        max_drawdown(days),
        sum(changes for _, changes in traded),
    )


def main() -> int:
    flags = parser(__doc__)
    flags.add_argument("--strategy", choices=["ma_crossover"], default="ma_crossover")
    flags.add_argument("--symbol", action="append", help="trade this one (repeat for more; default: all)")
    flags.add_argument("--fast", type=lengths, default="5:60:5", help="lengths to try: 20, or first:last:step")
    flags.add_argument("--slow", type=lengths, default="20:240:10", help="as --fast, for the slow average")
    flags.add_argument("--cost-bp", type=not_negative, default=1.0, help="cost of turnover, in hundredths of a percent")
    flags.add_argument("--top-n", type=at_least(1), default=5, help="how many pairs to print")
    flags.add_argument(
        "--pace", type=not_negative, default=0.0, help="seconds to leave the processor alone after each pair"
    )
    wanted = flags.parse_args()
    pairs = [(fast, slow) for fast, slow in product(wanted.fast, wanted.slow) if fast < slow]
    if not pairs:
        raise ScriptError("no --fast length is below a --slow length.")

    prices = load_prices(wanted.prices or DEFAULT_PRICES)
    symbols = list(dict.fromkeys(wanted.symbol or prices.closes))
    series = [prices.series(symbol) for symbol in symbols]
    start = max(slow for _, slow in pairs) - 1  # the same days for every pair, or they do not compare
    if len(prices.dates) < start + 30:
        raise ScriptError(
            f"{prices.path} has {len(prices.dates)} days; a slow average of {start + 1} needs {start + 30}."
        )
    heading(f"sweep · {wanted.strategy} · {len(pairs)} pairs on {len(symbols)} symbols")
    print(f"{len(prices.dates) - start - 1} days from {prices.dates[start + 1]} to {prices.dates[-1]}")

    trials: list[Trial] = []
    shown = -1
    for done, (fast, slow) in enumerate(pairs, start=1):
        trials.append(attempt(series, fast, slow, start, wanted.cost_bp / 10_000))
        percent = 100 * done // len(pairs)
        if percent // 5 > shown:
            shown = percent // 5
            best = max(trials, key=lambda trial: trial.fitted_sharpe)
            print(
                f"{percent:>3} %  {done:>4}/{len(pairs)}  "
                f"best {best.fast:>3}/{best.slow:<3}  Sharpe {best.fitted_sharpe:+z.2f}"
            )
        time.sleep(wanted.pace)

    trials.sort(key=lambda trial: -trial.fitted_sharpe)
    print("\n fast  slow   Sharpe   later   return/year   drawdown   changes")
    for t in trials[: wanted.top_n]:
        print(
            f"{t.fast:>5}{t.slow:>6}{t.fitted_sharpe:>+z9.2f}{t.later_sharpe:>+z8.2f}"
            f"{100 * t.annual_return:>+z13.2f}%{100 * t.drawdown:>10.2f}%{t.changes:>10}"
        )
    rows = [(*t[:2], *(f"{value:.6f}" for value in t[2:6]), t.changes) for t in trials]
    write_csv(report_path("sweeps", wanted.strategy, wanted.tag, ".csv"), Trial._fields, rows)
    return 0


if __name__ == "__main__":
    run(main)
