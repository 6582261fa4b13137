"""Where the panes stand, which of them are shown, and which one has the focus."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from peak_console.tui.bars.key_bar import KeyBar
from peak_console.tui.bars.pane_tabs import PaneTabs
from peak_console.tui.jobs.table import JobTable
from peak_console.tui.keys.actions import Context

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.geometry import Size
    from textual.screen import Screen
    from textual.widget import Widget

    from peak_console.tui.alerts.pane import AlertsPane
    from peak_console.tui.bars.prompt import Prompt
    from peak_console.tui.output.view import OutputView
    from peak_console.tui.upcoming.pane import Upcoming

PANES = ("jobs", "output", "upcoming", "alerts")
"""In the order of ``Tab``."""
WIDE, HIGH = 120, 36
"""From this size on, in cells, all panes are shown at once."""
TALL = 30
"""From this height on a screen that is not as large shows two panes: the jobs, and below them another one."""
BROAD = 170
"""From this width on, Upcoming stands beside the job table; below it, so that the table has every column."""
SIDE_SHARE, SIDE_MIN, SIDE_MAX = 30, 40, 64
"""Width of the panes on the right: a share in per cent, within these cells. The job table gets the rest."""


class Layout:
    """Shows all panes at once on a large screen, and on a small one the pane that has the focus, or two of them."""

    def __init__(self, app: App[int]) -> None:
        self._app = app
        self.is_complete = False
        """Whether all panes are mounted; the first paint has the jobs only."""
        self._last_focused = "jobs"
        self._below = "output"
        """The pane that stands below the jobs where there is room for two."""

    # The panes by name.

    @property
    def is_there(self) -> bool:
        """Whether the panes are; at the end they go before the last messages are looked at."""
        return bool(self._app.screen_stack)

    @property
    def main(self) -> Screen[object]:
        """The screen with the panes, whichever screen is on top."""
        return self._app.screen_stack[0]

    @property
    def jobs(self) -> JobTable:
        return self.main.query_one(JobTable)

    @property
    def output(self) -> OutputView:
        from peak_console.tui.output.view import OutputView

        return self.main.query_one(OutputView)

    @property
    def upcoming(self) -> Upcoming:
        from peak_console.tui.upcoming.pane import Upcoming

        return self.main.query_one(Upcoming)

    @property
    def alerts(self) -> AlertsPane:
        from peak_console.tui.alerts.pane import AlertsPane

        return self.main.query_one(AlertsPane)

    @property
    def prompt(self) -> Prompt:
        from peak_console.tui.bars.prompt import Prompt

        return self.main.query_one(Prompt)

    def pane(self, name: str) -> Widget:
        """The pane of this name, one of ``PANES``."""
        return self.main.query_one(f"#{name}")

    # The focus.

    @property
    def focused(self) -> str:
        """The name of the pane that has the focus, or had it last."""
        widget = self.main.focused
        if widget is not None and widget.id in PANES:
            self._last_focused = widget.id
        return self._last_focused

    def focus_next(self, step: int = 1) -> None:
        """Focus the pane ``step`` places further on, in the order of ``PANES``."""
        self.go_to(PANES[(PANES.index(self.focused) + step) % len(PANES)])

    def go_to(self, name: str) -> None:
        """Focus a pane; on a small screen it replaces the pane that was shown."""
        self._last_focused = name
        self.pane(name).add_class("-shown")  # a widget that is not displayed takes no focus
        self.pane(name).focus()
        self.mark_shown()

    def focus_has_moved(self) -> None:
        """Show the focused pane, and its keys in the key bar."""
        name = self.focused
        self.mark_shown()
        bar = self.main.query_one(KeyBar)
        if self.is_complete and self.prompt.has_focus:
            bar.show_typing(self.prompt.placeholder)
        else:
            bar.show(Context(name) if name in (Context.OUTPUT, Context.ALERTS) else Context.JOBS)

    def show_current_job(self) -> None:
        """Have the cursor of Upcoming, while it has the focus, on the job that keys act on."""
        if self.focused == "upcoming":
            self.upcoming.follow(self.jobs.cursor_name)

    def zoom(self) -> None:
        """Give the focused pane the whole screen, or no longer."""
        self.main.toggle_class("-zoomed")
        self.mark_shown()

    def by_id(self) -> dict[str, Callable[[], None]]:
        """What the keys for panes do, by the id of the action in the table of keys."""
        return {
            "next_pane": self.focus_next,
            "previous_pane": partial(self.focus_next, -1),
            **{f"pane_{pane}": partial(self.go_to, pane) for pane in ("jobs", "output", "upcoming", "alerts")},
            "zoom": self.zoom,
        }

    # Sizes.

    def fit(self, size: Size) -> None:
        """Arrange the panes for a screen of this size."""
        width, height = size
        main = self.main
        is_narrow = width < WIDE or height < HIGH
        main.set_class(is_narrow, "-narrow")
        main.set_class(is_narrow and height >= TALL, "-over")
        main.set_class(width < BROAD, "-stacked")
        side = min(max(width * SIDE_SHARE // 100, SIDE_MIN), SIDE_MAX)
        panes = main.query_one("#panes")
        panes.styles.grid_columns = f"1fr {side}"
        if self.is_complete:
            # A grid is filled in the order of its children; the output stays on the left.
            output, upcoming = panes.query_one("#output"), panes.query_one("#upcoming")
            if width < BROAD:
                panes.move_child(output, before=upcoming)
            else:
                panes.move_child(output, after=upcoming)
        self.mark_shown()

    def mark_shown(self) -> None:
        """Mark what a small screen shows: the focused pane, or the jobs and the last other one below them."""
        shown = self.focused
        if shown != "jobs":
            self._below = shown
        for pane in self.main.query_one("#panes").children:
            pane.set_class(pane.id == shown, "-shown")
            pane.set_class(pane.id == self._below, "-below")
        self.main.query_one(PaneTabs).show_focused(shown)
