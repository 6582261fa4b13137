"""Real engines on definitions that nobody would write, in environments that nobody would choose."""

from __future__ import annotations

import os
import random
import signal
from typing import TYPE_CHECKING

from peak_console.errors import JobsFileError
from peak_console.jobs.file.loader import load
from tests.fuzzing.definitions import job
from tests.headless.support import Program
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from pathlib import Path

HEALTHY = """[[job]]
name = "healthy"
command = "/bin/sh"
argv = ["-c", "echo healthy >> {log}"]
cwd = "/"
schedule_type = "interval"
interval_seconds = 0.3
"""
ENVIRONMENTS: list[dict[str, str]] = [
    {},
    {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    {"PATH": ""},
    {"PATH": "/nowhere:.:~"},
    {"HOME": "/nowhere"},
    {"TZ": "Nowhere/None"},
    {"TZ": "Pacific/Apia", "LANG": "de_DE@euro"},
    {"TMPDIR": "/nowhere", "VIRTUAL_ENV": "/nowhere"},
]
LIMITS: list[str | None] = [None, None, "ulimit -n 64", "ulimit -f 4096", "umask 777", "ulimit -c 0"]
JOBS = 12


def lay_traps(folder: Path) -> None:
    """The files that definitions name."""
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "gone").symlink_to(folder / "nowhere")
    (folder / "locked").mkdir(mode=0)
    (folder / "latin-\u00e9").mkdir()
    (folder / "big").write_bytes(b"A=1\n" * 300_000)
    (folder / "nul").write_bytes(b"A=\0\n")
    (folder / "empty").touch(mode=0o755)
    (folder / "script").write_text("#!/nowhere/interpreter\n")
    (folder / "script").chmod(0o755)


def accepted(lot: random.Random, folder: Path) -> list[str]:
    """Definitions that the reader of jobs files lets pass."""
    found: list[str] = []
    probe = folder / "probe.toml"
    while len(found) < JOBS:
        text = job(lot, f"evil{len(found)}", str(folder))
        probe.write_text(text, encoding="utf-8")
        try:
            load(str(probe))
        except JobsFileError:
            continue
        found.append(text)
    return found


def trial(seed: int, folder: Path) -> None:
    """One engine on a dozen such jobs and a healthy one: it stays, the healthy job runs, it dies of nothing."""
    lot = random.Random(seed)
    program = Program(folder)
    lay_traps(folder)
    text = "".join(accepted(lot, folder)) + HEALTHY
    program.jobs(
        text, settings='timezone = "UTC"\nmax_concurrent_runs = 20' if lot.random() < 0.3 else 'timezone = "UTC"'
    )
    limits, environ = lot.choice(LIMITS), lot.choice(ENVIRONMENTS)
    try:
        engine = program.start("--headless", under=limits, **environ)
        for crash in (True, False):
            count = len(program.log)
            wait_until(lambda: not engine.is_alive or len(program.log) >= count + 3, "three healthy runs")  # noqa: B023
            assert engine.is_alive, f"seed {seed}: {engine.out[-2000:]}{engine.err}"
            if crash:  # what it leaves must not hurt the next one
                engine.send(signal.SIGKILL)
                engine.wait()
                engine = program.start("--headless", under=limits, **environ)
        engine.send(signal.SIGTERM)
        engine.shows("shutting down")
        engine.send(signal.SIGTERM)
        assert engine.wait() == 0, f"seed {seed}: {engine.err}"
        assert "Traceback" not in engine.err, f"seed {seed}: {engine.err}"
        assert "cannot work" not in engine.out, f"seed {seed}: {engine.out}"
    finally:
        program.end()
