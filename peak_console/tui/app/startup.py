"""From the first paint, which shows the jobs, to the whole screen and a serving engine."""

from __future__ import annotations

import gc
import os
from typing import TYPE_CHECKING

from peak_console.tui.bars.key_bar import KeyBar

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import PurePath

    from textual.app import App

    from peak_console.tui.app.layout import Layout
    from peak_console.tui.app.preferences import Preferences
    from peak_console.tui.app.presenter import Presenter
    from peak_console.tui.app.shown_run import ShownRun
    from peak_console.tui.state.feed import SnapshotFeed
    from peak_console.tui.state.interface import Session

OUTPUT_POLL_SECONDS = 0.1
"""How often the output pane looks for what its run has printed."""
REGISTRY_POLL_SECONDS = 0.25
"""How often the registry is asked for news while another process's engine serves it."""
TUI = os.path.dirname(os.path.dirname(__file__))


def styles(*names: str) -> list[str | PurePath]:
    """Paths of style files, given relative to the ``tui`` folder."""
    return [os.path.join(TUI, *name.split("/")) for name in names]


FIRST_STYLES = styles("app/console.tcss", "jobs/table.tcss", "bars/status_line.tcss", "bars/trouble_bar.tcss")
LATER_STYLES = styles("upcoming/pane.tcss", "output/view.tcss", "alerts/pane.tcss")
"""Styles of the panes that come after the first paint: to read styles takes longer than to paint with them."""


class Startup:
    """Completes the screen once the first paint is out."""

    def __init__(
        self,
        app: App[int],
        session: Session,
        feed: SnapshotFeed,
        presenter: Presenter,
        layout: Layout,
        shown_run: ShownRun,
        preferences: Preferences,
        *,
        live: bool,
    ) -> None:
        """``live`` is whether timers run."""
        self._app = app
        self._session = session
        self._feed = feed
        self._presenter = presenter
        self._layout = layout
        self._shown_run = shown_run
        self._preferences = preferences
        self._live = live

    async def complete(self) -> None:
        """Mount all the other panes: the jobs, and what is wrong, are painted before these are even loaded."""
        from peak_console.tui.alerts.pane import AlertsPane
        from peak_console.tui.bars.prompt import Prompt
        from peak_console.tui.output.view import OutputView
        from peak_console.tui.upcoming.pane import Upcoming

        if self._layout.is_complete or not self._app.is_running:
            return
        self._read_styles(LATER_STYLES)
        main = self._layout.main
        panes = (Upcoming(id="upcoming"), OutputView(id="output"), AlertsPane(id="alerts"))
        await main.query_one("#panes").mount(*panes)
        await main.mount(Prompt(), before=main.query_one(KeyBar))
        self._layout.is_complete = True
        self._layout.fit(self._app.size)
        self._preferences.restore_modes()
        self._layout.mark_shown()
        self._feed.bring_up_to_date()
        self._preferences.tell_warnings()
        if self._live:
            mounted = self._presenter.while_mounted
            refresh, look = mounted(self._shown_run.refresh), mounted(self._feed.look_for_news)
            self._shown_run.follow_with(self._app.set_interval(OUTPUT_POLL_SECONDS, refresh, pause=True))
            self._feed.poll_with(self._app.set_interval(REGISTRY_POLL_SECONDS, look))
            self._presenter.tick_on_the_second()
            self._app.call_after_refresh(self._settle)

    def _settle(self) -> None:
        """Do what must not hold up the first paint."""
        self._prepare_details()
        # A full collection stops the screen for some 40 ms; what is loaded by now stays to the end anyway.
        gc.collect()
        gc.freeze()
        gc.enable()
        self._session.start(self._feed.news)
        self._feed.foresight.begin()

    def _prepare_details(self) -> None:
        """Load the screen with a job's details and its styles: at the first Enter they would take half the time."""
        from peak_console.tui.details import data as details_data  # noqa: F401
        from peak_console.tui.details.screen import JobDetails

        self._read_styles([JobDetails.CSS_PATH])

    def _read_styles(self, paths: Iterable[str | PurePath]) -> None:
        """Add files of styles; what has been read before is not read again."""
        for path in paths:
            # By the name that Textual itself looks for when a screen is pushed.
            self._app.stylesheet.read(path)
        self._app.stylesheet.parse()
