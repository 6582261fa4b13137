"""Rank all symbols by the strength of their trend and write the ranking as CSV.

The score is the gap between the fast and the slow moving average, measured in standard deviations of one day:
it compares a calm pair with a lively one. The sign is the direction.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from indicators import deviation, log_returns, moving_averages
from market_data import DEFAULT_PRICES, load_prices
from script_support import ScriptError, at_least, heading, paint, parser, report_path, run, write_csv


class Trend(NamedTuple):
    """One symbol's line of the ranking. Returns and volatility are fractions, per day or as named."""

    symbol: str
    close: float
    month_return: float
    """Over the last 21 bars."""
    daily_volatility: float
    """Standard deviation of the last 63 log returns."""
    score: float


def measure(symbol: str, closes: list[float], fast: int, slow: int) -> Trend:
    """How strong one symbol's trend is now."""
    gap = moving_averages(closes, fast)[-1] / moving_averages(closes, slow)[-1] - 1
    volatility = deviation(log_returns(closes[-64:]))
    score = gap / volatility if volatility else 0.0
    return Trend(symbol, closes[-1], closes[-1] / closes[-22] - 1, volatility, score)


def main() -> int:
    flags = parser(__doc__)
    flags.add_argument("--strategy", choices=["ma_crossover"], default="ma_crossover")
    flags.add_argument("--top-n", type=at_least(1), default=10, help="how many symbols to keep")
    flags.add_argument("--fast", type=at_least(1), default=20, help="bars of the fast moving average")
    flags.add_argument("--slow", type=at_least(2), default=50, help="bars of the slow moving average")
    wanted = flags.parse_args()
    if wanted.fast >= wanted.slow:
        raise ScriptError(f"--fast {wanted.fast} must be below --slow {wanted.slow}.")

    heading(f"market scan · {wanted.strategy} {wanted.fast}/{wanted.slow}")
    prices = load_prices(wanted.prices or DEFAULT_PRICES)
    needed = max(wanted.slow, 64)
    if len(prices.dates) < needed:
        raise ScriptError(f"{prices.path} has {len(prices.dates)} bars; the scan needs {needed}.")
    trends = []
    for number, (symbol, closes) in enumerate(prices.closes.items(), start=1):
        trends.append(measure(symbol, closes, wanted.fast, wanted.slow))
        print(f"[{number}/{len(prices.closes)}] {symbol:<9}{trends[-1].score:>+z7.2f}")

    ranking = sorted(trends, key=lambda trend: -abs(trend.score))[: wanted.top_n]
    print(f"\nstrongest trends on {prices.dates[-1]}")
    print("     symbol        close   1 month   vol/day   score")
    for place, trend in enumerate(ranking, start=1):
        score = paint(f"{trend.score:>+z7.2f}", "green" if trend.score > 0 else "red")
        print(
            f"{place:>3}  {trend.symbol:<9}{trend.close:>10.4f}{100 * trend.month_return:>+z9.2f}%"
            f"{100 * trend.daily_volatility:>9.2f}% {score}"
        )
    strongest = max((abs(trend.score) for trend in ranking), default=0.0)
    print(json.dumps({"symbols": len(trends), "strongest": round(strongest, 2)}))  # what the job's expect looks at
    rows = [
        (
            place,
            t.symbol,
            prices.dates[-1],
            t.close,
            f"{t.month_return:.6f}",
            f"{t.daily_volatility:.6f}",
            f"{t.score:.4f}",
        )
        for place, t in enumerate(ranking, start=1)
    ]
    header = ("rank", "symbol", "date", "close", "return_21_bars", "daily_volatility", "score")
    write_csv(report_path("market_scan", "ranking", wanted.tag, ".csv"), header, rows)
    return 0


if __name__ == "__main__":
    run(main)
