"""Keys of a job: when it runs."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import (
    MAX_SECONDS,
    MOMENT,
    NUMBER,
    POLICY,
    SCHEDULE_TYPES,
    SHORTEST_INTERVAL,
    TEXT,
    TEXTS,
    Field,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

SCHEDULE_FIELDS: Final = (
    Field(
        "schedule_type",
        TEXT,
        "once",
        "once: at first sight or at run_at, never again. interval: every interval_seconds without drift."
        " daily: at daily_time, on every day or on days. cron: by a cron expression. after: when the jobs in after"
        " have succeeded.",
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
)
