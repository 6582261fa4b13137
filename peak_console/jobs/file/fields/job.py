"""Keys of a job: what it runs."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import ARGUMENTS, BOOLEAN, TEXT, TEXTS, Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

JOB_FIELDS: Final = (
    Field(
        "name",
        TEXT,
        None,
        "Unique name of the job; alerts, commands and the history of its runs refer to it.",
        '"daily_forward_btc"',
        form="name",
        filled=True,
        required="always",
    ),
    Field("description", TEXT, "", "What the job is for, in a sentence.", '"Forward signal for BTC/EUR"'),
    Field(
        "command",
        TEXT,
        "python",
        "The program. A bare python or python3 is the interpreter of [scheduler] python, else of the active"
        " virtual environment, else of .venv in the job's working directory, else the one on PATH, else our own."
        " Nothing passes through a shell.",
        '"python"',
        form="command",
        filled=True,
    ),
    Field(
        "args",
        ARGUMENTS,
        {},
        "Arguments as a table. script comes first; top_n = 10 becomes --top-n 10, true a bare flag, false nothing,"
        " a list the flag once per element.",
        '{ script = "scripts/scan_markets.py", top_n = 10 }',
    ),
    Field(
        "argv",
        TEXTS,
        None,
        "The whole argument list after command, word by word, for what a table cannot say; excludes args.",
        '["-m", "desk.report", "--", "today"]',
        form="argv",
    ),
    Field("enabled", BOOLEAN, True, "Whether the job runs on its schedule.", "false"),
    Field("tags", TEXTS, [], "Labels for --include-tags, --exclude-tags and alert channels.", '["prod", "risk"]'),
)
