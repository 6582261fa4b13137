"""A real engine that is killed between the end of an upstream and what follows from it, at each step in turn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from peak_console.store.store import Store
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from pathlib import Path

JOBS = """\
[scheduler]
timezone = "UTC"
[[job]]
name = "fetch"
command = "sh"
argv = ["-c", "echo fetch >> ran; sleep 0.3"]
[[job]]
name = "report"
command = "sh"
argv = ["-c", "echo report >> ran"]
schedule_type = "after"
after = ["fetch"]
[[job]]
name = "store"
command = "sh"
argv = ["-c", "echo store >> ran"]
schedule_type = "after"
after = ["fetch"]
round = "run"
"""
ENGINE = """\
import importlib, os, signal, sys
module, owner, method, when = sys.argv[1:5]
kind = getattr(importlib.import_module(module), owner)
real = getattr(kind, method, None)

def dies(self, *words, **named):
    def is_time():
        from peak_console.store.store import Store
        store = Store.look("state")
        try:
            return store is not None and any(run.job == "fetch" and run.outcome for run in store.runs())
        finally:
            if store is not None:
                store.close()
    if when == "before" and is_time():
        os.kill(os.getpid(), signal.SIGKILL)
    found = real(self, *words, **named)
    if when == "after" and is_time():
        os.kill(os.getpid(), signal.SIGKILL)
    return found

if method != "-":
    setattr(kind, method, dies)
from peak_console.cli import main
sys.exit(main(["--headless", "--config", "jobs.toml", "--state-dir", "state", "--poll-interval", "1"]))
"""
DISPATCH = "peak_console.engine.dispatch"


def start(folder: Path, *step: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", ENGINE, *step],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )


@pytest.mark.parametrize(
    "step",
    [
        ("peak_console.engine.supervision.bookkeeping", "Bookkeeper", "_record_together", "after"),
        (f"{DISPATCH}.awaiting", "Awaiting", "look", "before"),
        (f"{DISPATCH}.awaiting", "Awaiting", "look", "after"),
        ("peak_console.store.records", "RunRecords", "take_from_queue", "before"),
        ("peak_console.store.records", "RunRecords", "take_from_queue", "after"),
        (f"{DISPATCH}.starter", "Starter", "start", "before"),
        (f"{DISPATCH}.starter", "Starter", "start", "after"),
    ],
    ids=lambda step: "-".join(step[1:]),
)
def test_an_engine_that_is_killed_after_an_upstream_loses_nothing_and_runs_nothing_twice(
    tmp_path: Path, step: tuple[str, ...]
) -> None:
    (tmp_path / "jobs.toml").write_text(JOBS, encoding="utf-8")
    first = start(tmp_path, *step)
    assert first.wait(20) == -signal.SIGKILL
    second = start(tmp_path, *step[:2], "-", "never")
    try:
        wait_until(lambda: _outcomes(tmp_path) == {"fetch": 1, "report": 1, "store": 1}, "the chain")
    finally:
        second.terminate()
        second.wait(20)
    assert _outcomes(tmp_path) == {"fetch": 1, "report": 1, "store": 1}
    ran = (tmp_path / "ran").read_text(encoding="utf-8").split()
    assert ran[0] == "fetch"
    assert sorted(ran) == ["fetch", "report", "store"]


def _outcomes(folder: Path) -> dict[str, int]:
    store = Store.look(str(folder / "state"))
    if store is None:
        return {}
    try:
        ended = [run.job for run in store.runs() if run.outcome == "succeeded"]
        unfinished = store.unfinished()
    finally:
        store.close()
    return {} if unfinished else {name: ended.count(name) for name in ended}


def test_a_dry_run_before_anything_was_recorded_starts_nothing_before_its_upstream(tmp_path: Path) -> None:
    (tmp_path / "jobs.toml").write_text(JOBS, encoding="utf-8")
    words = ["-m", "peak_console", "--config", "jobs.toml", "--state-dir", "state", "--once", "--dry-run"]
    told = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    ).stdout  # fmt: skip
    assert "would run fetch" in told
    assert "would queue report" in told
    assert "waiting for fetch (not started yet)" in told
    assert "would run report" not in told
