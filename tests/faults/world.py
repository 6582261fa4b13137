"""A folder in which engines live and die: jobs that note what they do, and programs started on them."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from peak_console.errors import StateError
from peak_console.jobs.file.loader import load
from peak_console.store.bell import ring
from peak_console.store.store import Store
from tests.faults.audit import Effect, Found, effect_from
from tests.faults.nursery import REPOSITORY, Life, Nursery
from tests.faults.points import Plan, keepers_under, kill
from tests.support.processes import pid_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from peak_console.jobs.model import JobSet
    from peak_console.model.records import Run

NURSERY = Nursery()
NOTE = """
code=$(( PEAK_RUN_ID % $2 ? 0 : 3 ))
[ -z "$3" ] || trap '' TERM
echo "$PEAK_RUN_ID $PEAK_JOB_NAME $PEAK_SCHEDULED_FOR $PEAK_ATTEMPT $code" >> "$0"
[ "$1" = 0 ] || sleep "$1"
exit $code
"""
"""A job: how long it takes, the divisor of the run numbers that fail, and whether it is deaf to TERM."""
NEVER = 1_000_000
"""The divisor of a job that never fails."""
PATIENCE_SECONDS = 60.0
LEAVE = signal.SIGTERM


@dataclass(frozen=True)
class NotingJob:
    """A job that appends a line to the effects, in one write, and exits with a code that follows from its run."""

    name: str
    every: float = 0
    """Seconds; 0 is once."""
    takes: float = 0
    fails: int = NEVER
    deaf: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)

    def text(self, effects: Path, every: float | None = None) -> str:
        """As TOML; ``every`` overrides how often."""
        argv = ["-c", NOTE, str(effects), f"{self.takes:g}", str(self.fails), "deaf" if self.deaf else ""]
        values: dict[str, Any] = {"name": self.name, "command": "/bin/sh", "argv": argv}
        if self.every:
            values |= {"schedule_type": "interval", "interval_seconds": every or self.every}
        values |= self.fields
        # JSON strings, numbers, booleans and lists are TOML as well.
        return "[[job]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())


class Engine:
    """One life of the program."""

    def __init__(self, process: subprocess.Popen[bytes] | Life, report: Path, err: Path, out: Path) -> None:
        self._process = process
        self._report = report
        self._err = err
        self._out = out
        self.pid = process.pid
        self.began = time.monotonic()

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    @property
    def out(self) -> str:
        return self._out.read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        return self._err.read_text(encoding="utf-8")

    def send(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self, seconds: float = PATIENCE_SECONDS) -> int:
        return self._process.wait(seconds)

    def kill(self) -> None:
        """SIGKILL, and its remains taken away; without effect when it is dead."""
        self._process.kill()
        self._process.wait(PATIENCE_SECONDS)

    def keepers(self) -> list[int]:
        """The processes that start its runs: their parents, the witnesses, are its children."""
        return [keeper for witness in keepers_under(self.pid) for keeper in keepers_under(witness)]

    def report(self) -> dict[str, Any]:
        """What its points say, once it is gone: ``died_at`` and ``pass``, or ``passes``; empty for neither."""
        if not self._report.exists():
            return {}
        text = self._report.read_text(encoding="utf-8")
        report: dict[str, Any] = json.loads(text) if text else {}
        return report


class World:
    """One state directory, its jobs file, and what its jobs have written."""

    def __init__(self, folder: Path, state: Path | None = None) -> None:
        self.folder = folder
        self.config = folder / "jobs.toml"
        self.state = state or folder / "state"
        self.effects_file = folder / "effects"
        self.engines: list[Engine] = []
        self._number = itertools.count()
        self._environ = {name: value for name, value in os.environ.items() if not name.startswith("PEAK_")}
        self._environ["PYTHONPATH"] = str(REPOSITORY)

    def jobs_text(self, jobs: list[NotingJob], settings: Mapping[str, Any], every: float | None = None) -> str:
        lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items())
        head = f'[scheduler]\ntimezone = "UTC"\n{lines}'
        return head + "".join(job.text(self.effects_file, every) for job in jobs)

    def save(self, text: str) -> None:
        """Write the jobs file, as editors do: all of it or none."""
        beside = self.config.with_suffix(".new")
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, self.config)

    def start(self, *words: str, plan: Plan | None = None) -> Engine:
        """Start the program; with a plan, the one with points in it, forked from one that has it loaded."""
        number = next(self._number)
        report, err, out = (self.folder / f"{kind}.{number}" for kind in ("report", "err", "out"))
        options = ["--config", str(self.config), "--state-dir", str(self.state), "--poll-interval", "2", *words]
        out.touch()
        err.touch()
        process: subprocess.Popen[bytes] | Life
        if plan is None:
            process = self._execute(["peak_console", *options], out, err)
        else:
            asked = {"report": str(report), "label": plan.label, "number": plan.number, "target": plan.target}
            process = NURSERY.fork(
                plan=asked, words=options, cwd=str(self.folder), env=self._environ, out=str(out), err=str(err)
            )
        engine = Engine(process, report, err, out)
        self.engines.append(engine)
        return engine

    def _execute(self, words: list[str], out: Path, err: Path) -> subprocess.Popen[bytes]:
        with err.open("wb") as err_file, out.open("wb") as out_file:
            return subprocess.Popen(
                [sys.executable, "-m", *words], cwd=self.folder, env=self._environ, stdin=subprocess.DEVNULL,
                stdout=out_file, stderr=err_file, start_new_session=True,
            )  # fmt: skip

    def store(self) -> Store | None:
        """The registry, for reading; ``None`` while there is none, or it is just being made."""
        try:
            return Store.look(str(self.state))
        except StateError:
            return None

    def runs(self) -> list[Run]:
        """The registry, oldest first."""
        store = self.store()
        if store is None:
            return []
        try:
            return store.runs()[::-1]
        except StateError:  # its tables are just being made
            return []
        finally:
            store.close()

    def command(self, verb: str, job: str | None = None, run_id: int | None = None, **arguments: object) -> None:
        """Leave a command, and ring."""
        from peak_console.clock import SystemClock

        store = Store.open(str(self.state))
        try:
            store.issue(verb, "harness", SystemClock().now(), job, run_id, arguments)
        finally:
            store.close()
        ring(str(self.state))

    def effects(self) -> list[Effect]:
        if not self.effects_file.exists():
            return []
        return [effect_from(line) for line in self.effects_file.read_text(encoding="ascii").splitlines()]

    def jobset(self) -> JobSet:
        return load(str(self.config))

    def found(self, **known: Any) -> Found:
        """What there is to audit; ``known`` are more fields of ``Found``."""
        store = Store.look(str(self.state))
        assert store is not None
        try:
            commands = [
                command for number in range(1, _commands(store) + 1) if (command := store.command(number)) is not None
            ]
            decided = {name: state.decided_until for name, state in store.job_states().items() if state.decided_until}
            return Found(store.runs()[::-1], self.effects(), store.alerts(), commands, **{"decided": decided, **known})
        finally:
            store.close()

    def complaints(self) -> list[str]:
        """Tracebacks of the engines so far."""
        return [
            f"an engine crashed:\n{engine.err}" for engine in self.engines if "Traceback (most recent" in engine.err
        ]

    def end(self) -> None:
        """Nothing that was started here lives on."""
        for engine in self.engines:
            engine.kill()
        for run in self.runs():
            if run.outcome is None and run.reference is not None:
                try:
                    os.killpg(pid_of(run), signal.SIGKILL)
                except ProcessLookupError:
                    pass


def _commands(store: Store) -> int:
    return int(store._rows("SELECT coalesce(max(id), 0) FROM commands")[0][0])


def looking(seconds: float = PATIENCE_SECONDS) -> Iterator[None]:
    """Yield again and again, with a short pause, until the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        yield
        time.sleep(0.025)


def kill_all(pids: list[int]) -> None:
    for pid in pids:
        kill(pid)
