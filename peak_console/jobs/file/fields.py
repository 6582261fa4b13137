"""Every key a jobs file may hold: its type, default, meaning and limits, in one table.

The loader checks files against this table; the reference page and the JSON Schema are written from it. It is
data only, and cheap to build: a start of the program pays for it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

# The tables of a jobs file.
JOB: Final = "job"
SCHEDULER: Final = "scheduler"
ALERTS: Final = "alerts"
CHANNEL: Final = "alerts.channel"

# What a value is, in the words of the reference page and of error messages.
TEXT: Final = "a string"
BOOLEAN: Final = "true or false"
INTEGER: Final = "a whole number"
NUMBER: Final = "a number"
MOMENT: Final = "a date and time"
TEXTS: Final = "a list of strings"
INTEGERS: Final = "a list of whole numbers"
ARGUMENTS: Final = "a table of arguments"
VARIABLES: Final = "a table of environment variables"
TABLES: Final = "an array of tables"
ANYTHING: Final = "a table of anything"

MAX_SECONDS: Final = 100_000_000_000
"""Some 3,000 years: beyond it a moment has no date."""
SHORTEST_INTERVAL: Final = 0.1
"""Seconds: a process takes some milliseconds to start, and shorter intervals would start nothing else."""
MAX_INTEGER: Final = 2**63 - 1
"""The largest whole number of TOML and of SQLite."""

OVERLAPS: Final = ("skip", "queue", "allow", "kill_previous")
CATCH_UPS: Final = ("skip", "latest", "all")
LEVELS: Final = ("info", "warning", "critical")
SCHEDULE_TYPES: Final = ("once", "interval", "daily", "cron")


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
        """The one schedule type that the key belongs to."""
        self.form = form
        """What a string holds, where that is more than text: name, time, days, cron, timezone, path, url, …"""
        self.filled = filled
        """Whether an empty value is refused."""
        self.required = required
        """When the key has to be there: ``always``, or a schedule type."""


POLICY: Final = (JOB, SCHEDULER)

FIELDS: Final = (
    # What runs.
    Field(
        "name",
        TEXT,
        None,
        "Unique name of the job; alerts, commands and the history of its runs refer to it.",
        '"daily_forward_btc"',
        form="name",
        filled=True,
        required="always",
    ),
    Field("description", TEXT, "", "What the job is for, in a sentence.", '"Forward signal for BTC/EUR"'),
    Field(
        "command",
        TEXT,
        "python",
        "The program. A bare python or python3 is the interpreter of [scheduler] python, else of the active"
        " virtual environment, else of .venv in the job's working directory, else the one on PATH, else our own."
        " Nothing passes through a shell.",
        '"python"',
        form="command",
        filled=True,
    ),
    Field(
        "args",
        ARGUMENTS,
        {},
        "Arguments as a table. script comes first; top_n = 10 becomes --top-n 10, true a bare flag, false nothing,"
        " a list the flag once per element.",
        '{ script = "scripts/scan_markets.py", top_n = 10 }',
    ),
    Field(
        "argv",
        TEXTS,
        None,
        "The whole argument list after command, word by word, for what a table cannot say; excludes args.",
        '["-m", "desk.report", "--", "today"]',
        form="argv",
    ),
    Field("enabled", BOOLEAN, True, "Whether the job runs on its schedule.", "false"),
    Field("tags", TEXTS, [], "Labels for --include-tags, --exclude-tags and alert channels.", '["prod", "risk"]'),
    # When it runs.
    Field(
        "schedule_type",
        TEXT,
        "once",
        "once: at first sight or at run_at, never again. interval: every interval_seconds without drift."
        " daily: at daily_time, on every day or on days. cron: by a cron expression.",
        '"daily"',
        choices=SCHEDULE_TYPES,
    ),
    Field(
        "interval_seconds",
        NUMBER,
        None,
        "Seconds from one slot to the next, 0.1 at the least.",
        "3600",
        minimum=SHORTEST_INTERVAL,
        maximum=MAX_SECONDS,
        schedule="interval",
        required="interval",
    ),
    Field(
        "daily_time",
        TEXT,
        None,
        "Wall-clock time in the job's time zone, HH:MM or HH:MM:SS.",
        '"07:30"',
        schedule="daily",
        form="time",
        required="daily",
    ),
    Field(
        "days",
        TEXTS,
        [],
        "The weekdays a daily job runs on; none is every day.",
        '["mon", "wed", "fri"]',
        schedule="daily",
        form="days",
    ),
    Field(
        "cron",
        TEXT,
        None,
        "A cron expression of five fields, or one such as @daily, in the job's time zone.",
        '"*/5 9-17 * * mon-fri"',
        schedule="cron",
        form="cron",
        required="cron",
    ),
    Field(
        "run_at",
        MOMENT,
        None,
        "When a once job runs: a TOML date and time, or the same as an ISO 8601 string. Without an offset it is"
        " wall-clock time in the job's time zone. Absent: as soon as the job is first seen.",
        "2026-03-01T07:30:00",
        schedule="once",
    ),
    Field(
        "timezone",
        TEXT,
        None,
        "IANA name of the zone that wall-clock times are read in. A job without one takes the scheduler's,"
        " and the scheduler without one the machine's.",
        '"Europe/Berlin"',
        where=POLICY,
        form="timezone",
        filled=True,
    ),
    # How a run is treated: for one job, or in [scheduler] for all jobs that do not say.
    Field(
        "timeout_seconds",
        NUMBER,
        300,
        "The longest a run may take before it is stopped; 0 is no limit.",
        "120",
        where=POLICY,
        minimum=0,
        maximum=MAX_SECONDS,
    ),
    Field(
        "kill_grace_seconds",
        NUMBER,
        10,
        "How long a run that is asked to stop (TERM) may take before it is killed (KILL).",
        "30",
        where=POLICY,
        minimum=0,
        maximum=MAX_SECONDS,
    ),
    Field(
        "retries",
        INTEGER,
        0,
        "How many further attempts a failed run gets.",
        "3",
        where=POLICY,
        minimum=0,
        maximum=1000,
    ),
    Field(
        "retry_delay_seconds",
        NUMBER,
        60,
        "The wait before the first further attempt.",
        "30",
        where=POLICY,
        minimum=0,
        maximum=MAX_SECONDS,
    ),
    Field(
        "retry_backoff",
        NUMBER,
        2,
        "Each further wait is this many times the one before; 1 keeps it constant.",
        "1.5",
        where=POLICY,
        minimum=1,
        maximum=1000,
    ),
    Field(
        "overlap",
        TEXT,
        "skip",
        "What happens to a slot that falls due while the job still runs: skip records it and waits for the next,"
        " queue runs it afterwards, allow runs both (up to 100 at once), kill_previous stops the older run.",
        '"queue"',
        where=POLICY,
        choices=OVERLAPS,
    ),
    Field(
        "catch_up",
        TEXT,
        "latest",
        "Which of the slots missed while nothing was running are made up for: skip none, latest the newest one,"
        " all each of them.",
        '"all"',
        where=POLICY,
        choices=CATCH_UPS,
    ),
    Field(
        "misfire_grace_seconds",
        NUMBER,
        None,
        "How late a slot may still start. Absent: 3600 for wall-clock times (daily, cron, run_at), no limit for the"
        " others; 60 for any with catch_up = skip.",
        "900",
        where=POLICY,
        minimum=0,
        maximum=MAX_SECONDS,
    ),
    Field(
        "success_codes",
        INTEGERS,
        [0],
        "The exit codes that mean success.",
        "[0, 3]",
        where=POLICY,
        minimum=-255,
        maximum=255,
        filled=True,
    ),
    Field(
        "alert_on_success",
        BOOLEAN,
        True,
        "Whether a successful run leaves an info alert.",
        "false",
        where=POLICY,
    ),
    Field(
        "alert_after",
        INTEGER,
        1,
        "How many failures in a row it takes to make an alert.",
        "3",
        where=POLICY,
        minimum=1,
        maximum=1_000_000,
    ),
    Field(
        "realert_seconds",
        NUMBER,
        3600,
        "How long the same failure only counts on in its alert, before it is sent again; 0 sends each.",
        "86400",
        where=POLICY,
        minimum=0,
        maximum=MAX_SECONDS,
    ),
    Field(
        "max_output_bytes",
        INTEGER,
        256 * 1024 * 1024,
        "How much of each output stream of a run is kept: its beginning and its end; 0 is no limit.",
        "10_000_000",
        where=POLICY,
        minimum=0,
        maximum=MAX_INTEGER,
    ),
    Field(
        "cwd",
        TEXT,
        None,
        "Working directory of the run, relative to that of peak-console (which is the default); ~ is the home"
        " directory.",
        '"/srv/desk"',
        where=POLICY,
        form="path",
        filled=True,
    ),
    Field(
        "env",
        VARIABLES,
        {},
        "Environment variables of the run, over those of peak-console and of env_file. Those of the job win over"
        " those of [scheduler]. Numbers and booleans are given as their TOML text.",
        '{ DESK = "fx", LEVEL = 2 }',
        where=POLICY,
    ),
    Field(
        "env_file",
        TEXT,
        None,
        "A file of NAME=value lines read at each start, relative to the working directory of peak-console.",
        '"config/desk.env"',
        where=POLICY,
        form="path",
        filled=True,
    ),
    Field(
        "meta",
        ANYTHING,
        {},
        "Anything else that is to be kept with the job, under keys of your own: shown in its details and by"
        " jobs --json, and handed to its runs as PEAK_META_KEY, lists and tables as JSON. It changes nothing else.",
        '{ owner = "risk desk", ticket = 4711 }',
    ),
    # The scheduler itself.
    Field(
        "state_dir",
        TEXT,
        None,
        "Where history, output and locks are kept, relative to the directory of the jobs file."
        " Absent: .peak_console beside the jobs file.",
        '"/var/lib/peak-console"',
        where=(SCHEDULER,),
        form="path",
        filled=True,
    ),
    Field(
        "max_concurrent_runs",
        INTEGER,
        0,
        "How many runs there may be at once, the others wait in the order of their slots; 0 is no limit.",
        "8",
        where=(SCHEDULER,),
        minimum=0,
        maximum=1_000_000,
    ),
    Field(
        "queue_warning_seconds",
        NUMBER,
        60.0,
        "How long a slot may wait for its turn before a warning says whom it waits for; 0 is for ever.",
        "300",
        where=(SCHEDULER,),
        minimum=0,
        maximum=1_000_000,
    ),
    Field(
        "python",
        TEXT,
        None,
        "The interpreter that a bare python or python3 stands for; a relative path starts at the job's working"
        " directory.",
        '"/opt/desk/bin/python"',
        where=(SCHEDULER,),
        form="path",
        filled=True,
    ),
    Field(
        "keep_runs",
        INTEGER,
        1000,
        "How many finished runs of each job are kept; 0 keeps all.",
        "200",
        where=(SCHEDULER,),
        minimum=0,
        maximum=MAX_INTEGER,
    ),
    Field(
        "keep_days",
        NUMBER,
        90,
        "How many days a finished run is kept; 0 keeps it for ever.",
        "30",
        where=(SCHEDULER,),
        minimum=0,
        maximum=1_000_000,
    ),
    Field(
        "max_state_bytes",
        INTEGER,
        10 * 1024**3,
        "How much of the disk the output of all runs may take: beyond it the oldest finished runs leave, whatever"
        " keep_runs and keep_days say; 0 is no limit.",
        "50_000_000_000",
        where=(SCHEDULER,),
        minimum=0,
        maximum=MAX_INTEGER,
    ),
    # Alerts.
    Field(
        "urls",
        TEXTS,
        [],
        "Apprise URLs that every alert of min_level and above is delivered to. They are secrets: prefer a channel"
        " with url_env.",
        '["mailto://desk:password@example.com"]',
        where=(ALERTS,),
        form="url",
    ),
    Field(
        "min_level",
        TEXT,
        "warning",
        "The least level that is delivered. In [alerts] it is the default of its channels.",
        '"critical"',
        where=(ALERTS, CHANNEL),
        choices=LEVELS,
    ),
    Field(
        "channel",
        TABLES,
        [],
        "Places that alerts are delivered to, each a table [[alerts.channel]].",
        '[{ name = "desk", url_env = "DESK_ALERT_URL" }]',
        where=(ALERTS,),
    ),
    Field(
        "name",
        TEXT,
        None,
        "Unique name of the channel, shown instead of its URL. Absent: the URL's scheme, or the value of url_env.",
        '"desk"',
        where=(CHANNEL,),
        form="name",
        filled=True,
    ),
    Field("url", TEXT, None, "The Apprise URL.", '"ntfy://desk-alerts"', where=(CHANNEL,), form="url", filled=True),
    Field(
        "url_env",
        TEXT,
        None,
        "Name of the environment variable (or of the entry in .env) that holds the Apprise URL.",
        '"DESK_ALERT_URL"',
        where=(CHANNEL,),
        filled=True,
    ),
    Field(
        "tags",
        TEXTS,
        [],
        "Only alerts of jobs with one of these tags; none is every alert.",
        '["prod"]',
        where=(CHANNEL,),
    ),
)


def fields_of(table: str) -> dict[str, Field]:
    """The fields that ``table`` (one of ``JOB``, ``SCHEDULER``, ``ALERTS``, ``CHANNEL``) may hold, by key."""
    return {field.key: field for field in FIELDS if table in field.where}
