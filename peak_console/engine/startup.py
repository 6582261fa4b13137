"""How an engine begins: it signs on in the registry and takes over what the state directory holds."""

from __future__ import annotations

import os

from peak_console.alerts.judge import judge_accepted
from peak_console.decisions.planner import Planner
from peak_console.engine.alerting.alert_log import AlertLog
from peak_console.engine.alerting.incidents import jobs_file_cause
from peak_console.engine.context import EngineContext
from peak_console.engine.core import EngineCore
from peak_console.engine.dispatch.chain_looks import ChainLooks
from peak_console.engine.dispatch.run_queue import RunQueue
from peak_console.engine.gating.taking_up import take_up_gates
from peak_console.engine.state.active_runs import ActiveRuns
from peak_console.engine.state.blackouts import EngineBlackouts
from peak_console.engine.state.engine_status import EngineStatus
from peak_console.engine.state.holds import JobHolds
from peak_console.engine.state.served_jobs import ServedJobs
from peak_console.engine.supervision.launch import Launcher
from peak_console.engine.supervision.recovery import unknown_runs
from peak_console.engine.supervision.supervisor import Supervisor
from peak_console.errors import DamagedError
from peak_console.model.records import EngineInfo
from peak_console.model.terms import RESIDENT_MODES
from peak_console.store.directory import current_user
from peak_console.store.repair.restore import NO_MEMORY
from peak_console.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from typing import TypeVar

    from peak_console.decisions.serving import Share
    from peak_console.engine.control import Control
    from peak_console.engine.open_directory import OpenDirectory
    from peak_console.engine.setup import EngineSetup
    from peak_console.jobs.model import JobSet
    from peak_console.model.records import Alert

    Made = TypeVar("Made")


class Startup:
    """Makes the core of an engine, on a state directory whose lock is held."""

    def __init__(self, setup: EngineSetup, place: OpenDirectory, control: Control) -> None:
        self._setup = setup
        self._place = place
        self._control = control

    def begin(self, make: Callable[[EngineCore], Made]) -> Made:
        """What ``make`` makes of the core, which has taken over every run by then.

        Damage that shows meanwhile is mended: single rows, or else with a fresh registry. Raises ``StateError``.
        """
        # The jobs file may have been saved while another engine was in charge.
        jobset = self._control.take_offer() or self._setup.jobset
        for _ in range(2):
            try:
                return self.begin_once(jobset, make)
            except DamagedError as error:  # in a part that was not checked before
                if not self._place.mend_rows(error, NO_MEMORY, jobset):
                    self._place.replace_registry()
        return self.begin_once(jobset, make)

    def begin_once(self, jobset: JobSet, make: Callable[[EngineCore], Made]) -> Made:
        """As ``begin``, but damage is raised: ``DamagedError``."""
        self._place.hang_bell()
        self._setup.executors.define(jobset.executors)
        now = self._setup.clock.now()
        before = self._place.store.engine_info(strict=True)
        alerts = self._settle(jobset, before, now)
        context = self._signed_on(jobset, before, alerts, now)
        take_up_gates(context, self._setup, self._control.wake)
        try:
            core = EngineCore(self._setup, self._place, self._control, context)
            core.take_over(before.jobs_file, now)
            return make(core)
        except DamagedError:
            context.runs.supervisor.leave_all()
            raise

    def _settle(self, jobset: JobSet, before: EngineInfo, now: datetime) -> Sequence[Alert]:
        """Have a registry that has lost its past run nothing twice; the alerts that say so, and are in it."""
        store, directory = self._place.store, self._place.directory
        alerts: Sequence[Alert] = self._place.unreported
        if before.started_at is None:
            from peak_console.engine.registry_loss.at_start import settle_after_damage

            alerts = settle_after_damage(store, jobset, now)
        unknown = unknown_runs(
            directory, store.last_run_id(strict=True), self._setup.executors, all_of_them=self._place.is_resident
        )
        if unknown:  # but not of what another engine has started at this very moment
            last = store.last_run_id(strict=True)
            unknown = [number for number in unknown if number > last]
        if unknown:
            from peak_console.engine.registry_loss.at_start import settle_after_older_copy

            alerts = [*alerts, settle_after_older_copy(store, directory, jobset, unknown, now)]
        return alerts

    def _signed_on(self, jobset: JobSet, before: EngineInfo, alerts: Sequence[Alert], now: datetime) -> EngineContext:
        """The engine's belongings, once the registry says which jobs it serves."""
        while True:
            share = self._place.share(jobset)
            context = self._make_context(jobset, share, before, now)
            if self._sign_on(context, share, alerts, now):
                self._place.unreported = ()
                return context

    def _make_context(self, jobset: JobSet, share: Share, before: EngineInfo, now: datetime) -> EngineContext:
        setup, store = self._setup, self._place.store
        launcher = Launcher(jobset, setup.directory, setup.environ, setup.surroundings.make_spec)
        planner = Planner(share.jobs.values(), store.job_states(strict=True), now)
        served = ServedJobs(jobset, share, planner, launcher, setup.clock.monotonic())
        blackouts = EngineBlackouts(store, served)
        holds = JobHolds(store, served, blackouts)
        return EngineContext(
            options=setup.options,
            clock=setup.clock,
            directory=setup.directory,
            identity=setup.surroundings.identity(),
            is_alive=setup.surroundings.is_alive,
            lock_name=self._place.lock_name,
            emit=setup.emit,
            beat=setup.beat,
            began_at=setup.clock.monotonic(),
            seen_before=before.stopped_at or before.started_at,
            store=store,
            alerts=AlertLog(setup, store, setup.channels_of(jobset), launcher),
            wake=self._control.wake,
            served=served,
            runs=ActiveRuns(Supervisor(store, setup.executors, setup.clock), RunQueue()),
            status=EngineStatus(before.hold),
            chains=ChainLooks(store, served, holds),
            holds=holds,
            blackouts=blackouts,
        )

    def _sign_on(self, context: EngineContext, share: Share, alerts: Sequence[Alert], now: datetime) -> bool:
        """Record which jobs this engine serves, and report alerts; ``False`` if the share has changed meanwhile."""
        options, path = self._setup.options, context.served.jobset.path
        info = EngineInfo(
            pid=os.getpid(), host=os.uname().nodename, mode=options.mode, version=__version__,
            jobs_file=path, started_at=now, loaded_at=now,
            lock=self._place.lock_name, include_tags=options.include_tags, exclude_tags=options.exclude_tags,
            jobs=share.names(),
        )  # fmt: skip
        with context.alerts:
            if self._place.share(context.served.jobset).contested.keys() != share.contested.keys():
                return False
            context.store.engine_started(info)
            if options.mode in RESIDENT_MODES:
                words = f"an engine has begun: {options.mode}, pid {info.pid}"
                context.store.log_action(current_user(), "begin", words, now)
            context.served.remember_changes(context.store)
            context.alerts.resolve(jobs_file_cause(path), recovery=judge_accepted(path, now=now))
            if alerts:
                from peak_console.engine.registry_loss.at_start import report_alerts

                report_alerts(context.alerts, context.emit, alerts, now)
        return True
