"""Every key a jobs file may hold: its type, default, meaning and limits, in one table with a module for each subject.

The loader checks files against this table; the reference page and the JSON Schema are written from it. It is
data only, and cheap to build: a start of the program pays for it.
"""

from __future__ import annotations

from peak_console.jobs.file.fields.alerts import ALERT_FIELDS
from peak_console.jobs.file.fields.calendars import CALENDAR_FIELDS
from peak_console.jobs.file.fields.chains import CHAIN_FIELDS
from peak_console.jobs.file.fields.deadlines import DEADLINE_FIELDS
from peak_console.jobs.file.fields.executors import ARRAY_FIELDS, EXECUTOR_FIELDS
from peak_console.jobs.file.fields.gates import BLACKOUT_FIELDS, GATE_FIELDS
from peak_console.jobs.file.fields.job import JOB_FIELDS
from peak_console.jobs.file.fields.modes import MODE_FIELDS
from peak_console.jobs.file.fields.outside import OUTSIDE_FIELDS
from peak_console.jobs.file.fields.policies import POLICY_FIELDS
from peak_console.jobs.file.fields.results import RESULT_FIELDS
from peak_console.jobs.file.fields.scheduler import SCHEDULER_FIELDS
from peak_console.jobs.file.fields.schedules import SCHEDULE_FIELDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from peak_console.jobs.file.fields.field import Field

FIELDS: Final = (
    *JOB_FIELDS,
    *SCHEDULE_FIELDS,
    *POLICY_FIELDS,
    *SCHEDULER_FIELDS,
    *MODE_FIELDS,
    *RESULT_FIELDS,
    *GATE_FIELDS,
    *BLACKOUT_FIELDS,
    *CHAIN_FIELDS,
    *DEADLINE_FIELDS,
    *EXECUTOR_FIELDS,
    *ARRAY_FIELDS,
    *ALERT_FIELDS,
    *OUTSIDE_FIELDS,
    *CALENDAR_FIELDS,
)


def fields_of(table: str) -> dict[str, Field]:
    """The fields that ``table`` (one of ``JOB``, ``SCHEDULER``, ``ALERTS``, ``CHANNEL``) may hold, by key."""
    return {field.key: field for field in FIELDS if table in field.where}
