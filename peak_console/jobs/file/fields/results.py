"""Keys that say what a run leaves when it has done its work."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import EXPECTATIONS, JOB, TEXT, Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

RESULT_FIELDS: Final = (
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
)
