"""The engine that stays: one thread that dispatches, watches, obeys, and sleeps in between.

It sleeps until the next slot, a finished process, a ring of the doorbell, or its longest sleep.
"""

from __future__ import annotations

from peak_console.engine import events
from peak_console.engine.base import EngineCore
from peak_console.engine.commands import Commander
from peak_console.engine.mishaps import sentence
from peak_console.engine.readiness import Readiness
from peak_console.engine.registry_loss.at_start import tell_of_damage
from peak_console.engine.registry_loss.while_serving import Inspector, known_to, restore, stand_firm
from peak_console.engine.reload import reload_jobs, take_up_what_is_left, tell_of_hold_back, tell_of_rejection
from peak_console.engine.retention import Retention
from peak_console.engine.unserved import Unserved
from peak_console.engine.waiting import Waiting
from peak_console.errors import DamagedError, StateError, TakenAwayError
from peak_console.model.records import Alert
from peak_console.model.terms import Level
from peak_console.store.bell import Doorbell, bell_of
from peak_console.store.database import BUSY_SECONDS as START_SECONDS
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.jobs.model import JobSet

FOREIGN_SECONDS = 1.0
"""How often the engine sees whether another process still looks after its runs."""
BUSY_SECONDS = 1.0
"""How long it waits for another program that writes, before it looks after what runs again."""
RENEWAL_SECONDS = 60.0
"""Damage that comes back sooner is the disk's, or somebody's whom no engine can help."""
SIGN_SECONDS = 10.0
"""How often it gives a sign of life at least; see ``heartbeat``."""
GUARD_SECONDS = 4.0
"""How often it sees whether its lock and its doorbell are in place, so that commands are answered in time."""
CRY_SECONDS = 10.0
"""Trouble that lasts so long is told to the channels directly."""
TROUBLE_SECONDS = 1.0
"""How long it waits before it tries again what the registry refused."""


