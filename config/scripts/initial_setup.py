"""Check once that the shipped prices and the paper book can be used, and make the report folders."""

from __future__ import annotations

import os
import sys

from check_live_risk_limits import read_limits, read_positions
from market_data import DEFAULT_PRICES, SOURCE, load_prices
from script_support import ScriptError, heading, parser, report_path, run, shown, why, write_json

FOLDERS = ("forward_signals", "market_scan", "risk", "sweeps", "feed")


def main() -> int:
    wanted = parser(__doc__).parse_args()
    heading(f"initial setup · Python {sys.version.split()[0]}")
    prices = load_prices(wanted.prices or DEFAULT_PRICES)
    print(f"[1/4] prices     {len(prices.closes)} symbols, {len(prices.dates)} days to {prices.dates[-1]}")

    book = read_positions("config/data/positions.csv")
    for position in book:
        prices.series(position.symbol)
    print(f"[2/4] positions  {len(book)}, all with prices")
    limits = read_limits("config/live_limits.toml")
    print(f"[3/4] limits     {len(limits.highest)}")

    for folder in FOLDERS:
        path = os.path.dirname(report_path(folder, "x", "", ""))
        try:
            os.makedirs(path, exist_ok=True)
        except OSError as error:
            raise ScriptError(f"cannot make the report folder {path}: {why(error)}.") from None
    reports = os.path.dirname(report_path("", "x", "", ""))
    print(f"[4/4] folders    {len(FOLDERS)} below {shown(reports)}")
    write_json(
        report_path("", "setup", wanted.tag, ".json"),
        {
            "symbols": list(prices.closes),
            "first_day": prices.dates[0].isoformat(),
            "last_day": prices.dates[-1].isoformat(),
            "days": len(prices.dates),
            "positions": len(book),
            "source": SOURCE,
        },
    )
    return 0


if __name__ == "__main__":
    run(main)
