"""What a console works with: an engine in a thread of this process, or another process's; and the registry.

Knows nothing of Textual. ``main`` owns it, so that it outlives the screen: what runs is waited for after the terminal
has been restored.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING, Any

from peak_console.alerts.service import Alerting
from peak_console.clock import SystemClock
from peak_console.decisions.selection import tags_of
from peak_console.errors import DamagedError, PeakConsoleError, StateError
from peak_console.jobs.loader import filter_jobs_by_tags
from peak_console.jobs.watcher import Watcher
from peak_console.model.records import RunState
from peak_console.schedule.zones import zone
from peak_console.store.bell import ring
from peak_console.store.damage import open_sound
from peak_console.store.directory import current_user
from peak_console.store.locks import EngineLock, is_held, is_served, lock_of
from peak_console.store.store import Store
from peak_console.tui.state.permissions import Limits
from peak_console.tui.state.snapshot import EngineState, Trouble
from peak_console.values import replace

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping
    from datetime import datetime, tzinfo

    from peak_console.clock import Clock
    from peak_console.engine.control import Control
    from peak_console.engine.events import EngineEvent
    from peak_console.engine.open_directory import OpenDirectory
    from peak_console.engine.setup import EngineSetup
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.jobs.standing import FileStatus
    from peak_console.model.records import Alert, Command, Run

BUSY_SECONDS = 0.25
"""How long the screen stands still while another program writes; then that is said, and a key can be pressed again."""
SWITCH_SECONDS = 0.0003
"""How long a thread that computes lets the engine's wait for its turn. With Python's five milliseconds, those before
each of the system calls of a start or an end add up while something is painted."""
LAST_ALERTS_SECONDS = 3.0
"""How long leaving waits for the last alerts to be sent; the next engine sends what is left."""


class EngineSession:
    """One state directory, and whoever dispatches for it. Its methods belong to the thread that draws."""

    def __init__(self, options: Namespace, jobset: JobSet, directory: str, seen: FileStatus | None = None) -> None:
        """``seen`` is the jobs file's status from before ``jobset`` was read."""
        self.options = options
        self.limits = Limits.of(options)
        self.keymap: Mapping[str, str] = {}
        self.directory = directory
        self.clock: Clock = SystemClock()
        self._opened_at = self.clock.now()
        self.user = current_user()
        self._jobset = jobset
        self._rejection: tuple[str, datetime] | None = None
        self._held_back: tuple[str, datetime] | None = None
        self._failure: tuple[str, datetime] | None = None
        self._gone_since: datetime | None = None
        self._on_change: Callable[[], None] = lambda: None
        self._alerting = Alerting(directory, self.clock)
        self._control: Control | None = None
        """What we ask of our engine, once there is one."""
        self._thread: threading.Thread | None = None
        self._leaving = False
        self._begun = False
        """Whether it has looked who serves the directory; until then an engine of ours is on its way."""
        self._watcher = Watcher(
            options.config, on_jobs=self._take, on_error=self._reject, on_held=self._hold_back,
            seen=seen, known=jobset,
        )  # fmt: skip
        self.store = self._open_store()
        self.store.be_patient(BUSY_SECONDS)

    def _open_store(self) -> Store:
        """The registry, for reading only where we may not write; then ``limits`` say why. Raises ``StateError``."""
        if self.limits.attach:
            store = Store.look(self.directory)
            if store is None:
                raise StateError(
                    f"{self.directory}: nothing has been recorded there yet; start an engine with "
                    "peak-console --headless"
                )
            if self.limits.read_only:
                return store
            store.close()
        try:
            return Store.open(self.directory)
        except DamagedError:
            if self.limits.attach:  # it is for engines to set a damaged registry aside
                raise
            lock = EngineLock(self.directory)
            try:
                return open_sound(self.directory, lock, self.clock.now)
            finally:
                lock.release()
        except StateError as error:
            store = Store.look(self.directory)
            if store is None:
                raise
            self.limits = replace(self.limits, looks_only=f"looking on only, nothing can be commanded: {error}")
            return store

    def start(self, on_change: Callable[[], None]) -> None:
        """Begin to serve the directory, or to look at whoever does. ``on_change`` is called from any thread."""
        self._on_change = on_change
        self._begun = True
        if self._leaving:  # told to go before it came
            return
        if not self._is_served():
            self.take_over()
        self._watcher.start()

    def _is_served(self) -> bool:
        """Whether another engine serves some of the jobs that are ours to serve, or a part of them, already."""
        from peak_console.decisions.serving import Share, others

        include, exclude = tags_of(self.options.include_tags), tags_of(self.options.exclude_tags)
        lock = lock_of(include, exclude)
        if is_held(self.directory, lock):
            return True
        try:
            engines = self.store.engines()
        except StateError:  # the engine will say what is wrong
            return False
        return Share(self._jobset, include, exclude, others(engines, lock)).blocked_by("console") is not None

    def take_over(self) -> None:
        """Start an engine in a thread of this process; not where we may only look, or attach."""
        if self.refusal is not None or self.limits.attach:
            return
        # Only now: all that runs jobs is loaded after the first paint.
        from peak_console.engine.control import Control
        from peak_console.engine.setup import EngineSetup
        from peak_console.headless import engine_options
        from peak_console.runs.local.executor import LocalExecutor

        self._failure = None
        self._control = Control()
        setup = EngineSetup(
            jobset=self._jobset,
            directory=self.directory,
            options=engine_options(self.options, "console"),
            clock=self.clock,
            executor=LocalExecutor(),
            environ=os.environ,
            channels_of=self._alerting.channels_of,
            emit=self._on_event,
            on_alert=self._alerting.wake,
            on_emergency=self._send_at_once,
            reload=self._watcher.read_now,
        )
        sys.setswitchinterval(SWITCH_SECONDS)
        # Not one of Textual's workers: they cannot outlive the screen, and would hold up its end.
        self._thread = threading.Thread(target=self._serve, args=(setup, self._control), name="engine")
        self._thread.start()

    def _serve(self, setup: EngineSetup, control: Control) -> None:
        from peak_console.engine.open_directory import OpenDirectory
        from peak_console.engine.resident import ResidentEngine
        from peak_console.engine.trouble import wait_for_registry
        from peak_console.headless import await_known_jobs

        try:
            with OpenDirectory(setup, control) as place:
                if not place.take_over():
                    self._control = None  # another engine was faster: look at its work
                elif wait_for_registry(setup, place, control):
                    await_known_jobs(place, control, self._jobset)
                    engine = ResidentEngine(setup, place, control)
                    self._resume_deliveries(place)
                    engine.serve()
                    engine.end()
        except PeakConsoleError as error:
            self._failure = (str(error), self.clock.now())
        except BaseException as error:
            self._failure = (f"the engine has died of {type(error).__name__}: {error}", self.clock.now())
            raise
        finally:
            self._on_change()

    def _send_at_once(self, alert: Alert) -> None:
        if not self.options.no_alerts:
            self._alerting.send_at_once(alert)

    def _resume_deliveries(self, place: OpenDirectory) -> None:
        """Send what an earlier engine could not."""
        if not self.options.no_alerts and place.store.next_delivery_at() is not None:
            self._alerting.wake()

    def _on_event(self, _event: EngineEvent) -> None:
        self._on_change()

    def _take(self, jobset: JobSet) -> None:
        """The watcher has read a new, valid jobs file."""
        self._jobset, self._rejection = jobset, None
        if self._control is not None:
            self._control.offer(jobset)
        self._on_change()

    def _reject(self, error: str) -> None:
        # The watcher names the file in full; here it is called what the operator has called it.
        self._rejection = (error.replace(os.path.abspath(self.jobs_file), self.jobs_file), self.clock.now())
        if self._control is not None:
            self._control.reject(error)
        self._on_change()

    def _hold_back(self, why: str) -> None:
        """The watcher has read a jobs file that does not count yet, or, with an empty text, that does."""
        self._held_back = (why, self.clock.now()) if why else None
        if self._control is not None:
            self._control.hold_back(why)
        self._on_change()

    @property
    def jobs_file(self) -> str:
        return str(self.options.config)

    @property
    def jobset(self) -> JobSet:
        return self._jobset

    @property
    def jobs(self) -> Mapping[str, JobDefinition]:
        """Those that the command line's tags select, by name."""
        include, exclude = tags_of(self.options.include_tags), tags_of(self.options.exclude_tags)
        return {job.name: job for job in filter_jobs_by_tags(self._jobset.jobs.values(), include, exclude)}

    @property
    def zone(self) -> tzinfo:
        return zone(self._jobset.settings.timezone)

    @property
    def is_own(self) -> bool:
        """Whether the engine is ours."""
        return self._thread is not None and self._thread.is_alive() and self._control is not None

    @property
    def engine_state(self) -> str:
        if self._control is not None and self.is_own:
            if self._control.trouble is not None:
                return EngineState.BLOCKED
            return EngineState.DRAINING if self._control.wants_drain else EngineState.RUNNING
        if is_served(self.directory):
            return EngineState.ATTACHED
        none_to_come = self._begun or self.limits.attach or self.limits.looks_only is not None
        return EngineState.STOPPED if none_to_come else EngineState.RUNNING

    def troubles(self) -> list[Trouble]:
        """What is wrong with what is shown, most serious first."""
        found = []
        if self.limits.looks_only is not None:
            found.append(Trouble(self.limits.looks_only, self._opened_at))
        if self._failure is not None:
            found.append(
                Trouble(f"{self._failure[0]}; press {self._take_over_key} to start the engine again", self._failure[1])
            )
        elif self._control is not None and self.is_own and self._control.trouble is not None:
            what, since = self._control.trouble
            found.append(
                Trouble(f"the engine can record nothing and so starts nothing, but keeps trying: {what}", since)
            )
        elif self.engine_state == EngineState.STOPPED:
            self._gone_since = self._gone_since or self.clock.now()
            found.append(Trouble(self.no_engine, self._gone_since))
        else:
            self._gone_since = None
        if self._rejection is not None:
            text, since = self._rejection
            found.append(Trouble(f"jobs file rejected, the jobs loaded before go on: {text}", since))
        if self._held_back is not None:
            text, since = self._held_back
            found.append(Trouble(f"{text}; the jobs loaded before go on{self._how_to_accept}", since))
        if self.is_own and self._alerting.dotenv_fault:
            found.append(Trouble(f"alerts: {self._alerting.dotenv_fault}", self._opened_at))
        return found

    @property
    def no_engine(self) -> str:
        """What is said, and what to do, while nobody serves the directory."""
        return self.limits.no_engine(self._take_over_key)

    @property
    def _take_over_key(self) -> str:
        from peak_console.tui.keys.actions import key_shown  # with Textual: here it is loaded long since

        return key_shown("take_over", self.keymap)

    @property
    def _how_to_accept(self) -> str:
        """What ends a sentence about a jobs file that is held back for want of consent."""
        from peak_console.tui.keys.actions import key_shown

        if self.refusal is not None or not self._watcher.wants_consent:
            return ""
        return f"; press {key_shown('accept_jobs', self.keymap)} to take it up now"

    # Commands.

    @property
    def refusal(self) -> str | None:
        """Why nothing can be commanded from here; ``None`` where it can."""
        return self.limits.acting

    def command(self, verb: str, job: str | None = None, run_id: int | None = None, **arguments: Any) -> int:
        """Leave a command for the engine, and ring; its number. Raises ``StateError``."""
        if self.refusal is not None:
            raise StateError(self.refusal)
        number = self.store.issue(verb, self.user, self.clock.now(), job, run_id, arguments)
        if self._control is not None and self.is_own:
            self._control.wake()
        else:
            ring(self.directory)
        return number

    def answer(self, number: int) -> Command | None:
        """A command with its answer; ``None`` until there is one."""
        command = self.store.command(number)
        return command if command is not None and command.answer is not None else None

    def wake(self) -> None:
        """The registry cannot be read: have our engine see to it now, not only when it has something to do."""
        if self._control is not None:
            self._control.wake()

    def reload(self) -> None:
        """Have the jobs file read again now, changed or not."""
        self._watcher.look()

    @property
    def wants_consent(self) -> bool:
        """Whether a jobs file is held back until somebody consents to what it removes."""
        return self._watcher.wants_consent

    def accept_jobs(self) -> None:
        """Show the jobs file as it is now, whatever it removes."""
        self._watcher.accept()

    # Leaving.

    def drain(self) -> None:
        """Nothing new starts; the engine ends with its last run. Safe in a signal handler."""
        self._leaving = True
        if self._control is not None:
            self._control.drain()

    def stop_runs(self) -> None:
        """Have every run stopped, then end. Safe in a signal handler."""
        if self._control is not None:
            self._control.stop_runs()

    def leave_runs(self) -> None:
        """End at once; the next engine looks after what runs."""
        if self._control is not None:
            self._control.leave_runs()

    def active(self) -> list[Run]:
        """The runs that the engine would leave behind if it ended now. Raises ``StateError``."""
        engine = f"{os.getpid()} "
        runs = [run for run in self.store.unfinished() if run.state != RunState.QUEUED]
        return [run for run in runs if run.supervisor is None or run.supervisor.startswith(engine)]

    def running(self) -> list[str]:
        """The runs that our engine looks after: ``backup #12``. From any thread."""
        return list(self._control.running()) if self._control is not None and self.is_own else []

    def wait(self, seconds: float) -> bool:
        """Until our engine has ended, or so many seconds have passed; whether it has ended. From any thread."""
        if self._thread is not None:
            self._thread.join(seconds)
        return not self.is_own

    def close(self) -> None:
        """After ``wait``: send what alerts are left, and let go of everything."""
        self._watcher.stop()
        self._alerting.finish(LAST_ALERTS_SECONDS)
        self.store.close()
