"""An engine in a thread of the console's process.

Not one of Textual's workers: these cannot outlive the screen, and would hold up its end.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

from peak_console.errors import PeakConsoleError

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.alerts.service import Alerting
    from peak_console.clock import Clock
    from peak_console.engine.control import Control
    from peak_console.engine.events import EngineEvent
    from peak_console.engine.open_directory import OpenDirectory
    from peak_console.engine.setup import EngineSetup
    from peak_console.jobs.model import JobSet
    from peak_console.model.records import Alert

SWITCH_SECONDS = 0.0003
"""How long a thread that computes lets the engine's wait for its turn. With Python's five milliseconds, those before
each of the system calls of a start or an end add up while something is painted."""


class OwnEngine:
    """Starts an engine, tells it what the operator wants, and knows what became of it."""

    def __init__(
        self, options: Namespace, directory: str, clock: Clock, alerting: Alerting, on_change: Callable[[], None]
    ) -> None:
        """``on_change`` is called from the engine's thread when there is something new in the registry."""
        self.failure: tuple[str, datetime] | None = None
        """Why it has ended, and when; ``None`` unless an error ended it."""
        self._options = options
        self._directory = directory
        self._clock = clock
        self._alerting = alerting
        self._on_change = on_change
        self._control: Control | None = None
        """What the engine is told through; ``None`` while there is no engine of ours."""
        self._thread: threading.Thread | None = None

    # Its life.

    def start(self, jobset: JobSet, read_jobs_file: Callable[[bool], str]) -> None:
        """Start an engine for ``jobset``; ``read_jobs_file`` reads the file when a command asks for a reload."""
        # Only now: all that runs jobs is loaded after the first paint.
        from peak_console.engine.control import Control
        from peak_console.engine.setup import EngineSetup
        from peak_console.headless.service import engine_options
        from peak_console.runs.executors import make_executors

        self.failure = None
        control = self._control = Control()
        setup = EngineSetup(
            jobset=jobset,
            directory=self._directory,
            options=engine_options(self._options, "console"),
            clock=self._clock,
            executors=make_executors(self._directory),
            environ=os.environ,
            channels_of=self._alerting.channels_of,
            emit=self._on_event,
            on_alert=self._alerting.wake,
            on_emergency=self._send_at_once,
            reload=read_jobs_file,
        )
        sys.setswitchinterval(SWITCH_SECONDS)
        self._thread = threading.Thread(target=self._run, args=(setup, control, jobset), name="engine")
        self._thread.start()

    def _run(self, setup: EngineSetup, control: Control, jobset: JobSet) -> None:
        """The whole of the engine's thread."""
        from peak_console.engine.open_directory import OpenDirectory
        from peak_console.engine.resident import ResidentEngine
        from peak_console.engine.upkeep.trouble import wait_for_registry
        from peak_console.headless.service import await_known_jobs

        try:
            with OpenDirectory(setup, control) as place:
                if not place.take_over():
                    self._control = None  # another engine was faster: show what it does
                elif wait_for_registry(setup, place, control):
                    await_known_jobs(place, control, jobset)
                    engine = ResidentEngine(setup, place, control)
                    self._resume_deliveries(place)
                    engine.serve()
                    engine.end()
        except PeakConsoleError as error:
            self.failure = (str(error), self._clock.now())
        except BaseException as error:
            self.failure = (f"the engine has died of {type(error).__name__}: {error}", self._clock.now())
            raise
        finally:
            self._on_change()

    def _send_at_once(self, alert: Alert) -> None:
        if not self._options.no_alerts:
            self._alerting.send_at_once(alert)

    def _resume_deliveries(self, place: OpenDirectory) -> None:
        """Send the alerts that an earlier engine could not send."""
        if not self._options.no_alerts and place.store.next_delivery_at() is not None:
            self._alerting.wake()

    def _on_event(self, _event: EngineEvent) -> None:
        self._on_change()

    @property
    def is_running(self) -> bool:
        return self._thread is not None and self._thread.is_alive() and self._control is not None

    @property
    def has_served(self) -> bool:
        """Whether it serves, or did."""
        return self._thread is not None and self._control is not None

    @property
    def is_draining(self) -> bool:
        """Whether it starts nothing more and ends with its last run."""
        return self._control is not None and self._control.wants_drain

    @property
    def trouble(self) -> tuple[str, datetime] | None:
        """Why a running engine can record nothing, and since when; ``None`` while it can."""
        control = self._control
        return control.trouble if control is not None and self.is_running else None

    def runs(self) -> list[str]:
        """The runs that it supervises: ``backup #12``. From any thread."""
        control = self._control
        return list(control.running()) if control is not None and self.is_running else []

    def wait(self, seconds: float) -> bool:
        """Wait until it has ended, at most ``seconds``; whether it has ended. From any thread."""
        if self._thread is not None:
            self._thread.join(seconds)
        return not self.is_running

    # What it is told. Without effect where no engine has been started.

    def wake(self) -> None:
        """Have it look: there is a command, or the registry cannot be read."""
        if self._control is not None:
            self._control.wake()

    def offer(self, jobset: JobSet) -> None:
        """Replace the definitions that it goes by."""
        if self._control is not None:
            self._control.offer(jobset)

    def reject(self, error: str) -> None:
        """Tell it of a jobs file that is not valid."""
        if self._control is not None:
            self._control.reject(error)

    def hold_back(self, why: str) -> None:
        """Tell it of a jobs file that does not count yet; an empty text: it does."""
        if self._control is not None:
            self._control.hold_back(why)

    def drain(self) -> None:
        """Start nothing more; end with the last run. Safe in a signal handler."""
        if self._control is not None:
            self._control.drain()

    def stop_runs(self) -> None:
        """Stop every run, then end. Safe in a signal handler."""
        if self._control is not None:
            self._control.stop_runs()

    def leave_runs(self) -> None:
        """End at once; the next engine supervises the runs."""
        if self._control is not None:
            self._control.leave_runs()
