"""Holding everything: nothing new starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Button, Input, Static

from peak_console.tui.dialogs.base import Dialog, FormInput, buttons

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget


class HoldDialog(Dialog[str]):
    """The reason of the hold; an empty text is a hold without one."""

    heading = "Hold"
    hints = "Enter holds · Esc cancels"

    def contents(self) -> Iterable[Widget]:
        yield Static(Content("Hold everything: nothing new starts until you release it."), classes="sentence")
        yield Static(
            Content("Runs under way go on. A slot that passes meanwhile starts late or is missed, as its job says."),
            classes="explanation",
        )
        yield FormInput(placeholder="reason, if you like", id="reason", max_length=200)
        yield buttons("Hold")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._hold()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "confirm":
            self._hold()
        else:
            self.dismiss(None)

    def _hold(self) -> None:
        self.dismiss(self.query_one("#reason", Input).value.strip())
