"""One alert as lines of text in styles, without the screen. Pure."""

from __future__ import annotations

from peak_console.model.records import Level
from peak_console.text import safe
from peak_console.tui.drawing.glyphs import CURSOR, level, moment
from peak_console.tui.drawing.paint import cut, fitted, width_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from peak_console.model.records import Alert
    from peak_console.tui.drawing.paint import Piece

WIDE = 100
"""From this width on an alert takes one line, else two."""
UNREAD = "•"
RESOLVED = "✔", "resolved"
"""Stands in place of the level of an alert whose cause is gone."""
STYLES = ("text", "unread", "muted", "accent", "error", "warning", "success", "critical")

_JOB_WIDTH = 32
_LEVEL_WIDTH = 8
_TIME_WIDTH = {1: 5, 6: 9}
"""Of the times as ``moment`` says them, by how many days ago the oldest was at the most; older ones take 12."""
_DETAILS_CHARACTERS = 500
"""Characters of details that are looked at; no line is longer."""


class AlertColumns:
    """Where the columns are, for some alerts (newest first) in lines of some width."""

    __slots__ = ("job", "now", "time", "width", "zone")

    def __init__(self, alerts: Sequence[Alert], width: int, now: datetime, zone: tzinfo) -> None:
        self.width, self.now, self.zone = width, now, zone
        oldest = min((alert.latest_at for alert in alerts), default=now)
        days = (now.astimezone(zone).date() - oldest.astimezone(zone).date()).days
        self.time = next((size for limit, size in _TIME_WIDTH.items() if days < limit), 12)
        self.job = 0
        if self.is_wide:
            names = {alert.job for alert in alerts}
            self.job = min(max((width_of(safe(name)) for name in names if name), default=0), _JOB_WIDTH)

    @property
    def is_wide(self) -> bool:
        return self.width >= WIDE

    @property
    def height(self) -> int:
        """How many lines an alert takes."""
        return 1 if self.is_wide else 2

    def same(self, other: AlertColumns | None) -> bool:
        """Whether lines drawn by ``other`` are right by this one too."""
        return (
            other is not None
            and (self.width, self.time, self.job, self.zone) == (other.width, other.time, other.job, other.zone)
            and self.now.astimezone(self.zone).date() == other.now.astimezone(self.zone).date()
        )

    def lines(self, alert: Alert, *, cursor: bool) -> list[list[Piece]]:
        """The pieces of each line of ``alert``; a line is as wide as they are, at the most ``width``."""
        unread = alert.is_open
        critical = unread and alert.level == Level.CRITICAL
        plain = "muted" if not unread else "text" if alert.level == Level.INFO else "unread"
        head = [
            (CURSOR if cursor else " ", "accent"),
            (UNREAD if unread else " ", "error" if critical else "accent"),
            *fitted(((moment(alert.timestamp, self.now, self.zone), "text" if unread else "muted"),), self.time),
            (" ", "text"),
            *_level(alert),
            (" ", "text"),
        ]
        job = safe(alert.job) if alert.job else ""
        message, details = _message(alert, job)
        if alert.count > 1:
            message = f"×{alert.count} {message}"
        said = "error" if critical else plain
        if self.is_wide:
            if job:
                head += fitted(((job, plain),), self.job, gap=2)
            return [self._filled(head, message, said, details)]
        indent = [(head[0][0], "accent"), (" " * (self.time + 2), "text")]
        if job:
            return [self._filled(head, job, plain, ""), self._filled(indent, message, said, details)]
        if alert.level == Level.INFO:  # of news the details say more: which jobs a reload has added
            return [self._filled(head, message, said, ""), self._filled(indent, details, "muted", "")]
        room = self.width - sum(width_of(piece) for piece, _ in head)
        first, rest = _broken(message, room)
        below = (rest, said, details) if rest else (details, "muted", "")
        return [[*head, (first, said)], self._filled(indent, *below)]

    def _filled(self, pieces: list[Piece], text: str, style: str, details: str) -> list[Piece]:
        """``pieces``, then ``text``, then as much of the details as there is room for."""
        left = self.width - sum(width_of(piece) for piece, _ in pieces)
        shown = cut(text, left)
        line = [*pieces, (shown, style)]
        left -= width_of(shown) + 2
        if details and left > 3:
            line += [("  ", "text"), (cut(details, left), "muted")]
        return line


def _broken(text: str, room: int) -> tuple[str, str]:
    """What of ``text`` fits into ``room`` cells, and the rest: broken between words, cut off where there are none."""
    if width_of(text) <= room:
        return text, ""
    words = text.split(" ")
    for count in range(len(words) - 1, 0, -1):
        if width_of(first := " ".join(words[:count])) <= room:
            return first, " ".join(words[count:])
    return cut(text, room), ""


def _level(alert: Alert) -> list[Piece]:
    look = level(alert.level)
    if alert.is_open and alert.level == Level.CRITICAL:
        return [(" ", "critical"), (f"{look.glyph} {look.word} ", "critical")]
    glyph, word = RESOLVED if alert.resolved_at is not None else (look.glyph, look.word)
    style = look.style if alert.is_open else "muted"
    return [(" ", "text"), (f"{glyph} {word:<{_LEVEL_WIDTH}} ", style)]


def _message(alert: Alert, job: str) -> tuple[str, str]:
    """The first line without the job's name, which has a place of its own; and all that follows it, on one line."""
    first, _, rest = alert.message.partition("\n")
    first, rest = safe(first), safe(" ".join(rest[:_DETAILS_CHARACTERS].split()))
    if job and first.startswith(job + " "):
        first = first[len(job) + 1 :]
    return first, rest
