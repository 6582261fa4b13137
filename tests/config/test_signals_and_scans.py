"""The scripts that look at prices: signals, scans and sweeps, against a slow and plain computation."""

from __future__ import annotations

import json
import math
import statistics
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from tests.config.shipped import closes, price_rows, table, write_prices

if TYPE_CHECKING:
    from pathlib import Path

    from tests.config.conftest import Reports


def crossover(series: list[float], fast: int, slow: int) -> str:
    """The signal at the last bar of ``series``."""
    gap = statistics.fmean(series[-fast:]) - statistics.fmean(series[-slow:])
    return "long" if gap > 0 else "short"


@pytest.mark.parametrize(("symbol", "fast", "slow"), [("EUR/USD", 20, 50), ("EUR/JPY", 5, 100), ("EUR/CHF", 50, 200)])
def test_signal_is_the_side_on_which_the_fast_average_lies(reports: Reports, symbol: str, fast: int, slow: int) -> None:
    lengths = ["--fast", str(fast), "--slow", str(slow)]
    signal = json.loads(reports.written("run_forward_signals.py", "--symbol", symbol, "--bars", "400", *lengths))

    series = closes(symbol)
    assert signal["date"] == price_rows()[-1]["date"]
    assert signal["close"] == series[-1]
    assert signal["fast"] == pytest.approx(statistics.fmean(series[-fast:]), abs=1e-6)
    assert signal["slow"] == pytest.approx(statistics.fmean(series[-slow:]), abs=1e-6)
    assert signal["signal"] == crossover(series, fast, slow)

    held = 0
    while crossover(series[: len(series) - held], fast, slow) == signal["signal"]:
        held += 1
    assert signal["bars_held"] == held
    assert signal["since"] == price_rows()[-held]["date"]


def test_signal_volatility_is_annualised_from_log_returns(reports: Reports) -> None:
    signal = json.loads(reports.written("run_forward_signals.py", "--symbol", "EUR/SEK"))
    returns = [math.log(later / earlier) for earlier, later in pairwise(closes("EUR/SEK")[-21:])]
    assert signal["annual_volatility"] == pytest.approx(statistics.stdev(returns) * math.sqrt(252), abs=1e-6)


def test_weekly_bars_are_the_last_close_of_each_iso_week(reports: Reports) -> None:
    lengths = ["--fast", "2", "--slow", "4", "--bars", "50"]
    signal = json.loads(reports.written("run_forward_signals.py", "--timeframe", "1w", *lengths))

    weeks: dict[tuple[int, int], float] = {}
    for row in price_rows():
        year, week, _ = date.fromisoformat(row["date"]).isocalendar()
        weeks[year, week] = float(row["EUR/USD"])
    assert signal["slow"] == pytest.approx(statistics.fmean(list(weeks.values())[-4:]), abs=1e-6)


def test_prices_that_stand_still_give_no_signal(reports: Reports, tmp_path: Path) -> None:
    prices = write_prices(tmp_path / "flat.csv", FLAT=[0.1] * 60)
    signal = json.loads(reports.written("run_forward_signals.py", "--prices", prices, "--symbol", "FLAT"))
    assert signal["signal"] == "flat"


def test_report_names_its_tag_job_slot_and_source(reports: Reports) -> None:
    slot = {"PEAK_JOB_NAME": "morning", "PEAK_SCHEDULED_FOR": "2026-11-23T07:30:00+01:00"}
    done = reports.run("run_forward_signals.py", "--tag", "daily-forward", env=slot)
    report = reports.folder / "forward_signals" / "EUR-USD_1d_daily-forward.json"
    signal = json.loads(report.read_text(encoding="utf-8"))
    assert (signal["job"], signal["scheduled_for"]) == tuple(slot.values())
    assert "European Central Bank" in signal["source"]
    assert done.stdout.splitlines()[0].endswith("job morning · slot 2026-11-23T07:30:00+01:00")


