"""Read the prices as a feed would be probed, and leave a sign of life."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

from market_data import DEFAULT_PRICES, load_prices
from script_support import heading, parser, report_path, run, write_json


def beats_so_far(path: str) -> int:
    """How many signs of life went before; 0 when there is none, or none that can be read."""
    try:
        with open(path, encoding="utf-8") as file:
            beat = json.load(file)["beat"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0
    return beat if isinstance(beat, int) else 0


def main() -> int:
    wanted = parser(__doc__).parse_args()
    heading("feed heartbeat")
    began = time.perf_counter()
    prices = load_prices(wanted.prices or DEFAULT_PRICES)
    milliseconds = 1000 * (time.perf_counter() - began)
    path = report_path("feed", "heartbeat", wanted.tag, ".json")
    beat = beats_so_far(path) + 1
    print(
        f"beat {beat}   {len(prices.dates)} days × {len(prices.closes)} symbols to {prices.dates[-1]} "
        f"in {milliseconds:.1f} ms"
    )
    write_json(
        path,
        {
            "beat": beat,
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "newest_price": prices.dates[-1].isoformat(),
            "read_milliseconds": round(milliseconds, 1),
        },
    )
    return 0


if __name__ == "__main__":
    run(main)
