"""What every engine does: it watches its runs, dispatches what is due, sleeps in between, and leaves in order."""

from __future__ import annotations

import os
from contextlib import suppress

from peak_console.engine import events
from peak_console.engine.alerting.incidents import UNDECIDED, Sweep, open_for_job, unwatched_cause
from peak_console.engine.dispatch.dispatcher import Dispatcher
from peak_console.engine.dispatch.starter import Starter
from peak_console.engine.supervision.bookkeeping import Bookkeeper
from peak_console.engine.supervision.executor_mishaps import ExecutorMishaps
from peak_console.engine.supervision.mishaps import sentence
from peak_console.engine.supervision.recovery import Recovery
from peak_console.errors import StateError
from peak_console.store.directory import current_user

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.engine.alerting.calendars import CalendarWatch
    from peak_console.engine.context import EngineContext
    from peak_console.engine.control import Control
    from peak_console.engine.open_directory import OpenDirectory
    from peak_console.engine.setup import EngineSetup
    from peak_console.engine.supervision.live_run import LiveRun


class EngineCore:
    """The parts that resident and one-shot engines share, on a state directory that was taken over."""

    def __init__(self, setup: EngineSetup, place: OpenDirectory, control: Control, context: EngineContext) -> None:
        self._setup = setup
        self._place = place
        self._control = control
        self.context = context
        self.sweep = Sweep(context.alerts, context.served, context.clock)
        self._starter = Starter(context)
        self.dispatcher = Dispatcher(context, self._starter)
        self.bookkeeper = Bookkeeper(context)
        self.recovery = Recovery(context, self._starter)
        self._calendars: CalendarWatch | None = None
        self._mishaps = ExecutorMishaps(context.alerts, setup.executors, setup.clock)
        supervisor = context.runs.supervisor
        control.report_running(lambda: [f"{live.run.job} #{live.run.id}" for live in list(supervisor)])

    def take_over(self, jobs_file_before: str | None, now: datetime) -> None:
        """Take over the runs of engines before this one. ``jobs_file_before`` is what the last of them served."""
        self.sweep.work_once(jobs_file_before, now)
        jobs = self.context.served.jobs
        enabled = sum(job.enabled for job in jobs.values())
        started = events.EngineStarted(at=now, directory=self.context.directory, jobs=len(jobs), enabled=enabled)
        self._setup.emit(started)
        if self.context.status.on_finish is not None and self._setup.options.mode != "run":
            self.context.status.on_finish.make_up(now)
        self.look_at_registry(now)

    def look_at_registry(self, now: datetime) -> None:
        """Bring queue and runs into line with the registry; record the ends of runs that are over."""
        self.bookkeeper.record(self.recovery.look(now))

    # At work.

    def watch(self, now: datetime) -> None:
        """Enforce timeouts and stops, record starts and ends."""

        def on_stopping(live: LiveRun, reason: str, killed: bool) -> None:
            self._setup.emit(events.RunStopping(at=now, run=live.run, reason=reason, killed=killed))

        # Timeouts and stops first: they must work even when the registry cannot be written.
        self.bookkeeper.keep(self.context.runs.supervisor.tick(on_stopping))
        self.bookkeeper.keep(self._starter.start_prepared())
        self._starter.take_news()
        self.bookkeeper.record([])
        if self.context.status.on_finish is not None:
            self.context.status.on_finish.look()
        self.context.alerts.look_at_outlets()
        self._tell_of_unwatched(now)
        self._mishaps.tell(now)

    def _tell_of_unwatched(self, now: datetime) -> None:
        """Raise an alert for each run that cannot be looked at."""
        untold = self.context.runs.supervisor.untold()
        if not untold:
            return
        from peak_console.alerts.mishaps import judge_unwatched

        with self.context.alerts:
            for live in untold:
                alert = judge_unwatched(live.run, live.trouble or "", now=now)
                self.context.alerts.open_incident(unwatched_cause(live.run.id), alert, live.job.tags)
        for live in untold:
            live.is_told = True

    def let_go(self) -> None:
        """Start what was claimed ahead, if its slot has come and nothing has happened since."""
        self.dispatcher.let_go(self._setup.clock.now(), is_asked=self._control.is_asked)

    def dispatch(self) -> None:
        """Claim and start what is due at this moment. The lock has to be held."""
        if self.context.served.jobset.calendars:
            self._look_at_calendars(self._setup.clock.now())
        self.context.holds.look(self._setup.clock.now())
        self.bookkeeper.record(self.dispatcher.dispatch(self._setup.clock.now()))
        if self.context.served.planner.undecidable:
            self._tell_of_undecidable(self._setup.clock.now())
        if self.context.served.planner.changed:
            with self.context.store:
                self.context.served.remember_changes(self.context.store)

    def _look_at_calendars(self, now: datetime) -> None:
        """Tell of calendars that end, or have changed."""
        if self._calendars is None:
            from peak_console.engine.alerting.calendars import CalendarWatch

            context = self.context
            self._calendars = CalendarWatch(context.served, context.alerts, context.directory)
        self._calendars.look(now)

    def _tell_of_undecidable(self, now: datetime) -> None:
        """Raise an alert for each job of which it cannot be told when it is due."""
        from peak_console.alerts.mishaps import judge_undecided

        context = self.context
        with context.alerts:
            for name, error in context.served.planner.undecidable.items():
                open_for_job(
                    context.alerts,
                    UNDECIDED,
                    context.served.jobs[name],
                    judge_undecided(name, sentence(error), now=now),
                )
        context.served.planner.undecidable.clear()

    def obey_control(self, now: datetime) -> None:
        """Drain, and stop runs, if a person or a signal has asked for it."""
        context = self.context
        if self._control.wants_drain and not context.status.draining:
            context.status.draining = True
            if self._place.lock.is_held and self._place.is_resident:
                try:
                    context.store.engine_drains(context.lock_name)
                except StateError:  # then the registry cannot say so
                    pass
            self._setup.emit(events.EngineDraining(at=now, running=len(context.runs.supervisor)))
        if self._control.wants_stop:
            for each in context.runs.supervisor.preparation:
                context.runs.supervisor.stop(each.run.id, "the engine was stopped")
            for live in list(context.runs.supervisor):
                if live.asked_at is None:
                    context.runs.supervisor.stop(live.run.id, "the engine was stopped")
                    self._setup.emit(events.RunStopping(at=now, run=live.run, reason="engine stopped", killed=False))

    def sleep(self, seconds: float) -> None:
        """Sleep until a run ends or the doorbell rings, for some seconds at most."""
        self._setup.clock.wait([self._place.bell.fileno(), *self.context.runs.supervisor.filenos()], seconds)
        self._place.bell.drain()
        self._setup.executors.drain()

    def seconds_to_sleep(self) -> float:
        """In how many seconds a run next has to be looked at, or else the clock."""
        look = self.context.runs.supervisor.next_look()
        poll_interval = self._setup.options.poll_interval
        return poll_interval if look is None else min(poll_interval, look - self._setup.clock.monotonic())

    # Shutdown.

    def end(self) -> events.EngineStopped:
        """Leave the directory in order; return the final status."""
        context, now = self.context, self._setup.clock.now()
        if self.dispatcher.claims_ahead is not None:
            with suppress(StateError):  # then the next engine starts them
                self.dispatcher.claims_ahead.give_back(now)
        if context.status.gates is not None:
            context.status.gates.close()
        if context.status.on_finish is not None:
            context.status.on_finish.close()
            context.status.on_finish.look()
        if context.status.beacon is not None:
            context.status.beacon.close()
        context.alerts.close()
        context.alerts.look_at_outlets()
        left = context.runs.supervisor.leave_all()
        if self._place.lock.is_held:  # an engine that has given way must not sign off the one that serves now
            context.store.engine_stopped(now, context.lock_name)
            if self._place.is_resident:
                context.store.log_action(current_user(), "end", f"the engine has ended, pid {os.getpid()}", now)
        if context.status.metrics_file is not None:
            context.status.metrics_file.close()
            context.alerts.look_at_outlets()
        stopped = events.EngineStopped(
            at=now, succeeded=context.status.succeeded, failed=context.status.failed, left_running=left
        )
        self._setup.emit(stopped)
        return stopped
