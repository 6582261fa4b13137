"""Measure the paper book against its limits; exit 2 when one is breached.

Positions are euros bought (negative: sold) against another currency; all amounts are in euros.
"""

from __future__ import annotations

import csv
import tomllib
from typing import TYPE_CHECKING, NamedTuple

from indicators import long_gains, value_at_risk
from market_data import DEFAULT_PRICES, SOURCE, load_prices
from script_support import ScriptError, complain, heading, paint, parser, report_path, resolve, run, why, write_json

if TYPE_CHECKING:
    from market_data import Prices

MEASURES = ("gross_exposure", "net_exposure", "largest_position", "unrealised_loss", "value_at_risk")
NEAR = 0.9
"""From this share of a limit on it is marked."""


class Position(NamedTuple):
    """``quantity`` euros against the other currency of ``symbol``, bought at ``entry``."""

    symbol: str
    quantity: float
    entry: float

    def profit(self, rate: float) -> float:
        """What closing at ``rate`` brings, in euros: the other currency owed is worth ``entry/rate`` a euro."""
        return self.quantity * (1 - self.entry / rate)


class Limits(NamedTuple):
    """A limits file. ``highest`` is in euros, by measure."""

    confidence: float
    lookback_days: int
    highest: dict[str, float]


def read_limits(path: str) -> Limits:
    """The limits in a TOML file. Raises ``ScriptError`` naming the key that is missing or no number."""
    try:
        with open(resolve(path), "rb") as file:
            content = tomllib.load(file)
    except FileNotFoundError:
        raise ScriptError(f"there is no limits file {path}; give one with --config FILE.") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScriptError(f"cannot read the limits file {path}: {why(error)}.") from None

    def number(table: str, key: str) -> float:
        section = content.get(table)
        value = section.get(key) if isinstance(section, dict) else None
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise ScriptError(f"{path}: [{table}] {key} must be a number above 0, not {value!r}.")
        return value

    confidence = number("value_at_risk", "confidence")
    if confidence >= 1:
        raise ScriptError(f"{path}: [value_at_risk] confidence must be below 1, not {confidence}.")
    lookback = number("value_at_risk", "lookback_days")
    if lookback != int(lookback):
        raise ScriptError(f"{path}: [value_at_risk] lookback_days must be whole, not {lookback}.")
    return Limits(confidence, int(lookback), {key: number("limits", key) for key in MEASURES})


def read_positions(path: str) -> list[Position]:
    """The book, one position a row. Raises ``ScriptError`` with file and line."""
    try:
        with open(resolve(path), newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            return [_position(path, rows.line_num, row) for row in rows]
    except FileNotFoundError:
        raise ScriptError(f"there is no position file {path}; give one with --positions FILE.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ScriptError(f"cannot read the position file {path}: {why(error)}.") from None


def _position(path: str, line: int, row: dict[str, str]) -> Position:
    try:
        position = Position(row["symbol"], float(row["quantity_eur"]), float(row["entry_rate"]))
    except (KeyError, TypeError, ValueError):
        raise ScriptError(f"{path}:{line}: a position needs symbol, quantity_eur and entry_rate.") from None
    if not (abs(position.quantity) < float("inf") and 0 < position.entry < float("inf")):
        raise ScriptError(f"{path}:{line}: the quantity must be finite and the entry rate above 0.")
    return position


def day_gains(book: list[Position], prices: Prices, days: int) -> list[float]:
    """What today's book would have gained on each of the last ``days`` days, in euros."""
    if len(prices.dates) <= days:
        raise ScriptError(f"{prices.path} has {len(prices.dates)} days; a lookback of {days} needs one more.")
    gains = [0.0] * days
    for position in book:
        for day, gain in enumerate(long_gains(prices.series(position.symbol)[-days - 1 :])):
            gains[day] += position.quantity * gain
    return gains


def print_book(book: list[Position], prices: Prices) -> float:
    """Print each position with its profit; returns their sum."""
    print("symbol     position EUR        entry          now     P&L EUR")
    total = 0.0
    for position in book:
        rate = prices.series(position.symbol)[-1]
        profit = position.profit(rate)
        total += profit
        coloured = paint(f"{profit:>+12,.0f}", "green" if profit >= 0 else "red")
        print(f"{position.symbol:<9}{position.quantity:>+14,.0f}{position.entry:>13.4f}{rate:>13.4f}{coloured}")
    print(f"{'all':<9}{sum(p.quantity for p in book):>+14,.0f}{'':>26}{total:>+12,.0f}")
    return total


def print_limits(measured: dict[str, float], highest: dict[str, float]) -> list[str]:
    """Print each measure against its limit; returns a phrase for each that is breached."""
    print("\nlimit                 value EUR   limit EUR    used")
    breaches = []
    for key, value in measured.items():
        used = value / highest[key]
        word, colour = ("breached", "red") if used > 1 else ("near", "yellow") if used >= NEAR else ("ok", "green")
        name = key.replace("_", " ")
        print(f"{name:<18}{value:>13,.0f}{highest[key]:>12,.0f}{100 * used:>7.1f}%  {paint(word, colour)}")
        if used > 1:
            breaches.append(f"{name} {value:,.0f} EUR > limit {highest[key]:,.0f} EUR")
    return breaches


def main() -> int:
    flags = parser(__doc__)
    flags.add_argument("--config", metavar="FILE", default="config/live_limits.toml", help="the limits, in TOML")
    flags.add_argument("--positions", metavar="FILE", default="config/data/positions.csv", help="the book, as CSV")
    wanted = flags.parse_args()

    limits = read_limits(wanted.config)
    book = read_positions(wanted.positions)
    prices = load_prices(wanted.prices or DEFAULT_PRICES)
    heading(f"risk check · {len(book)} positions against {wanted.config} at the prices of {prices.dates[-1]}")
    profit = print_book(book, prices)
    risk, shortfall = value_at_risk(day_gains(book, prices, limits.lookback_days), limits.confidence)
    measured = {
        "gross_exposure": sum(abs(position.quantity) for position in book),
        "net_exposure": abs(sum(position.quantity for position in book)),
        "largest_position": max((abs(position.quantity) for position in book), default=0.0),
        "unrealised_loss": max(-profit, 0.0),
        "value_at_risk": risk,
    }
    breaches = print_limits(measured, limits.highest)
    print(
        f"\none-day value at risk at {100 * limits.confidence:g} % over {limits.lookback_days} days; "
        f"expected shortfall {shortfall:,.0f} EUR"
    )
    write_json(
        report_path("risk", "risk_check", wanted.tag, ".json"),
        {
            "date": prices.dates[-1].isoformat(),
            "unrealised_profit": round(profit, 2),
            "measured": {key: round(value, 2) for key, value in measured.items()},
            "expected_shortfall": round(shortfall, 2),
            "limits": limits.highest,
            "confidence": limits.confidence,
            "lookback_days": limits.lookback_days,
            "breaches": breaches,
            "source": SOURCE,
        },
    )
    if breaches:
        complain(f"{len(breaches)} of {len(measured)} limits breached: {'; '.join(breaches)}.")
        return 2
    return 0


if __name__ == "__main__":
    run(main)
