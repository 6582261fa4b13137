"""A Monday afternoon at a trading desk, as it stands in the registry: what the pictures of the console show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.model.records import Level, Outcome
from tests.support.factories import make_job
from tests.tui.stage import Stage, at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from peak_console.jobs.model import JobDefinition

CHF = "weekly_forward_signals_chf"
_WEEK = ("mon", "tue", "wed", "thu", "fri")
_DAY = 86400.0


def _daily(name: str, time: str, script: str, *tags: str, **more: object) -> JobDefinition:
    args = {"script": f"config/scripts/{script}.py", "strategy": "ma_crossover"}
    zone = {"timezone": "Europe/Berlin", "days": _WEEK}
    return make_job(name, daily_time=time, command="python", args=args, tags=tags, **zone, **more)


def _every(name: str, seconds: float, script: str, *tags: str, **more: object) -> JobDefinition:
    args = {"script": f"config/scripts/{script}.py"}
    return make_job(name, interval_seconds=seconds, command="python", args=args, tags=tags, **more)


JOBS: Sequence[JobDefinition] = (
    _daily("daily_forward_signals_usd", "07:30", "run_forward_signals", "forward", "daily", "prod"),
    _daily("daily_forward_signals_jpy", "07:31", "run_forward_signals", "forward", "daily", "prod"),
    _daily(CHF, "07:40", "run_forward_signals", "forward", "weekly", "prod"),
    _daily("morning_market_scan", "07:45", "scan_markets", "scan", "daily"),
    make_job(
        "intraday_market_scan", cron="*/5 9-17 * * mon-fri", timezone="Europe/Berlin", command="python",
        args={"script": "config/scripts/scan_markets.py", "top_n": 3}, tags=("scan", "intraday"),
    ),
    _daily("daily_risk_check", "08:00", "check_live_risk_limits", "risk", "daily", "live"),
    _every("risk_check_hourly", 3600, "check_live_risk_limits", "risk", "hourly", "live"),
    _every("weekly_sweep_ma", 7 * _DAY, "sweep_parameters", "sweep", "weekly", "heavy"),
    _every("hourly_backtest_check", 3600, "sweep_parameters", "sweep", "hourly", enabled=False),
    make_job("initial_setup", command="python", args={"script": "config/scripts/initial_setup.py"}, tags=("setup",)),
    _every("feed_heartbeat", 20, "feed_heartbeat", "feed", "monitoring"),
    _every("fetch_quotes", 60, "fetch_quotes", "feed", "demo", retries=2),
)  # fmt: skip
"""The names, schedules and tags of the jobs that the repository ships."""

RISK_OUT = """\
\x1b[1mrisk check · 6 positions against config/live_limits.toml at the prices of 2026-10-30\x1b[0m
symbol     position EUR        entry          now     P&L EUR
EUR/USD        +250,000       1.1555       1.1172  \x1b[31m    -8,571\x1b[0m
EUR/GBP        -120,000       0.8558       0.8338  \x1b[32m    +3,173\x1b[0m
EUR/JPY        -250,000     185.0200     175.6800  \x1b[32m   +13,291\x1b[0m
EUR/CHF         +80,000       0.9217       0.9194  \x1b[31m      -200\x1b[0m

limit                 value EUR   limit EUR    used
gross exposure          860,000     800,000  107.5%  \x1b[31mbreached\x1b[0m
net exposure             80,000     150,000   53.3%  \x1b[32mok\x1b[0m
largest position        250,000     300,000   83.3%  \x1b[33mnear\x1b[0m
value at risk             3,410       4,000   85.3%  \x1b[33mnear\x1b[0m
"""
RISK_ERR = """\
Traceback (most recent call last):
  File "config/scripts/check_live_risk_limits.py", line 176, in <module>
    run(main)
  File "config/scripts/check_live_risk_limits.py", line 169, in main
    raise LimitBreached(breaches)
LimitBreached: gross exposure 860,000 EUR > limit 800,000 EUR
"""
SWEEP_OUT = """\
\x1b[1msweep · ma_crossover · 251 pairs on 8 symbols\x1b[0m
1297 days from 2021-10-08 to 2026-10-30
""" + "".join(f"{5 * n:>3} %  {int(12.55 * n):>8}/251  best   5/20   Sharpe -0.38\n" for n in range(14))
HEARTBEAT = """\
\x1b[1mfeed heartbeat\x1b[0m
beat 184   1537 days × 8 symbols to 2026-10-30 in 54.8 ms
wrote config/reports/feed/heartbeat.json
"""


def quiet(directory: Path | str, jobs: Sequence[JobDefinition] = JOBS, jobs_file: str | None = None) -> Stage:
    """All is well: every job has a past, nothing has failed lately."""
    stage = Stage(directory, *jobs, **({"jobs_file": jobs_file} if jobs_file else {}))
    with stage.store:
        stage.ran("initial_setup", 9 * _DAY, 0.6)
        for day in range(12, -1, -1):
            if day % 7 in (1, 2):  # Saturdays and Sundays
                continue
            morning = day * _DAY
            stage.ran("daily_forward_signals_usd", morning + 26_746, 1.1 + (day % 3) * 0.1)
            stage.ran("daily_forward_signals_jpy", morning + 26_686, 1.1 + (day % 4) * 0.1)
            if day % 7 == 0:
                stage.ran(CHF, morning + 26_146, 1.5)
            stage.ran("morning_market_scan", morning + 25_845, 2.1 + (day % 5) * 0.3)
            if day:
                bad = day == 6
                stage.ran("daily_risk_check", morning + 24_946, 0.8, outcome=Outcome.FAILED if bad else "succeeded")
        for week in (4, 3, 2, 1):
            stage.ran("weekly_sweep_ma", week * 7 * _DAY - 20, 13.6 + week * 0.4)
        for hour in range(20, -1, -1):
            stage.ran("risk_check_hourly", hour * 3600 + 1_520, 0.7 + (hour % 3) * 0.1)
            stage.ran("intraday_market_scan", hour * 300 + 45, 1.6 + (hour % 4) * 0.2)
            stage.ran("fetch_quotes", hour * 60 + 25, 1.4 + (hour % 2) * 0.1, outcome=_quotes(hour))
            stage.ran("feed_heartbeat", hour * 20 + 8, 0.2, out=HEARTBEAT)
        stage.ran("hourly_backtest_check", 3 * _DAY + 500, 9.9)
        stage.ran("daily_risk_check", 24_947, 0.8)
        for job in jobs:
            stage.decided(job.name, {"weekly_sweep_ma": 590_000, "feed_heartbeat": 8}.get(job.name, 0.0))
        stage.decided("risk_check_hourly", 1_521)
        stage.decided("fetch_quotes", 27)
    return stage


def _quotes(ago: int) -> str:
    return Outcome.FAILED if ago % 15 == 11 else Outcome.SUCCEEDED


def busy(directory: Path | str, jobs: Sequence[JobDefinition] = JOBS, jobs_file: str | None = None) -> Stage:
    """Some jobs run, one is tried again, one is disabled by its operator; nothing has failed."""
    stage = quiet(directory, jobs, jobs_file)
    with stage.store:
        stage.alert("weekly_forward_signals_chf succeeded in 1.5s", Level.INFO, ago=26_146, job=CHF)
        stage.alert("jobs.toml reloaded: 1 changed\nChanged: intraday_market_scan", Level.INFO, ago=5_100)
        stage.running("weekly_sweep_ma", 9.6, out=SWEEP_OUT)
        stage.running("morning_market_scan", 1.3, out="market scan · ma_crossover 20/50\n", triggered_by="manual")
        slot = at("23 14:55:40")
        run = stage.ran(
            "fetch_quotes", 6, 0.4, outcome=Outcome.FAILED, code=1, scheduled_for=slot,
            err="the feed dropped the connection (a demonstration: this script fails now and then on purpose).\n",
        )  # fmt: skip
        stage.queued("fetch_quotes", slot, attempt=2, due_in=4)
        message = (
            "fetch_quotes failed with exit code 1, attempt 1 of 3: next attempt at 14:55:52 CET\n"
            "Last lines of stderr:\n  the feed dropped the connection"
        )
        stage.alert(message, Level.WARNING, ago=6, job="fetch_quotes", run_id=run.id)
        stage.disable(CHF, until=at("23 18:00:00"), reason="exchange maintenance")
    return stage


def failing(directory: Path | str, jobs: Sequence[JobDefinition] = JOBS, jobs_file: str | None = None) -> Stage:
    """As busy, and the risk check has failed with a traceback."""
    stage = busy(directory, jobs, jobs_file)
    with stage.store:
        stage.ran(
            "daily_risk_check", 3, 0.8, outcome=Outcome.FAILED, out=RISK_OUT, err=RISK_ERR, alert=True,
            scheduled_for=at("23 14:55:44"), triggered_by="manual",
        )  # fmt: skip
        stage.decided("daily_risk_check")
    return stage


STARVED = "waited for a place behind weekly_sweep_ma #133, hourly_backtest_check #134, fetch_quotes #135"


def starving(directory: Path | str) -> Stage:
    """Three runs hang and have all places; two slots wait, and the last run was late because of that."""
    stage = quiet(directory)
    stage.session.allow(3)
    with stage.store:
        stage.ran("feed_heartbeat", 4, 0.2, scheduled_for=stage.ago(145), late_because=STARVED, out=HEARTBEAT)
        stage.running("weekly_sweep_ma", 1_900, out=SWEEP_OUT)
        stage.running("hourly_backtest_check", 1_200)
        stage.running("fetch_quotes", 600)
        stage.waiting("risk_check_hourly", 140, STARVED)
        stage.waiting("intraday_market_scan", 46, STARVED)
        message = (
            "risk_check_hourly has waited 1m00s for its turn behind weekly_sweep_ma #134, hourly_backtest_check #135, "
            "fetch_quotes #136\n1 slot waiting in all; stop what hangs, or raise max_concurrent_runs."
        )
        stage.alert(message, Level.WARNING, ago=80, job="risk_check_hourly")
    return stage
