"""What one key of a jobs file is, and the words for tables, types and limits."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

# The tables of a jobs file.
JOB: Final = "job"
SCHEDULER: Final = "scheduler"
ALERTS: Final = "alerts"
CHANNEL: Final = "alerts.channel"
GATE: Final = "gate"
DEADLINE: Final = "deadline"
SAFETY: Final = "safety"
HEARTBEAT: Final = "heartbeat"
METRICS: Final = "metrics"
EXECUTOR: Final = "executors.NAME"
RESOURCES: Final = "resources"
CALENDAR: Final = "calendars"
BLACKOUT: Final = "blackout"

# What a value is, in the words of the reference page and of error messages.
TEXT: Final = "a string"
BOOLEAN: Final = "true or false"
INTEGER: Final = "a whole number"
NUMBER: Final = "a number"
DURATION: Final = "a duration"
REQUIREMENTS: Final = "a list of requirements"
EXPECTATIONS: Final = "a table of expectations"
MOMENT: Final = "a date and time"
BOUND: Final = "a time or a moment"
TEXTS: Final = "a list of strings"
INTEGERS: Final = "a list of whole numbers"
ARGUMENTS: Final = "a table of arguments"
VARIABLES: Final = "a table of environment variables"
DATE: Final = "a date"
DATES: Final = "a list of dates"
TIMES: Final = "a table of times by date"
TABLES: Final = "an array of tables"
ANYTHING: Final = "a table of anything"
RESOURCES_TABLE: Final = "a table of resources"
MATRIX: Final = "a table of lists"
SUCCESS_RULE: Final = "a rule of success"

MAX_SECONDS: Final = 100_000_000_000
"""Some 3,000 years: beyond it a moment has no date."""
SHORTEST_INTERVAL: Final = 0.1
"""Seconds: a process takes some milliseconds to start, and shorter intervals would start nothing else."""
MAX_INTEGER: Final = 2**63 - 1
"""The largest whole number of TOML and of SQLite."""

OVERLAPS: Final = ("skip", "queue", "allow", "kill_previous")
CATCH_UPS: Final = ("skip", "latest", "all")
MODES: Final = ("paper", "testnet", "live")
IF_STALE: Final = ("wait", "skip", "fail")
LEVELS: Final = ("info", "warning", "critical")
SCHEDULE_TYPES: Final = ("once", "interval", "daily", "cron", "after", "session")


class Field:
    """One key of a jobs file. ``text`` says what it means; numbers lie in ``minimum``..``maximum``."""

    __slots__ = (
        "choices",
        "default",
        "example",
        "filled",
        "form",
        "key",
        "kind",
        "maximum",
        "minimum",
        "required",
        "schedule",
        "text",
        "where",
    )

    def __init__(
        self,
        key: str,
        kind: str,
        default: Any,
        text: str,
        example: str,
        *,
        where: tuple[str, ...] = (JOB,),
        minimum: float | None = None,
        maximum: float | None = None,
        choices: tuple[str, ...] = (),
        schedule: str = "",
        form: str = "",
        filled: bool = False,
        required: str = "",
    ) -> None:
        self.key = key
        self.kind = kind
        self.default = default
        """``None`` where the key is simply absent; what that means stands in ``text``."""
        self.text = text
        self.example = example
        """A value as it is written in TOML."""
        self.where = where
        """The tables that may hold the key. A policy in ``scheduler`` is the default of jobs without it."""
        self.minimum = minimum
        self.maximum = maximum
        self.choices = choices
        self.schedule = schedule
        """The schedule types that the key belongs to, with a blank between them; empty is any."""
        self.form = form
        """What a string holds, where that is more than text: name, time, days, cron, timezone, path, url, …"""
        self.filled = filled
        """Whether an empty value is refused."""
        self.required = required
        """When the key has to be there: ``always``, or a schedule type."""


ON_CALENDAR: Final = "daily cron session"
"""The schedule types that may have a calendar."""
POLICY: Final = (JOB, SCHEDULER)
"""The tables of a policy: a job's own, and the default for jobs that do not say."""
