"""The two lines at the top: where we are, how it stands, what comes next, the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.geometry import Region
from textual.widget import Widget

from peak_console.tui.bars.status_text import first_line, next_row, second_line
from peak_console.tui.drawing.direct_painting import refresh_cells
from peak_console.tui.drawing.paint import changed_span, needed_filters, palette, strip

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from textual.filter import LineFilter
    from textual.strip import Strip

    from peak_console.tui.drawing.paint import Palette, Piece
    from peak_console.tui.state.snapshot import JobRow, Snapshot

_STYLES = ("text", "strong", "brand", "muted", "success", "primary", "warning", "error", "caution", "alarm")


class StatusLine(Widget):
    """Shows a snapshot's engine, counts and next slot, and what the clock says; paints only what reads differently."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"status-line--{name}" for name in _STYLES}

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._snapshot: Snapshot | None = None
        self._next: JobRow | None = None
        self._now: datetime | None = None
        self._lines: list[list[Piece]] = [[], []]
        self._width = 0
        """What the lines were written for."""
        self._palette: Palette | None = None

    def show(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._next = next_row(snapshot)
        if self._now is None or snapshot.taken_at > self._now:
            self._now = snapshot.taken_at
        self._update()

    def tick(self, now: datetime) -> None:
        """It is ``now``."""
        self._now = now
        self._update()

    def get_line_filters(self) -> Sequence[LineFilter]:
        return needed_filters(self, super().get_line_filters())

    def notify_style_update(self) -> None:
        self._palette = None
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        if self._palette is None:
            self._palette = palette(self, "status-line", _STYLES)
        if self._width != self.size.width:
            self._write()
        return strip(self._lines[y] if y < len(self._lines) else [], self._palette, self._width)

    def _update(self) -> None:
        before = self._lines
        self._write()
        spans = [changed_span(old, new) for old, new in zip(before, self._lines, strict=True)]
        refresh_cells(self, [Region(left, y, changed, 1) for y, (left, changed) in enumerate(spans) if changed])

    def _write(self) -> None:
        self._width = width = self.size.width
        if self._snapshot is not None and self._now is not None and width:
            self._lines = [
                first_line(self._snapshot, self._now, width),
                second_line(self._snapshot, self._next, self._now, width),
            ]
