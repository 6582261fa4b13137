"""The jobs file that a newcomer begins with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from peak_console.setup.files import refuse_other, write_whole
from peak_console.setup.schema import schema_text

if TYPE_CHECKING:
    from typing import Final

SCHEMA_FILE: Final = "jobs.schema.json"

STARTER: Final = f"""\
#:schema ./{SCHEMA_FILE}
# Jobs of Peak Console. Save this file and a running console or engine takes it up at once.
# What is wrong with it: peak-console validate. Editors with Taplo (Even Better TOML) complete and check it as well.

[scheduler]
# timezone = "Europe/Berlin"     # of every wall-clock time below; without it, this machine's own
# max_concurrent_runs = 6        # further runs wait in the order of their slots

# A first job, to see something run: every minute, from now on.
[[job]]
name = "hello"
description = "Says hello, every minute"
command = "echo"
argv = ["Hello from Peak Console"]
schedule_type = "interval"
interval_seconds = 60

# A script of your own, on working days. It is run as: python scripts/report.py --symbol BTC/EUR --bars 200
# Paths are relative to the directory that peak-console is started in; cwd = "…" names another.
#
# [[job]]
# name = "morning_report"
# args = {{ script = "scripts/report.py", symbol = "BTC/EUR", bars = 200 }}
# schedule_type = "daily"
# daily_time = "07:30"
# days = ["mon", "tue", "wed", "thu", "fri"]
# timeout_seconds = 120          # 300 unless said otherwise; 0 is no limit
# retries = 2                    # further attempts of a run that failed
# tags = ["reports"]

# A line for the shell, by a cron expression. Nothing passes through a shell unless a job asks for one.
#
# [[job]]
# name = "disk_space"
# command = "/bin/sh"
# argv = ["-c", "df -h | sort -k5 -r | head"]
# schedule_type = "cron"
# cron = "*/15 8-18 * * mon-fri"
# overlap = "skip"               # or queue, allow, kill_previous: when a slot falls due during a run

# Alerts are always logged. To have them delivered, name a channel; its URL (of Apprise: ntfy, mail, Slack, Telegram …)
# is a secret and stands in the environment, or in .env of the directory that peak-console is started in.
#
# [[alerts.channel]]
# name = "desk"
# url_env = "DESK_ALERTS_URL"
# min_level = "warning"
"""


def write_starter(path: str, *, force: bool) -> str:
    """Write the starter file, and beside it the schema that it names; the schema's path.

    Neither is written if one of them would replace something else, except by ``force``. Raises ``PeakConsoleError``.
    """
    beside = os.path.join(os.path.dirname(path), SCHEMA_FILE)
    schema = schema_text(strict=True)
    refuse_other(path, force=force)
    refuse_other(beside, schema, force=force)
    write_whole(beside, schema)
    write_whole(path, STARTER)
    return beside
