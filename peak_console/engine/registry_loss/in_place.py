"""Whether the lock and the registry of a serving engine are where others look for them."""

from __future__ import annotations

import os

from peak_console.errors import TakenAwayError
from peak_console.store.directory import prepare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.clock import Clock
    from peak_console.store.locks import Lock
    from peak_console.store.store import Store

RENEW_SECONDS = 2.0
"""How long an engine tries to take its lock again, if only the lock's file was removed."""
RENEW_LOOK_SECONDS = 0.005


def ensure_registry(store: Store, lock: Lock, clock: Clock, warn: Callable[[str], None] = lambda _text: None) -> bool:
    """Make sure that the lock of an engine that serves is the one that others see; whether the registry is in place.

    ``warn`` is told of a lock file that had to be recreated.

    Raises:
        TakenAwayError: another engine serves the directory now.
        StateError: the registry cannot be recreated.
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
        warn(f"{lock.path} was removed or replaced while this engine served: it is made anew, and held")
    return in_place


def _renewed(lock: Lock, clock: Clock, seconds: float) -> bool:
    """Whether the lock is held again. Whoever starts meanwhile takes it for a moment, until the registry names us."""
    until = clock.monotonic() + seconds
    while not lock.renew():
        if clock.monotonic() >= until:
            return False
        clock.sleep(RENEW_LOOK_SECONDS)
    return True
