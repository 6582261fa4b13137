"""State directories and registries that will not do."""

from __future__ import annotations

import errno
import fcntl
from types import SimpleNamespace
from typing import TYPE_CHECKING

from peak_console.store.directory import disk_fault
from tests.messages.scenarios import failing, scenario

if TYPE_CHECKING:
    from tests.messages.stage import Stage


@scenario
def state_directories_that_will_not_do(stage: Stage) -> None:
    stage.run("--headless --once --state-dir jobs.toml")
    stage.run("--headless --once --state-dir jobs.toml/below")
    stage.state.mkdir()
    stage.state.chmod(0o777)
    stage.run("hold")
    stage.state.chmod(0o700)
    with stage.patch.context() as patched:
        patched.setattr("os.geteuid", lambda: 12345)
        stage.run("hold")
    for target, number in (
        ("os.access", None), ("os.listdir", errno.EIO), ("os.write", errno.ENOSPC), ("os.mkfifo", errno.EPERM),
    ):  # fmt: skip
        with stage.patch.context() as patched:
            patched.setattr(target, failing(number) if number is not None else lambda *_, **__: False)
            stage.ask(target, lambda: _prepare(stage))
    with stage.patch.context() as patched:
        full = SimpleNamespace(f_bavail=0, f_files=1, f_favail=1, f_flag=0)
        patched.setattr("os.statvfs", lambda _path: full)
        stage.ask("a full disk", lambda: disk_fault(str(stage.state)))
        full.f_bavail, full.f_favail = 1, 0
        stage.ask("a disk without inodes", lambda: disk_fault(str(stage.state)))
    with stage.patch.context() as patched:
        patched.setattr("peak_console.store.directory.is_mounted_read_only", lambda _path: True)
        patched.setattr("peak_console.verbs.shared.asking.is_mounted_read_only", lambda _path: True)
        patched.setattr("os.access", lambda *_, **__: False)
        stage.ask("a read-only mount", lambda: _prepare(stage))
        stage.run("hold")
    for number in (errno.ENOLCK,):
        with stage.patch.context() as patched:
            patched.setattr(fcntl, "flock", failing(number))
            patched.setattr(fcntl, "fcntl", failing(number))
            stage.run("hold")


@scenario
def registries_that_cannot_be_used(stage: Stage) -> None:
    import sqlite3

    stage.run("hold")
    database = stage.state / "registry.db"
    connection = sqlite3.connect(database, isolation_level=None)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    stage.run("runs")
    for ending in ("-wal", "-shm"):
        stage.state.joinpath(f"registry.db{ending}").unlink(missing_ok=True)
    database.write_bytes(b"this is no database, whatever it is called. " * 100)
    stage.run("runs")
    database.unlink()
    database.mkdir()
    stage.run("runs")


def _prepare(stage: Stage) -> object:
    from peak_console.store.bell import Doorbell
    from peak_console.store.directory import prepare

    prepare(str(stage.state))
    bell = Doorbell(str(stage.state))
    bell.close()
    return None


@scenario
def engines_that_share_the_jobs_by_tags(stage: Stage) -> None:
    from peak_console.clock import SystemClock
    from peak_console.jobs.file.loader import load
    from peak_console.model.records import EngineInfo
    from peak_console.store.locks import EngineLock, lock_of
    from peak_console.store.store import Store

    job = '[[job]]\nname = "{0}"\ncommand = "true"\ntags = ["{1}"]\n'
    stage.jobs('[scheduler]\ntimezone = "UTC"\n' + job.format("a", "forward") + job.format("b", "risk"))
    store = Store.open(str(stage.state))
    lock = EngineLock(str(stage.state), lock_of(["forward"], []))
    assert lock.acquire()
    now = SystemClock().now()
    store.engine_started(
        EngineInfo(
            pid=1,
            mode="headless",
            host="desk",
            jobs_file=load("jobs.toml").path,
            started_at=now,
            loaded_at=now,
            lock=lock_of(["forward"], []),
            include_tags=["forward"],
            jobs=["a"],
        )
    )
    for line in ("jobs", "next", "status", "status --line", "--headless --no-wait", "--once --include-tags forward"):
        stage.run(line)
    stage.command("run", job="b")
    stage.run("run b")
    stage.run("--once")
    lock.release()
    store.close()
