"""One line to type into, at the bottom of the screen: the jobs' filter, or what to search for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class Prompt(Input):
    """Hidden until ``ask``; every change is posted, Enter or leaving it keeps it, Escape takes it back."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel", show=False)]

    @dataclass
    class Edited(Message):
        """The text is another."""

        purpose: str
        text: str

    @dataclass
    class Cancelled(Message):
        """The operator has taken back what was typed; the text that held before."""

        purpose: str
        text: str

    @dataclass
    class Left(Message):
        """The operator is done here, by a key: the focus belongs where the text counts."""

        purpose: str

    def __init__(self) -> None:
        super().__init__(select_on_focus=True)
        self._purpose = ""
        self._before = ""
        self.display = False

    @property
    def is_asking(self) -> bool:
        return bool(self.display)

    def ask(self, purpose: str, text: str, hint: str) -> None:
        """Show the line, with what holds at present, and take the focus."""
        self._purpose, self._before = purpose, text
        self.placeholder = hint
        self.value = text
        self.display = True
        self.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.is_asking:
            self.post_message(self.Edited(self._purpose, self.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._leave()

    def action_cancel(self) -> None:
        self.post_message(self.Cancelled(self._purpose, self._before))
        self._leave()

    def on_blur(self) -> None:
        self.display = False

    def _leave(self) -> None:
        self.display = False
        self.post_message(self.Left(self._purpose))
