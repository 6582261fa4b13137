"""Keys of [[gate]]: what has to say yes before its jobs start."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import DURATION, GATE, TEXT, TEXTS, Field

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
