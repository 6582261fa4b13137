"""What has to be loaded before a second thread begins to import."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

WATCHER = """
from peak_console.jobs.watching.watcher import Watcher
watcher = Watcher(path, on_jobs=print, on_error=print)
watcher._thread.start = tell
watcher.start()
"""
ALERTS = """
from peak_console.alerts.service import Alerting
from peak_console.clock import SystemClock
threading.Thread.start = tell
Alerting(path, SystemClock()).wake()
"""
PROGRAM = """
import os, sys, threading
path = sys.argv[1]
sys.path[:0] = sys.argv[2:]
def tell(*_):
    print("typing" in sys.modules, flush=True)
    os._exit(0)
assert "typing" not in sys.modules, "this test tells nothing"
"""


@pytest.mark.parametrize("part", [WATCHER, ALERTS], ids=["watcher", "alerts"])
def test_dataclasses_find_typing_loaded_whatever_other_threads_import(part: str, tmp_path: Path) -> None:
    words = [sys.executable, "-I", "-S", "-c", PROGRAM + part, str(tmp_path / "jobs.toml"), *sys.path]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.stdout == "True\n", done.stdout + done.stderr
