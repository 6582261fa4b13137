"""A question with several answers, each on a key of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from peak_console.tui.dialogs.base import Dialog
from peak_console.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Key

Name = TypeVar("Name", bound=str)


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer."""

    name: str
    """What the dialog answers; empty is nothing, as with Esc."""
    key: str
    label: str
    meaning: str = ""
    """What comes of it, below the label."""


class ChoicesDialog(Dialog[str], Generic[Name]):
    """Answers with the name of a choice; ``None`` when the operator turned away."""

    hints = "Enter chooses · Esc stays"

    choices: Sequence[Choice] = ()

    def option_list(self) -> OptionList:
        """The list of the choices, for ``contents``."""
        return OptionList(*map(_option, self.choices), id="ways", compact=True)

    def offer(self, choices: Sequence[Choice]) -> None:
        """Offer other choices; what was highlighted stays so, or the last is."""
        options = self.query_one(OptionList)
        at = options.highlighted or 0
        name = self.choices[at].name
        self.choices = choices
        options.clear_options()
        options.add_options(map(_option, choices))
        places = [place for place, choice in enumerate(choices) if choice.name == name]
        options.highlighted = places[0] if places else len(choices) - 1

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._answer(self.choices[event.option_index])

    def on_key(self, event: Key) -> None:
        found = next((choice for choice in self.choices if choice.key == event.character), None)
        if found is not None:
            event.stop()
            self._answer(found)

    def _answer(self, choice: Choice) -> None:
        """Answer with a choice; one without a name is none."""
        self.dismiss(choice.name or None)


def _option(choice: Choice) -> Option:
    line = Content.assemble((f" {choice.key:<4}", "bold $text-accent"), (choice.label, "bold"))
    return Option(line + Content.assemble("\n     ", (choice.meaning, "dim")) if choice.meaning else line)
