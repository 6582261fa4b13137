"""The panes: which there are, where each stands, and which has the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import App
from textual.widgets import Input

from peak_console.tui.bars.key_bar import KeyBar
from peak_console.tui.jobs.table import JobTable
from peak_console.tui.keys.actions import Context

if TYPE_CHECKING:
    from textual import events
    from textual.geometry import Size
    from textual.widget import Widget

    from peak_console.tui.alerts.pane import AlertsPane
    from peak_console.tui.bars.prompt import Prompt
    from peak_console.tui.output.view import OutputView
    from peak_console.tui.upcoming.pane import Upcoming

PANES = ("jobs", "output", "upcoming", "alerts")
"""In the order of ``Tab``."""
WIDE, HIGH = 120, 36
"""From this size on, all panes at once."""
BROAD = 170
"""From this width on, what comes next stands beside the job table; below it, so that the table has every column."""
SIDE_SHARE, SIDE_MIN, SIDE_MAX = 30, 40, 64
"""How wide the panes on the right are: a share in per cent, within these cells. The job table gets the rest."""


class Panes(App[int], inherit_bindings=False):
    """All panes at once on a large screen, on a small one the one with the focus."""

    def __init__(self) -> None:
        super().__init__()
        self._is_furnished = False
        """Whether more than the jobs is on the screen."""
        self._pane = "jobs"

    # The panes, by name.

    @property
    def jobs(self) -> JobTable:
        return self.screen_stack[0].query_one(JobTable)

    @property
    def output(self) -> OutputView:
        return cast("OutputView", self.pane("output"))

    @property
    def upcoming(self) -> Upcoming:
        return cast("Upcoming", self.pane("upcoming"))

    @property
    def alerts(self) -> AlertsPane:
        return cast("AlertsPane", self.pane("alerts"))

    @property
    def prompt(self) -> Prompt:
        return cast("Prompt", self.screen_stack[0].query_one("Prompt"))

    def pane(self, name: str) -> Widget:
        return self.screen_stack[0].query_one(f"#{name}")

    # The focus.

    def action_next_pane(self) -> None:
        self.go_to(PANES[(PANES.index(self.focused_pane()) + 1) % len(PANES)])

    def action_previous_pane(self) -> None:
        self.go_to(PANES[PANES.index(self.focused_pane()) - 1])

    def action_pane_jobs(self) -> None:
        self.go_to("jobs")

    def action_pane_output(self) -> None:
        self.go_to("output")

    def action_pane_upcoming(self) -> None:
        self.go_to("upcoming")

    def action_pane_alerts(self) -> None:
        self.go_to("alerts")

    # Panes, wide or one at a time.

    def on_resize(self, event: events.Resize) -> None:
        self._fit(event.size)  # our own is not yet that

    def _fit(self, size: Size) -> None:
        """All panes at once, or one of them."""
        width, height = size
        main = self.screen_stack[0]
        main.set_class(width < WIDE or height < HIGH, "-narrow")
        main.set_class(width < BROAD, "-stacked")
        side = min(max(width * SIDE_SHARE // 100, SIDE_MIN), SIDE_MAX)
        panes = main.query_one("#panes")
        panes.styles.grid_columns = f"1fr {side}"
        if self._is_furnished:
            # A grid is filled in the order of its children; the output stays on the left.
            output, upcoming = panes.query_one("#output"), panes.query_one("#upcoming")
            if width < BROAD:
                panes.move_child(output, before=upcoming)
            else:
                panes.move_child(output, after=upcoming)
        self._mark_shown()

    def _mark_shown(self) -> None:
        shown = self.focused_pane()
        for pane in self.screen_stack[0].query_one("#panes").children:
            pane.set_class(pane.id == shown, "-shown")

    def focused_pane(self) -> str:
        """The pane that has, or last had, the focus."""
        focused = self.screen_stack[0].focused
        if focused is not None and focused.id in PANES:
            self._pane = focused.id
        return self._pane

    def go_to(self, name: str) -> None:
        """Focus a pane; on a small screen it takes the place of the other."""
        self._pane = name
        self.pane(name).add_class("-shown")  # what is not displayed takes no focus
        self.pane(name).focus()
        self._mark_shown()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, Input):
            event.widget.cursor_blink = False  # nothing moves here that has not changed
        name = self.focused_pane()
        self._mark_shown()
        bar = self.screen_stack[0].query_one(KeyBar)
        if self._is_furnished and self.prompt.has_focus:
            bar.show_typing(self.prompt.placeholder)
        else:
            bar.show(Context(name) if name in (Context.OUTPUT, Context.ALERTS) else Context.JOBS)
