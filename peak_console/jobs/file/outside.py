"""The table ``[heartbeat]``."""

from __future__ import annotations

from peak_console.jobs.file.fields.field import HEARTBEAT
from peak_console.jobs.model import Heartbeat
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
