"""When a forecast is made anew: at once for what an operator does, and seldom enough to cost next to nothing. Pure."""

from __future__ import annotations

from enum import IntEnum

SETTLE_SECONDS = 0.5
"""How long further changes are waited for."""
REST_SECONDS = 5.0
"""The shortest time between two forecasts that nobody has asked for."""
SURPRISE_FACTOR = 10.0
"""After a surprise: so many times as long as the last one took of a processor's time is rested."""
AGE_FACTOR = 100.0
"""As time goes on: so many times."""
AGE_SECONDS = 300.0
"""At this age it is made anew without a reason."""
FAILURE_SECONDS = 60.0
"""One that has failed is not tried again sooner."""


class Reason(IntEnum):
    """Why a forecast is to be made anew; the more urgent is the higher."""

    NONE = 0
    AGE = 1
    SURPRISE = 2
    """A run has started or ended otherwise than foreseen."""
    CHANGE = 3
    """Jobs, holds, gates or overrides are others now."""


class Pace:
    """Times are seconds on a clock that never steps."""

    def __init__(self) -> None:
        self.reason = Reason.CHANGE
        """Why the forecast there is is no longer good enough; at first there is none."""
        self._since = float("-inf")
        self._started = float("-inf")
        self._ended = float("-inf")
        self._cost = 0.0
        self._failed = False

    def wants(self, reason: Reason, now: float) -> None:
        """There is a reason to make it anew."""
        if reason > self.reason or reason == Reason.CHANGE:
            self.reason, self._since = reason, now

    def started(self, now: float) -> None:
        """One is being made, of how things stand now."""
        self.reason, self._started = Reason.NONE, now

    def ended(self, now: float, cost: float, *, failed: bool) -> None:
        """It is there, or not to be had; ``cost`` is what it took of a processor's time."""
        self._ended, self._cost, self._failed = now, cost, failed

    def is_due(self, now: float, *, at_work: bool) -> bool:
        """Whether another one is to be started; one that is at work gives way to what an operator has changed."""
        if self.reason == Reason.CHANGE:
            return now - self._since >= SETTLE_SECONDS and (not at_work or now - self._started >= REST_SECONDS)
        if at_work:
            return False
        rested = now - self._ended
        if self._failed:
            return rested >= FAILURE_SECONDS
        if self.reason == Reason.SURPRISE:
            return rested >= max(REST_SECONDS, SURPRISE_FACTOR * self._cost)
        return rested >= max(AGE_SECONDS, AGE_FACTOR * self._cost)