class Engine(EngineCore):
    """Serves a state directory until it is told to leave."""

    _reload: Callable[[bool], str] = staticmethod(lambda _accept: "this engine does not reload")
    _trouble: str | None = None
    """What the registry refuses now, and ``_troubled_since`` when."""
    _troubled_since: datetime
    _look_again_at = 0.0
    _renewed_at = float("-inf")
    _sign_due = float("-inf")
    _last_words = ""
    _cried = False
    """Whether the channels know of the present trouble."""
    _on_emergency: Callable[[Alert], None] = staticmethod(lambda _alert: None)

    def on_reload(self, reload: Callable[[bool], str]) -> None:
        """What the ``reload`` command calls: reads the file again and offers it; why it does not, or nothing.

        It is told whether to accept whatever the file removes.
        """
        self._reload = reload

    def on_emergency(self, send: Callable[[Alert], None]) -> None:
        """What sends an alert that the registry cannot take, past the outbox."""
        self._on_emergency = send

    @property
    def trouble(self) -> tuple[str, datetime] | None:
        """What keeps it from recording anything, and therefore from starting anything, since when. From any thread."""
        trouble = self._trouble
        return (trouble, self._troubled_since) if trouble is not None else None

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
                self._clock.sleep(TROUBLE_SECONDS)
                continue
            break
        self._trouble = None
        self.store.be_patient(START_SECONDS)
        return not self._drain_wanted

    def _make_bell(self) -> Doorbell:
        return Doorbell(self.directory, bell_of(self.lock_name))

    def _begin(self) -> None:
        super()._begin()
        self._commander = Commander(self.context, self._dispatcher, self._bookkeeper.record, self._reload)
        self.store.forget_old_arguments()
        self._retention = Retention(self.context)
        self._unserved = Unserved(self.context)
        self._waiting = Waiting(self.context)
        self._readiness = Readiness(self.context, self._executor)
        self._readiness.look(self._clock.now())

    def serve(self) -> None:
        """Work until asked to drain, and until the last run has ended.

        A registry that turns out to be damaged, or is removed, is replaced, unless there is nothing left to do; see
        ``renewal``.

        Raises ``StateError`` when it cannot be replaced, or when somebody else has the directory: nothing can be
        decided any more. What runs is left to the next engine.
        """
        self.store.be_patient(BUSY_SECONDS)
        inspector = Inspector(self.directory, self._clock, self.ring)
        while True:
            self.work(inspector)
            if self.context.draining and (self._leave_wanted or not self.context.supervisor.keeps_engine()):
                return
            self._give_sign()
            due = self._beat()
            self.sleep(longest=GUARD_SECONDS if due is None else min(due, GUARD_SECONDS))

    def work(self, inspector: Inspector | None = None) -> None:
        """Do everything that is to be done now, whatever state the registry is in. Raises as ``serve`` does."""
        try:
            if not self._has_nothing_left() and not stand_firm(self.store, self.lock, self._clock, self._tell):
                self._renew(damaged=False)
            self._keep_bell()
            self.turn()
            self._mend()
            if inspector is not None:
                inspector.work()
        except DamagedError as error:
            if self._has_mended(error):
                return
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
        except Exception as error:  # noqa: BLE001 - out of memory, threads, …: what runs needs an engine all the more
            self._suffer(StateError(f"the engine cannot work: {sentence(error)}"))

    def _give_sign(self) -> None:
        """Show that it lives and how it stands, to whoever looks and to the channels, where the registry cannot."""
        now = self._clock.monotonic()
        trouble = self.trouble
        if trouble is None:
            self._cried = False
        elif not self._cried and (self._clock.now() - trouble[1]).total_seconds() >= CRY_SECONDS:
            from peak_console.alerts.judge import judge_lasting_trouble

            self._cried = True
            at = self._clock.now()
            self._on_emergency(judge_lasting_trouble(*trouble, now=at, zone=self.context.zone_of(None)))
        words = f"{trouble[0]} (since {trouble[1]:%Y-%m-%d %H:%M:%S} UTC)" if trouble is not None else ""
        if now >= self._sign_due or words != self._last_words:
            self.lock.give_sign(words)
            self._last_words, self._sign_due = words, now + SIGN_SECONDS / 2

    def _has_mended(self, error: DamagedError) -> bool:
        """Whether rows that make no sense make sense again, by what the engine knows; then it goes on as it was."""
        try:
            if not self._mend_rows(error, known_to(self.context, self._bookkeeper)):
                return False
            now = self._clock.now()
            with self.context:
                tell_of_damage(self.context, self._untold, now)
            self._untold = ()
            self._bookkeeper.record(self._recovery.look(now))
        except DamagedError:
            return False
        except StateError as refusal:
            self._suffer(refusal)
        return True

    def _tell(self, words: str) -> None:
        """Something of ours was taken away, and is mended: an alert, as whoever did it may not know."""
        now = self._clock.now()
        with self.context:
            self.context.raise_alert(Alert(Level.WARNING, words, now, source="state"))

    def _keep_bell(self) -> None:
        """Hang the doorbell anew where it was removed, or replaced by a file that nobody can ring."""
        if self.bell.is_in_place() or self._has_nothing_left():
            return
        self.bell.close()
        self.bell = self._make_bell()
        bell = bell_of(self.lock_name)
        self._tell(f"{self.directory}/{bell} was removed or replaced while this engine served: it is made anew")

    def _has_nothing_left(self) -> bool:
        """Whether it is leaving, with nothing under way.

        A registry made anew only to be left behind would hinder whoever is removing the directory at this moment.
        """
        return self._drain_wanted and not len(self.context.supervisor) and not self._bookkeeper.unrecorded

    def turn(self) -> None:
        """Do everything that is to be done now, in an order in which nothing waits for something slower."""
        now = self._clock.now()
        self._obey_flags(now)
        self.watch(now)
        if self.context.is_shared:
            self.context.hold = self.store.hold()
        self._commander.obey(now)
        self._reload_if_offered(now)
        self._look_at_others(now)
        self.dispatch()
        self._unserved.look(now)
        self._waiting.look(now)
        if self.context.alerts_owed:
            self.context.wake_delivery()
        if not self.context.draining:
            self._retention.work(now)
            self._sweep.work()
        self._readiness.look(now)

    def _look_at_others(self, now: datetime) -> None:
        """See what other processes run: now and then, and, where other engines serve too, before anything starts."""
        context, monotonic = self.context, self._clock.monotonic()
        is_time = monotonic >= self._look_again_at
        slot = context.planner.next_at() if context.is_shared else None
        starts = context.is_shared and (bool(context.queue) or (slot is not None and slot <= now))
        if not (starts or (is_time and (context.foreign or context.is_shared))):
            return
        if is_time:
            self._look_again_at = monotonic + FOREIGN_SECONDS
            if context.contested:
                take_up_what_is_left(context, now)
        self._bookkeeper.record(self._recovery.look(now))

    def _reload_if_offered(self, now: datetime) -> None:
        rejection, self._rejection = self._rejection, None
        held_back, self._held_back = self._held_back, None
        offered, self._offered = self._offered, None
        try:
            if held_back is not None:
                tell_of_hold_back(self.context, held_back, now)
                held_back = None
            if rejection is not None:
                tell_of_rejection(self.context, rejection, now)
                rejection = None
            if offered is not None:
                self._take_up(offered, now)
        except StateError:  # the registry refuses: not forgotten, and as a whole next time
            self._rejection = self._rejection or rejection
            self._held_back = held_back if self._held_back is None else self._held_back
            self._offered = self._offered or offered
            raise

    def _take_up(self, offered: JobSet, now: datetime) -> None:
        try:
            channels = self._channels_of(offered)
        except StateError as error:  # the environment names channels too
            self.reject(str(error))
            return
        reload_jobs(self.context, offered, channels, self._environ, now)
        self._look_again_at = 0.0  # of a job that is ours now another engine may still have a run

    def _seconds_to_sleep(self) -> float:
        context, now, monotonic = self.context, self._clock.now(), self._clock.monotonic()
        seconds = [super()._seconds_to_sleep()]
        if self._trouble is not None:
            return max(0.05, min(*seconds, TROUBLE_SECONDS))
        if self._dispatcher.places.has_more:
            return 0
        if context.foreign or context.contested:
            seconds.append(self._look_again_at - monotonic)
        if context.hold is None and (late := self._waiting.seconds_left(now)) is not None:
            seconds.append(late)
        if (left := self._unserved.seconds_left()) is not None and not context.draining and context.hold is None:
            seconds.append(left)
        if not context.draining:
            seconds.append(self._retention.seconds_left())
        if context.hold is None and not context.draining:
            if (slot := context.planner.next_at()) is not None:
                seconds.append((slot - now).total_seconds())
            waiting = [run.not_before for run in context.queue if run.not_before is not None and run.not_before > now]
            if waiting:
                seconds.append((min(waiting) - now).total_seconds())
        return min(seconds)

    # When the registry refuses, or is gone.

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
            past = judge_trouble(self._trouble, since=self._troubled_since, now=now, zone=zone)
            context.raise_alert(replace(past, resolved_at=now))
        self._trouble = None
        self.store.be_patient(BUSY_SECONDS)
        self._emit(events.EngineMended(at=now, since=self._troubled_since))

    def _renew(self, *, damaged: bool) -> None:
        """Go on with a fresh registry. Raises ``TakenAwayError``; what runs is left to the next engine then."""
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
