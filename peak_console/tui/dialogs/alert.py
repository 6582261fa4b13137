"""One alert in full: all that it says, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from peak_console.text import safe, safe_lines
from peak_console.tui.dialogs.base import Dialog, strong
from peak_console.tui.drawing.glyphs import level, moment
from peak_console.tui.keys.actions import binding

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, tzinfo

    from textual.widget import Widget

    from peak_console.model.records import Alert

GO, ACKNOWLEDGE = "go", "acknowledge"


class AlertDialog(Dialog[str]):
    """What an alert says. The result: ``GO`` to what it is about, ``ACKNOWLEDGE`` it, or ``None``."""

    heading = "Alert"
    hints = "↑ ↓ scroll · Esc closes"

    BINDINGS: ClassVar[list[BindingType]] = [
        binding("acknowledge", "screen."),
        Binding("q", "cancel", "Close", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("pageup", "scroll(-8)", "Page up", show=False),
        Binding("pagedown", "scroll(8)", "Page down", show=False),
    ]

    def __init__(self, alert: Alert, *, now: datetime, zone: tzinfo, acts: bool = True) -> None:
        """``acts`` is whether it can be acknowledged from here."""
        super().__init__()
        self._alert, self._now, self._zone = alert, now, zone
        self._open = acts and alert.is_open

    def contents(self) -> Iterable[Widget]:
        yield Static(self._headline(), classes="sentence")
        with VerticalScroll(id="message", can_focus=False):
            yield Static(Content(safe_lines(self._alert.message)))
        yield Static(self._standing(), classes="explanation")
        yield Horizontal(*self._buttons(), classes="buttons")

    def _headline(self) -> Content:
        alert = self._alert
        look = level(alert.level)
        at = alert.timestamp.astimezone(self._zone)
        parts = [
            Content.styled(f"{look.glyph} {look.word}", f"bold {look.colour}"),
            Content(f"{at:%a} {at.day} {at:%b %Y  %H:%M:%S %Z}"),
        ]
        if alert.job:
            parts.append(strong(alert.job if alert.run_id is None else f"{alert.job} #{alert.run_id}"))
        return Content(" · ").join(parts)

    def _standing(self) -> Content:
        alert = self._alert
        said = []
        if alert.count > 1:
            said.append(f"{alert.count} times, last {moment(alert.latest_at, self._now, self._zone)}.")
        if alert.resolved_at is not None:
            said.append(f"Resolved {moment(alert.resolved_at, self._now, self._zone)}: its cause is gone.")
        if alert.acknowledged_at is not None:
            when = moment(alert.acknowledged_at, self._now, self._zone)
            note = f': "{safe(alert.ack_note)}"' if alert.ack_note else "."
            said.append(f"Acknowledged by {safe(alert.acknowledged_by or 'an unknown user')}, {when}{note}")
        elif alert.is_open:
            said.append("Not acknowledged yet.")
        return Content(" ".join(said))

    def _buttons(self) -> Iterable[Button]:
        if self._alert.job:
            label = "Go to its job" if self._alert.run_id is None else "Go to its output"
            yield Button(Content(label), id=GO, compact=True)
        if self._open:
            yield Button(Content("Acknowledge"), id=ACKNOWLEDGE, compact=True)
        yield Button(Content("Close"), id="cancel", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id if event.button.id != "cancel" else None)

    def action_acknowledge(self) -> None:
        if self._open:
            self.dismiss(ACKNOWLEDGE)

    def action_scroll(self, lines: int) -> None:
        self.query_one("#message").scroll_relative(y=lines, animate=False)
