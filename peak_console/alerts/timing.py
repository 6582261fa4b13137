"""When alerts are sent, and sent again. Pure; seconds."""

from __future__ import annotations

from datetime import timedelta

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

DIGEST_SECONDS = 10.0
"""How long an alert waits for others, to be sent with them as one message."""
REALERT_SECONDS = 3600.0
"""How long the same trouble is not sent again, unless a job says otherwise."""
FIRST_SECONDS = 5.0
FACTOR = 3.0
LONGEST_SECONDS = 3600.0
JITTER = 0.2
GIVE_UP_AFTER = timedelta(hours=24)


def retry_at(attempts: int, raised_at: datetime, now: datetime, jitter: float) -> datetime | None:
    """The moment of the next attempt after ``attempts`` failed ones (at least 1); ``None`` is giving up.

    5 s, 15 s, 45 s, … up to an hour, each longer by up to a fifth (``jitter`` from 0 to 1), until the alert is a
    day old. An alert that is older than that when it is first tried, because nothing ran, gets that one attempt.
    """
    exponent = min(max(attempts, 1) - 1, 10)  # far beyond the cap already; larger ones would overflow
    seconds = min(FIRST_SECONDS * FACTOR**exponent, LONGEST_SECONDS) * (1 + JITTER * jitter)
    when = now + timedelta(seconds=seconds)
    return when if when <= raised_at + GIVE_UP_AFTER else None
