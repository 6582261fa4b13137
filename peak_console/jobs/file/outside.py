"""The tables ``[heartbeat]`` and ``[metrics]``."""

from __future__ import annotations

import os

from peak_console.jobs.beside import Heartbeat
from peak_console.jobs.file.checks.wording import quoted
from peak_console.jobs.file.fields.field import HEARTBEAT, METRICS
from peak_console.jobs.model import Metrics
from peak_console.text import parse_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from peak_console.jobs.file.findings import Findings


def read_heartbeat(table: Any, findings: Findings) -> Heartbeat | None:
    """Where the engine says that it works."""
    if not isinstance(table, dict):
        findings.error((HEARTBEAT,), f"{HEARTBEAT} must be a table, begun with [{HEARTBEAT}]")
        return None
    good = findings.good_values(table, HEARTBEAT, (HEARTBEAT,), f"[{HEARTBEAT}]")
    if isinstance(good.get("every"), str):
        good["every"] = parse_duration(good["every"])
    named = [key for key in ("url", "url_env", "file") if key in table]
    if len(named) != 1:
        what = f"has both {named[0]} and {named[1]}; keep one of them" if named else "needs a url, a url_env or a file"
        findings.error((HEARTBEAT, *named[1:2]), f"[heartbeat]: {what}")
    return Heartbeat(**{"url": None, **good})


def read_metrics(table: Any, findings: Findings, path: str) -> Metrics:
    """What Prometheus is told; ``path`` is the jobs file's, beside which the file for node_exporter is looked for."""
    if not isinstance(table, dict):
        findings.error((METRICS,), f"{METRICS} must be a table, begun with [{METRICS}]")
        return Metrics()
    good = findings.good_values(table, METRICS, (METRICS,), f"[{METRICS}]")
    if isinstance(good.get("every"), str):
        good["every"] = parse_duration(good["every"])
    if (name := good.get("file")) is not None:
        if not name.endswith(".prom"):
            what = f"file must end in .prom, as node_exporter reads no others, not {quoted(name)}"
            findings.error((METRICS, "file"), f"[{METRICS}]: {what}")
        good["file"] = os.path.join(os.path.dirname(os.path.abspath(path)), os.path.expanduser(name))
    return Metrics(**good)
