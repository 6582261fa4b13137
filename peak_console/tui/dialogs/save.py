"""Where to save a run's output."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Button, Input, Static

from peak_console.text import safe
from peak_console.tui.dialogs.base import Dialog, FormInput, buttons

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget


class SaveDialog(Dialog[str]):
    """An absolute path that can be written; a file that is there already only after having asked."""

    heading = "Save"
    hints = "Enter saves · Esc cancels"

    def __init__(self, path: str, what: str = "the output") -> None:
        """``path`` is what is proposed, ``what`` names what is saved."""
        super().__init__()
        self._proposed, self._what = path, what
        self._overwrites: str | None = None
        """The existing file that the operator has been asked about."""

    def contents(self) -> Iterable[Widget]:
        yield Static(Content(f"Save {safe(self._what)} to this file:"), classes="sentence")
        yield FormInput(self._proposed, id="path", select_on_focus=False)
        yield Static(id="meaning")
        yield buttons("Save")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._overwrites = None
        self._say("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._save()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "confirm":
            self._save()
        else:
            self.dismiss(None)

    def _save(self) -> None:
        written = self.query_one("#path", Input).value.strip()
        if not written:
            self._say("✖ name a file")
            return
        path = os.path.abspath(os.path.expanduser(written))
        fault = _fault(path)
        if fault:
            self._say(f"✖ {fault}")
        elif os.path.exists(path) and self._overwrites != path:
            self._overwrites = path
            self._say("! the file exists: Enter again replaces it")
        else:
            self.dismiss(path)

    def _say(self, text: str) -> None:
        meaning = self.query_one("#meaning", Static)
        meaning.set_class(bool(text), "-error")
        meaning.update(Content(text))


def _fault(path: str) -> str | None:
    """Why nothing can be saved there; ``None`` as far as one can see before trying."""
    directory = os.path.dirname(path)
    if os.path.isdir(path):
        return "that is a directory; add a file name"
    if not os.path.isdir(directory):
        return f"there is no directory {safe(directory)}"
    if not os.access(directory, os.W_OK) or (os.path.exists(path) and not os.access(path, os.W_OK)):
        return "you may not write there"
    return None
