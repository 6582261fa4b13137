"""The engine that stays: one thread that dispatches, watches, obeys, and sleeps in between.

It sleeps until the next slot, a finished run, a ring of the doorbell, or its longest sleep.
"""

from __future__ import annotations

from peak_console.engine.duties import Duties
from peak_console.engine.registry_loss.at_start import report_alerts
from peak_console.engine.registry_loss.check import RegistryCheck
from peak_console.engine.registry_loss.in_place import ensure_registry
from peak_console.engine.registry_loss.memory import memory_of, restore
from peak_console.engine.startup import Startup
from peak_console.engine.supervision.mishaps import sentence
from peak_console.engine.upkeep.trouble import TROUBLE_SECONDS, Trouble
from peak_console.errors import DamagedError, StateError, TakenAwayError
from peak_console.model.records import Alert
from peak_console.model.terms import Level
from peak_console.store.bell import bell_of
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.engine.context import EngineContext
    from peak_console.engine.control import Control
    from peak_console.engine.core import EngineCore
    from peak_console.engine.events import EngineStopped
    from peak_console.engine.open_directory import OpenDirectory
    from peak_console.engine.setup import EngineSetup

REPLACEMENT_PATIENCE_SECONDS = 20.0
"""How long an engine waits for another one that writes into a registry that was just replaced."""
REPLACEMENT_SECONDS = 60.0
"""Damage that returns sooner is the disk's or another program's doing, and the engine stops."""
GUARD_SECONDS = 4.0
"""How often it sees whether its lock and its doorbell are in place, so that commands are answered in time."""
LEAST_TROUBLE_SECONDS = 0.05


