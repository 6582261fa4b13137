"""How a deadline is drawn: its slack, in the colour of its risk."""

from __future__ import annotations

from peak_console.text import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.decisions.ahead.deadlines import Prospect
    from peak_console.model.ahead import Due
    from peak_console.tui.drawing.paint import Piece

RISK_STYLE = {
    "missed": "error", "blocked": "error", "late": "error", "tight": "warning", "good": "success", "unknown": "muted",
    "met": "muted",
}  # fmt: skip
"""By the risk of a deadline."""


def slack(prospect: Prospect | Due) -> Piece:
    """How much is left until a deadline is missed, or that it is or will be; in the colour of its risk."""
    style = RISK_STYLE.get(prospect.risk, "text")
    seconds = prospect.slack_seconds
    if prospect.risk == "unknown":
        return "no history yet", style
    if prospect.risk in ("missed", "blocked") or seconds is None:
        return str(prospect.risk), style
    return f"{duration(abs(seconds))} {'slack' if seconds >= 0 else 'late'}", style
