"""A long history: what is asked of a registry of up to a million runs, how it is pruned, and how a start takes it."""

from __future__ import annotations

import random
import subprocess
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from peak_console.decisions.job_status import views
from peak_console.engine.upkeep.retention import expire_runs, pruning_of
from peak_console.jobs.model import SchedulerSettings
from peak_console.model.records import Alert, Claim, Level
from peak_console.store.store import Store
from peak_console.tui.details.data import RUNS
from peak_console.tui.state.board import Board
from tests.benchmarks.measuring.figures import OURS, Figure, percentile
from tests.benchmarks.measuring.history_made import JOBS, NOW, make_registry
from tests.benchmarks.measuring.program import environment, peak_console, run
from tests.benchmarks.measuring.rounds import interleaved
from tests.support.clock import FakeClock
from tests.support.engine import Bench
from tests.support.factories import make_job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.benchmarks.measuring.figures import Report

SIZES = (1_000, 10_000, 100_000, 1_000_000)
QUICK_SIZES = (100_000,)
LIMIT = "index look-ups"
WANTED = 20.0
ROUNDS = 5
CALLS = 30
SHOWN = 50
"""As many as ``runs`` and ``alerts`` show unless they are told otherwise."""
START_LIMIT = "without a history"
START_ALLOWED = 1.1
START_ROUNDS = 20
RUN_STEPS = 200
JOB = """
[[job]]
name = "{name}"
command = "true"
schedule_type = "daily"
daily_time = "04:00"
"""


def measure(report: Report, directory: Path, *, quick: bool) -> None:
    """Views beside as many look-ups by index as they show rows; retention; a start beside one without a history."""
    for count in QUICK_SIZES if quick else SIZES:
        state = Path(mkdtemp(dir=directory)) / "state"
        make_registry(state, count)
        if not quick:
            _views(report, str(state), count)
        _start(report, directory, state, count)
        if not quick:
            _retention(report, state, count)  # comes last, as it changes the registry


def _views(report: Report, state: str, count: int) -> None:
    store = Store.look(state)
    assert store is not None
    writer = Store.open(state)
    try:
        for name, (view, rows) in _all_views(store, writer).items():
            contenders = {OURS: partial(_p99, view), LIMIT: partial(_p99, _look_ups(store, count, rows))}
            found = interleaved(ROUNDS, contenders)
            work = f"{name}; {count:,} runs"
            report.figures.append(Figure(work, "p99", "ms", found, LIMIT, wanted=WANTED, size=count))
    finally:
        writer.close()
        store.close()


def _all_views(store: Store, writer: Store) -> Mapping[str, tuple[Callable[[], object], int]]:
    """By name, what a front end asks of the registry, and how many rows that shows."""
    jobs = {name: make_job(name, interval_seconds=3600) for name in JOBS}
    pick = random.Random(2).choice
    board = Board(store)
    everything = partial(board.snapshot, jobs, NOW, jobs_file="jobs.toml", engine="this", zone=UTC)

    def start() -> object:
        return Board(store).snapshot(jobs, NOW, jobs_file="jobs.toml", engine="this", zone=UTC)

    def after_a_run() -> object:
        _one_more(writer, pick(JOBS))
        return everything()

    while not board.is_complete:
        everything()
    return {
        "jobs, status": (lambda: views(jobs.values(), store, NOW), len(JOBS)),
        "runs": (lambda: store.runs(limit=SHOWN), SHOWN),
        "runs --job": (lambda: store.runs(jobs=[pick(JOBS)], limit=SHOWN), SHOWN),
        "runs --outcome, a rare one": (lambda: store.runs(outcome="timed_out", limit=SHOWN), SHOWN),
        "runs --job --outcome, a rare one": (lambda: store.runs(jobs=[pick(JOBS)], outcome="lost", limit=SHOWN), SHOWN),
        "runs --since, an hour": (lambda: store.runs(since=NOW - timedelta(hours=1), limit=SHOWN), SHOWN),
        "runs of three tagged jobs": (lambda: store.runs(jobs=JOBS[:3], limit=SHOWN), SHOWN),
        "alerts": (lambda: store.alerts(limit=SHOWN), SHOWN),
        "alerts --open": (lambda: store.alerts(limit=SHOWN, open_only=True), SHOWN),
        "logs of a job": (lambda: store.last_runs([pick(JOBS)]), 1),
        "console, first look": (start, len(JOBS)),
        "console, a look after a run": (after_a_run, len(JOBS)),
        "console, details of a job": (
            lambda: store.runs(jobs=[pick(JOBS)], run_type="scheduler_job", limit=RUNS),
            RUNS,
        ),
    }


def _one_more(writer: Store, job: str) -> None:
    """A run, from its claim to its end, and the news of it."""
    [claimed] = writer.claim([Claim(job, datetime.now(UTC))], NOW, "nobody")
    writer.started(claimed.id, NOW, "1 mark")
    writer.finish(claimed.id, "succeeded", 0, NOW)
    writer.add_alert(Alert(Level.INFO, f"{job} succeeded", NOW, job=job, run_id=claimed.id), (), NOW)


def _look_ups(store: Store, count: int, rows: int) -> Callable[[], object]:
    pick = random.Random(3).randrange

    def look_up() -> None:
        for _ in range(rows):
            store._rows("SELECT * FROM runs WHERE id = ?", (1 + pick(count),))

    return look_up


def _p99(act: Callable[[], object]) -> float:
    """In milliseconds."""
    taken = []
    for _ in range(CALLS):
        began = time.perf_counter()
        act()
        taken.append(1000 * (time.perf_counter() - began))
    return percentile(taken, 99)


def _start(report: Report, directory: Path, state: Path, count: int) -> None:
    jobs_file = directory / "jobs.toml"
    jobs_file.write_text("".join(JOB.format(name=name) for name in JOBS), encoding="utf-8")
    ours = [*peak_console(), "--headless", "--once", "--config", str(jobs_file), "--state-dir"]
    empty = str(directory / "empty")
    for each in (empty, str(state)):
        subprocess.run([*ours, each], env=environment(), stdout=subprocess.DEVNULL, check=True)
    contenders = {
        OURS: partial(run, [*ours, str(state)]),
        START_LIMIT: partial(run, [*ours, empty]),
    }
    results = interleaved(START_ROUNDS, contenders)
    values = {name: [1000 * each.seconds for each in found] for name, found in results.items()}
    work = f"one-shot start, nothing due; {count:,} runs"
    report.figures.append(Figure(work, "wall", "ms", values, START_LIMIT, START_ALLOWED, size=count))


def _retention(report: Report, state: Path, count: int) -> None:
    """Steps of pruning every job to a tenth of its runs: what whoever waits for the engine waits for."""
    settings = SchedulerSettings(timezone="UTC", keep_runs=max(1, count // len(JOBS) // 10), keep_days=0)
    bench = Bench(state, settings=settings, clock=FakeClock(NOW))
    steps, taken = expire_runs(pruning_of(bench.engine.context), None), []
    try:
        for _ in range(RUN_STEPS):
            began = time.perf_counter()
            if next(steps, steps) is steps:
                break
            taken.append(1000 * (time.perf_counter() - began))
    finally:
        bench.close()
    work = f"retention, a step; {count:,} runs"
    for what, percent in (("median", 50), ("p99", 99)):
        wanted = WANTED if percent == 99 else None
        report.figures.append(Figure(work, what, "ms", {OURS: [percentile(taken, percent)]}, wanted=wanted, size=count))
