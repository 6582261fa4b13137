"""Keys that tell jobs which trade with real money from all others, and have people confirm what they start."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import BOOLEAN, JOB, MODES, SAFETY, SCHEDULER, TEXT, TEXTS, Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

MODE_FIELDS: Final = (
    Field(
        "mode",
        TEXT,
        None,
        "What the job trades with: paper (nothing real), testnet (a test network of the exchange) or live (real money)."
        " Live jobs are marked wherever they are shown, and each run is told its mode as PEAK_MODE.",
        '"paper"',
        where=(JOB,),
        choices=MODES,
    ),
    Field(
        "allow_modes",
        TEXTS,
        list(MODES),
        "The modes that this machine accepts: a jobs file with a job of any other mode is refused as a whole. Jobs"
        " without a mode are always accepted.",
        '["paper", "testnet"]',
        where=(SCHEDULER,),
        choices=MODES,
        form="choice",
    ),
    Field(
        "provenance",
        BOOLEAN,
        False,
        "Whether each run is noted with what it was made from: git commit, branch and state of its working directory,"
        " digests of script and definition, host, person and arguments. Git is asked beside the run.",
        "true",
        where=(SCHEDULER,),
    ),
    Field(
        "confirm",
        BOOLEAN,
        False,
        "Whether who runs the job by hand, enables it, or releases a hold so that it starts, has to give its name once"
        " more: the console asks for it, verbs want --confirm NAME.",
        "true",
        where=(JOB,),
    ),
    Field(
        "confirm_tags",
        TEXTS,
        [],
        "Jobs with one of these tags are treated as if they had confirm = true.",
        '["live"]',
        where=(SAFETY,),
    ),
)
