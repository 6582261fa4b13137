"""Showing only the jobs that have some tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from peak_console.text import safe
from peak_console.tui.dialogs.base import Dialog, buttons

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from textual.widget import Widget

TICKED, UNTICKED = "✔", "·"


class TickList(OptionList):
    """Options that Space ticks and Enter confirms."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "select", "Tick", show=False),
        Binding("enter", "screen.confirm", "Show", show=False),
    ]


class TagsDialog(Dialog[set[str]]):
    """The tags that are ticked when it is confirmed; none of them is every job."""

    heading = "Tags"
    hints = "Space ticks · n none · Enter shows"

    BINDINGS: ClassVar[list[BindingType]] = [Binding("n", "none", "None", show=False)]

    def __init__(self, counts: Mapping[str, int], selected: Collection[str] = ()) -> None:
        """``counts`` holds every tag with the number of jobs that have it."""
        super().__init__()
        self._counts = counts
        self._tags = sorted(counts, key=lambda tag: (-counts[tag], tag))
        self._ticked = set(selected).intersection(counts)

    def contents(self) -> Iterable[Widget]:
        if not self._tags:
            yield Static(Content("No job here has a tag."), classes="sentence")
            yield buttons("Close")
            return
        yield Static(Content("Show only jobs that have any of these tags:"), classes="sentence")
        yield TickList(*(Option(self._line(tag)) for tag in self._tags), compact=True)
        yield buttons("Show")

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._ticked ^= {self._tags[event.option_index]}
        self._redraw(event.option_index)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "confirm":
            self.action_confirm()
        else:
            self.dismiss(None)

    def action_confirm(self) -> None:
        self.dismiss(self._ticked)

    def action_none(self) -> None:
        """Untick every tag."""
        places = [place for place, tag in enumerate(self._tags) if tag in self._ticked]
        self._ticked = set()
        for place in places:
            self._redraw(place)

    def _redraw(self, place: int) -> None:
        self.query_one(TickList).replace_option_prompt_at_index(place, self._line(self._tags[place]))

    def _line(self, tag: str) -> Content:
        ticked = tag in self._ticked
        count = self._counts[tag]
        return Content.assemble(
            (f" {TICKED if ticked else UNTICKED}  ", "bold $text-accent" if ticked else "$text-muted"),
            (f"#{safe(tag)}", "bold" if ticked else ""),
            (f"  {count} {'job' if count == 1 else 'jobs'}", "$text-muted"),
        )
