"""Where the shipped files are, and the prices as another reader sees them."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
SCRIPTS = PROJECT / "config" / "scripts"
PRICES = PROJECT / "config" / "data" / "ecb_reference_rates.csv"
JOBS = PROJECT / "config" / "scheduler" / "jobs.toml"


def price_rows() -> list[dict[str, str]]:
    """The shipped prices, a row a day, as they stand in the file."""
    return table(PRICES.read_text(encoding="utf-8"))


def closes(symbol: str) -> list[float]:
    """All closes of one symbol, oldest first."""
    return [float(row[symbol]) for row in price_rows()]


def table(text: str) -> list[dict[str, str]]:
    """A CSV text's rows."""
    return list(csv.DictReader(text.splitlines()))


def write_prices(path: Path, **series: list[float]) -> str:
    """Write a price file, one bar a day; returns its path."""
    first = date(2024, 1, 1)
    lines = [",".join(("date", *series))]
    for number, prices in enumerate(zip(*series.values(), strict=True)):
        lines.append(",".join((str(first + timedelta(days=number)), *map(str, prices))))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)
