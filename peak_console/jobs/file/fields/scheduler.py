"""Keys of [scheduler] alone."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import INTEGER, MAX_INTEGER, NUMBER, SCHEDULER, TEXT, Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

SCHEDULER_FIELDS: Final = (
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
)
