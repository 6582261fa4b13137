"""What every engine is: it takes a state directory over, watches its runs, sleeps in between, and leaves in order.

``loop`` makes an engine of it that stays, ``passing`` one that does something and goes.
"""

from __future__ import annotations

import os
import socket

from peak_console.alerts.judge import judge_accepted
from peak_console.decisions.planner import Planner
from peak_console.decisions.serving import Share, others
from peak_console.engine import events
from peak_console.engine.bookkeeping import Bookkeeper
from peak_console.engine.context import EngineContext, EngineOptions
from peak_console.engine.control import Wishes
from peak_console.engine.dispatch import Dispatcher
from peak_console.engine.incidents import UNDECIDED, Sweep, jobs_file_cause, open_for_job, unwatched_cause
from peak_console.engine.launch import Launcher
from peak_console.engine.mishaps import sentence
from peak_console.engine.recovery import Recovery, identity, strangers
from peak_console.engine.supervisor import Supervisor
from peak_console.errors import DamagedError, DamagedRowError, StateError
from peak_console.model.records import EngineInfo
from peak_console.model.terms import RESIDENT_MODES
from peak_console.store.bell import Doorbell
from peak_console.store.directory import run_directory
from peak_console.store.locks import EngineLock, holds_removed, lock_of
from peak_console.store.restore import NOTHING_KNOWN
from peak_console.store.store import Store
from peak_console.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from peak_console.clock import Clock
    from peak_console.engine.live_run import LiveRun
    from peak_console.jobs.model import AlertChannel, JobSet
    from peak_console.model.records import Alert
    from peak_console.runs.interface import Executor
    from peak_console.store.restore import Known


