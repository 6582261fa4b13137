"""What a resident engine does at each turn, and when the next turn is due."""

from __future__ import annotations

from peak_console.engine.alerting.deadlines import DeadlineWatch
from peak_console.engine.alerting.unserved import Unserved
from peak_console.engine.alerting.waiting import Waiting
from peak_console.engine.commands.commander import Commander
from peak_console.engine.dispatch.awaiting import seconds_to_misses
from peak_console.engine.gating.taking_up import take_up_gates
from peak_console.engine.supervision.executor_preparation import ExecutorPreparation
from peak_console.engine.supervision.launch import Launcher
from peak_console.engine.upkeep.reload import reload_jobs, take_up_what_is_left, tell_of_hold_back, tell_of_rejection
from peak_console.engine.upkeep.retention import Retention, pruning_of
from peak_console.errors import StateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.engine.control import Control
    from peak_console.engine.core import EngineCore
    from peak_console.engine.setup import EngineSetup
    from peak_console.jobs.model import JobSet

FOREIGN_SECONDS = 1.0
"""How often the engine sees whether another process still looks after its runs."""


class Duties:
    """The parts of a resident engine, around its core."""

    def __init__(self, setup: EngineSetup, control: Control, core: EngineCore) -> None:
        self._setup = setup
        self._control = control
        self.core = core
        context = core.context
        self.commander = Commander(context, core.dispatcher, core.bookkeeper.record, setup.reload)
        context.store.forget_old_arguments()
        self._retention = Retention(pruning_of(context))
        self._unserved = Unserved(
            context.clock, context.store, context.served, context.status, context.alerts, context.lock_name
        )
        self._waiting = Waiting(context.served, context.runs, context.status, context.alerts)
        self._deadlines = DeadlineWatch(context)
        self._executor_preparation = ExecutorPreparation(
            setup.executors, context.served, context.runs, setup.clock, setup.options.poll_interval
        )
        self._executor_preparation.look(setup.clock.now())
        self._look_again_at = 0.0
        """When, on the monotonic clock, to see what other processes run."""

    def turn(self) -> None:
        """Do everything that is to be done now, in an order in which nothing waits for something slower."""
        core, context, now = self.core, self.core.context, self._setup.clock.now()
        core.let_go()
        core.obey_control(now)
        core.watch(now)
        if core.dispatcher.claims_ahead is not None:
            core.dispatcher.claims_ahead.give_back_disturbed(now)
        if context.is_shared:
            context.status.hold = context.store.hold()
            if context.status.gates is not None:
                context.status.gates.read_closings()
            context.holds.read()
            context.blackouts.read()
        self.commander.obey(now)
        self._reload_if_offered(now)
        self._look_at_others(now)
        if context.status.gates is not None:
            context.status.gates.look(now)
        core.dispatch()
        self._unserved.look(now)
        self._waiting.look(now)
        self._deadlines.look(now)
        if context.alerts.is_delivery_due:
            context.alerts.wake_delivery()
        if not context.status.draining and context.options.keeps_house:
            self._retention.work(now)
            core.sweep.work()
        self._executor_preparation.look(now)

    def look_again_in(self, seconds: float) -> None:
        """See in some seconds, and not before, what other processes run."""
        self._look_again_at = self._setup.clock.monotonic() + seconds

    def _look_at_others(self, now: datetime) -> None:
        """See what other processes run: now and then, and, where other engines serve too, before anything starts."""
        context, monotonic = self.core.context, self._setup.clock.monotonic()
        is_time = monotonic >= self._look_again_at
        slot = context.served.planner.next_at() if context.is_shared else None
        starts = context.is_shared and (bool(context.runs.queue) or (slot is not None and slot <= now))
        if not (starts or (is_time and (context.runs.foreign or context.is_shared))):
            return
        if is_time:
            self._look_again_at = monotonic + FOREIGN_SECONDS
            if context.served.contested and take_up_what_is_left(context, now):
                take_up_gates(context, self._setup, self._control.wake)
        self.core.look_at_registry(now)

    def _reload_if_offered(self, now: datetime) -> None:
        control, context = self._control, self.core.context
        rejection, held_back, offered = control.take_rejection(), control.take_hold_back(), control.take_offer()
        try:
            if held_back is not None:
                tell_of_hold_back(context, held_back, now)
                held_back = None
            if rejection is not None:
                tell_of_rejection(context, rejection, now)
                rejection = None
            if offered is not None:
                self._take_up(offered, now)
        except StateError:  # the registry refuses: not forgotten, and as a whole next time
            control.give_back(offered=offered, rejection=rejection, held_back=held_back)
            raise

    def _take_up(self, offered: JobSet, now: datetime) -> None:
        try:
            channels = self._setup.channels_of(offered)
        except StateError as error:  # the environment names channels too
            self._control.reject(str(error))
            return
        setup = self._setup
        launcher = Launcher(offered, setup.directory, setup.environ, setup.surroundings.make_spec)
        reload_jobs(self.core.context, offered, channels, launcher, now)
        take_up_gates(self.core.context, setup, self._control.wake)
        self._look_again_at = 0.0  # of a job that is ours now another engine may still have a run

    def seconds_to_sleep(self) -> float:
        """In how many seconds the next turn is due, if nothing wakes the engine before."""
        context, now = self.core.context, self._setup.clock.now()
        if self.core.dispatcher.output_preparation.has_more:
            return 0
        seconds = [self.core.seconds_to_sleep()]
        if (left := self._deadlines.seconds_left(now)) is not None:
            seconds.append(left)
        if context.runs.foreign or context.served.contested:
            seconds.append(self._look_again_at - self._setup.clock.monotonic())
        if (late := self._waiting.seconds_left(now)) is not None:
            seconds.append(late)
        gates = context.status.gates
        if gates is not None and (fresh := gates.seconds_left()) is not None:
            seconds.append(fresh)
        beacon = context.status.beacon
        if beacon is not None and (beat := beacon.seconds_left()) is not None:
            seconds.append(beat)
        if not context.status.draining:
            if context.options.keeps_house:
                seconds.append(self._retention.seconds_left())
            if context.status.hold is None:
                seconds += self._seconds_to_starts(now)
        return min(seconds)

    def _seconds_to_starts(self, now: datetime) -> list[float]:
        """In how many seconds a slot or a retry is due, or a slot that no engine serves."""
        context = self.core.context
        moments = [run.not_before for run in context.runs.queue if run.not_before is not None and run.not_before > now]
        if (slot := context.served.planner.next_at()) is not None:
            moments.append(slot)
        if (end := context.holds.next_end()) is not None:
            moments.append(end)
        if (change := context.blackouts.next_change(now)) is not None:
            moments.append(change)
        seconds = [(moment - now).total_seconds() for moment in moments]
        ahead = self.core.dispatcher.claims_ahead
        if ahead is not None and (soon := ahead.seconds_left(now)) is not None:
            seconds.append(soon)
        seconds += seconds_to_misses(context, now)
        if (left := self._unserved.seconds_left()) is not None:
            seconds.append(left)
        return seconds
