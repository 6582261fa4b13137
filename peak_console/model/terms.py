"""The registry's words. A module of its own, with nothing but them, because every start needs them."""

from __future__ import annotations

from enum import StrEnum

LOCAL = "local"
"""The executor of this machine."""
LOCK = "engine.lock"
"""The lock of an engine that serves every job."""
DRAINING = "draining"
"""The mode of an engine that was told to leave and starts nothing, until its last run has ended."""
RESIDENT_MODES = ("headless", "console", DRAINING)
"""The modes of engines that stay and serve a directory; the others claim and pass on."""


class Counted:
    """What the registry counts for good, by the name that it has there."""

    STARTED = "runs_started"
    LATE = "starts_by_lateness"
    """By the least of ``LATENESS_BOUNDS`` that the lateness does not exceed; ``+Inf`` beyond all of them."""
    LATE_SECONDS = "lateness_seconds"
    """The sum over the starts that are counted in ``LATE``."""
    ENDED = "runs_ended"
    """By outcome."""
    RAISED = "alerts_raised"
    """By level."""
    DELIVERED = "deliveries_made"
    """By channel."""
    NOT_DELIVERED = "delivery_attempts_failed"
    """By channel: attempts, not alerts."""
    GIVEN_UP = "deliveries_given_up"
    """By channel."""


LATENESS_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Seconds."""
BEYOND_BOUNDS = "+Inf"


class Trigger(StrEnum):
    """Why a run exists."""

    SCHEDULE = "schedule"
    MANUAL = "manual"
    RETRY = "retry"
    CATCH_UP = "catch_up"
    AFTER = "after"
    """Its upstreams have ended as it wants them."""
    SCRIPT = "script"
    """Logged by a user's script through ``log_scheduler_job_run``."""


class RunState(StrEnum):
    """Where a run is."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SUBMITTED = "submitted"
    """Handed to an executor that starts it when it has room."""
    RUNNING = "running"
    FINISHED = "finished"


class Outcome(StrEnum):
    """How a run ended. ``MISSED`` and ``SKIPPED`` are slots that never got a process."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    STOPPED = "stopped"
    LOST = "lost"
    NOT_STARTED = "not_started"
    MISSED = "missed"
    SKIPPED = "skipped"
    UNEXPECTED = "unexpected"
    """It ended well, but its result is not what its job expects."""


class Level(StrEnum):
    """How much an alert matters, least first."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"
