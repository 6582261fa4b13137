"""The engine: one thread that dispatches, watches, obeys, and sleeps in between.

It sleeps until the next slot, a finished process, a ring of the doorbell, or its longest sleep. Only methods that
say so may be called from other threads.
"""

from __future__ import annotations

import os
import select
import socket
import time

from peak_console.engine import events
from peak_console.engine.bookkeeping import Bookkeeper
from peak_console.engine.commands import Commander
from peak_console.engine.context import EngineContext, EngineOptions
from peak_console.engine.dispatch import Dispatcher
from peak_console.engine.launch import Launcher
from peak_console.engine.planner import Planner
from peak_console.engine.recovery import Recovery, identity
from peak_console.engine.selection import changes
from peak_console.engine.supervisor import LiveRun, Supervisor
from peak_console.errors import DamagedError, StateError, TakenAwayError
from peak_console.jobs.loader import filter_jobs_by_tags
from peak_console.store.database import BUSY_SECONDS as START_SECONDS
from peak_console.store.directory import Doorbell, EngineLock, ring
from peak_console.store.model import RESIDENT_MODES, EngineInfo
from peak_console.store.store import Store
from peak_console.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from peak_console.clock import Clock
    from peak_console.engine.readiness import Readiness
    from peak_console.engine.renewal import Inspector
    from peak_console.engine.retention import Retention
    from peak_console.jobs.model import AlertChannel, JobDefinition, JobSet
    from peak_console.runs.interface import Executor
    from peak_console.store.model import Alert, Run

FOREIGN_SECONDS = 1.0
"""How often the engine sees whether another process still looks after its runs."""
LOOK_SECONDS = 0.1
PRUNE_SECONDS = 0.1
"""How long an engine that passes prunes the state directory, once its runs have ended."""
BUSY_SECONDS = 1.0
"""How long an engine that serves waits for another program that writes, before it looks after what runs again."""
RENEWAL_SECONDS = 60.0
"""Damage that comes back sooner is the disk's, or somebody's whom no engine can help."""
TROUBLE_SECONDS = 1.0
"""How long the engine waits before it tries again what the registry refused."""


