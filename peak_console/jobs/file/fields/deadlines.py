"""Keys of a job, and of [[deadline]]: by when something has to have run, and how long that may take."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import DEADLINE, TEXT, TEXTS, Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

DEADLINE_FIELDS: Final = (
    Field(
        "finish_by",
        TEXT,
        None,
        "By when a slot has to have run with success: a time of day in the job's time zone (the first one at or after"
        " the slot), or a time after the slot. A warning says as soon as that is likely to be missed, a critical alert"
        " when it is.",
        '"08:55"',
        form="deadline",
        filled=True,
    ),
    Field(
        "start_by",
        TEXT,
        None,
        "By when a slot has to have started; written like finish_by.",
        '"10m after slot"',
        form="deadline",
        filled=True,
    ),
    Field(
        "expect_duration",
        TEXTS,
        [],
        "How long a successful run takes at the least and at the most; one that is shorter or longer is flagged by a"
        " warning.",
        '["10s", "5m"]',
        form="duration",
    ),
    Field(
        "name",
        TEXT,
        None,
        "Unique name of the deadline.",
        '"pre-open"',
        where=(DEADLINE,),
        form="name",
        filled=True,
        required="always",
    ),
    Field(
        "at",
        TEXT,
        None,
        "By when each of the jobs has to have run; written like finish_by of a job.",
        '"08:50"',
        where=(DEADLINE,),
        form="deadline",
        filled=True,
        required="always",
    ),
    Field("jobs", TEXTS, [], "The jobs, by name.", '["risk_check", "report_0855"]', where=(DEADLINE,)),
    Field("tags", TEXTS, [], "The jobs with one of these tags.", '["pre-open"]', where=(DEADLINE,)),
)
