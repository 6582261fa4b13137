"""Questions that a real child process answers, as it answers them in this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import StateError
from peak_console.forecast import aside
from peak_console.forecast.child import paths
from peak_console.forecast.plan import changes_of, foreseen
from peak_console.jobs.model import JobSet, SchedulerSettings
from peak_console.store.store import Store
from tests.support.factories import make_job
from tests.support.processes import is_alive, wait_until

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
BEFORE = {"calm": make_job("calm", interval_seconds=3600)}
AFTER = {**BEFORE, "eager": make_job("eager"), "late": make_job("late", daily_time="23:00")}


def sets() -> tuple[JobSet, JobSet]:
    before, after = (JobSet("jobs.toml", jobs, SchedulerSettings(timezone="UTC")) for jobs in (BEFORE, AFTER))
    return before, after


def test_a_child_answers_what_this_process_would(tmp_path: Path) -> None:
    before, after = sets()
    store = Store.open(str(tmp_path / "state"))
    plan = changes_of(before, after, store, NOW)
    found = aside.ask(aside.foresee_plan, str(tmp_path / "state"), NOW, (before, after), plan)
    assert found == foreseen(plan, before, after, store, NOW)
    assert "eager" in found.at_once
    then, ahead = aside.ask(aside.foresee_job, str(tmp_path / "state"), NOW, (after,), "late", None)
    assert then is None
    assert (then, list(ahead)) == (None, list(aside.foresee_job(store, NOW, (after,), "late", None)[1]))
    with pytest.raises(StateError, match="it failed: 'nobody'"):
        aside.ask(aside.foresee_job, str(tmp_path / "state"), NOW, (after,), "nobody", None)
    store.close()


def test_a_child_that_dies_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "PROGRAM", "import os; os._exit(3)")
    with pytest.raises(StateError, match="it has ended before its time"):
        aside.ask(aside.foresee_job, str(tmp_path), NOW, (sets()[1],), "late", None)


def test_a_child_ends_with_the_process_that_has_started_it(tmp_path: Path) -> None:
    told = tmp_path / "child"
    child = f"""
import sys, time
sys.path[:] = {list(paths())!r}
from peak_console.forecast.child import end_with_parent
end_with_parent()
open({str(told)!r}, "w").write(str(__import__("os").getpid()) + "\\n")
time.sleep(600)
"""
    parent = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"]
    )
    wait_until(lambda: told.exists() and told.read_text().endswith("\n"), "the child")
    pid = int(told.read_text())
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    wait_until(lambda: not is_alive(pid), "the child's end")