def test_scan_ranks_by_the_trend_measured_in_daily_moves(reports: Reports) -> None:
    ranking = table(reports.written("scan_markets.py", "--top-n", "3"))

    scores = {}
    for symbol in list(price_rows()[0])[1:]:
        series = closes(symbol)
        moves = [math.log(later / earlier) for earlier, later in pairwise(series[-64:])]
        gap = statistics.fmean(series[-20:]) / statistics.fmean(series[-50:]) - 1
        scores[symbol] = gap / statistics.stdev(moves)
    expected = sorted(scores, key=lambda symbol: -abs(scores[symbol]))[:3]
    assert [row["symbol"] for row in ranking] == expected
    assert [float(row["score"]) for row in ranking] == pytest.approx([scores[s] for s in expected], abs=1e-4)


def backtest(symbol: str, fast: int, slow: int, cost: float) -> tuple[list[float], int]:
    """Day by day with what was known the evening before: the gains from the first slow average on, and changes."""
    series = closes(symbol)
    held, changes, gains = 0, 0, []
    for today in range(slow - 1, len(series) - 1):
        side = 1 if crossover(series[: today + 1], fast, slow) == "long" else -1
        paid = cost * abs(side - held)
        changes += side != held
        held = side
        # One euro's worth bought at today's rate and handed back at tomorrow's, counted in euros.
        gains.append(side * (1 - series[today] / series[today + 1]) - paid)
    return gains, changes


def test_sweep_agrees_with_a_plain_backtest(reports: Reports) -> None:
    flags = ["--symbol", "EUR/USD", "--fast", "20", "--slow", "50", "--cost-bp", "2"]
    [trial] = table(reports.written("sweep_parameters.py", *flags))

    gains, changes = backtest("EUR/USD", 20, 50, 0.0002)
    fitted = round(len(gains) * 2 / 3)
    for part, column in ((gains[:fitted], "fitted_sharpe"), (gains[fitted:], "later_sharpe")):
        sharpe = statistics.fmean(part) / statistics.stdev(part) * math.sqrt(252)
        assert float(trial[column]) == pytest.approx(sharpe, abs=1e-5)
    sums = [0.0]
    for gain in gains:
        sums.append(sums[-1] + gain)
    drawdown = max(max(sums[: i + 1]) - total for i, total in enumerate(sums))
    assert float(trial["drawdown"]) == pytest.approx(drawdown, abs=1e-5)
    assert float(trial["annual_return"]) == pytest.approx(statistics.fmean(gains) * 252, abs=1e-5)
    assert int(trial["changes"]) == changes


def test_sweep_tries_each_sensible_pair_once_best_first_and_shows_progress(reports: Reports) -> None:
    done = reports.run("sweep_parameters.py", "--symbol", "EUR/USD", "--fast", "10:30:10", "--slow", "20:40:20")
    trials = table((reports.folder / "sweeps" / "ma_crossover.csv").read_text(encoding="utf-8"))

    assert {(t["fast"], t["slow"]) for t in trials} == {("10", "20"), ("10", "40"), ("20", "40"), ("30", "40")}
    sharpes = [float(trial["fitted_sharpe"]) for trial in trials]
    assert sharpes == sorted(sharpes, reverse=True)
    percents = [line.split(" %")[0].strip() for line in done.stdout.splitlines() if " %  " in line]
    assert percents == ["25", "50", "75", "100"]


def test_sweep_judges_every_pair_on_the_same_days(reports: Reports, tmp_path: Path) -> None:
    # Up for 30 days, then down for 60. A pair of short averages would gain on the way up, if it traded there.
    series = [100 + day for day in range(30)] + [130 - day / 10 for day in range(60)]
    prices = write_prices(tmp_path / "prices.csv", ABC=series)
    flags = ["--prices", prices, "--fast", "2", "--cost-bp", "0"]
    both = table(reports.written("sweep_parameters.py", *flags, "--slow", "3:50:47"))
    assert {trial["slow"] for trial in both} == {"3", "50"}

    days = range(49, len(series) - 1)
    falls = [series[day] / series[day + 1] - 1 for day in days]
    [short] = [trial for trial in both if trial["slow"] == "3"]
    assert float(short["annual_return"]) == pytest.approx(statistics.fmean(falls) * 252, abs=1e-5)
