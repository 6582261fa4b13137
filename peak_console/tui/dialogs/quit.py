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

Standing = tuple["Sequence[Run]", str, "datetime"]
"""What is under way, what comes next, and the time."""

_BACKGROUND = ("background", "b", "Keep scheduling in the background",
               "a headless engine takes over; no slot is lost between")  # fmt: skip
_STAY = ("", "Esc", "Stay", "")
_IDLE_WAYS = (
    _BACKGROUND,
    ("end", "e", "End the scheduler", "nothing starts until an engine is started again"),
    _STAY,
)
_BUSY_WAYS = (
    _BACKGROUND,
    ("wait", "w", "Wait for them", "nothing new starts; ends when the last one has ended"),
    ("stop", "s", "Stop them", "SIGTERM now, SIGKILL after each job's grace; then ends"),
    ("leave", "l", "Leave them running", "the scheduler ends; the next engine finds them"),
    _STAY,
)
LOOK_SECONDS = 1.0
"""How often it is seen which of the runs are still under way."""


class QuitDialog(Dialog[str]):
    """What becomes of the scheduler and of the runs that are under way; ``None`` stays here.

    ``background``, or ``end`` while nothing runs, else ``wait``, ``stop`` or ``leave``.
    """

    heading = "Quit"
    hints = "Enter chooses · Esc stays"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "choose('background')", "Background", show=False),
        Binding("e", "choose('end')", "End", show=False),
        Binding("w", "choose('wait')", "Wait", show=False),
        Binding("s", "choose('stop')", "Stop", show=False),
        Binding("l", "choose('leave')", "Leave", show=False),
    ]

    def __init__(
        self,
        active: Sequence[Run],
        upcoming: str = "",
        now: datetime | None = None,
        *,
        look: Callable[[], Standing] | None = None,
    ) -> None:
        """``look`` tells how things stand now."""
        super().__init__()
        self._active, self._upcoming, self._now, self._look = active, upcoming, now, look
        self._ways = _BUSY_WAYS if active else _IDLE_WAYS

    def contents(self) -> Iterable[Widget]:
        yield Static(self._sentence(), classes="sentence")
        yield Static(self._lines(), classes="explanation")
        yield OptionList(*(Option(_described(*way), id=way[0] or None) for way in self._ways), id="ways", compact=True)

    def on_mount(self) -> None:
        if self._look is not None:
            self.set_interval(LOOK_SECONDS, self.look_again)

    def look_again(self) -> None:
        """Say what is under way now: runs end while one thinks, and others begin."""
        if self._look is None:
            return
        self._active, self._upcoming, self._now = self._look()
        self.query_one(".sentence", Static).update(self._sentence())
        self.query_one(".explanation", Static).update(self._lines())
        if self._active and self._ways is _IDLE_WAYS:
            self._offer_ways_of_runs()

    def _offer_ways_of_runs(self) -> None:
        """Ask about runs that have begun meanwhile; the choice stays where it was."""
        self._ways = _BUSY_WAYS
        ways = self.query_one(OptionList)
        is_background = ways.highlighted in (None, 0)
        ways.clear_options()
        ways.add_options(Option(_described(*way), id=way[0] or None) for way in self._ways)
        ways.highlighted = 0 if is_background else len(self._ways) - 1

    def _sentence(self) -> Content:
        count = len(self._active)
        if not count and self._ways is _BUSY_WAYS:
            return Content("Nothing runs any more, and the scheduler ends with this console.")
        if not count:
            return Content("The scheduler ends with this console.")
        return Content("The scheduler ends with this console. Under way:")

    def _lines(self) -> Content:
        upcoming = Content(f"  {self._upcoming or 'nothing is scheduled'}")
        return Content("\n").join([*run_lines(self._active, self._now), upcoming])

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.dismiss(event.option.id)

    def action_choose(self, way: str) -> None:
        if any(way == known[0] for known in self._ways):
            self.dismiss(way)


def _described(_way: str, key: str, label: str, meaning: str) -> Content:
    line = Content.assemble((f" {key:<4}", "bold $text-accent"), (label, "bold"))
    return line + Content.assemble("\n     ", (meaning, "dim")) if meaning else line
