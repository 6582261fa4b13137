"""What needs more than a command line."""

from __future__ import annotations

import errno
import fcntl
import os
import sys
from functools import partial
from typing import Any

from tests.messages.scenarios import failing, scenario
from tests.messages.stage import GOOD, Stage


@scenario
def programs_that_cannot_be_started(stage: Stage) -> None:
    from peak_console.runs.interface import RunSpec
    from peak_console.runs.local.refusals import refusal

    spec = RunSpec(
        run_id=7, argv=["/bin/tool", "x" * 9], env={"A": "b" * 20}, cwd="/srv",
        max_output_bytes=0,
    )  # fmt: skip
    for step, number in (
        ("already", errno.EEXIST), ("files", errno.ENOSPC), ("cwd", errno.ENOENT), ("exec", errno.ENOENT),
        ("exec", errno.EACCES), ("exec", errno.ENOEXEC), ("exec", errno.E2BIG), ("exec", errno.EAGAIN),
        ("exec", errno.EIO),
    ):  # fmt: skip
        refused = partial(refusal, spec, "/state/runs/7", step, number, os.strerror(number))
        stage.ask(f"{step}: {errno.errorcode[number]}", refused)


@scenario
def runs_without_a_place(stage: Stage) -> None:
    from peak_console.runs.local.run_directory import lay_out, prevent

    place = str(stage.folder / "jobs.toml" / "7")
    stage.ask("a place for the output", lambda: lay_out(place))
    stage.ask("a place for the mark", lambda: prevent(place))


@scenario
def locks_that_cannot_be_had(stage: Stage) -> None:
    from peak_console.store.locks import EngineLock
    from peak_console.store.schema.creation import Turn

    stage.state.mkdir(mode=0o700)
    nowhere = str(stage.folder / "nowhere")
    stage.ask("no directory", lambda: EngineLock(nowhere).acquire())
    stage.ask("no directory", lambda: Turn(nowhere, 0).__enter__())
    with stage.patch.context() as patched:
        patched.setattr(fcntl, "flock", failing(errno.ENOLCK))
        patched.setattr(fcntl, "fcntl", failing(errno.ENOLCK))
        stage.ask("no locks", lambda: EngineLock(str(stage.state)).acquire())
        stage.ask("no locks", lambda: Turn(str(stage.state), 0).__enter__())
    with Turn(str(stage.state), 0):
        stage.ask("somebody creates", lambda: Turn(str(stage.state), 0).__enter__())
    lock = EngineLock(str(stage.state))
    assert lock.acquire()
    stage.patch.setattr("peak_console.headless.service.ONE_SHOT_SECONDS", 0.01)
    stage.run("--headless --no-wait")
    stage.run("hold")
    lock.release()


@scenario
def a_state_directory_that_is_taken_away(stage: Stage) -> None:
    from peak_console.clock import SystemClock
    from peak_console.engine.registry_loss.check import RegistryCheck
    from peak_console.engine.registry_loss.in_place import ensure_registry
    from peak_console.store.locks import EngineLock
    from peak_console.store.store import Store

    store, lock = Store.open(str(stage.state)), EngineLock(str(stage.state))
    assert lock.acquire()
    stage.state.rename(stage.folder / "moved")
    stage.state.mkdir(mode=0o700)
    other = EngineLock(str(stage.state))
    assert other.acquire()
    stage.ask("another engine has it", lambda: ensure_registry(store, lock, SystemClock()))
    other.release()
    stage.write(".peak_console/registry.db", "another", 0o600)
    stage.ask("another registry is there", lambda: ensure_registry(store, lock, SystemClock()))
    store.close()
    lock.release()
    inspector = RegistryCheck(str(stage.state), SystemClock(), lambda: None)
    inspector._damaged = True
    stage.ask("damage was found", inspector.work)


@scenario
def the_registry_under_hardship(stage: Stage) -> None:
    import sqlite3

    from peak_console.store.repair.damage import set_aside
    from peak_console.store.store import Store

    store = Store.open(str(stage.state))
    codes = (
        "BUSY", "FULL", "IOERR", "READONLY", "CANTOPEN", "CORRUPT", "NOTADB", "MISUSE",
    )  # fmt: skip
    for code in codes:
        error = sqlite3.OperationalError("its own words")
        error.sqlite_errorcode = getattr(sqlite3, f"SQLITE_{code}")
        stage.ask(code, lambda: store._explained(error))  # noqa: B023 - called at once
    stage.ask("text that is none", lambda: store._explained(UnicodeDecodeError("utf-8", b"", 0, 1, "x")))
    store._write("UPDATE engine SET started_at = 'yesterday'")
    stage.ask("a row that makes no sense", lambda: store.engine_info(strict=True))
    stage.ask("a query", lambda: store._rows("SELECT nonsense"))
    stage.ask("a command", lambda: store._write("INSERT INTO nonsense VALUES (1)"))
    store.close()
    from datetime import UTC, datetime

    with stage.patch.context() as patched:
        patched.setattr("peak_console.store.repair.damage._give_second_name", failing(errno.EACCES))
        stage.ask("set aside", lambda: set_aside(str(stage.state), datetime(2026, 1, 1, tzinfo=UTC)))
    with stage.patch.context() as patched:
        patched.setattr("os.access", lambda *_: False)
        stage.run("runs")
    (stage.state / "registry.db").unlink()
    with stage.patch.context() as patched:
        patched.setattr("peak_console.store.schema.creation.create_private", failing(errno.EROFS))
        stage.run("hold")