class Engine:
    """Serves one state directory. Created in any thread; ``open`` to ``close`` belong to one thread."""

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
        self.directory = directory
        self.options = options
        self._first_jobset = jobset
        self._clock = clock
        self._executor = executor
        self._environ = environ
        self._channels_of = channels_of
        self._emit = emit
        self._on_alert = on_alert
        self._offered: JobSet | None = None
        self._rejection: str | None = None
        self._reload: Callable[[], str] = lambda: "this engine does not reload"
        self._beat: Callable[[], float | None] = lambda: None
        self._drain_wanted = False
        self._stop_wanted = False
        self._leave_wanted = False
        self._trouble: str | None = None
        self._troubled_since: datetime
        self._look_again_at = 0.0
        self._renewed_at = float("-inf")
        self._retention: Retention | None = None
        self._readiness: Readiness | None = None

    # Asked for by other threads and by signal handlers: plain flags, and a ring.

    def drain(self) -> None:
        """Start nothing new, wait for what runs, then stop. From any thread."""
        self._drain_wanted = True
        self.ring()

    def stop_runs(self) -> None:
        """Drain, and ask every run to end. From any thread."""
        self._stop_wanted = True
        self.drain()

    def leave_runs(self) -> None:
        """Stop at once and leave what runs to the next engine. From any thread."""
        self._leave_wanted = True
        self.drain()

    @property
    def is_draining(self) -> bool:
        """Whether it has been asked to start nothing new. From any thread."""
        return self._drain_wanted

    @property
    def trouble(self) -> tuple[str, datetime] | None:
        """What keeps it from recording anything, and therefore from starting anything, since when. From any thread."""
        trouble = self._trouble
        return (trouble, self._troubled_since) if trouble is not None else None

    def offer(self, jobset: JobSet) -> None:
        """Hand over new definitions, complete and valid. From any thread."""
        self._offered = jobset
        self.ring()

    def reject(self, error: str) -> None:
        """Say that the jobs file as it stands cannot be used. From any thread."""
        self._rejection = error
        self.ring()

    def on_reload(self, reload: Callable[[], str]) -> None:
        """What the ``reload`` command calls: reads the file again and offers it; the error, or nothing."""
        self._reload = reload

    def on_beat(self, beat: Callable[[], float | None]) -> None:
        """What every turn of ``serve`` ends with, a sign of life: in how many seconds at most the next is due."""
        self._beat = beat

    def ring(self) -> None:
        """Wake the engine. From any thread."""
        bell = getattr(self, "bell", None)
        if bell is not None:
            bell.ring()

    # The engine's own thread.

    def open(self) -> None:
        """Open the state directory; a registry that cannot be read is replaced. Raises ``StateError``."""
        self.lock = EngineLock(self.directory)
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
        """Become the one that dispatches; ``False`` while somebody else is. Raises ``StateError``."""
        if not self.lock.acquire():
            return False
        self.store.follow()  # it may have been replaced while this one stood by
        try:
            in_order = self.store.engine_info().pid is None
        except DamagedError:
            in_order = False
        if not in_order:
            from peak_console.store.damage import is_damaged

            if is_damaged(self.store):
                self._replace_registry()
        return True

    def _replace_registry(self) -> None:
        from peak_console.store.damage import set_aside

        set_aside(self.directory, self._clock.now())
        self.store.follow()

    def wait_for_registry(self) -> bool:
        """Until the registry takes what is written; ``trouble`` tells why not. ``False`` if asked to drain before."""
        self.store.be_patient(BUSY_SECONDS)
        while not self._drain_wanted:
            try:
                with self.store:
                    pass
            except DamagedError:  # ``begin`` replaces it
                break
            except StateError as error:
                self._suffer(error)
                time.sleep(TROUBLE_SECONDS)
                continue
            break
        self._trouble = None
        self.store.be_patient(START_SECONDS)
        return not self._drain_wanted

    def begin(self) -> None:
        """Take over what the directory holds. The lock has to be held."""
        try:
            self._begin()
        except DamagedError:  # in a place where nobody had looked
            if hasattr(self, "context"):
                self.context.supervisor.leave_all()
            if hasattr(self, "bell"):
                self.bell.close()
            self._replace_registry()
            self._begin()

    def _begin(self) -> None:
        # An engine that stays is rung by front ends; one that passes must not take the rings of the next.
        self.bell = Doorbell(self.directory if self.options.mode in RESIDENT_MODES else None)
        now = self._clock.now()
        before = self.store.engine_info()
        # The jobs file may have been saved while another engine was in charge.
        jobset, self._offered = self._offered or self._first_jobset, None
        supervisor = Supervisor(self.store, self._executor, self._clock, self.directory)
        jobs = filter_jobs_by_tags(jobset.jobs.values(), self.options.include_tags, self.options.exclude_tags)
        untold: Sequence[Alert] = ()
        if before.started_at is None:
            from peak_console.engine.damage import settle_after_damage

            untold = settle_after_damage(self.store, jobset, now)
        info = EngineInfo(
            pid=os.getpid(), host=socket.gethostname(), mode=self.options.mode, version=__version__,
            jobs_file=jobset.path, started_at=now, loaded_at=now,
        )  # fmt: skip
        self.context = context = EngineContext(
            options=self.options,
            clock=self._clock,
            directory=self.directory,
            identity=identity(os.getpid()),
            store=self.store,
            jobset=jobset,
            jobs={job.name: job for job in jobs},
            launcher=Launcher(jobset, self.directory, self._environ),
            planner=Planner(jobs, self.store.job_states(), now),
            supervisor=supervisor,
            emit=self._emit,
            on_alert=self._on_alert,
            channels=self._channels_of(jobset),
            hold=before.hold,
            loaded_at=self._clock.monotonic(),
            began_at=self._clock.monotonic(),
            seen_before=before.stopped_at or before.started_at,
        )
        with context:
            self.store.engine_started(info)
            self._remember_changes()
            if untold:
                from peak_console.engine.damage import tell_of_damage

                tell_of_damage(context, untold, now)
        self._dispatcher = Dispatcher(context)
        self._bookkeeper = Bookkeeper(context)
        self._recovery = Recovery(context, self._executor, self._dispatcher)
        self._commander = Commander(context, self._dispatcher, self._bookkeeper.record, self._reload)
        if self.options.mode in RESIDENT_MODES:
            from peak_console.engine.readiness import Readiness
            from peak_console.engine.retention import Retention

            self._retention = Retention(context)
            self._readiness = Readiness(context, self._executor)
            self._readiness.look(now)
        enabled = sum(job.enabled for job in jobs)
        self._emit(events.EngineStarted(at=now, directory=self.directory, jobs=len(jobs), enabled=enabled))
        self._bookkeeper.record(self._recovery.look(now))

    def serve(self) -> None:
        """Work until asked to drain, and until the last run has ended.

        A registry that turns out to be damaged, or is removed, is replaced; see ``renewal``.

        Raises ``StateError`` when it cannot be replaced, or when somebody else has the directory: nothing can be
        decided any more. What runs is left to the next engine.
        """
        from peak_console.engine.renewal import Inspector

        self.store.be_patient(BUSY_SECONDS)
        inspector = Inspector(self.directory, self.ring)
        while True:
            self.work(inspector)
            if self.context.draining and (self._leave_wanted or not len(self.context.supervisor)):
                return
            self.sleep(longest=self._beat())

    def work(self, inspector: Inspector | None = None) -> None:
        """Do everything that is to be done now, whatever state the registry is in. Raises as ``serve`` does."""
        from peak_console.engine.renewal import stand_firm

        try:
            if not stand_firm(self.store, self.lock):
                self._renew(damaged=False)
            self.turn()
            self._mend()
            if inspector is not None:
                inspector.work()
        except DamagedError as error:
            self._suffer(error)
            if self._clock.monotonic() < self._renewed_at + RENEWAL_SECONDS:
                self.context.supervisor.leave_all()
                raise
            self._renew(damaged=True)
        except TakenAwayError as error:
            self._suffer(error)
            self.context.supervisor.leave_all()
            raise
        except StateError as error:
            self._suffer(error)

    def _renew(self, *, damaged: bool) -> None:
        """Go on with a fresh registry. Raises ``TakenAwayError``; what runs is left to the next engine then."""
        from peak_console.engine.renewal import known_to, restore

        context = self.context
        known = known_to(context, self._bookkeeper)
        context.supervisor.leave_all()
        self._renewed_at = self._clock.monotonic()
        self._offered = self._offered or context.jobset
        try:
            if damaged:
                self._replace_registry()
            else:
                self.store.reopen()
            restore(self.store, known, self._clock.now())
            self.bell.close()
            self._begin()
        except StateError as error:
            raise TakenAwayError(str(error)) from None
        self.context.succeeded, self.context.failed = context.succeeded, context.failed
        self._trouble = None
        self.store.be_patient(BUSY_SECONDS)

    def turn(self) -> None:
        """Do everything that is to be done now, in an order in which nothing waits for something slower."""
        now = self._clock.now()
        self._obey_flags(now)
        self.watch(now)
        self._commander.obey(now)
        self._reload_if_offered(now)
        if self.context.foreign and self._clock.monotonic() >= self._look_again_at:
            self._look_again_at = self._clock.monotonic() + FOREIGN_SECONDS
            self._bookkeeper.record(self._recovery.look(now))
        self._bookkeeper.record(self._dispatcher.dispatch(self._clock.now()))
        if self.context.planner.changed:
            self._remember_changes()
        if self._retention is not None and not self.context.draining:
            self._retention.work(now)
        if self._readiness is not None:
            self._readiness.look(now)

    def watch(self, now: datetime) -> None:
        """Record what has ended, and give the others what they are owed."""

        def on_stopping(live: LiveRun, reason: str, killed: bool) -> None:
            self._emit(events.RunStopping(at=now, run=live.run, reason=reason, killed=killed))

        # Whatever the registry refuses, what runs gets what it is owed.
        self._bookkeeper.keep(self.context.supervisor.tick(on_stopping))
        self._dispatcher.record_starts()
        self._bookkeeper.record([])

    def dispatch_once(self) -> None:
        """Claim and start what is due at this moment, then let others dispatch. The lock has to be held."""
        self._bookkeeper.record(self._dispatcher.dispatch(self._clock.now()))
        self._remember_changes()
        self._give_way()

    def run_by_hand(self, job: JobDefinition, *, force: bool) -> tuple[Run | None, str]:
        """Start a manual run, then let others dispatch; the run, or why there is none. The lock has to be held."""
        if self.context.hold is not None and not force:
            self._give_way()
            return None, f"held by {self.context.hold.by}; release the hold"
        run, refusal, ends = self._dispatcher.start_by_hand(job, self._clock.now(), force=force)
        self._bookkeeper.record(ends)
        self._give_way()
        return run, refusal

    def obey_once(self) -> None:
        """Answer the commands that are open. The lock has to be held."""
        self._commander.obey(self._clock.now())
        self._give_way()

    def _give_way(self) -> None:
        self.store.engine_stopped(self._clock.now())
        self.lock.release()

    def finish_own(self, on_look: Callable[[], None] | None = None) -> None:
        """Look after the runs that were started here, and their further attempts, until they have ended.

        ``on_look`` is called several times a second meanwhile.

        Long runs keep nobody else waiting: the lock is held only for the moment in which a queued run starts.
        """
        while True:
            self._obey_flags(self._clock.now())
            self.watch(self._clock.now())
            waiting = [run for run in self.context.queue if run.id in self.context.queued_here]
            if self.context.draining:
                waiting = []
            if not len(self.context.supervisor) and not waiting:
                return
            if any(run.not_before is None or run.not_before <= self._clock.now() for run in waiting):
                self._dispatch_own()
            if on_look is not None:
                on_look()
            self.sleep(longest=LOOK_SECONDS if on_look else FOREIGN_SECONDS if waiting else None, dispatching=False)

    def _dispatch_own(self) -> None:
        if not self.lock.acquire():
            if self.store.engine_info().mode in RESIDENT_MODES:
                # The queue is in the registry: whoever serves the directory now goes on with it.
                self.context.queue.clear()
                ring(self.directory)
            return
        try:
            self._bookkeeper.record(self._recovery.look(self._clock.now()))
            self._bookkeeper.record(self._dispatcher.dispatch_queue(self._clock.now()))
        finally:
            self.lock.release()

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
            self._emit(events.EngineDraining(at=now, running=len(context.supervisor)))
        if self._stop_wanted:
            for live in list(context.supervisor):
                if live.asked_at is None:
                    context.supervisor.stop(live.run.id, "the engine was stopped")
                    self._emit(events.RunStopping(at=now, run=live.run, reason="engine stopped", killed=False))

    def _reload_if_offered(self, now: datetime) -> None:
        from peak_console.alerts.judge import judge_rejected

        context = self.context
        rejection, self._rejection = self._rejection, None
        offered, self._offered = self._offered, None
        try:
            if rejection is not None:
                with context:
                    self.store.rejected(rejection)
                    context.raise_alert(judge_rejected(context.jobset.path, rejection.splitlines(), now=now))
                self._emit(events.ReloadRejected(at=now, error=rejection))
                rejection = None
            if offered is not None:
                self._reload_jobs(offered, now)
        except StateError:  # the registry refuses: not forgotten, and as a whole next time
            self._rejection = self._rejection or rejection
            self._offered = self._offered or offered
            raise

    def _reload_jobs(self, offered: JobSet, now: datetime) -> None:
        """Work by new definitions: all of them, or none."""
        from peak_console.alerts.judge import judge_reloaded

        context = self.context
        try:
            channels = self._channels_of(offered)
        except StateError as error:  # the environment names channels too
            self.reject(str(error))
            return
        jobs = filter_jobs_by_tags(offered.jobs.values(), self.options.include_tags, self.options.exclude_tags)
        new = {job.name: job for job in jobs}
        added, removed, changed = changes(context.jobs, new)
        launcher = Launcher(offered, self.directory, self._environ)
        planner = Planner(jobs, self.store.job_states(), now)
        alert = judge_reloaded(offered.path, added=added, removed=removed, changed=changed, now=now)
        with context:
            self.store.loaded(now)
            for name in planner.changed:
                context.remember(planner.states[name])
            if alert is not None:
                context.raise_alert(alert)
        planner.changed.clear()
        context.jobset, context.jobs, context.planner = offered, new, planner
        context.channels, context.launcher = channels, launcher
        context.loaded_at = self._clock.monotonic()
        self._emit(events.JobsReloaded(at=now, added=added, removed=removed, changed=changed))

    def _suffer(self, error: StateError) -> None:
        """Say once what does not work; go on, and try again."""
        self._look_again_at = self._clock.monotonic() + TROUBLE_SECONDS
        if self._trouble is None:
            self._troubled_since = self._clock.now()
            self.store.be_patient(0)
        if str(error) != self._trouble:
            self._trouble = str(error)
            self._emit(events.EngineTroubled(at=self._clock.now(), error=str(error)))

    def _mend(self) -> None:
        """The registry serves: after trouble, go over it as a newcomer would, for whatever was decided meanwhile."""
        if self._trouble is None:
            return
        from peak_console.alerts.judge import judge_trouble

        context, now = self.context, self._clock.now()
        self._bookkeeper.record(self._recovery.look(now))
        with context:
            zone = context.zone_of(None)
            context.raise_alert(judge_trouble(self._trouble, since=self._troubled_since, now=now, zone=zone))
        self._trouble = None
        self.store.be_patient(BUSY_SECONDS)
        self._emit(events.EngineMended(at=now, since=self._troubled_since))

    def sleep(self, longest: float | None = None, *, dispatching: bool = True) -> None:
        """Sleep until there is something to do; who does not dispatch is not woken by slots."""
        seconds = self._seconds_to_sleep(dispatching)
        if longest is not None:
            seconds = min(seconds, longest)
        poll = select.poll()
        for fd in (self.bell.fileno(), *self.context.supervisor.filenos()):
            poll.register(fd, select.POLLIN)
        poll.poll(max(0.0, seconds) * 1000)
        self.bell.hush()

    def _seconds_to_sleep(self, dispatching: bool) -> float:
        context, now, monotonic = self.context, self._clock.now(), self._clock.monotonic()
        seconds = [self.options.poll_interval]
        if (look := context.supervisor.next_look()) is not None:
            seconds.append(look - monotonic)
        if self._trouble is not None:
            seconds.append(TROUBLE_SECONDS)
            return max(0.05, min(seconds))
        if not dispatching:
            return min(seconds)
        if context.foreign:
            seconds.append(self._look_again_at - monotonic)
        if self._retention is not None and not context.draining:
            seconds.append(self._retention.seconds_left())
        if context.hold is None and not context.draining:
            if (slot := context.planner.next_at()) is not None:
                seconds.append((slot - now).total_seconds())
            waiting = [run.not_before for run in context.queue if run.not_before is not None and run.not_before > now]
            if waiting:
                seconds.append((min(waiting) - now).total_seconds())
        return min(seconds)

    def end(self) -> events.EngineStopped:
        """Leave the directory in order; the final status."""
        now = self._clock.now()
        if self._retention is None and self.context.succeeded + self.context.failed:
            from peak_console.engine.retention import prune_a_little

            prune_a_little(self.context, now, int.from_bytes(os.urandom(2), "big") / 65536, PRUNE_SECONDS)
        left = self.context.supervisor.leave_all()
        if self.lock.is_held:  # who has given way long since must not sign off whoever serves now
            self.store.engine_stopped(now)
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
