"""Keys of a job: when it runs."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import (
    INTEGER,
    MAX_SECONDS,
    MOMENT,
    NUMBER,
    ON_CALENDAR,
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
        " have succeeded. session: at moments of a calendar's sessions.",
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
    # On a calendar.
    Field(
        "calendar",
        TEXT,
        None,
        "Only on days of this calendar: a table [calendars.NAME], or an exchange such as XNYS"
        " (peak-console[calendars]). The day counts as it is at the exchange at that moment. With round = session it"
        " names the sessions that are rounds.",
        '"XNYS"',
        schedule=f"{ON_CALENDAR} after",
        form="name",
        filled=True,
        required="session",
    ),
    Field(
        "at",
        TEXT,
        None,
        "A moment of each session: open, close, break_start or break_end, with or without a distance.",
        '"open-15m"',
        schedule="session",
        filled=True,
    ),
    Field(
        "every",
        TEXT,
        None,
        "Instead of at: a pace within each session, counted from its beginning; nothing fires inside of a break.",
        '"10m"',
        schedule="session",
        filled=True,
    ),
    Field(
        "from",
        TEXT,
        None,
        "With every: the moment of each session from which on it fires; absent, the open.",
        '"open"',
        schedule="session",
        filled=True,
    ),
    Field(
        "until",
        TEXT,
        None,
        "With every: the moment of each session up to which it fires; absent, the close.",
        '"close-30m"',
        schedule="session",
        filled=True,
    ),
    *(
        Field(
            f"session_of_{unit}",
            INTEGER,
            None,
            f"Only on this session of each {unit} of the calendar: 1 is the first, -1 the last.",
            "-1",
            schedule=ON_CALENDAR,
            minimum=-most,
            maximum=most,
        )
        for unit, most in (("week", 7), ("month", 31), ("quarter", 92), ("year", 366))
    ),
    Field(
        "nth_weekday",
        TEXT,
        None,
        "Only on this weekday of each month, if the calendar is open then; if_closed says what else.",
        '"3 fri"',
        schedule=ON_CALENDAR,
        filled=True,
    ),
    Field(
        "if_closed",
        TEXT,
        None,
        "Where the calendar is closed on a day of nth_weekday or of a daily job: skip it (as without this key), or run"
        " on the session before or after.",
        '"before"',
        schedule=ON_CALENDAR,
        choices=("skip", "before", "after"),
    ),
    Field(
        "jitter_seconds",
        INTEGER,
        0,
        "Up to so many seconds later than the schedule says, always the same for one slot of one job; never past the"
        " next slot.",
        "120",
        schedule=ON_CALENDAR,
        minimum=0,
        maximum=86400,
    ),
)