class ResidentEngine:
    """Serves a state directory until it is told to leave."""

    def __init__(self, setup: EngineSetup, place: OpenDirectory, control: Control) -> None:
        """Take over what the state directory holds. The lock has to be held. Raises ``StateError``."""
        self._setup = setup
        self._place = place
        self._control = control
        self._trouble = Trouble(setup, place, control)
        self._replaced_at = float("-inf")
        """When, on the monotonic clock, the registry was last replaced."""
        self._startup = Startup(setup, place, control)
        self.duties = self._startup.begin(self._make_duties)

    def _make_duties(self, core: EngineCore) -> Duties:
        return Duties(self._setup, self._control, core)

    @property
    def core(self) -> EngineCore:
        return self.duties.core

    @property
    def context(self) -> EngineContext:
        return self.duties.core.context

    def serve(self) -> None:
        """Work until asked to drain, and until the last run has ended.

        A registry that turns out to be damaged, or is removed, is replaced, unless there is nothing left to do; see
        ``registry_loss``.

        Raises ``StateError`` when it cannot be replaced, or when another engine has the directory: nothing can be
        decided any more. Runs are left to the next engine.
        """
        self._trouble.forget()
        check = self._make_check() if self._setup.checks_registry else None
        while True:
            self.work(check)
            context = self.context
            if context.status.draining and (self._control.wants_leave or not context.runs.supervisor.keeps_engine()):
                return
            self.give_sign()
            beat_due = self._setup.beat()
            longest = GUARD_SECONDS if beat_due is None else min(beat_due, GUARD_SECONDS)
            self.core.sleep(min(longest, self.seconds_to_sleep()))

    def _make_check(self) -> RegistryCheck:
        return RegistryCheck(self._place.directory, self._setup.clock, self._control.wake)

    def give_sign(self) -> None:
        """Show, where the registry cannot, that the engine lives, and its trouble."""
        self._trouble.give_sign(self.context.served.zone_of(None))

    def seconds_to_sleep(self) -> float:
        """In how many seconds the next turn is due, if nothing wakes the engine before."""
        if self._trouble.is_on:
            return max(LEAST_TROUBLE_SECONDS, min(self.core.seconds_to_sleep(), TROUBLE_SECONDS))
        return self.duties.seconds_to_sleep()

    def work(self, check: RegistryCheck | None = None) -> None:
        """Take one turn, also while the registry refuses or is damaged. Raises as ``serve`` does."""
        try:
            if not self._has_nothing_left() and not self._is_registry_in_place():
                self._replace_registry(damaged=False)
            self._keep_bell()
            self.duties.turn()
            self.leave_trouble()
            if (beacon := self.context.status.beacon) is not None:
                beacon.beat()
            if check is not None:
                check.work()
        except DamagedError as error:
            if self._has_mended(error):
                return
            self.enter_trouble(error)
            if self._setup.clock.monotonic() < self._replaced_at + REPLACEMENT_SECONDS:
                self.context.runs.supervisor.leave_all()
                raise
            self._replace_registry(damaged=True)
        except TakenAwayError as error:
            self.enter_trouble(error)
            self.context.runs.supervisor.leave_all()
            raise
        except StateError as error:
            self.enter_trouble(error)
        except Exception as error:  # noqa: BLE001 - out of memory, threads, …: runs need an engine all the more
            self.enter_trouble(StateError(f"the engine cannot work: {sentence(error)}"))

    def end(self) -> EngineStopped:
        """Leave the directory in order; return the final status."""
        return self.core.end()

    def _has_nothing_left(self) -> bool:
        """Whether it is leaving, with nothing under way.

        A recreated registry would hinder the program that is removing the directory at this moment.
        """
        is_idle = not len(self.context.runs.supervisor) and not self.core.bookkeeper.unrecorded
        return self._control.wants_drain and is_idle

    def _warn(self, text: str) -> None:
        """Raise an alert about something of ours that was taken away and is in place again."""
        now = self._setup.clock.now()
        with self.context.alerts:
            self.context.alerts.raise_alert(Alert(Level.WARNING, text, now, source="state"))

    def _is_registry_in_place(self) -> bool:
        return ensure_registry(self._place.store, self._place.lock, self._setup.clock, self._warn)

    def _keep_bell(self) -> None:
        """Make the doorbell again where it was removed, or replaced by a file that is no doorbell."""
        place = self._place
        if place.bell.is_in_place() or self._has_nothing_left():
            return
        place.hang_bell()
        bell = bell_of(place.lock_name)
        self._warn(f"{place.directory}/{bell} was removed or replaced while this engine served: it is made anew")

    # When the registry refuses, or is gone.

    def enter_trouble(self, error: StateError) -> None:
        """Say once what the registry refuses; go on, and try again."""
        self.duties.look_again_in(TROUBLE_SECONDS)
        self._trouble.enter(error)

    def leave_trouble(self) -> None:
        """The registry works: after trouble, look at it as at a start, for what was decided meanwhile."""
        trouble = self._control.trouble
        if trouble is None:
            return
        from peak_console.alerts.judge import judge_trouble

        text, since = trouble
        context, now = self.context, self._setup.clock.now()
        self.core.look_at_registry(now)
        with context.alerts:
            past = judge_trouble(text, since=since, now=now, zone=context.served.zone_of(None))
            context.alerts.raise_alert(replace(past, resolved_at=now))
        self._trouble.leave()

    def _has_mended(self, error: DamagedError) -> bool:
        """Whether rows that make no sense make sense again, by what the engine knows; then it goes on as it was."""
        core, context, place = self.core, self.context, self._place
        try:
            if not place.mend_rows(error, memory_of(context, core.bookkeeper), context.served.jobset):
                return False
            now = self._setup.clock.now()
            with context.alerts:
                report_alerts(context.alerts, context.emit, place.unreported, now)
            place.unreported = ()
            core.look_at_registry(now)
        except DamagedError:
            return False
        except StateError as refusal:
            self.enter_trouble(refusal)
        return True

    def _replace_registry(self, *, damaged: bool) -> None:
        """Go on with a fresh registry. Raises ``TakenAwayError``; runs are left to the next engine then."""
        before = self.context
        if (ahead := self.core.dispatcher.claims_ahead) is not None:
            ahead.forget(self._setup.clock.now())
        memory = memory_of(before, self.core.bookkeeper)
        before.runs.supervisor.leave_all()
        if before.status.metrics_file is not None:
            before.status.metrics_file.abandon()
        self._replaced_at = self._setup.clock.monotonic()
        try:
            if damaged:
                self._place.replace_registry()
            else:
                self._place.store.reopen()
            # Another engine of the directory may be restoring what it remembers at this moment.
            self._place.store.be_patient(REPLACEMENT_PATIENCE_SECONDS)
            restore(self._place.store, self._setup.executors, memory, self._setup.clock.now())
            self.duties = self._startup.begin_once(
                self._control.take_offer() or before.served.jobset, self._make_duties
            )
        except StateError as error:
            raise TakenAwayError(str(error)) from None
        status = self.context.status
        status.succeeded, status.failed = before.status.succeeded, before.status.failed
        self._trouble.forget()
