"""Choosing among views, and naming one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Button, Input, Static

from peak_console.text import safe
from peak_console.tui.dialogs.base import Dialog, FormInput, buttons
from peak_console.tui.dialogs.choices import Choice, ChoicesDialog

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual.widget import Widget

NAME, FORGET = "", "\0"
"""What a view cannot be called: name what is shown, and forget its name."""
KEYS = "123456789"


class ViewsDialog(ChoicesDialog[str]):
    """The name of a view to show, or ``NAME``, or ``FORGET``."""

    heading = "Views"
    hints = "Enter shows · Esc closes"

    def __init__(self, views: Mapping[str, str], present: str | None) -> None:
        """``views`` are filters by name; ``present`` is the one that is shown."""
        super().__init__()
        self._present = present
        keys = [*KEYS, *[""] * len(views)]
        known = zip(keys, views.items(), strict=False)
        self.choices = [
            *(Choice(name, key, safe(name), safe(text)) for key, (name, text) in known),
            Choice(NAME, "n", "Name what is shown now"),
            *([Choice(FORGET, "f", f"Forget {safe(present)}")] if present is not None else []),
        ]

    def contents(self) -> Iterable[Widget]:
        sentence = "Filters and orders that you have named:" if len(self.choices) > 1 else "No view has a name yet."
        yield Static(Content(sentence), classes="sentence")
        yield self.option_list()

    def _answer(self, choice: Choice) -> None:
        self.dismiss(choice.name)


class NameDialog(Dialog[str]):
    """A name for what is shown."""

    heading = "Name a view"
    hints = "Enter keeps · Esc cancels"

    def __init__(self, text: str) -> None:
        """``text`` is the filter that is named."""
        super().__init__()
        self._text = text

    def contents(self) -> Iterable[Widget]:
        shown = f"the filter {safe(self._text)}" if self._text else "all jobs"
        yield Static(Content(f"A name for {shown}, in this order:"), classes="sentence")
        yield FormInput(placeholder="name", id="name", max_length=40)
        yield buttons("Keep")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._keep()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "confirm":
            self._keep()
        else:
            self.dismiss(None)

    def _keep(self) -> None:
        name = self.query_one("#name", Input).value.strip()
        if name:
            self.dismiss(name)
