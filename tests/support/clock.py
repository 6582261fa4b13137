"""Time that moves when a test says so."""

from __future__ import annotations

import select
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MONDAY_MORNING = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


class FakeClock:
    """A wall clock and a monotonic clock that ``advance`` together; ``step`` sets the wall clock alone."""

    def __init__(self, now: datetime = MONDAY_MORNING) -> None:
        self._now = now
        self._monotonic = 1000.0
        self._asleep = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def asleep(self) -> float:
        return self._asleep

    def suspend(self, seconds: float) -> None:
        """As a machine that sleeps: only the wall clock goes on."""
        self._now += timedelta(seconds=seconds)
        self._asleep += seconds

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def sleep(self, seconds: float) -> None:
        self.advance(max(0.0, seconds))

    def wait(self, descriptors: Sequence[int], seconds: float) -> None:
        """Whoever would wait finds that the time has passed, unless something is to be read now."""
        if not select.select(descriptors, [], [], 0)[0]:
            self.sleep(seconds)

    def step(self, seconds: float) -> None:
        """As somebody setting the clock does."""
        self._now += timedelta(seconds=seconds)
