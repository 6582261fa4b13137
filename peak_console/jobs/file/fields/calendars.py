"""Keys of a [calendars.NAME] table: trading days and business days of one's own."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import CALENDAR, DATE, DATES, TEXT, TEXTS, TIMES, Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

CALENDAR_FIELDS: Final = (
    Field(
        "based_on",
        TEXT,
        None,
        "Another calendar whose sessions it takes: an exchange, or a table of this file.",
        '"XETR"',
        where=(CALENDAR,),
        form="name",
        filled=True,
    ),
    Field(
        "weekdays",
        TEXTS,
        None,
        "The days of the week with a session. Beside based_on: what counts while the library of exchanges is not"
        " installed.",
        '["mon", "tue", "wed", "thu", "fri"]',
        where=(CALENDAR,),
        form="days",
    ),
    Field(
        "all_of",
        TEXTS,
        None,
        "Calendars that all have a session on its days; open while all of them are.",
        '["XNYS", "XLON"]',
        where=(CALENDAR,),
        form="name",
    ),
    Field(
        "any_of",
        TEXTS,
        None,
        "Calendars of which one at least has a session on its days; from the first open to the last close.",
        '["XNYS", "XNAS"]',
        where=(CALENDAR,),
        form="name",
    ),
    Field(
        "timezone",
        TEXT,
        None,
        "IANA name of the zone of its days and hours. Absent: that of what it is made of, or the scheduler's.",
        '"America/New_York"',
        where=(CALENDAR,),
        form="timezone",
        filled=True,
    ),
    Field(
        "open",
        TEXT,
        None,
        "With weekdays: when sessions open; without hours it is a calendar of days.",
        '"09:30"',
        where=(CALENDAR,),
        form="time",
    ),
    Field(
        "close",
        TEXT,
        None,
        "When sessions close; on the day after where that is not later than open.",
        '"16:00"',
        where=(CALENDAR,),
        form="time",
    ),
    Field(
        "closed",
        DATES,
        [],
        "Days without a session.",
        '["2026-12-24", "2026-12-31"]',
        where=(CALENDAR,),
    ),
    Field(
        "closed_from",
        TEXT,
        None,
        "A file of days without a session, relative to the jobs file: the whole-day events of an .ics (needs"
        " peak-console[calendars]), or a CSV with a date in each line.",
        '"holidays.ics"',
        where=(CALENDAR,),
        form="path",
        filled=True,
    ),
    Field(
        "extra_sessions",
        DATES,
        [],
        "Days with a session that the rule does not give, with the usual hours.",
        '["2026-12-05"]',
        where=(CALENDAR,),
    ),
    Field(
        "early_close",
        TIMES,
        {},
        "By date, when a session closes earlier than usual.",
        '{ "2026-12-31" = "14:00" }',
        where=(CALENDAR,),
    ),
    Field(
        "until",
        DATE,
        None,
        "The last day that it knows. Absent: of weekdays with closed days the end of the year of the last one;"
        " of an exchange what the library knows, about a year ahead.",
        '"2027-12-31"',
        where=(CALENDAR,),
    ),
)
