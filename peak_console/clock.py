"""The only place that reads the machine's clocks, and the only one in which the engine sleeps."""

from __future__ import annotations

import time
from datetime import UTC, datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final, Protocol

    class Clock(Protocol):
        """What the engine needs of time. Handed in, so that tests can move it."""

        def now(self) -> datetime:
            """The present instant: aware, UTC, microseconds."""

        def monotonic(self) -> float:
            """Seconds on a clock that never steps; for timeouts and backoff."""

        def asleep(self) -> float:
            """How many seconds in all this machine has slept (suspended) since it was started."""

        def sleep(self, seconds: float) -> None:
            """Do nothing for some seconds."""

        def wait(self, descriptors: Sequence[int], seconds: float) -> None:
            """Do nothing until a descriptor is readable, for some seconds at most; to the fraction of a millisecond."""


NAP_SECONDS = 0.02
"""A long wait ends with a nap of about this length."""
POLL_SLACK, POLL_SLACK_MOST = 0.001, 0.1
"""Linux wakes a sleeper so much later, in parts of what was asked for and in seconds (``select_estimate_accuracy`` in
its fs/select.c): after half a minute a slot would start 30 ms late."""


_WITH_SLEEP: Final[int | None] = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
_SLEEPLESS: Final[int | None] = getattr(
    time, "CLOCK_MONOTONIC" if hasattr(time, "CLOCK_BOOTTIME") else "CLOCK_UPTIME_RAW", None
)
"""Two clocks of which only the first goes on while the machine sleeps: those of Linux, or those of macOS."""


class SystemClock:
    """The machine's own clocks."""

    __slots__ = ()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    def asleep(self) -> float:
        if _SLEEPLESS is None or _WITH_SLEEP is None:
            return 0.0
        # Whoever is interrupted between the two tells too little, never of a sleep that was none.
        return time.clock_gettime(_WITH_SLEEP) - time.clock_gettime(_SLEEPLESS)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def wait(self, descriptors: Sequence[int], seconds: float) -> None:
        import select  # by those who wait alone: a dry run does not

        poll = select.poll()
        for descriptor in descriptors:
            poll.register(descriptor, select.POLLIN)
        until = time.monotonic() + seconds
        early = seconds - min(seconds * POLL_SLACK, POLL_SLACK_MOST) - NAP_SECONDS
        if early >= NAP_SECONDS and poll.poll(early * 1000):
            return
        left = max(0.0, until - time.monotonic())
        # Poll knows whole milliseconds only, and takes more rather than less; select knows microseconds.
        if not poll.poll(int(left * 1000)):
            select.select([], [], [], max(0.0, min(until - time.monotonic(), 0.001)))
