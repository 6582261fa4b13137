"""Acknowledging alerts, with a note if the operator likes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Button, Input, Static

from peak_console.model.records import Level
from peak_console.text import safe
from peak_console.tui.dialogs.base import NAMES_SHOWN, Dialog, FormInput, buttons
from peak_console.tui.drawing.glyphs import level

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

    from peak_console.model.records import Alert

_ORDER = {each: place for place, each in enumerate(reversed(Level))}
_LINE = 58


class AcknowledgeDialog(Dialog[str]):
    """The note; an empty text is an acknowledgement without one."""

    heading = "Acknowledge"
    hints = "Enter acknowledges · Esc cancels"

    def __init__(self, alerts: Sequence[Alert]) -> None:
        """``alerts`` are what is acknowledged; one that is already gets another note."""
        super().__init__()
        self._alerts = sorted(alerts, key=lambda alert: (_ORDER.get(alert.level, 0), -alert.id))

    def contents(self) -> Iterable[Widget]:
        yield Static(Content(self._sentence()), classes="sentence")
        yield Static(Content("\n".join(self._lines())), classes="explanation")
        note = self._alerts[0].ack_note if len(self._alerts) == 1 else None
        yield FormInput(note or "", placeholder="note, if you like", id="note", max_length=200, select_on_focus=False)
        yield buttons("Acknowledge" if any(alert.is_open for alert in self._alerts) else "Note")

    def _sentence(self) -> str:
        if len(self._alerts) == 1:
            return "Acknowledge this alert?" if self._alerts[0].is_open else "A note for this alert:"
        counts = Counter(alert.level for alert in self._alerts)
        told = ", ".join(f"{counts[each]} {level(each).word}" for each in reversed(Level) if counts[each])
        return f"Acknowledge {len(self._alerts)} open alerts: {told}?"

    def _lines(self) -> list[str]:
        lines = []
        for alert in self._alerts[:NAMES_SHOWN]:
            line = f"{level(alert.level).glyph} {safe(alert.message.partition(chr(10))[0])}"
            lines.append(line if len(line) <= _LINE else line[: _LINE - 1] + "…")
        if len(self._alerts) > NAMES_SHOWN:
            lines.append(f"  and {len(self._alerts) - NAMES_SHOWN} more")
        return lines

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._acknowledge()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "confirm":
            self._acknowledge()
        else:
            self.dismiss(None)

    def _acknowledge(self) -> None:
        self.dismiss(self.query_one("#note", Input).value.strip())
