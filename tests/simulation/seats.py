"""The places of a world's engines, and the locks that these hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.engine.control import Control
from peak_console.store.schema.memory import NOWHERE

if TYPE_CHECKING:
    from peak_console.engine.resident import ResidentEngine


class Locks:
    """Who holds which lock; the kernel drops the locks of a process that is gone."""

    def __init__(self) -> None:
        self.holders: dict[str, str] = {}


class SimulatedLock:
    """One engine's hold on a lock of the world."""

    def __init__(self, locks: Locks, name: str, owner: str) -> None:
        self._locks, self._name, self._owner = locks, name, owner
        self.path = f"{NOWHERE}/{name}"

    @property
    def is_held(self) -> bool:
        return self._locks.holders.get(self._name) == self._owner

    def acquire(self) -> bool:
        return self._locks.holders.setdefault(self._name, self._owner) == self._owner

    def is_in_place(self) -> bool:
        return True

    def renew(self) -> bool:
        return self.acquire()

    def give_sign(self, trouble: str = "") -> None:
        pass

    def release(self) -> None:
        if self.is_held:
            del self._locks.holders[self._name]

    def holder(self) -> int | None:
        return 1 if self._name in self._locks.holders else None


class Seat:
    """The place of one engine, in which one follows another."""

    def __init__(self, tags: tuple[str, ...]) -> None:
        self.tags = tags
        self.engine: ResidentEngine | None = None
        self.control = Control()
        self.identity = ""
        self.lock = ""
        """The name of the lock that its engine holds."""
        self.not_before = 0.0
        """When, on the monotonic clock, the next one is started."""
