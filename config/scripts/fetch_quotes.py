"""Replay past prices as quotes of a feed that fails now and then, on purpose.

It shows what failures, retries and alerts look like, and always in the same way:

- the very first connection is refused, the retry gets through;
- in every fifth minute of the hour the first attempt fails, the retry gets through;
- in every fifteenth minute each attempt fails.

A minute is that of the slot (PEAK_SCHEDULED_FOR), or the current one without the scheduler. Nothing touches a
network.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

from market_data import DEFAULT_PRICES, load_prices
from script_support import ScriptError, complain, heading, not_negative, paint, parser, report_path, run, write_csv


def slot() -> datetime:
    """The moment this run is for."""
    text = os.environ.get("PEAK_SCHEDULED_FOR")
    if not text:
        return datetime.now(UTC)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ScriptError(f"PEAK_SCHEDULED_FOR is {text!r}, which is no ISO 8601 time.") from None


def failure(minute: int, attempt: int, first_ever: bool) -> str | None:
    """What goes wrong this time, or ``None``."""
    if minute % 15 == 0:
        return "the feed is down for this minute"
    if attempt == 1 and first_ever:
        return "the feed refused the first connection"
    if attempt == 1 and minute % 5 == 0:
        return "the feed dropped the connection"
    return None


def main() -> int:
    flags = parser(__doc__)
    flags.add_argument("--pace", type=not_negative, default=0.15, help="seconds from one quote to the next")
    wanted = flags.parse_args()
    moment = slot()
    attempt = os.environ.get("PEAK_ATTEMPT", "1")
    heading(f"fetch quotes · attempt {attempt}")
    prices = load_prices(wanted.prices or DEFAULT_PRICES)
    if len(prices.dates) < 2:
        raise ScriptError(f"{prices.path} has one day; a replay needs two.")
    path = report_path("feed", "quotes", wanted.tag, ".csv")

    if reason := failure(moment.minute, int(attempt) if attempt.isdigit() else 1, not os.path.exists(path)):
        print("connecting to the demonstration feed …")
        time.sleep(wanted.pace)
        complain(f"{reason} (a demonstration: this script fails now and then on purpose).")
        return 1

    # One day of the file per minute: the quotes move, and the same minute always brings the same ones.
    day = 1 + int(moment.timestamp() // 60) % (len(prices.dates) - 1)
    print(f"replaying {prices.dates[day]}")
    rows = []
    for symbol, closes in prices.closes.items():
        change = closes[day] / closes[day - 1] - 1
        print(f"{symbol:<9}{closes[day]:>10.4f} {paint(f'{100 * change:>+z7.2f}%', 'green' if change >= 0 else 'red')}")
        rows.append((prices.dates[day], symbol, closes[day], f"{change:.6f}"))
        time.sleep(wanted.pace)
    write_csv(path, ("date", "symbol", "rate", "change"), rows)
    return 0


if __name__ == "__main__":
    run(main)
