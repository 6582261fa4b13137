"""Keys of [[gate]] and [[blackout]]: what has to say yes before its jobs start, and when nothing of them starts."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import BLACKOUT, BOUND, DURATION, GATE, TEXT, TEXTS, Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

GATE_FIELDS: Final = (
    Field(
        "name",
        TEXT,
        None,
        "Unique name of the gate, by which people close and open it.",
        '"venue_open"',
        where=(GATE,),
        form="name",
        filled=True,
        required="always",
    ),
    Field(
        "command",
        TEXTS,
        None,
        "A program and its arguments, word by word. The gate is open while it ends with exit code 0 and the first word"
        " that it prints is yes, open or ok; what it prints after that is shown. Without command, file and env only"
        " people close the gate.",
        '["python", "scripts/is_venue_open.py"]',
        where=(GATE,),
        form="argv",
        filled=True,
    ),
    Field(
        "file",
        TEXT,
        None,
        "A file instead of a command: the gate is open while its first word is yes, open or ok. Relative to the working"
        " directory of peak-console.",
        '"control/trading"',
        where=(GATE,),
        form="path",
        filled=True,
    ),
    Field(
        "env",
        TEXT,
        None,
        "A variable of the environment or of .env instead of a command: the gate is open while its first word is yes,"
        " open or ok.",
        '"TRADING_ALLOWED"',
        where=(GATE,),
        filled=True,
    ),
    Field(
        "every",
        DURATION,
        "30s",
        "How often it is asked. An answer counts for so long and for timeout, and then no more.",
        '"10s"',
        where=(GATE,),
        minimum=1,
        maximum=86400,
    ),
    Field(
        "timeout",
        DURATION,
        "5s",
        "How long an answer may take; none within it is a no.",
        '"2s"',
        where=(GATE,),
        minimum=0.1,
        maximum=3600,
    ),
    Field(
        "tags",
        TEXTS,
        [],
        "Jobs with one of these tags start only while the gate is open. Without tags and jobs, every job.",
        '["live"]',
        where=(GATE,),
    ),
    Field(
        "jobs",
        TEXTS,
        [],
        "Names of jobs that start only while the gate is open, beside those with its tags.",
        '["send_orders"]',
        where=(GATE,),
    ),
)
BLACKOUT_FIELDS: Final = (
    Field(
        "name",
        TEXT,
        None,
        "Unique name of the blackout, which every slot that it skips tells.",
        '"maintenance"',
        where=(BLACKOUT,),
        form="name",
        filled=True,
        required="always",
    ),
    Field(
        "from",
        BOUND,
        None,
        "When each window begins: a time of day (with weekdays or without), a date and time, or a moment of a"
        ' session such as "XNYS close-5m". A slot at this moment is inside.',
        '"sat 22:00"',
        where=(BLACKOUT,),
    ),
    Field(
        "until",
        BOUND,
        None,
        "When it ends: the first such moment after its beginning, if need be on another day. A slot at this moment is"
        " outside.",
        '"sun 04:00"',
        where=(BLACKOUT,),
    ),
    Field(
        "cron",
        TEXT,
        None,
        "Instead of from and until: a cron expression for when each window begins. It lasts for duration.",
        '"0 22 * * sat#1"',
        where=(BLACKOUT,),
        form="cron",
        filled=True,
    ),
    Field(
        "duration",
        DURATION,
        None,
        "With cron: how long each window lasts.",
        '"4h"',
        where=(BLACKOUT,),
        minimum=1,
        maximum=31 * 86400,
    ),
    Field(
        "from_ics",
        TEXT,
        None,
        "Instead of from and until: an iCalendar file whose events are the windows, relative to the jobs file. It is"
        " read again with the jobs file.",
        '"maintenance.ics"',
        where=(BLACKOUT,),
        form="path",
        filled=True,
    ),
    Field(
        "policy",
        TEXT,
        "skip",
        "What becomes of the slots inside: skip records each of them as skipped, with the name of the blackout; defer"
        " runs the newest of them at the end of the window, once.",
        '"defer"',
        where=(BLACKOUT,),
        choices=("skip", "defer"),
    ),
    Field(
        "tags",
        TEXTS,
        [],
        "Nothing of the jobs with one of these tags starts inside. Without tags and jobs, nothing of any job.",
        '["live"]',
        where=(BLACKOUT,),
    ),
    Field(
        "jobs",
        TEXTS,
        [],
        "Names of jobs of which nothing starts inside, beside those with its tags.",
        '["send_orders"]',
        where=(BLACKOUT,),
    ),
    Field(
        "except",
        TEXTS,
        [],
        "Names of jobs that start inside all the same.",
        '["heartbeat"]',
        where=(BLACKOUT,),
    ),
    Field(
        "timezone",
        TEXT,
        None,
        "IANA zone of its times, also of times in the iCalendar file that have none of their own; without it, that of"
        " [scheduler].",
        '"America/New_York"',
        where=(BLACKOUT,),
        form="timezone",
        filled=True,
    ),
)
