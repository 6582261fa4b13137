"""Time that moves when a test says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MONDAY_MORNING = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


class FakeClock:
    """A wall clock and a monotonic clock that ``advance`` together; ``step`` sets the wall clock alone."""

    def __init__(self, now: datetime = MONDAY_MORNING) -> None:
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def step(self, seconds: float) -> None:
        """As somebody setting the clock does."""
        self._now += timedelta(seconds=seconds)
