"""Leaving the console that runs the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Static

from peak_console.tui.dialogs.choices import Choice, ChoicesDialog
from peak_console.tui.dialogs.confirm import run_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from textual.widget import Widget

    from peak_console.model.records import Run

    Standing = tuple[Sequence[Run], str, datetime]
    """What is under way, what comes next, and the time."""

BACKGROUND = Choice(
    "background", "b", "Keep scheduling in the background", "a headless engine takes over; no slot is lost between"
)
STAY = Choice("", "Esc", "Stay")
IDLE_WAYS = (
    BACKGROUND,
    Choice("end", "e", "End the scheduler", "nothing starts until an engine is started again"),
    STAY,
)
BUSY_WAYS = (
    BACKGROUND,
    Choice("wait", "w", "Wait for them", "nothing new starts; ends when the last one has ended"),
    Choice("stop", "s", "Stop them", "SIGTERM now, SIGKILL after each job's grace; then ends"),
    Choice("leave", "l", "Leave them running", "the scheduler ends; the next engine finds them"),
    STAY,
)
LOOK_SECONDS = 1.0
"""How often it is seen which of the runs are still under way."""


class QuitDialog(ChoicesDialog[str]):
    """What becomes of the scheduler and of the runs that are under way; ``None`` stays here.

    ``background``, or ``end`` while nothing runs, else ``wait``, ``stop`` or ``leave``.
    """

    heading = "Quit"

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
        self.choices = BUSY_WAYS if active else IDLE_WAYS

    def contents(self) -> Iterable[Widget]:
        yield Static(self._sentence(), classes="sentence")
        yield Static(self._lines(), classes="explanation")
        yield self.option_list()

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
        if self._active and self.choices is IDLE_WAYS:
            self.offer(BUSY_WAYS)

    def _sentence(self) -> Content:
        if self._active:
            return Content("The scheduler ends with this console. Under way:")
        if self.choices is BUSY_WAYS:
            return Content("Nothing runs any more, and the scheduler ends with this console.")
        return Content("The scheduler ends with this console.")

    def _lines(self) -> Content:
        upcoming = Content(f"  {self._upcoming or 'nothing is scheduled'}")
        return Content("\n").join([*run_lines(self._active, self._now), upcoming])
