"""What all dialogs have in common: a box in the middle, a title, keys at its lower edge, and Esc."""

from __future__ import annotations

import os
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from peak_console.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import ComposeResult
    from textual.widget import Widget

Result = TypeVar("Result")

NAMES_SHOWN = 6


class Dialog(ModalScreen[Result], Generic[Result]):
    """A question in the middle of the screen. Its result is ``None`` when the operator turned away."""

    CSS_PATH = os.path.join(os.path.dirname(__file__), "dialogs.tcss")
    AUTO_FOCUS = "Input, OptionList, Button"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel", show=False),
        Binding("right", "app.focus_next", "Next", show=False),
        Binding("left", "app.focus_previous", "Back", show=False),
    ]

    closes_at_escape = True
    """Esc reaches it past the queue of keys, see ``ConsoleApp.on_event``."""
    heading = ""
    hints = "Enter confirms · Esc cancels"

    def compose(self) -> ComposeResult:
        with Vertical(id="dialog") as box:
            box.border_title = Content(self.heading)
            box.border_subtitle = Content(self.hints)
            yield from self.contents()

    @abstractmethod
    def contents(self) -> Iterable[Widget]:
        """What stands in the box."""

    def action_cancel(self) -> None:
        self.dismiss(None)


class Question(Dialog[bool]):
    """Yes or no. Enter is yes, because the operator has pressed a key for it to get here; Esc is no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", show=False),
        Binding("n", "answer(False)", "No", show=False),
    ]

    yes, no = "Yes", "No"

    def contents(self) -> Iterable[Widget]:
        yield Static(self.sentence(), classes="sentence")
        for line in self.explanation():
            yield Static(line, classes="explanation")
        yield buttons(self.yes, self.no)

    @abstractmethod
    def sentence(self) -> Content:
        """What is asked."""

    def explanation(self) -> Sequence[Content]:
        """What comes of it."""
        return ()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "confirm")

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)

    def action_cancel(self) -> None:
        self.dismiss(False)


class FormInput(Input):
    """A line to type into that also shows what is pasted into it as any terminal can."""

    def validate_value(self, value: str) -> str:
        return safe(value)


def buttons(confirm: str, cancel: str = "Cancel") -> Horizontal:
    """The row at the bottom: ``#confirm`` and ``#cancel``."""
    return Horizontal(
        Button(Content(confirm), id="confirm", compact=True),
        Button(Content(cancel), id="cancel", compact=True),
        classes="buttons",
    )


def strong(text: str) -> Content:
    """A name from outside, as it stands there."""
    return Content.styled(safe(text), "bold")


def names(known: Sequence[str]) -> Content:
    """``a``, ``a and b``, or as many as make a short sentence."""
    shown = [strong(name) for name in known[:NAMES_SHOWN]]
    if len(known) > NAMES_SHOWN:
        shown.append(Content(f"{len(known) - NAMES_SHOWN} more"))
    if len(shown) < 2:
        return shown[0] if shown else Content("")
    return Content(", ").join(shown[:-1]) + Content(" and ") + shown[-1]
