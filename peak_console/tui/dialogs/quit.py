"""Leaving while runs are under way."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from peak_console.tui.dialogs.base import Dialog
from peak_console.tui.dialogs.confirm import run_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from textual.widget import Widget

    from peak_console.store.model import Run

_WAYS = (
    ("wait", "Wait for them", "nothing new starts; ends when the last one has ended"),
    ("stop", "Stop them", "SIGTERM now, SIGKILL after each job's grace; then ends"),
    ("leave", "Leave them running", "ends at once; the next engine finds them and goes on"),
)


class QuitDialog(Dialog[str]):
    """What becomes of the runs that are under way: ``wait``, ``stop`` or ``leave``; ``None`` stays here."""

    heading = "Quit"
    hints = "Enter chooses · Esc stays"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "choose('wait')", "Wait", show=False),
        Binding("s", "choose('stop')", "Stop", show=False),
        Binding("l", "choose('leave')", "Leave", show=False),
    ]

    def __init__(self, active: Sequence[Run], *, leave: bool = True, now: datetime | None = None) -> None:
        """``leave`` is whether runs may outlive the program here."""
        super().__init__()
        self._active, self._now = active, now
        self._ways = [way for way in _WAYS if leave or way[0] != "leave"]

    def contents(self) -> Iterable[Widget]:
        count = len(self._active)
        text = "A run is under way: what is to become of it?" if count == 1 else f"{count} runs are under way:"
        yield Static(Content(text), classes="sentence")
        for line in run_lines(self._active, self._now):
            yield Static(line, classes="explanation")
        yield OptionList(*(Option(_described(*way), id=way[0]) for way in self._ways), id="ways", compact=True)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option.id)

    def action_choose(self, way: str) -> None:
        if way in (known for known, _, _ in self._ways):
            self.dismiss(way)


def _described(key: str, label: str, meaning: str) -> Content:
    return Content.assemble((f" {key[0]}  ", "bold $text-accent"), (label, "bold"), "\n    ", (meaning, "dim"))