class EngineCore(Wishes):
    """Works on one state directory. Created in any thread; ``open`` to ``close`` belong to one thread."""

    def __init__(
        self,
        jobset: JobSet,
        directory: str,
        *,
        options: EngineOptions,
        clock: Clock,
        executor: Executor,
        environ: Mapping[str, str],
        channels_of: Callable[[JobSet], Sequence[AlertChannel]] = lambda jobset: jobset.channels,
        emit: Callable[[events.EngineEvent], None] = lambda _event: None,
        on_alert: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        self.directory = directory
        self.options = options
        self._first_jobset = jobset
        self._clock = clock
        self._executor = executor
        self._environ = environ
        self._channels_of = channels_of
        self._emit = emit
        self._on_alert = on_alert
        self._untold: Sequence[Alert] = ()
        """Alerts about the registry that are in it, and that nobody has heard of."""
        self._beat: Callable[[], float | None] = lambda: None
        self.lock_name = lock_of(options.include_tags, options.exclude_tags)
        self.rival: EngineInfo | None = None
        """Why ``take_over`` has failed: the engine that serves the same jobs."""
        self.overlap: Sequence[str] = ()
        """The jobs that both would serve; empty when their tags are the same."""

    def on_beat(self, beat: Callable[[], float | None]) -> None:
        """What every step of the work ends with, a sign of life: in how many seconds at most the next is due."""
        self._beat = beat

    # Startup.

    def open(self) -> None:
        """Open the state directory; a registry that cannot be read is replaced. Raises ``StateError``."""
        self.lock = EngineLock(self.directory, self.lock_name)
        try:
            self.store = Store.open(self.directory)
        except DamagedError:
            from peak_console.store.damage import open_sound

            try:
                self.store = open_sound(self.directory, self.lock, self._clock.now)
            except StateError:
                self.lock.release()
                raise

    def take_over(self) -> bool:
        """Dispatch what the tags select from now on; ``False`` while a ``rival`` does. Raises ``StateError``."""
        self.rival, self.overlap = None, ()
        if not self.lock.acquire():
            self.rival = self._holder()
            return False
        self.store.follow()  # it may have been replaced while this one stood by
        self.rival = self._bereft()
        if self.rival is not None:
            self.lock.release()
            return False
        try:
            in_order = self.store.engine_info(strict=True).pid is None
        except DamagedError:
            in_order = False
        if not in_order:
            from peak_console.store.damage import is_damaged

            if is_damaged(self.store):
                self._replace_registry()
        share = self._share(self._offered or self._first_jobset)
        self.rival = share.blocked_by(self.options.mode)
        if self.rival is None:
            return True
        self.overlap = share.overlap(self.rival)
        self.lock.release()
        return False

    def _holder(self) -> EngineInfo:
        """Who holds our lock."""
        pid = self.lock.holder()
        found = EngineInfo(lock=self.lock_name, pid=pid)
        try:
            return next(
                (each for each in self.store.engines() if (each.lock, each.pid) == (self.lock_name, pid)), found
            )
        except DamagedError:
            return found

    def _bereft(self) -> EngineInfo | None:
        """The engine that serves what we would, and whose lock's file was removed: it will see that, and renew it."""
        try:
            engines = self.store.engines()
        except DamagedError:
            return None
        ours = [each for each in engines if each.lock == self.lock_name and each.stopped_at is None]
        return next((each for each in ours if holds_removed(self.directory, each.lock, each.pid)), None)

    def _share(self, jobset: JobSet) -> Share:
        options = self.options
        return Share(jobset, options.include_tags, options.exclude_tags, others(self.store.engines(), self.lock_name))

    def _replace_registry(self) -> None:
        from peak_console.store.damage import repairing, set_aside

        with repairing(self.directory):
            if not self.store.follow():  # unless another engine was faster
                set_aside(self.directory, self._clock.now())
                self.store.follow()

    def begin(self) -> None:
        """Take over what the directory holds. The lock has to be held."""
        for _ in range(2):
            try:
                self._begin()
            except DamagedError as error:  # in a place where nobody had looked
                if hasattr(self, "context"):
                    self.context.supervisor.leave_all()
                if hasattr(self, "bell"):
                    self.bell.close()
                if not self._mend_rows(error, NOTHING_KNOWN):
                    self._replace_registry()
            else:
                return
        self._begin()

    def _mend_rows(self, error: DamagedError, known: Known) -> bool:
        """Whether a damage was one of single rows, which are mended now; ``_untold`` has what is to be said of it."""
        if not isinstance(error, DamagedRowError):
            return False
        from peak_console.engine.registry_loss.at_start import mend

        jobset = self._offered or self._first_jobset
        told = mend(self.store, known, jobset, self._is_started, self._clock.now())
        self._untold = [*self._untold, *([told] if told is not None else [])]
        return told is not None

    def _is_started(self, run_id: int) -> bool:
        return self._executor.is_started(run_directory(self.directory, run_id))

    def _begin(self) -> None:
        self.bell = self._make_bell()
        now = self._clock.now()
        before = self.store.engine_info(strict=True)
        # The jobs file may have been saved while another engine was in charge.
        jobset, self._offered = self._offered or self._first_jobset, None
        untold: Sequence[Alert] = self._untold
        if before.started_at is None:
            from peak_console.engine.registry_loss.at_start import settle_after_damage

            untold = settle_after_damage(self.store, jobset, now)
        resident = self.options.mode in RESIDENT_MODES
        unknown = strangers(self.directory, self.store.last_run_id(strict=True), self._executor, all_of_them=resident)
        if unknown:  # but not of what another engine has started at this very moment
            last = self.store.last_run_id(strict=True)
            unknown = [number for number in unknown if number > last]
        if unknown:
            from peak_console.engine.registry_loss.at_start import settle_after_return

            untold = [*untold, settle_after_return(self.store, self.directory, jobset, unknown, now)]
        while True:
            share = self._share(jobset)
            self.context = self._make_context(jobset, share, before, now)
            if self._sign_on(share, untold, now):
                break
        self._untold = ()
        self._sweep = Sweep(self.context)
        self._sweep.work_once(before.jobs_file, now)
        self._dispatcher = Dispatcher(self.context)
        self._bookkeeper = Bookkeeper(self.context)
        self._recovery = Recovery(self.context, self._executor, self._dispatcher)
        jobs = self.context.jobs
        enabled = sum(job.enabled for job in jobs.values())
        self._emit(events.EngineStarted(at=now, directory=self.directory, jobs=len(jobs), enabled=enabled))
        self._bookkeeper.record(self._recovery.look(now))

    def _make_bell(self) -> Doorbell:
        """What wakes the engine; who passes must not take the rings of whoever comes next."""
        return Doorbell(None)

    def _make_context(self, jobset: JobSet, share: Share, before: EngineInfo, now: datetime) -> EngineContext:
        return EngineContext(
            options=self.options,
            clock=self._clock,
            directory=self.directory,
            identity=identity(os.getpid()),
            store=self.store,
            jobset=jobset,
            jobs=share.jobs,
            lock_name=self.lock_name,
            contested=share.contested,
            launcher=Launcher(jobset, self.directory, self._environ),
            planner=Planner(share.jobs.values(), self.store.job_states(strict=True), now),
            supervisor=Supervisor(self.store, self._executor, self._clock, self.directory),
            emit=self._emit,
            on_alert=self._on_alert,
            beat=self._beat,
            channels=self._channels_of(jobset),
            hold=before.hold,
            loaded_at=self._clock.monotonic(),
            began_at=self._clock.monotonic(),
            seen_before=before.stopped_at or before.started_at,
        )

    def _sign_on(self, share: Share, untold: Sequence[Alert], now: datetime) -> bool:
        """Record who serves what, and tell of alerts that nobody has heard of; ``False`` if the share has changed."""
        info = EngineInfo(
            pid=os.getpid(), host=socket.gethostname(), mode=self.options.mode, version=__version__,
            jobs_file=self.context.jobset.path, started_at=now, loaded_at=now,
            lock=self.lock_name, include_tags=self.options.include_tags, exclude_tags=self.options.exclude_tags,
            jobs=share.names(),
        )  # fmt: skip
        with self.context:
            if self._share(self.context.jobset).contested.keys() != share.contested.keys():
                return False
            self.store.engine_started(info)
            self._remember_changes()
            path = self.context.jobset.path
            self.context.resolve(jobs_file_cause(path), recovery=judge_accepted(path, now=now))
            if untold:
                from peak_console.engine.registry_loss.at_start import tell_of_damage

                tell_of_damage(self.context, untold, now)
        return True

    # At work.

    def watch(self, now: datetime) -> None:
        """Record what has ended, and give the others what they are owed."""

        def on_stopping(live: LiveRun, reason: str, killed: bool) -> None:
            self._emit(events.RunStopping(at=now, run=live.run, reason=reason, killed=killed))

        # Whatever the registry refuses, what runs gets what it is owed.
        self._bookkeeper.keep(self.context.supervisor.tick(on_stopping))
        self._bookkeeper.keep(self._dispatcher.start_prepared())
        self._dispatcher.record_starts()
        self._bookkeeper.record([])
        self._tell_of_unwatched(now)

    def _tell_of_unwatched(self, now: datetime) -> None:
        """Raise an alert for each run that cannot be looked at."""
        untold = self.context.supervisor.untold()
        if not untold:
            return
        from peak_console.alerts.mishaps import judge_unwatched

        with self.context:
            for live in untold:
                alert = judge_unwatched(live.run, live.trouble or "", now=now)
                self.context.open_incident(unwatched_cause(live.run.id), alert, live.job.tags)
        for live in untold:
            live.is_told = True

    def dispatch(self) -> None:
        """Claim and start what is due at this moment. The lock has to be held."""
        self._bookkeeper.record(self._dispatcher.dispatch(self._clock.now()))
        if self.context.planner.undecidable:
            self._tell_of_undecidable(self._clock.now())
        if self.context.planner.changed:
            self._remember_changes()

    def _tell_of_undecidable(self, now: datetime) -> None:
        """Raise an alert for each job of which it cannot be told when it is due."""
        from peak_console.alerts.mishaps import judge_undecided

        context = self.context
        with context:
            for name, error in context.planner.undecidable.items():
                open_for_job(context, UNDECIDED, context.jobs[name], judge_undecided(name, sentence(error), now=now))
        context.planner.undecidable.clear()

    def _remember_changes(self) -> None:
        planner = self.context.planner
        with self.store:
            for name in planner.changed:
                self.context.remember(planner.states[name])
        planner.changed.clear()

    def _obey_flags(self, now: datetime) -> None:
        context = self.context
        if self._drain_wanted and not context.draining:
            context.draining = True
            if self.lock.is_held and self.options.mode in RESIDENT_MODES:
                try:
                    self.store.engine_drains(self.lock_name)
                except StateError:  # then nobody else can be told
                    pass
            self._emit(events.EngineDraining(at=now, running=len(context.supervisor)))
        if self._stop_wanted:
            for each in context.supervisor.preparation:
                context.supervisor.stop(each.run.id, "the engine was stopped")
            for live in list(context.supervisor):
                if live.asked_at is None:
                    context.supervisor.stop(live.run.id, "the engine was stopped")
                    self._emit(events.RunStopping(at=now, run=live.run, reason="engine stopped", killed=False))

    def sleep(self, longest: float | None = None) -> None:
        """Sleep until there is something to do."""
        seconds = self._seconds_to_sleep()
        if longest is not None:
            seconds = min(seconds, longest)
        self._clock.wait([self.bell.fileno(), *self.context.supervisor.filenos()], seconds)
        self.bell.hush()

    def _seconds_to_sleep(self) -> float:
        """Until what runs needs us, if it does not end before."""
        look = self.context.supervisor.next_look()
        poll_interval = self.options.poll_interval
        return poll_interval if look is None else min(poll_interval, look - self._clock.monotonic())

    # Shutdown.

    def end(self) -> events.EngineStopped:
        """Leave the directory in order; the final status."""
        now = self._clock.now()
        left = self.context.supervisor.leave_all()
        if self.lock.is_held:  # who has given way long since must not sign off whoever serves now
            self.store.engine_stopped(now, self.lock_name)
        stopped = events.EngineStopped(
            at=now, succeeded=self.context.succeeded, failed=self.context.failed, left_running=left
        )
        self._emit(stopped)
        return stopped

    def close(self) -> None:
        """Give up the lock and the directory."""
        if hasattr(self, "bell"):
            self.bell.close()
            del self.bell
        self._executor.close()
        self.lock.release()
        self.store.close()
