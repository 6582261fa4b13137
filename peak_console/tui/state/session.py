"""The registry that a console shows, and its engine: one in a thread of this process, or another process's.

Knows nothing of Textual. ``main`` owns it, so that it outlives the screen: the last runs are waited for after the
terminal has been restored.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from peak_console.alerts.service import Alerting
from peak_console.clock import SystemClock
from peak_console.decisions.selection import tag_doubts, tags_of
from peak_console.errors import StateError
from peak_console.jobs.file.loader import filter_jobs_by_tags
from peak_console.model.records import RunState
from peak_console.schedule.zones import zone
from peak_console.store.bell import ring
from peak_console.store.directory import current_user
from peak_console.store.heartbeat import complaints
from peak_console.store.locks import is_held, is_served, lock_of
from peak_console.tui.state.jobs_file import WatchedJobsFile
from peak_console.tui.state.own_engine import OwnEngine
from peak_console.tui.state.permissions import Permissions
from peak_console.tui.state.registry import open_registry
from peak_console.tui.state.snapshot import EngineState, Trouble
from peak_console.tui.state.succession import Succession

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from peak_console.clock import Clock
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.jobs.watching.standing import FileStatus
    from peak_console.model.records import Command, Run

BUSY_SECONDS = 0.25
"""How long the screen stands still while another program writes; then that is said, and a key can be pressed again."""
LAST_ALERTS_SECONDS = 3.0
"""How long leaving waits for the last alerts to be sent; the next engine sends what is left."""


class EngineSession:
    """One state directory, and the engine that serves it. Used by the thread that draws."""

    def __init__(self, options: Namespace, jobset: JobSet, directory: str, seen: FileStatus | None = None) -> None:
        """``seen`` is the jobs file's status from before ``jobset`` was read."""
        self.options = options
        self.keymap: Mapping[str, str] = {}
        self.directory = directory
        self.clock: Clock = SystemClock()
        self._opened_at = self.clock.now()
        self.user = current_user()
        self._gone_since: datetime | None = None
        self._unselected_since: datetime | None = None
        """Since when the command line's tags select no job."""
        self._on_change: Callable[[], None] = lambda: None
        self._alerting = Alerting(directory, self.clock)
        self._engine = OwnEngine(options, directory, self.clock, self._alerting, self._changed)
        self._file = WatchedJobsFile(str(options.config), jobset, seen, self.clock, self._engine, self._changed)
        self.succession = Succession(options, directory)
        self._leaving = False
        self._begun = False
        """Whether it has looked for an engine that serves the directory; until then our own is about to start."""
        self.store, self.permissions = open_registry(directory, Permissions.of(options), self.clock.now)
        self.store.be_patient(BUSY_SECONDS)

    def start(self, on_change: Callable[[], None]) -> None:
        """Begin to serve the directory, or to look at the engine that does. ``on_change`` is called from any thread."""
        self._on_change = on_change
        self._begun = True
        if self._leaving:  # a signal came before the first paint
            return
        if self.rival() is None:
            self.take_over()
        self._file.watcher.start()

    def rival(self) -> str | None:
        """The engine that already serves some of the jobs that ours would serve; ``None``: we may take them over."""
        from peak_console.decisions.serving import Share, others

        include, exclude = tags_of(self.options.include_tags), tags_of(self.options.exclude_tags)
        lock = lock_of(include, exclude)
        try:
            engines = self.store.engines()
        except StateError:  # the engine will say what is wrong
            engines = []
        if is_held(self.directory, lock):
            return next((each.named for each in engines if each.lock == lock), "another engine")
        blocked_by = Share(self.jobset, include, exclude, others(engines, lock)).blocked_by("console")
        return blocked_by.named if blocked_by is not None else None

    def serves_elsewhere(self) -> str | None:
        """The other process whose engine serves the directory: ``pid 4712``; ``None`` where none does."""
        if self.is_own or not is_served(self.directory):
            return None
        try:
            engines = self.store.engines()
        except StateError:
            engines = []
        return next((each.named for each in engines if is_held(self.directory, each.lock)), "another engine")

    def take_over(self) -> None:
        """Start an engine in a thread of this process; not where we may only look, or attach."""
        if self.refusal is not None or self.permissions.attach:
            return
        self._engine.start(self.jobset, self._file.watcher.read_now)

    def _changed(self) -> None:
        self._on_change()

    @property
    def jobs_file(self) -> str:
        return self._file.path

    @property
    def jobset(self) -> JobSet:
        return self._file.jobset

    @property
    def jobs(self) -> Mapping[str, JobDefinition]:
        """Those that the command line's tags select, by name."""
        include, exclude = tags_of(self.options.include_tags), tags_of(self.options.exclude_tags)
        return {job.name: job for job in filter_jobs_by_tags(self.jobset.jobs.values(), include, exclude)}

    @property
    def tag_doubts(self) -> Sequence[str]:
        """What is doubtful about the command line's tags, a sentence each."""
        return self._tag_doubts()[0]

    def _tag_doubts(self) -> tuple[list[str], bool]:
        include, exclude = tags_of(self.options.include_tags), tags_of(self.options.exclude_tags)
        return tag_doubts(self.jobset.jobs, include, exclude)

    @property
    def zone(self) -> tzinfo:
        return zone(self.jobset.settings.timezone)

    @property
    def is_own(self) -> bool:
        """Whether the engine is ours."""
        return self._engine.is_running

    @property
    def has_served(self) -> bool:
        """Whether the engine is ours, or was."""
        return self._engine.has_served

    @property
    def engine_state(self) -> str:
        if self.is_own:
            if self._engine.trouble is not None:
                return EngineState.BLOCKED
            return EngineState.DRAINING if self._engine.is_draining else EngineState.RUNNING
        if is_served(self.directory):
            return EngineState.ATTACHED
        none_to_come = self._begun or self.permissions.attach or self.permissions.looks_only is not None
        return EngineState.STOPPED if none_to_come else EngineState.RUNNING

    def troubles(self) -> list[Trouble]:
        """What is wrong with what is shown, most serious first."""
        found = []
        if self.permissions.looks_only is not None:
            found.append(Trouble(self.permissions.looks_only, self._opened_at))
        failure, trouble = self._engine.failure, self._engine.trouble
        if failure is not None:
            found.append(Trouble(f"{failure[0]}; press {self._take_over_key} to start the engine again", failure[1]))
        elif trouble is not None:
            what, since = trouble
            found.append(
                Trouble(f"the engine can record nothing and so starts nothing, but keeps trying: {what}", since)
            )
        elif self.engine_state == EngineState.STOPPED:
            self._gone_since = self._gone_since or self.clock.now()
            found.append(Trouble(self.no_engine, self._gone_since))
        else:
            self._gone_since = None
            if not self.is_own:  # ours says what is wrong itself
                found += [Trouble(words, since) for words, since in complaints(self.directory, self.clock.now())]
        found += self._file.troubles(self._how_to_accept)
        doubts, selects_nothing = self._tag_doubts()
        if selects_nothing:
            self._unselected_since = self._unselected_since or self.clock.now()
            found.append(
                Trouble(f"the jobs file has no job for this console: {'; '.join(doubts)}", self._unselected_since)
            )
        else:
            self._unselected_since = None
        if self.is_own and self._alerting.dotenv_fault:
            found.append(Trouble(f"alerts: {self._alerting.dotenv_fault}", self._opened_at))
        return found

    @property
    def no_engine(self) -> str:
        """What is said, and what to do, while no engine serves the directory."""
        return self.permissions.no_engine(self._take_over_key)

    @property
    def _take_over_key(self) -> str:
        from peak_console.tui.keys.actions import key_shown  # with Textual: here it is loaded long since

        return key_shown("take_over", self.keymap)

    @property
    def _how_to_accept(self) -> str:
        """What ends a sentence about a jobs file that is held back: the key to press, where it waits for consent."""
        if self.refusal is not None or not self.wants_consent:
            return ""
        from peak_console.tui.keys.actions import key_shown

        return f"; press {key_shown('accept_jobs', self.keymap)} to take it up now"

    # Commands.

    @property
    def refusal(self) -> str | None:
        """Why nothing can be commanded from here; ``None`` where it can."""
        return self.permissions.why_not_act

    def command(self, verb: str, job: str | None = None, run_id: int | None = None, **arguments: Any) -> int:
        """Leave a command for the engine, and ring; its number. Raises ``StateError``."""
        if self.refusal is not None:
            raise StateError(self.refusal)
        number = self.store.issue(verb, self.user, self.clock.now(), job, run_id, arguments)
        if self.is_own:
            self._engine.wake()
        else:
            ring(self.directory)
        return number

    def answer(self, number: int) -> Command | None:
        """A command with its answer; ``None`` until there is one."""
        command = self.store.command(number)
        return command if command is not None and command.answer is not None else None

    def wake(self) -> None:
        """Have our own engine look at the registry now: it cannot be read."""
        self._engine.wake()

    def reload(self) -> None:
        """Have the jobs file read again now, changed or not."""
        self._file.watcher.look()

    @property
    def error_line(self) -> int | None:
        """The line of the first mistake in the jobs file, while it is rejected."""
        return self._file.error_line

    @property
    def wants_consent(self) -> bool:
        """Whether a jobs file is held back until the operator consents to what it removes."""
        return self._file.watcher.wants_consent

    @property
    def offered(self) -> JobSet | None:
        """The definitions that are held back until the operator consents; ``None`` where none are."""
        return self._file.watcher.held_back

    def accept_jobs(self) -> None:
        """Show the jobs file as it is now, whatever it removes."""
        self._file.watcher.accept()

    # Leaving.

    def drain(self) -> None:
        """Nothing new starts; the engine ends with its last run. Safe in a signal handler."""
        self._leaving = True
        self._engine.drain()

    def stop_runs(self) -> None:
        """Stop every run, then end. Safe in a signal handler."""
        self._engine.stop_runs()

    def leave_runs(self) -> None:
        """End at once; the next engine supervises the runs."""
        self._engine.leave_runs()

    def prepare_successor(self) -> None:
        """Start a headless engine that stands by until ours has ended. Raises ``StateError``."""
        if self.wants_consent:
            raise StateError(
                "the jobs file is held back, and an engine that starts takes it as it is: decide that first"
            )
        self.succession.prepare()

    def active(self) -> list[Run]:
        """The runs that the engine would leave behind if it ended now. Raises ``StateError``."""
        engine = f"{os.getpid()} "
        runs = [run for run in self.store.unfinished() if run.state != RunState.QUEUED]
        return [run for run in runs if run.supervisor is None or run.supervisor.startswith(engine)]

    def running(self) -> list[str]:
        """The runs that our engine supervises: ``backup #12``. From any thread."""
        return self._engine.runs()

    def wait(self, seconds: float) -> bool:
        """Wait until our engine has ended, at most ``seconds``; whether it has ended. From any thread."""
        return self._engine.wait(seconds)

    def close(self) -> None:
        """After ``wait``: send the alerts that are left, and close everything."""
        self._file.watcher.stop()
        self.succession.let_go()
        self._alerting.finish(LAST_ALERTS_SECONDS)
        self.store.close()
