"""The risk check: what it measures, and when it raises the alarm."""

from __future__ import annotations

import json
import math
import tomllib
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from tests.config.shipped import PROJECT, closes, price_rows, table, write_prices

if TYPE_CHECKING:
    from pathlib import Path

    from tests.config.conftest import Reports

SCRIPT = "check_live_risk_limits.py"
LIMITS = PROJECT / "config" / "live_limits.toml"
POSITIONS = PROJECT / "config" / "data" / "positions.csv"


def write_limits(path: Path, confidence: float = 0.9, lookback_days: int = 10, **limits: float) -> str:
    """A limits file that only ``limits`` make tight; returns its path."""
    names = ("gross_exposure", "net_exposure", "largest_position", "unrealised_loss", "value_at_risk")
    lines = ["[value_at_risk]", f"confidence = {confidence}", f"lookback_days = {lookback_days}", "[limits]"]
    lines += [f"{name} = {limits.get(name, 1e12)}" for name in names]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def write_positions(path: Path, *positions: tuple[str, float, float]) -> str:
    rows = ["symbol,quantity_eur,entry_rate,opened", *(f"{s},{q},{e},2024-01-01" for s, q, e in positions)]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def report(reports: Reports) -> dict[str, Any]:
    text = (reports.folder / "risk" / "risk_check.json").read_text(encoding="utf-8")
    content = json.loads(text)
    assert isinstance(content, dict)
    return content


def test_shipped_book_is_within_its_limits_and_measured_right(reports: Reports) -> None:
    done = reports.run(SCRIPT)
    assert (done.returncode, done.stderr) == (0, "")
    found = report(reports)

    book = table(POSITIONS.read_text(encoding="utf-8"))
    quantities = [float(row["quantity_eur"]) for row in book]
    assert found["measured"]["gross_exposure"] == sum(map(abs, quantities))
    assert found["measured"]["net_exposure"] == abs(sum(quantities))
    assert found["measured"]["largest_position"] == max(map(abs, quantities))
    profit = sum(
        float(row["quantity_eur"]) * (1 - float(row["entry_rate"]) / closes(row["symbol"])[-1]) for row in book
    )
    assert found["unrealised_profit"] == pytest.approx(profit, abs=0.01)

    settings = tomllib.loads(LIMITS.read_text(encoding="utf-8"))["value_at_risk"]
    assert settings == {"confidence": 0.99, "lookback_days": 500}
    days = [0.0] * 500
    for row in book:
        for day, (earlier, later) in enumerate(pairwise(closes(row["symbol"])[-501:])):
            days[day] += float(row["quantity_eur"]) * (1 - math.exp(-math.log(later / earlier)))
    worst = sorted(days)[:6]  # 1 % of 500 days may be worse than the value at risk: five
    assert found["measured"]["value_at_risk"] == pytest.approx(-worst[5], abs=0.01)
    assert found["expected_shortfall"] == pytest.approx(-sum(worst) / 6, abs=0.01)


def test_paper_book_was_entered_at_published_rates() -> None:
    rates = {row["date"]: row for row in price_rows()}
    for row in table(POSITIONS.read_text(encoding="utf-8")):
        assert row["entry_rate"] == rates[row["opened"]][row["symbol"]]


def test_value_at_risk_leaves_exactly_the_allowed_days_beyond_it(reports: Reports, tmp_path: Path) -> None:
    # The price rises by 1 % on the first day, … 10 % on the tenth. A rise by n % gains 1 - 100/(100 + n) a euro.
    series = [100.0]
    for rise in range(1, 11):
        series.append(series[-1] * (1 + rise / 100))
    done = reports.run(
        SCRIPT,
        "--prices", write_prices(tmp_path / "prices.csv", ABC=series),
        "--positions", write_positions(tmp_path / "book.csv", ("ABC", 1000, series[-1])),
        "--config", write_limits(tmp_path / "limits.toml"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert report(reports)["measured"]["value_at_risk"] == 0  # a long book never lost

    reports.run(
        SCRIPT,
        "--prices", str(tmp_path / "prices.csv"),
        "--positions", write_positions(tmp_path / "book.csv", ("ABC", -1000, series[-1])),
        "--config", str(tmp_path / "limits.toml"),
    )  # fmt: skip
    # 10 % of ten days, one, may be worse: the second worst day rose by 9 %.
    assert report(reports)["measured"]["value_at_risk"] == pytest.approx(1000 * (1 - 1 / 1.09), abs=0.01)


def test_each_breach_is_named_on_stderr_with_exit_2_and_reported(reports: Reports, tmp_path: Path) -> None:
    limits = write_limits(tmp_path / "limits.toml", gross_exposure=500_000, largest_position=200_000)
    done = reports.run(SCRIPT, "--config", limits)
    assert done.returncode == 2
    assert done.stderr == (
        "check_live_risk_limits.py: 2 of 5 limits breached: gross exposure 760,000 EUR > limit 500,000 EUR; "
        "largest position 250,000 EUR > limit 200,000 EUR.\n"
    )
    assert len(report(reports)["breaches"]) == 2


def test_a_limit_that_is_just_reached_is_no_breach(reports: Reports, tmp_path: Path) -> None:
    done = reports.run(SCRIPT, "--config", write_limits(tmp_path / "limits.toml", gross_exposure=760_000))
    assert done.returncode == 0
    assert "100.0%  near" in done.stdout


def test_an_empty_book_has_no_risk(reports: Reports, tmp_path: Path) -> None:
    done = reports.run(SCRIPT, "--positions", write_positions(tmp_path / "book.csv"))
    assert done.returncode == 0, done.stderr
    assert set(report(reports)["measured"].values()) == {0}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "[value_at_risk] confidence must be a number above 0, not None."),
        ("value_at_risk = 3", "[value_at_risk] confidence must be a number above 0, not None."),
        ("[value_at_risk]\nconfidence = 99", "confidence must be below 1, not 99."),
        ("[value_at_risk]\nconfidence = 0.9\nlookback_days = 2.5", "lookback_days must be whole, not 2.5."),
        ("[value_at_risk]\nconfidence = 0.9\nlookback_days = 9", "[limits] gross_exposure must be a number"),
        ("[limits", "cannot read the limits file"),
    ],
)
def test_unusable_limits_are_refused(reports: Reports, tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "limits.toml"
    path.write_text(text, encoding="utf-8")
    assert complaint in reports.refusal(SCRIPT, "--config", str(path))


@pytest.mark.parametrize("row", ["EUR/USD,many,1.1", "EUR/USD,5", "EUR/USD,nan,1.1", "EUR/USD,5,0"])
def test_unusable_positions_are_refused_with_their_line(reports: Reports, tmp_path: Path, row: str) -> None:
    path = tmp_path / "book.csv"
    path.write_text(f"symbol,quantity_eur,entry_rate\nEUR/GBP,1,0.8\n{row}\n", encoding="utf-8")
    assert f"{path}:3: " in reports.refusal(SCRIPT, "--positions", str(path))


@pytest.mark.parametrize("flag", ["--config", "--positions"])
def test_missing_file_names_the_flag_that_gives_another(reports: Reports, flag: str) -> None:
    assert flag in reports.refusal(SCRIPT, flag, "nowhere.file")
