"""Keys of a job: which other jobs it waits for."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import INTEGER, TEXT, TEXTS, Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

ROUNDS: Final = ("day", "session", "run")
IF_FAILED: Final = ("wait", "skip", "run")
IF_SKIPPED: Final = ("wait", "go", "skip")

CHAIN_FIELDS: Final = (
    Field(
        "group",
        TEXT,
        None,
        "Jobs that share something, such as an exchange's interface: at most so many of their runs go on at once as"
        " [groups] says.",
        '"exchange-api"',
        form="name",
        filled=True,
    ),
    Field(
        "priority",
        INTEGER,
        0,
        "Who starts first where places are scarce: the higher one; equals in the order of their slots. Each step counts"
        " as ten minutes of waiting, so that nobody waits for ever.",
        "5",
        minimum=-100,
        maximum=100,
    ),
    Field(
        "after",
        TEXTS,
        [],
        "Upstreams: each slot waits until every job named here has succeeded for the same round. job:failed waits for"
        " its failure, job:ended for its end, whatever it is. With schedule_type = after the slot is the moment at"
        " which the last of them has.",
        '["fetch_quotes", "fx_fixing"]',
        form="name",
    ),
    Field(
        "round",
        TEXT,
        "day",
        "What belongs together in a chain. day: the slots of one day in the job's time zone. session:"
        " those of one session of its calendar. run: every success of"
        " the one upstream starts one run; only with schedule_type = after.",
        '"run"',
        choices=ROUNDS,
    ),
    Field(
        "if_failed",
        TEXT,
        "wait",
        "What becomes of a slot whose upstream has failed after its last attempt. wait: it goes on once somebody has"
        " run the upstream by hand with success. skip: it is skipped. run: it starts all the same.",
        '"skip"',
        choices=IF_FAILED,
    ),
    Field(
        "if_skipped",
        TEXT,
        "wait",
        "What becomes of a slot whose upstream does not run in the round although it has a slot there: it is disabled"
        " or was skipped. wait, go (it is not waited for), or skip.",
        '"go"',
        choices=IF_SKIPPED,
    ),
    Field(
        "wait_at_most",
        TEXT,
        None,
        "How long a slot waits for its upstreams, such as 90s, 15m or 2h; then it is recorded as missed, with what it"
        " waited for. Absent: as long as it takes.",
        '"2h"',
        form="duration",
        filled=True,
    ),
)
