"""An engine whose registry is damaged, moved or removed while it serves: it goes on by what it has in mind.

So nothing runs twice, and what runs is looked after: a fresh registry gets what could be read of the old one, and then
whatever the engine still knows.
"""

from __future__ import annotations

import os
import threading

from peak_console.errors import DamagedError, StartError, StateError, TakenAwayError
from peak_console.model.records import Alert, Level, RunState
from peak_console.runs.local.run_directory import lay_out
from peak_console.store.damage import SOURCE, STATES_WHOLE, looks_sound
from peak_console.store.directory import prepare, run_directory
from peak_console.store.restore import Known, recall
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.clock import Clock
    from peak_console.engine.bookkeeping import Bookkeeper
    from peak_console.engine.context import EngineContext
    from peak_console.model.records import Run
    from peak_console.store.locks import EngineLock
    from peak_console.store.store import Store

FIRST_SECONDS = 10.0
"""How long after its begin an engine first has its registry looked through."""
EVERY_SECONDS = 60.0
RENEW_SECONDS = 2.0
RENEW_LOOK_SECONDS = 0.005
SHARE = 1000
"""The registry is looked through no longer than this part of the time."""


def known_to(context: EngineContext, bookkeeper: Bookkeeper) -> Known:
    """What an engine has in mind."""
    runs: dict[int, Run] = {end.run.id: end.run for end in bookkeeper.unrecorded}
    runs |= {run.id: run for run in context.queue}
    runs |= {each.run.id: each.run for each in context.supervisor.preparation}
    for live in context.supervisor:
        runs[live.run.id] = replace(live.run, stop_reason=live.stop_reason or live.run.stop_reason)
    return Known(
        list(runs.values()), list(context.planner.states.values()), bookkeeper.failures, context.hold, _last_id(context)
    )


def _last_id(context: EngineContext) -> int:
    """The highest number of a run, read from a registry that may be removed, but is still open."""
    try:
        return context.store.last_run_id()
    except StateError:  # damaged: the numbers of the files tell
        return 0


def restore(store: Store, known: Known, now: datetime) -> None:
    """Make a registry that has lost its past serve on. Raises ``StateError``."""
    fresh = store.engine_info().started_at is None
    with store:
        recall(store, known)
        if fresh and not any(alert.source == SOURCE for alert in store.alerts(limit=50)):
            store.add_alert(_removed(known, now), [], now)
    for run in known.runs:
        if run.state != RunState.QUEUED:
            try:  # its end is written there
                lay_out(run_directory(store.directory, run.id))
            except StartError:  # it is lost then, as the disk is
                pass


def _removed(known: Known, now: datetime) -> Alert:
    running = sum(run.state != RunState.QUEUED for run in known.runs)
    lines = [
        "the registry was removed while an engine served it: a fresh one is in use",
        f"The schedules go on where they were; {running or 'no'} run{'' if running == 1 else 's'} under way.",
        "The history is gone, and with a removed state directory the output of all runs up to now.",
    ]
    return Alert(Level.CRITICAL, "\n".join(lines), now, source=SOURCE, context={STATES_WHOLE: False})


def stand_firm(store: Store, lock: EngineLock, clock: Clock, tell: Callable[[str], None] = lambda _words: None) -> bool:
    """Make sure that the lock of an engine that serves is the one that others see; whether the registry is in place.

    ``tell`` is told of a lock that had to be made anew.

    Raises:
        TakenAwayError: somebody else has the directory now.
        StateError: it cannot be made anew.
    """
    in_place = store.is_in_place()
    if lock.is_in_place():
        return in_place
    taken = f"{store.directory}: the state directory was removed or replaced while this engine served it"
    prepare(store.directory)
    if not _renewed(lock, clock, RENEW_SECONDS if in_place else 0):
        raise TakenAwayError(f"{taken}, and another one serves it now; what runs is left alone")
    if not in_place and os.path.exists(store.path):
        raise TakenAwayError(f"{taken} by one with a registry of its own; start the engine again")
    if in_place:
        tell(f"{lock.path} was removed or replaced while this engine served: it is made anew, and held")
    return in_place


def _renewed(lock: EngineLock, clock: Clock, seconds: float) -> bool:
    """Whether the lock is held again. Whoever starts meanwhile takes it for a moment, until the registry names us."""
    until = clock.monotonic() + seconds
    while not lock.renew():
        if clock.monotonic() >= until:
            return False
        clock.sleep(RENEW_LOOK_SECONDS)
    return True


class Inspector:
    """Looks through the registry once in a while, in a thread: much of it is read by nobody for weeks."""

    def __init__(self, directory: str, clock: Clock, on_damage: Callable[[], None]) -> None:
        """``on_damage`` is called in the thread that has found damage."""
        self._directory = directory
        self._clock = clock
        self._on_damage = on_damage
        self._damaged = False
        self._thread: threading.Thread | None = None
        self._next_at = self._clock.monotonic() + FIRST_SECONDS

    def work(self) -> None:
        """Begin a look if it is time for one. Raises ``DamagedError`` once one has found damage."""
        if self._damaged:
            self._damaged = False
            raise DamagedError(
                f"{self._directory}: the registry was found to be damaged; an engine that starts sets it aside"
            )
        if self._clock.monotonic() < self._next_at or (self._thread is not None and self._thread.is_alive()):
            return
        thread = threading.Thread(target=self._look, name="registry-check", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the machine has no room for it now
            self._next_at = self._clock.monotonic() + EVERY_SECONDS
        else:
            self._thread = thread

    def _look(self) -> None:
        began = self._clock.monotonic()
        sound = looks_sound(self._directory)
        self._next_at = began + max(EVERY_SECONDS, (self._clock.monotonic() - began) * SHARE)
        if not sound:
            self._damaged = True
            self._on_damage()
