"""Daily prices from a CSV file: ``date`` (YYYY-MM-DD, ascending), then one column per symbol.

The file shipped in ``config/data`` holds the ECB's euro foreign exchange reference rates; its README states
source and terms. A price is the units of the second currency that one unit of the first one buys.
"""

from __future__ import annotations

import csv
import difflib
import math
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from script_support import ScriptError, resolve, why

if TYPE_CHECKING:
    from collections.abc import Iterable

DEFAULT_PRICES = "config/data/ecb_reference_rates.csv"
SOURCE = "European Central Bank, euro foreign exchange reference rates; all other figures calculated from them"
TIMEFRAMES = {"1d": 252, "1w": 52}
"""Bars per year, by the name of a timeframe; the prices are daily, so nothing is finer."""


@dataclass(frozen=True)
class Prices:
    """Closing prices, oldest first; every series in ``closes`` is as long as ``dates``."""

    path: str
    dates: list[date]
    closes: dict[str, list[float]]

    def series(self, symbol: str) -> list[float]:
        """The closes of one symbol. Raises ``ScriptError``, naming the nearest symbol, when there is none."""
        try:
            return self.closes[symbol]
        except KeyError:
            near = difflib.get_close_matches(symbol.upper(), self.closes, n=1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(self.closes)}."
            raise ScriptError(f"{self.path} has no symbol {symbol!r}; {hint}") from None

    def weekly(self) -> Prices:
        """The last close of each ISO week, dated as that close; the newest week may be unfinished."""
        weeks = [day.isocalendar()[:2] for day in self.dates]
        last = [i for i in range(len(weeks)) if i + 1 == len(weeks) or weeks[i] != weeks[i + 1]]
        closes = {symbol: [series[i] for i in last] for symbol, series in self.closes.items()}
        return Prices(self.path, [self.dates[i] for i in last], closes)


def load_prices(path: str = DEFAULT_PRICES, timeframe: str = "1d") -> Prices:
    """Read a price file. Raises ``ScriptError`` with file and line for whatever cannot be used."""
    try:
        with open(resolve(path), newline="", encoding="utf-8") as file:
            prices = _parse(path, csv.reader(file))
    except FileNotFoundError:
        raise ScriptError(f"there is no price file {path}; give one with --prices FILE.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ScriptError(f"cannot read the price file {path}: {why(error)}.") from None
    return prices.weekly() if timeframe == "1w" else prices


def _parse(path: str, rows: Iterable[list[str]]) -> Prices:
    numbered = enumerate(rows, start=1)
    _, header = next(numbered, (1, []))
    symbols = header[1:]
    if header[:1] != ["date"] or not symbols or len(set(symbols)) != len(symbols):
        raise ScriptError(f'{path}:1: the header must be "date" and then one column per symbol.')
    dates: list[date] = []
    closes: dict[str, list[float]] = {symbol: [] for symbol in symbols}
    for line, row in numbered:
        if len(row) != len(header):
            raise ScriptError(f"{path}:{line}: {len(row)} columns where the header has {len(header)}.")
        dates.append(_date(path, line, row[0], dates[-1] if dates else date.min))
        for symbol, text in zip(symbols, row[1:], strict=True):
            closes[symbol].append(_price(path, line, symbol, text))
    if not dates:
        raise ScriptError(f"{path} has a header and no prices.")
    return Prices(path, dates, closes)


def _date(path: str, line: int, text: str, previous: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ScriptError(f"{path}:{line}: {text!r} is not a date (YYYY-MM-DD).") from None
    if day <= previous:
        raise ScriptError(f"{path}:{line}: {day} does not come after {previous}; dates must ascend.")
    return day


def _price(path: str, line: int, symbol: str, text: str) -> float:
    try:
        price = float(text)
    except ValueError:
        price = math.nan
    if not (math.isfinite(price) and price > 0):
        raise ScriptError(f"{path}:{line}: {text!r} is not a price of {symbol}.")
    return price
