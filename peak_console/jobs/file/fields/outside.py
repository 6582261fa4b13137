"""Keys of [heartbeat] and [metrics], and of the pings of jobs: what watchers outside learn."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import DURATION, HEARTBEAT, INTEGER, JOB, METRICS, TEXT, Field

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
        where=(HEARTBEAT, METRICS),
        minimum=1,
        maximum=86400,
    ),
    Field(
        "file",
        TEXT,
        None,
        "A file for the textfile collector of node_exporter, its name ending in .prom. Relative to the directory of the"
        " jobs file.",
        '"/var/lib/node_exporter/peak_console.prom"',
        where=(METRICS,),
        form="path",
        filled=True,
    ),
    Field(
        "max_jobs",
        INTEGER,
        500,
        "How many jobs have series of their own, the first ones of the file; the others are only in the sums.",
        "50",
        where=(METRICS,),
        minimum=0,
        maximum=10_000,
    ),
)