@scenario
def engines_that_do_not_answer(stage: Stage) -> None:
    from peak_console.errors import StateError
    from peak_console.store.bell import Doorbell
    from peak_console.store.store import Store
    from peak_console.verbs.shared import asking

    Store.open(str(stage.state)).close()
    bell = Doorbell(str(stage.state))
    stage.patch.setattr(asking, "ANSWER_SECONDS", 0.01)
    stage.run("hold")
    with stage.patch.context() as patched:

        def locked(*_: object) -> None:
            raise StateError("the registry is locked")

        patched.setattr(Store, "withdraw", locked)
        stage.run("hold")
    with stage.patch.context() as patched:
        patched.setattr("os.access", lambda path, _mode: path != str(stage.state))
        stage.run("hold")
    bell.close()


@scenario
def what_an_engine_refuses_at_work(stage: Stage) -> None:
    from peak_console.model.records import Claim
    from peak_console.store.store import Store

    stage.jobs('[scheduler]\nmax_concurrent_runs = 1\n[[job]]\nname = "a"\ncommand = "sleep"\nargv = ["0.2"]\n'
               '[[job]]\nname = "b"\ncommand = "true"\n')  # fmt: skip
    stage.command("reload")
    stage.jobs("[[job")
    stage.run("hold")
    stage.jobs(GOOD)
    stage.run("hold --reason 'month end'")
    stage.command("run", job="a")
    stage.run("next")
    stage.run("release")
    store = Store.open(str(stage.state))
    from peak_console.clock import SystemClock

    [run] = store.claim([Claim("a", SystemClock().now())], SystemClock().now(), f"{os.getppid()} test")
    store.close()
    stage.command("stop", run_id=run.id)


@scenario
def looking_where_there_is_nothing_to_see(stage: Stage) -> None:
    from datetime import timedelta

    from peak_console.clock import SystemClock
    from peak_console.model.records import Claim
    from peak_console.store.store import Store

    stage.run("runs")
    stage.run("alerts")
    stage.run("alerts --open")
    stage.jobs('[[job]]\nname = "a"\ncommand = "true"\nenabled = false\n')
    stage.run("next")
    stage.run("hold")
    stage.run("runs --outcome lost")
    stage.run("release")
    stage.run("run a")
    stage.run("runs --limit 1")
    import shutil

    shutil.rmtree(stage.state / "runs")
    stage.run("logs a")
    stage.run("validate --include-tags x")
    store = Store.open(str(stage.state))
    now = SystemClock().now()
    for _ in range(2):
        store.claim([Claim("a", now)], now, "nobody")
        now += timedelta(seconds=1)
    store.started(3, now, reference="1 another")
    store.log_run("by_script", Claim("a", now), 3, now, now)
    store.close()
    (stage.state / "runs" / "3").mkdir(parents=True)
    for run in ("2", "3", "4"):
        stage.run(f"logs '#{run}'")


@scenario
def serving(stage: Stage) -> None:
    import socket

    from peak_console.verbs.setting_up import serve

    def without(_name: str) -> Any:
        raise ModuleNotFoundError("no aiohttp", name="aiohttp")

    with stage.patch.context() as patched:
        patched.setattr(serve, "import_module", without)
        stage.run("serve")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        stage.run(f"serve --port {port}")
        stage.run(f"serve --metrics {port}")
        stage.told = [line.replace(str(port), "PORT") for line in stage.told]
    with stage.patch.context() as patched:
        patched.setitem(sys.modules, "prometheus_client", None)
        patched.delitem(sys.modules, "peak_console.metrics.server", raising=False)
        stage.run("serve --metrics 9464")
        stage.jobs('[metrics]\nfile = "peak.prom"\n')
        stage.run("--headless --once")
        stage.run("status")


