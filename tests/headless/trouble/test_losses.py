"""Real engines whose registry is damaged, removed or locked by somebody else while they serve."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from peak_console.store.directory import DATABASE
from tests.headless.support import shell
from tests.support.processes import is_alive, pid_of, wait_until

if TYPE_CHECKING:
    from tests.headless.support import Program

TICKS = 'schedule_type = "interval"\ninterval_seconds = 0.5'
DAILY = 'schedule_type = "interval"\ninterval_seconds = 86400'


def jobs(program: Program) -> None:
    program.jobs(
        shell("tick", "echo tick >> {log}", TICKS)
        + shell("migrate", "echo migrate >> {log}")
        + shell("long", f"echo long >> {{log}}; {program.gate()}; exit 7", DAILY)
    )


def goes_on(program: Program) -> None:
    """Nothing has run twice, slots are served, and what runs ends as it does."""
    before = program.log.count("tick")
    wait_until(lambda: program.log.count("tick") >= before + 2, "two slots more")
    program.open_gate()
    (long,) = program.finished(job="long")
    assert (long.outcome, long.return_code) == ("failed", 7)
    assert (program.log.count("long"), program.log.count("migrate")) == (1, 1)


def test_a_page_that_is_overwritten_is_noticed_and_what_can_be_read_is_kept(program: Program) -> None:
    jobs(program)
    engine = program.headless()
    program.log_has(4)
    file = program.state / DATABASE
    checkpoint(program)
    with file.open("r+b") as registry:
        registry.seek(4096)
        registry.write(b"\xff" * (file.stat().st_size - 4096))
    engine.shows("the registry was damaged: it is set aside as registry.db.damaged-")
    goes_on(program)
    assert len(list(program.state.glob("registry.db.damaged-*Z"))) == 1
    assert engine.leave() == 0


def checkpoint(program: Program) -> None:
    client = sqlite3.connect(program.state / DATABASE, timeout=30)
    client.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    client.close()


def test_a_state_directory_that_is_removed_is_made_anew_and_nothing_runs_twice(program: Program) -> None:
    jobs(program)
    engine = program.headless()
    program.log_has(4)
    os.rename(program.state, f"{program.state}.away")  # at once: while it is deleted, the engine would write into it
    engine.shows("the registry was removed while an engine served it: a fresh one is in use")
    goes_on(program)
    assert engine.leave() == 0


def test_a_lock_of_somebody_elses_is_said_and_nothing_is_lost(program: Program) -> None:
    program.jobs(
        shell("tick", "echo tick >> {log}", TICKS)
        + shell("slow", "echo slow >> {log}; exec sleep 1000", f"{DAILY}\ntimeout_seconds = 3\nkill_grace_seconds = 0")
    )
    engine = program.headless()
    program.log_has(3)
    client = sqlite3.connect(program.state / DATABASE, isolation_level=None, timeout=30)
    client.execute("BEGIN IMMEDIATE")
    engine.shows("another program keeps the registry locked")
    assert program.run("runs", "--json").code == 0, "who only reads does not wait"
    (slow,) = program.runs("slow")
    wait_until(lambda: not alive(pid_of(slow)), "the timeout, lock or not")
    before = program.log.count("tick")
    client.execute("ROLLBACK")
    client.close()
    wait_until(lambda: program.log.count("tick") >= before + 2, "two slots more")
    (slow,) = program.finished(job="slow")
    assert slow.outcome == "timed_out"
    assert engine.out.count("keeps the registry locked") == 1, "it is said once"
    assert engine.leave() == 0


def alive(pid: int | None) -> bool:
    return pid is not None and is_alive(pid)


REPLACED = """\
cd .peak_console
rm -f engine.bell engine.lock delivery.lock
{instead} engine.bell
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only /proc tells who holds a lock whose file is gone")
@pytest.mark.parametrize("instead", ["echo >", "ln -s /dev/null", "rm -f"])
def test_an_engine_whose_bell_and_lock_are_taken_away_stays_the_only_one(program: Program, instead: str) -> None:
    program.jobs(shell("daily", "echo daily >> {log}", DAILY))
    engine = program.headless()
    program.finished()
    subprocess.run(REPLACED.format(instead=instead), shell=True, cwd=program.folder, check=True)
    lock, bell = program.state / "engine.lock", program.state / "engine.bell"
    assert "nothing done" in program.once().out, "another engine does not serve beside it"
    assert program.run("status").out.startswith(f"engine    headless, pid {engine.pid}")
    other = program.start("--headless")
    other.shows("standing by to take over")
    held = program.run("hold")
    assert (held.code, held.err) == (0, ""), "the engine hears it when it next looks, before the asker gives up"
    engine.shows("command hold: done")
    wait_until(lambda: lock.exists() and lock.read_text() == f"{engine.pid}\n", "the lock")
    assert stat.S_ISFIFO(bell.lstat().st_mode)
    alerts = program.run("alerts").out
    assert alerts.count("engine.bell was removed or replaced while this engine served: it is made anew") == 1
    assert alerts.count("engine.lock was removed or replaced while this engine served: it is made anew, and held") == 1
    before, began = engine.cpu_seconds(), time.monotonic()
    assert program.run("release").code == 0
    assert engine.cpu_seconds() - before < 0.5 * max(1, time.monotonic() - began), "it does not spin"
    assert other.leave() == 0
    assert engine.leave() == 0
    assert program.log == ["daily"]
