"""The last line: the keys that work where the focus is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import Static

from peak_console.tui.actions import ACTIONS, Context, keys_of, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual import events

_LAST = ("help", "quit")
_GAP = 2


class KeyBar(Static):
    """Keys and labels; those of the focused pane first, help and quit always. Whole entries or none."""

    def __init__(self, keymap: Mapping[str, str]) -> None:
        super().__init__(markup=False)
        self._keymap = keymap
        self._pane = str(Context.JOBS)

    def show(self, context: str) -> None:
        """Show what works in a context, and everywhere."""
        if context != self._pane:
            self._pane = context
            self._draw()

    def on_resize(self, _event: events.Resize) -> None:
        self._draw()

    def _draw(self) -> None:
        of_pane = [a for a in ACTIONS if a.footer and a.context == self._pane]
        general = [a for a in ACTIONS if a.footer and a.context == Context.EVERYWHERE and a.id not in _LAST]
        last = [a for a in ACTIONS if a.id in _LAST]
        key_style = self.app.theme_variables.get("text-accent", "bold")
        reserved = sum(self._width(action.id, action.label) for action in last)
        line = Text(" ", no_wrap=True)
        for action in [*of_pane, *general]:
            if line.cell_len + self._width(action.id, action.label) + reserved <= self.size.width:
                self._add(line, action.id, action.label, key_style)
        for action in last:
            self._add(line, action.id, action.label, key_style)
        self.update(line)

    def _key(self, action_id: str) -> str:
        action = next(action for action in ACTIONS if action.id == action_id)
        return shown(keys_of(action, self._keymap)[0])

    def _width(self, action_id: str, label: str) -> int:
        return len(self._key(action_id)) + 1 + len(label) + _GAP

    def _add(self, line: Text, action_id: str, label: str, key_style: str) -> None:
        line.append(self._key(action_id), style=f"bold {key_style}" if key_style.startswith("#") else "bold")
        line.append(f" {label}{' ' * _GAP}")