@scenario
def alerts_that_are_not_delivered(stage: Stage) -> None:
    from datetime import UTC, datetime

    from peak_console.alerts.sender import AppriseSender
    from peak_console.jobs.beside import AlertChannel
    from peak_console.model.records import Alert, Level

    alert = Alert(Level.CRITICAL, "it failed", datetime(2026, 1, 1, tzinfo=UTC))
    stage.ask("no service", lambda: AppriseSender().send(AlertChannel("x", "nosuch://sesame"), alert))
    stage.ask("nobody there", lambda: AppriseSender().send(AlertChannel("x", "json://127.0.0.1:1/sesame"), alert))


@scenario
def settings_of_the_console(stage: Stage) -> None:
    from peak_console.tui.state.config import Settings, load_config, save_settings

    path = stage.folder / "console.toml"
    environ = {"PEAK_CONSOLE_CONFIG": str(path), "HOME": str(stage.folder)}
    for content in (
        b"#" * 2_000_000, b"\xff", b"[keys", b"a = " + b"1" * 5000, b"keys = 1\nconsole = 2\n",
        b"[consol]\n[console]\nbell = 1\ntheme = 3\nbel = 1\nxyzzy = 2\n",
        b"[console]\ntheme = 'peak-lite'\n[keys]\nrun_jobb = 'r'\nxyzzy = 'r'\nrun = 3\n",
        b"[console]\ntheme = 'zzz'\n[keys]\nrun = ['nokey', 'ctrl+c']\nstop = 'r'\n",
    ):  # fmt: skip
        stage.write("console.toml", content)
        stage.ask("console.toml", lambda: load_config(environ).warnings)
    path.unlink()
    stage.ask("console.toml", lambda: load_config(environ).warnings)
    path.mkdir()
    stage.ask("console.toml", lambda: load_config(environ).warnings)
    stage.write("blocked", "")
    blocked = {"XDG_STATE_HOME": str(stage.folder / "blocked")}
    stage.ask("what is remembered", lambda: save_settings(Settings(), blocked))


@scenario
def editors(stage: Stage) -> None:
    from peak_console.tui.app.actions import terminal as terminal_actions

    for editor in ("", "'unfinished", "/nowhere/editor"):
        with stage.patch.context() as patched:
            patched.setenv("EDITOR", editor)
            patched.delenv("VISUAL", raising=False)
            if not editor:
                patched.setenv("PATH", "")
            stage.ask(f"EDITOR={editor}", lambda: terminal_actions.open_editor("jobs.toml", None))


@scenario
def outputs_that_cannot_be_saved(stage: Stage) -> None:
    from peak_console.tui.output import background as output_work

    stage.run("run a")
    run = str(stage.state / "runs" / "1")
    stage.ask("there is one", lambda: output_work.save(run, "jobs.toml", None))
    stage.ask("no folder", lambda: output_work.save(run, "nowhere/out.txt", None))
    with stage.patch.context() as patched:
        patched.setattr(output_work, "_parts", failing(errno.ENOSPC))
        stage.ask("no room", lambda: output_work.save(run, "out.txt", None))


@scenario
def consoles_with_nothing_to_show(stage: Stage) -> None:
    from peak_console import cli_parser
    from peak_console.jobs.file.loader import load
    from peak_console.tui.state.session import EngineSession

    def session_of(flag: str) -> EngineSession:
        options = cli_parser.make_parser([flag]).parse_args([flag, "--config", "jobs.toml"])
        return EngineSession(options, load("jobs.toml"), str(stage.state), None)

    stage.ask("--attach", lambda: session_of("--attach"))
    stage.ask("--read-only", lambda: session_of("--read-only"))
    stage.run("hold")
    session = session_of("--read-only")
    stage.ask("a command", lambda: session.command("hold"))
    session.close()


@scenario
def records_that_make_no_sense(stage: Stage) -> None:
    from datetime import UTC, datetime

    from peak_console import log_scheduler_job_run

    moments = datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    stage.patch.setenv("PEAK_CONSOLE_STATE_DIR", str(stage.state))
    stage.ask("log_scheduler_job_run", lambda: log_scheduler_job_run(
        job_name="a", command="x", args={}, return_code=0, started_at=moments[0], finished_at=moments[1]))  # fmt: skip


@scenario
def a_machine_that_runs_out(stage: Stage) -> None:
    import threading

    from peak_console.jobs.command import working_directory
    from peak_console.jobs.model import JobDefinition
    from peak_console.jobs.watching.watcher import Watcher

    def no_thread(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    watcher = Watcher(str(stage.folder / "jobs.toml"), on_jobs=lambda _: None, on_error=lambda _: None)
    gone = stage.folder / "gone"
    gone.mkdir()
    with stage.patch.context() as patched:
        patched.setattr(threading.Thread, "start", no_thread)
        stage.ask("no thread for the watcher", watcher.start)
    with stage.patch.context() as patched:
        patched.chdir(gone)
        gone.rmdir()
        stage.ask("the working directory is gone", lambda: working_directory(JobDefinition("job")))
