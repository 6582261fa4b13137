"""Keys that say what a run needs before it starts, and what it leaves when it has done its work."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import EXPECTATIONS, IF_STALE, JOB, POLICY, REQUIREMENTS, TEXT, TEXTS, Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

RESULT_FIELDS: Final = (
    Field(
        "requires",
        REQUIREMENTS,
        [],
        "Files that have to be there before the job starts, with placeholders as in args, and that have changed since"
        " newer_than: slot, slot-1h, today (in the job's time zone), last close of XNYS, or an age such as 15m.",
        '[{ file = "data/quotes.csv", newer_than = "slot-1h" }]',
        where=(JOB,),
    ),
    Field(
        "if_stale",
        TEXT,
        "wait",
        "What becomes of a slot whose file is missing or too old. wait: it starts once the file is as required, within"
        " wait_at_most. skip: it is skipped. fail: it is a run that could not be started, with alert and retries.",
        '"fail"',
        where=(JOB,),
        choices=IF_STALE,
    ),
    Field(
        "expect",
        EXPECTATIONS,
        None,
        "What the result of a run has to say: a value, or a comparison such as >0, <=0.2, !=empty. A run that ends well"
        " with another result, or with none, is unexpected, which counts as a failure. Numbers of the result are kept.",
        '{ rows = ">0", status = "ok", drawdown = "<0.2" }',
        where=(JOB,),
    ),
    Field(
        "result",
        TEXT,
        None,
        "The file with the result, a JSON object, relative to the working directory of the run; with placeholders as in"
        " args. The run itself has to write it. Absent: the last line of JSON that the run prints, if expect is there.",
        '"reports/{job}/{slot:%Y%m%d}.json"',
        where=(JOB,),
        form="path",
        filled=True,
    ),
    Field(
        "on_finish",
        TEXTS,
        [],
        "A command, word by word, that gets each run as JSON on its standard input once its end is recorded, with the"
        " keys of runs --json. It has a minute; its failure is an alert, and never touches the run.",
        '["python", "-m", "peak_console.bridge", "reports/experiments/experiments.csv"]',
        where=POLICY,
        form="argv",
    ),
)
