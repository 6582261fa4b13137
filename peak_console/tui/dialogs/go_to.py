"""Finding a job by some letters of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from peak_console.text import safe
from peak_console.tui.dialogs.base import Dialog, FormInput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.widget import Widget

    Find = Callable[[str], Sequence[tuple[str, Content]]]
    """The jobs that some letters find, the best first, each with what is said beside it."""

NOTHING = "no job has these letters in its name, in this order"


class GoToDialog(Dialog[str]):
    """Lists the jobs that what is typed finds; the result is the one to go to, or ``None``."""

    heading = "Go to"
    hints = "Enter goes there · ↑ ↓ chooses · Esc closes"
    AUTO_FOCUS = "Input"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "choose(1)", "Next", show=False, priority=True),
        Binding("up", "choose(-1)", "Before", show=False, priority=True),
    ]

    def __init__(self, find: Find) -> None:
        super().__init__()
        self._find = find
        self._found: Sequence[tuple[str, Content]] = find("")

    def contents(self) -> Iterable[Widget]:
        yield FormInput(placeholder="some letters of its name", id="letters", max_length=200)
        found = OptionList(*map(_option, self._found), id="found", compact=True)
        found.can_focus = False
        found.highlighted = 0 if self._found else None
        yield found
        yield Static(id="meaning")

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._found = self._find(event.value)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(map(_option, self._found))
        options.highlighted = 0 if self._found else None
        self.query_one("#meaning", Static).update(Content("" if self._found else NOTHING))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._go(self.query_one(OptionList).highlighted)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._go(event.option_index)

    def action_choose(self, by: int) -> None:
        options = self.query_one(OptionList)
        if self._found:
            options.highlighted = ((options.highlighted or 0) + by) % len(self._found)

    def _go(self, place: int | None) -> None:
        if place is not None and place < len(self._found):
            self.dismiss(self._found[place][0])


def _option(found: tuple[str, Content]) -> Option:
    name, beside = found
    return Option(Content.assemble((safe(name), "bold"), "  ") + beside)
