"""The only place that reads the machine's clocks."""

from __future__ import annotations

import time
from datetime import UTC, datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Clock(Protocol):
        """What the engine needs of time. Handed in, so that tests can move it."""

        def now(self) -> datetime:
            """The present instant: aware, UTC, microseconds."""

        def monotonic(self) -> float:
            """Seconds on a clock that never steps; for timeouts and backoff."""


class SystemClock:
    """The machine's own clocks."""

    __slots__ = ()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()
