"""The clocks of a simulated machine: they leap, and they stand still while it sleeps."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class MachineClock:
    """A wall clock that may leap, and a monotonic one that does not go on while the machine is suspended."""

    def __init__(self, now: datetime) -> None:
        self._began = now
        self._wall = timedelta()
        """How far the wall clock is ahead of the monotonic one."""
        self._micros = 0

    def now(self) -> datetime:
        return self._began + timedelta(microseconds=self._micros) + self._wall

    def monotonic(self) -> float:
        return self._micros / 1e6

    def asleep(self) -> float:
        return self._slept

    _slept = 0.0

    def sleep(self, seconds: float) -> None:
        self._micros += max(0, round(seconds * 1e6))

    def wait(self, descriptors: Sequence[int], seconds: float) -> None:
        self.sleep(seconds)

    def leap(self, seconds: float) -> None:
        """Somebody sets the wall clock."""
        self._wall += timedelta(seconds=seconds)

    def suspend(self, seconds: float) -> None:
        """The machine sleeps: no process goes on, and no engine."""
        self._wall += timedelta(seconds=seconds)
        self._slept += seconds
