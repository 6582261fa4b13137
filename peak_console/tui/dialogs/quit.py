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
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from textual.widget import Widget

    from peak_console.model.records import Run

_WAYS = (
    ("wait", "Wait for them", "nothing new starts; ends when the last one has ended"),
    ("stop", "Stop them", "SIGTERM now, SIGKILL after each job's grace; then ends"),
    ("leave", "Leave them running", "ends at once; the next engine finds them and goes on"),
)


LOOK_SECONDS = 1.0
"""How often it is seen which of the runs are still under way."""


class QuitDialog(Dialog[str]):
    """What becomes of the runs that are under way: ``wait``, ``stop`` or ``leave``; ``None`` stays here."""

    heading = "Quit"
    hints = "Enter chooses · Esc stays"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "choose('wait')", "Wait", show=False),
        Binding("s", "choose('stop')", "Stop", show=False),
        Binding("l", "choose('leave')", "Leave", show=False),
    ]

    def __init__(
        self,
        active: Sequence[Run],
        *,
        leave: bool = True,
        now: datetime | None = None,
        look: Callable[[], tuple[Sequence[Run], datetime]] | None = None,
    ) -> None:
        """``leave`` is whether runs may outlive the program here; ``look`` tells what is under way, and the time."""
        super().__init__()
        self._active, self._now, self._look = active, now, look
        self._ways = [way for way in _WAYS if leave or way[0] != "leave"]

    def contents(self) -> Iterable[Widget]:
        yield Static(self._sentence(), classes="sentence")
        yield Static(self._lines(), classes="explanation")
        yield OptionList(*(Option(_described(*way), id=way[0]) for way in self._ways), id="ways", compact=True)

    def on_mount(self) -> None:
        if self._look is not None:
            self.set_interval(LOOK_SECONDS, self.look_again)

    def look_again(self) -> None:
        """Say what is under way now: runs end while one thinks."""
        if self._look is not None:
            self._active, self._now = self._look()
            self.query_one(".sentence", Static).update(self._sentence())
            self.query_one(".explanation", Static).update(self._lines())

    def _sentence(self) -> Content:
        count = len(self._active)
        if not count:
            return Content("Nothing runs any more: whatever you choose ends the program.")
        return Content("A run is under way: what is to become of it?" if count == 1 else f"{count} runs are under way:")

    def _lines(self) -> Content:
        return Content("\n").join(run_lines(self._active, self._now))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option.id)

    def action_choose(self, way: str) -> None:
        if way in (known for known, _, _ in self._ways):
            self.dismiss(way)


def _described(key: str, label: str, meaning: str) -> Content:
    return Content.assemble((f" {key[0]}  ", "bold $text-accent"), (label, "bold"), "\n    ", (meaning, "dim"))
