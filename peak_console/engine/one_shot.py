"""An engine that does one thing and ends: ``--once``, ``run JOB``, and commands where no other engine serves.

It looks after the runs that it has started until they end; all others are left to the next engine that dispatches.
"""

from __future__ import annotations

import os

from peak_console.decisions.conditions import held
from peak_console.engine.startup import Startup
from peak_console.errors import PeakConsoleError
from peak_console.model.terms import RESIDENT_MODES
from peak_console.store.bell import ring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from peak_console.engine.commands.commander import Commander
    from peak_console.engine.context import EngineContext
    from peak_console.engine.control import Control
    from peak_console.engine.core import EngineCore
    from peak_console.engine.events import EngineStopped
    from peak_console.engine.open_directory import OpenDirectory
    from peak_console.engine.setup import EngineSetup
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run

LOOK_SECONDS = 0.1
"""How often ``on_look`` is called."""
WAITING_SECONDS = 1.0
"""How often it sees whether a run that waits may start."""
PRUNE_SECONDS = 0.1
"""How long it prunes the state directory, once its runs have ended."""


class OneShotEngine:
    """Dispatches once, or does what it is asked for, and then lets others dispatch."""

    def __init__(self, setup: EngineSetup, place: OpenDirectory, control: Control) -> None:
        """Take over what the state directory holds. The lock has to be held. Raises ``StateError``."""
        self._setup = setup
        self._place = place
        self._control = control
        self._core: EngineCore = Startup(setup, place, control).begin(lambda core: core)

    @property
    def context(self) -> EngineContext:
        return self._core.context

    def work(self) -> None:
        """Watch the runs and dispatch what is due at this moment. The lock has to be held."""
        self._core.watch(self._setup.clock.now())
        self._ask_gates(self._due())
        self._core.dispatch()

    def dispatch_once(self) -> None:
        """Claim and start what is due at this moment, then let others dispatch. The lock has to be held."""
        self._raise_alerts()
        self._ask_gates(self._due())
        self._core.dispatch()
        self._judge_deadlines()
        self._place.give_way()

    def _judge_deadlines(self) -> None:
        """Raise and resolve the alerts of deadlines. The lock has to be held."""
        if self._core.context.served.jobset.has_deadlines:
            from peak_console.engine.alerting.deadlines import DeadlineWatch

            DeadlineWatch(self._core.context).look(self._setup.clock.now())

    def _due(self) -> list[str]:
        """The jobs with something to decide at this moment."""
        context = self._core.context
        waiting = (run.defined_by for run in context.runs.queue)
        return [*context.served.planner.due_names(self._setup.clock.now()), *waiting]

    def _ask_gates(self, jobs: Iterable[str]) -> None:
        """Ask the gates of some jobs, and record what they say."""
        context = self._core.context
        if (gates := context.status.gates) is not None:
            gates.ask_for(context.served.jobs[name] for name in {*jobs} if name in context.served.jobs)
            gates.look(self._setup.clock.now())

    def run_by_hand(
        self,
        job: JobDefinition,
        *,
        by: str,
        force: bool,
        chain: str | None = None,
        args_changed: Sequence[str] = (),
    ) -> tuple[Run | None, str]:
        """Start a run by hand, then let others dispatch; return it, or why there is none. The lock has to be held."""
        core = self._core
        hold = core.context.status.hold or core.context.holds.of(job, self._setup.clock.now())
        if hold is not None and not force:
            self._place.give_way()
            return None, f"{held(hold, core.context.served.zone_of(None))}; release the hold"
        window = core.context.blackouts.over(job, self._setup.clock.now())
        if window is not None and not force:
            from peak_console.decisions.holding.blackouts import window_in_words

            self._place.give_way()
            return None, f"{window_in_words(window, core.context.served.zone_of(None))}; wait for its end"
        self._ask_gates([job.name])
        if (gate := core.context.status.why_gated(job)) is not None:
            self._place.give_way()
            raise PeakConsoleError(f"{job.name}: {gate}; see: peak-console gate list")
        if chain is not None:
            from peak_console.engine.dispatch.chain_by_hand import refusal_of

            if why := refusal_of(core.context.served.jobset.jobs, core.context.store, job, chain):
                self._place.give_way()
                raise PeakConsoleError(f"{job.name}: {why}")
        run, refusal, ends = core.dispatcher.start_by_hand(
            job, self._setup.clock.now(), by=by, force=force, chain=chain, args_changed=args_changed
        )
        core.bookkeeper.record(ends)
        self._place.give_way()
        return run, refusal

    def obey_once(self) -> None:
        """Answer the commands that are open. The lock has to be held."""
        self._commander().obey(self._setup.clock.now())
        self._place.give_way()

    def _commander(self) -> Commander:
        from peak_console.engine.commands.commander import Commander

        core = self._core
        return Commander(core.context, core.dispatcher, core.bookkeeper.record, self._setup.reload)

    def finish_own(self, on_look: Callable[[], None] | None = None) -> None:
        """Look after the runs that were started here, and their further attempts, until they have ended.

        ``on_look`` is called several times a second meanwhile.

        Long runs keep no other engine waiting: the lock is held only for the moment in which a queued run starts.
        """
        core, context, clock = self._core, self._core.context, self._setup.clock
        while True:
            core.obey_control(clock.now())
            core.watch(clock.now())
            waiting = context.runs.queue.own()
            if context.status.draining:
                waiting = []
            supervisor = context.runs.supervisor
            if not waiting and not (supervisor.keeps_engine() if context.status.draining else len(supervisor)):
                self._raise_alerts_of_runs()
                return
            if any(run.not_before is None or run.not_before <= clock.now() for run in waiting):
                self._dispatch_own()
                if not len(supervisor) and all(run.awaits is not None for run in context.runs.queue.own()):
                    return  # what waits for other jobs is left to the engine that runs these
            if on_look is not None:
                on_look()
            seconds = core.seconds_to_sleep()
            if on_look is not None:
                seconds = min(seconds, LOOK_SECONDS)
            elif waiting:
                seconds = min(seconds, WAITING_SECONDS)
            core.sleep(seconds)

    def _raise_alerts(self) -> None:
        """Raise the alerts that jobs and people have left for an engine. The lock has to be held."""
        if self._place.store.open_command_ids():
            self._commander().raise_alerts(self._setup.clock.now())

    def _raise_alerts_of_runs(self) -> None:
        """Raise what the runs of this start have left; whatever engine has the lock just now sees to it itself."""
        has_left = self._place.store.open_command_ids() or self._core.context.served.jobset.has_deadlines
        if has_left and self._place.lock.acquire():
            try:
                self._raise_alerts()
                self._judge_deadlines()
            finally:
                self._place.lock.release()

    def _dispatch_own(self) -> None:
        core, place = self._core, self._place
        self._ask_gates([run.defined_by for run in core.context.runs.queue.own()])
        if not place.lock.acquire():
            if (place.holder().mode or "") in RESIDENT_MODES:
                # The queue is in the registry: the engine that serves these jobs now goes on with it.
                core.context.runs.queue.clear()
                ring(place.directory)
            return
        try:
            core.look_at_registry(self._setup.clock.now())
            core.context.holds.read()
            core.context.blackouts.read()
            core.context.holds.look(self._setup.clock.now())
            core.bookkeeper.record(core.dispatcher.dispatch_queue(self._setup.clock.now()))
        finally:
            place.lock.release()

    def end(self) -> EngineStopped:
        """Prune a little, if it ran something, and leave the directory in order; the final status."""
        context = self._core.context
        if context.status.succeeded + context.status.failed:
            from peak_console.engine.upkeep.retention import prune_a_little, pruning_of

            lot = int.from_bytes(os.urandom(2), "big") / 65536
            prune_a_little(pruning_of(context), self._setup.clock.now(), lot, PRUNE_SECONDS)
        return self._core.end()
