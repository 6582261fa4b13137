"""Keys of [alerts] and of its channels."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import (
    ALERTS,
    CHANNEL,
    DURATION,
    JOB,
    LEVELS,
    MAX_SECONDS,
    TABLES,
    TEXT,
    TEXTS,
    Field,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

ALERT_FIELDS: Final = (
    Field(
        "urls",
        TEXTS,
        [],
        "Apprise URLs that every alert of min_level and above is delivered to. They are secrets: prefer a channel"
        " with url_env.",
        '["mailto://desk:password@example.com"]',
        where=(ALERTS,),
        form="url",
    ),
    Field(
        "min_level",
        TEXT,
        "warning",
        "The least level that is delivered. In [alerts] it is the default of its channels.",
        '"critical"',
        where=(ALERTS, CHANNEL),
        choices=LEVELS,
    ),
    Field(
        "channel",
        TABLES,
        [],
        "Places that alerts are delivered to, each a table [[alerts.channel]].",
        '[{ name = "desk", url_env = "DESK_ALERT_URL" }]',
        where=(ALERTS,),
    ),
    Field(
        "name",
        TEXT,
        None,
        "Unique name of the channel, shown instead of its URL. Absent: the URL's scheme, or the value of url_env.",
        '"desk"',
        where=(CHANNEL,),
        form="name",
        filled=True,
    ),
    Field("url", TEXT, None, "The Apprise URL.", '"ntfy://desk-alerts"', where=(CHANNEL,), form="url", filled=True),
    Field(
        "url_env",
        TEXT,
        None,
        "Name of the environment variable (or of the entry in .env) that holds the Apprise URL.",
        '"DESK_ALERT_URL"',
        where=(CHANNEL,),
        filled=True,
    ),
    Field(
        "tags",
        TEXTS,
        [],
        "Only alerts of jobs with one of these tags; none is every alert.",
        '["prod"]',
        where=(CHANNEL,),
    ),
    Field(
        "escalate_after",
        DURATION,
        None,
        "Makes the channel one for escalations: it gets an alert only when nobody has acknowledged it for so long, and"
        " its cause is still there.",
        '"15m"',
        where=(CHANNEL,),
        minimum=1,
        maximum=MAX_SECONDS,
    ),
    Field(
        "file",
        TEXT,
        None,
        "A file that each alert is appended to as one line: tab-separated where its name ends in .tsv, else JSON."
        " Relative to the directory of the jobs file.",
        '"logs/alerts.jsonl"',
        where=(ALERTS,),
        form="path",
        filled=True,
    ),
    Field(
        "runbook",
        TEXT,
        None,
        "What to do when the job is in trouble: a URL, or a path. It stands in each alert of the job.",
        '"https://wiki.example.com/runbooks/orders"',
        where=(JOB,),
        filled=True,
    ),
)
