"""What is confirmed by typing names: whatever starts jobs that ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Button, Input, Static

from peak_console.jobs.model import LIVE
from peak_console.tui.dialogs.base import Dialog, FormInput, buttons, strong

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from peak_console.jobs.model import JobDefinition


class ConfirmNameDialog(Dialog[bool]):
    """Asks for the name of a job; true once it was typed as it stands."""

    heading = "Confirm"
    hints = "Enter confirms · Esc cancels"

    def __init__(self, job: JobDefinition, what: str) -> None:
        """``what`` is about to be done to the job: ``run``, ``enable``, or ``start by the release``."""
        super().__init__()
        self._job, self._what = job, what

    def contents(self) -> Iterable[Widget]:
        mark = (
            Content.styled(f" {LIVE} ", "bold reverse $text-error") + Content(" ") if self._job.is_live else Content("")
        )
        yield Static(mark + strong(self._job.name) + Content(f" is about to {self._what}."), classes="sentence")
        yield Static(Content("It is to be confirmed: type its name."), classes="explanation")
        yield FormInput(placeholder="name of the job", id="name", max_length=400)
        yield Static(id="meaning")
        yield buttons("Confirm")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._confirm()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "confirm":
            self._confirm()
        else:
            self.dismiss(False)

    def action_cancel(self) -> None:
        self.dismiss(False)

    def _confirm(self) -> None:
        if self.query_one("#name", Input).value.strip() == self._job.name.strip():
            self.dismiss(True)
            return
        meaning = self.query_one("#meaning", Static)
        meaning.update(Content("✖ that is another name"))
        meaning.set_class(True, "-error")
