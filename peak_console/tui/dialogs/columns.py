"""Choosing the columns of the job table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from peak_console.tui.dialogs.base import Dialog, buttons
from peak_console.tui.dialogs.tags import TICKED, UNTICKED, TickList

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from textual.widget import Widget

MEANING = {
    "schedule": "when it is due",
    "next": "how long until it starts",
    "last": "how its last run ended, and when",
    "success": "when it has succeeded last",
    "took": "how long that run took",
    "runs": "its last runs as a bar",
    "tags": "its tags",
}


class ColumnsDialog(Dialog[set[str]]):
    """The columns that are ticked when it is confirmed."""

    heading = "Columns"
    hints = "Space ticks · Enter shows · Esc cancels"

    def __init__(self, offered: Mapping[str, str], shown: Collection[str]) -> None:
        """``offered`` are titles of columns by their keys."""
        super().__init__()
        self._offered = offered
        self._keys = list(offered)
        self._ticked = set(shown).intersection(offered)

    def contents(self) -> Iterable[Widget]:
        yield Static(Content("Beside state and name show, as far as there is room:"), classes="sentence")
        yield TickList(*(Option(self._line(key)) for key in self._keys), compact=True)
        yield buttons("Show")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        key = self._keys[event.option_index]
        self._ticked ^= {key}
        self.query_one(TickList).replace_option_prompt_at_index(event.option_index, self._line(key))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "confirm":
            self.action_confirm()
        else:
            self.dismiss(None)

    def action_confirm(self) -> None:
        self.dismiss(self._ticked)

    def _line(self, key: str) -> Content:
        ticked = key in self._ticked
        return Content.assemble(
            (f" {TICKED if ticked else UNTICKED}  ", "bold $text-accent" if ticked else "$text-muted"),
            (f"{self._offered[key]:<10}", "bold" if ticked else ""),
            (MEANING.get(key, ""), "$text-muted"),
        )
