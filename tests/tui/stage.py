"""The whole console on a registry that is filled by hand: what an engine would have left, and a clock that stands."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from peak_console.alerts.judge import judge_finished
from peak_console.errors import StateError
from peak_console.jobs.model import JobDefinition, JobSet, SchedulerSettings
from peak_console.model.records import Alert, Claim, EngineInfo, Hold, Level, Outcome, Override, Run, RunState, Trigger
from peak_console.schedule.slots import fingerprint
from peak_console.store.directory import run_directory
from peak_console.store.store import Store
from peak_console.tui.app.console import ConsoleApp
from peak_console.tui.keys.actions import key_shown
from peak_console.tui.state.permissions import Permissions
from peak_console.tui.state.snapshot import EngineState, Trouble
from peak_console.values import replace
from tests.support.clock import FakeClock
from tests.tui.harness import JOBS_FILE, ZONE, fixed_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import tzinfo
    from pathlib import Path

    from peak_console.clock import Clock
    from peak_console.jobs.beside import Gate
    from peak_console.model.records import Command

USER = "anna"


class StagedSuccession:
    """An engine for the background that is ready, or fails, when a test says so."""

    def __init__(self) -> None:
        self.is_wanted = self.ready = False
        self.failure = ""

    def prepare(self) -> None:
        self.is_wanted = True

    def is_ready(self) -> bool:
        if self.failure:
            self.dismiss()
            raise StateError(self.failure)
        return self.ready

    def dismiss(self) -> None:
        self.is_wanted = False


class StagedSession:
    """A session without an engine, a watcher or a thread: it reads and writes the registry, and remembers."""

    def __init__(self, directory: str, jobs: Iterable[JobDefinition], clock: FakeClock, jobs_file: str) -> None:
        self.jobs_file = jobs_file
        self.permissions = Permissions()
        self.keymap: Mapping[str, str] = {}
        self.directory = directory
        self.clock: Clock = clock
        self.user = USER
        self.store = Store.open(directory)
        self.state: str = EngineState.RUNNING
        self.troubled: list[Trouble] = []
        self.doubts: list[str] = []
        self.left: list[str] = []
        """What became of it: ``drain``, ``stop``, ``leave``, ``reload``, ``take over``, in their order."""
        self.succession: Any = StagedSuccession()
        self.wants_consent = False
        self.offered: JobSet | None = None
        self.error_line: int | None = None
        self.served_by: str | None = "pid 4712"
        """The engine that keeps ours from taking over; none once the state is stopped."""
        self._jobset = JobSet(jobs_file, {}, SchedulerSettings(timezone=ZONE.key))
        self.define(*jobs)

    def define(self, *jobs: JobDefinition) -> None:
        """Load these jobs instead."""
        self._jobset = JobSet(self._jobset.path, {job.name: job for job in jobs}, self._jobset.settings)

    def guard(self, *gates: Gate) -> None:
        """The jobs file has these gates."""
        self._jobset = replace(self._jobset, gates=gates)

    def allow(self, runs: int) -> None:
        """So many runs may go on at once."""
        self._jobset = replace(self._jobset, settings=replace(self._jobset.settings, max_concurrent_runs=runs))

    def start(self, on_change: Callable[[], None]) -> None:
        pass

    def take_over(self) -> None:
        self.left.append("take over")

    def serves_elsewhere(self) -> str | None:
        return None if self.is_own else self.rival()

    def rival(self) -> str | None:
        return self.served_by

    @property
    def jobset(self) -> JobSet:
        return self._jobset

    @property
    def jobs(self) -> Mapping[str, JobDefinition]:
        return self._jobset.jobs

    @property
    def tag_doubts(self) -> Sequence[str]:
        return self.doubts

    @property
    def zone(self) -> tzinfo:
        return ZONE

    @property
    def is_own(self) -> bool:
        return self.state in (EngineState.RUNNING, EngineState.BLOCKED, EngineState.DRAINING)

    @property
    def has_served(self) -> bool:
        return self.is_own

    @property
    def engine_state(self) -> str:
        return self.state

    def troubles(self) -> list[Trouble]:
        return list(self.troubled)

    @property
    def no_engine(self) -> str:
        return self.permissions.no_engine(key_shown("take_over", self.keymap))

    @property
    def refusal(self) -> str | None:
        return self.permissions.why_not_act

    def command(self, verb: str, job: str | None = None, run_id: int | None = None, **arguments: Any) -> int:
        return self.store.issue(verb, self.user, self.clock.now(), job, run_id, arguments)

    def answer(self, number: int) -> Command | None:
        command = self.store.command(number)
        return command if command is not None and command.answer is not None else None

    def active(self) -> list[Run]:
        return [run for run in self.store.unfinished() if run.state != RunState.QUEUED]

    def wake(self) -> None:
        pass

    def accept_jobs(self) -> None:
        self.left.append("accept jobs")

    def reload(self) -> None:
        self.left.append("reload")

    def drain(self) -> None:
        self.left.append("drain")

    def stop_runs(self) -> None:
        self.left.append("stop")

    def leave_runs(self) -> None:
        self.left.append("leave")

    def prepare_successor(self) -> None:
        self.succession.prepare()

    def running(self) -> list[str]:
        return []

    def wait(self, seconds: float | None = None) -> bool:
        return True

    def close(self) -> None:
        self.store.close()


class Stage:
    """A state directory, what has happened in it, and the console on it. Times are seconds before the clock's."""

    def __init__(self, directory: Path | str, *jobs: JobDefinition, jobs_file: str = JOBS_FILE) -> None:
        self.clock = FakeClock(fixed_now())
        self.session = StagedSession(str(directory), jobs, self.clock, jobs_file)
        self.store = self.session.store
        self.store.engine_started(EngineInfo(pid=4711, mode="console", started_at=self.ago(40_000)))

    def app(self, *, live: bool = False) -> ConsoleApp:
        return ConsoleApp(self.session, clock=self.clock, live=live)

    def ago(self, seconds: float) -> datetime:
        return self.clock.now() - timedelta(seconds=seconds)

    def job(self, name: str) -> JobDefinition:
        return self.session.jobs[name]

    def decided(self, name: str, ago: float = 0.0) -> None:
        """Every slot of a job up to then has been decided."""
        self.store.decided(name, fingerprint(self.job(name).schedule), self.ago(ago), None)

    def running(self, name: str, since: float = 5.0, *, out: str = "", err: str = "", **claim: Any) -> Run:
        """A run is under way."""
        started = self.ago(since)
        job = self.job(name)
        command = ("/usr/bin/python3", str(job.args["script"])) if "script" in job.args else (job.command,)
        slot = claim.pop("scheduled_for", started)
        claimed = self.store.claim(
            [Claim(name, slot, command=command, args=job.args, tags=job.tags, **claim)], started, "4711 then"
        )
        run = claimed[0]
        self.store.started(run.id, started, f"{5000 + run.id} then")
        self.decided(name, since)
        self.write(run, out, err, since)
        return self._known(run)

    def ran(
        self,
        name: str,
        ago: float = 60.0,
        took: float = 2.0,
        *,
        outcome: str = Outcome.SUCCEEDED,
        code: int | None = None,
        out: str = "",
        err: str = "",
        alert: bool = False,
        **claim: Any,
    ) -> Run:
        """A run has ended so long ago; with ``alert`` it is judged as the engine does."""
        run = self.running(name, ago + took, out=out, err=err, **claim)
        if code is None:
            code = {Outcome.SUCCEEDED: 0, Outcome.FAILED: 2}.get(Outcome(outcome))
        self.store.finish(run.id, outcome, code, self.ago(ago))
        run = self._known(run)
        if alert:
            judged = judge_finished(
                self.job(name), run, failures_before=0, retry_at=None, stderr_tail=err.splitlines(),
                now=self.ago(ago), zone=ZONE,
            )  # fmt: skip
            assert judged is not None
            self.store.add_alert(judged, (), self.ago(ago))
        return run

    def waiting(self, name: str, since: float, late_because: str | None = None) -> Run:
        """A slot found no place so long ago, and still waits."""
        at = self.ago(since)
        self.decided(name, since)
        return self.store.claim([Claim(name, at, queued=True, late_because=late_because)], at, "")[0]

    def queued(self, name: str, slot: datetime, *, attempt: int = 1, due_in: float | None = None) -> Run:
        """A run waits for its turn; with ``due_in`` until then."""
        due = None if due_in is None else self.ago(-due_in)
        claim = Claim(name, slot, attempt=attempt, queued=True, not_before=due, triggered_by=Trigger.RETRY)
        return self.store.claim([claim], self.clock.now(), "")[0]

    def alert(
        self, message: str = "backup failed", level: str = Level.CRITICAL, *, ago: float = 0.0, **of: Any
    ) -> Alert:
        return self.store.add_alert(Alert(Level(level), message, self.ago(ago), **of), (), self.ago(ago))

    def disable(self, name: str, *, until: datetime | None = None, reason: str | None = None, ago: float = 60) -> None:
        self.store.set_override(name, Override(False, USER, self.ago(ago), until, reason))

    def hold(self, reason: str | None = None, ago: float = 300) -> None:
        self.store.set_hold(Hold(self.ago(ago), USER, reason))

    def write(self, run: Run, out: str, err: str, ago: float) -> None:
        """A run has written these, line by line, 40 ms apart: first all of ``out``."""
        if not out and not err:
            return
        directory = run_directory(self.session.directory, run.id)
        os.makedirs(directory, mode=0o700, exist_ok=True)
        at, sizes, samples = self.ago(ago).timestamp() * 1000, [0, 0], []
        for stream, (name, text) in enumerate((("stdout.log", out), ("stderr.log", err))):
            with open(os.path.join(directory, name), "wb") as file:
                for line in text.encode().splitlines(keepends=True):
                    file.write(line)
                    at += 40
                    sizes[stream] += len(line)
                    samples.append(f"{at:.0f} {sizes[0]} {sizes[1]}\n")
        with open(os.path.join(directory, "timeline"), "w", encoding="ascii") as file:
            file.writelines(samples)

    @property
    def commands(self) -> list[tuple[str, str | None, int | None, Mapping[str, Any]]]:
        """What was asked of the engine and not answered yet: verb, job, run and arguments."""
        return [(c.verb, c.job, c.run_id, self.store.arguments_of(c)) for c in self.open_commands]

    @property
    def open_commands(self) -> Sequence[Command]:
        found = [self.store.command(number) for number in self.store.open_command_ids()]
        return [command for command in found if command is not None]

    def answer(self, message: str, answer: str = "done") -> None:
        """The engine answers every open command."""
        for command in self.open_commands:
            self.store.answer(command.id, answer, message, self.clock.now())

    def _known(self, run: Run) -> Run:
        known = self.store.run(run.id)
        assert known is not None
        return known


def at(text: str) -> datetime:
    """``23 07:30:00``: that day and time of November 2026 in ``ZONE``, as UTC."""
    return datetime.strptime(f"2026-11-{text}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE).astimezone(UTC)
