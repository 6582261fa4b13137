"""Compute today's signal of a strategy for one symbol and write it as JSON."""

from __future__ import annotations

import math

from indicators import deviation, directions, log_returns, moving_averages
from market_data import DEFAULT_PRICES, SOURCE, TIMEFRAMES, load_prices
from script_support import ScriptError, at_least, heading, paint, parser, report_path, run, write_json

SIDES = {1: ("long", "green"), 0: ("flat", "yellow"), -1: ("short", "red")}


def main() -> int:
    flags = parser(__doc__)
    flags.add_argument("--strategy", choices=["ma_crossover"], default="ma_crossover")
    flags.add_argument("--symbol", default="EUR/USD")
    flags.add_argument("--timeframe", choices=TIMEFRAMES, default="1d", help="daily or weekly bars")
    flags.add_argument("--bars", type=at_least(2), default=200, help="how many of the newest bars to look at")
    flags.add_argument("--fast", type=at_least(1), default=20, help="bars of the fast moving average")
    flags.add_argument("--slow", type=at_least(2), default=50, help="bars of the slow moving average")
    wanted = flags.parse_args()
    if wanted.fast >= wanted.slow:
        raise ScriptError(f"--fast {wanted.fast} must be below --slow {wanted.slow}.")

    heading(f"forward signal {wanted.symbol} · {wanted.strategy} {wanted.fast}/{wanted.slow}")
    prices = load_prices(wanted.prices or DEFAULT_PRICES, wanted.timeframe)
    closes = prices.series(wanted.symbol)[-wanted.bars :]
    dates = prices.dates[-wanted.bars :]
    if len(closes) < wanted.slow:
        raise ScriptError(
            f"{len(closes)} bars of {wanted.symbol} are too few for a moving average of {wanted.slow}; "
            f"raise --bars or lower --slow."
        )
    print(f"{len(closes)} bars of {wanted.timeframe}, {dates[0]} to {dates[-1]}")

    sides = directions(closes, wanted.fast, wanted.slow)
    held = next((i for i, side in enumerate(reversed(sides)) if side != sides[-1]), len(sides))
    fast = moving_averages(closes, wanted.fast)[-1]
    slow = moving_averages(closes, wanted.slow)[-1]
    returns = log_returns(closes[-21:])
    volatility = deviation(returns) * math.sqrt(TIMEFRAMES[wanted.timeframe])
    word, colour = SIDES[sides[-1]]
    print(f"close  {closes[-1]:>10.4f}")
    print(f"fast   {fast:>10.4f}   mean of {wanted.fast} bars")
    print(f"slow   {slow:>10.4f}   mean of {wanted.slow} bars")
    print(f"gap    {100 * (fast / slow - 1):>+z9.2f}%   fast over slow")
    print(f"vol    {100 * volatility:>9.2f}%   a year, from the last {len(returns)} returns")
    known = "at least " if held == len(sides) else ""
    print(f"signal {paint(f'{word:>10}', colour)}   for {known}{held} bars, since {dates[-held]}")

    symbol = wanted.symbol.replace("/", "-")
    write_json(
        report_path("forward_signals", f"{symbol}_{wanted.timeframe}", wanted.tag, ".json"),
        {
            "strategy": wanted.strategy,
            "symbol": wanted.symbol,
            "timeframe": wanted.timeframe,
            "date": dates[-1].isoformat(),
            "close": closes[-1],
            "fast_bars": wanted.fast,
            "slow_bars": wanted.slow,
            "fast": round(fast, 6),
            "slow": round(slow, 6),
            "annual_volatility": round(volatility, 6),
            "signal": word,
            "bars_held": held,
            "since": dates[-held].isoformat(),
            "source": SOURCE,
        },
    )
    return 0


if __name__ == "__main__":
    run(main)
