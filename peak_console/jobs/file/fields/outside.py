"""Keys of [heartbeat], and of the pings of jobs: what watchers outside this machine learn."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import DURATION, HEARTBEAT, JOB, TEXT, Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

OUTSIDE_FIELDS: Final = (
    Field(
        "ping_url",
        TEXT,
        None,
        "Where starts and ends of the job's runs are told, in the protocol of healthchecks.io: URL/start, URL/0,"
        " URL/fail. It is a secret: prefer ping_url_env.",
        '"https://hc-ping.com/your-uuid"',
        where=(JOB,),
        form="http",
        filled=True,
    ),
    Field(
        "ping_url_env",
        TEXT,
        None,
        "Name of the environment variable (or of the entry in .env) that holds the ping_url.",
        '"ORDERS_PING_URL"',
        where=(JOB,),
        filled=True,
    ),
    Field(
        "url",
        TEXT,
        None,
        "Asked by POST every so often, as long as the engine does all of its work: whoever waits for it notices"
        " silence.",
        '"https://hc-ping.com/your-uuid"',
        where=(HEARTBEAT,),
        form="http",
        filled=True,
    ),
    Field(
        "url_env",
        TEXT,
        None,
        "Name of the environment variable (or of the entry in .env) that holds the url.",
        '"HEARTBEAT_URL"',
        where=(HEARTBEAT,),
        filled=True,
    ),
    Field(
        "file",
        TEXT,
        None,
        "A file that is written anew instead, with the time in it. Relative to the working directory of peak-console.",
        '"/run/peak-console/heartbeat"',
        where=(HEARTBEAT,),
        form="path",
        filled=True,
    ),
    Field(
        "every",
        DURATION,
        "30s",
        "How often.",
        '"1m"',
        where=(HEARTBEAT,),
        minimum=1,
        maximum=86400,
    ),
)
