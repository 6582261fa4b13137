"""A clock that nothing but waiting moves."""

from __future__ import annotations

from datetime import timedelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class VirtualClock:
    """Whoever waits on it finds that the time has passed."""

    def __init__(self, now: datetime) -> None:
        self._began = now
        self._now = now
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def asleep(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        self.go_to(self._now + timedelta(seconds=max(0.0, seconds)))

    def wait(self, descriptors: Sequence[int], seconds: float) -> None:  # noqa: ARG002 - nobody else is there
        self.sleep(seconds)

    def go_to(self, moment: datetime) -> None:
        """Let the time pass until then. Both clocks tell the same to the microsecond."""
        self._now = max(moment, self._now)
        self._monotonic = (self._now - self._began).total_seconds()
