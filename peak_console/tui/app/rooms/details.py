"""The screen with a job's details: opened, and kept up to date while it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from textual.app import App

    from peak_console.clock import Clock
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.app.selection import Selection
    from peak_console.tui.details.screen import JobDetails
    from peak_console.tui.state.interface import Session
    from peak_console.tui.state.snapshot import JobRow


class DetailsView:
    """Opens the details of the job under the cursor."""

    def __init__(
        self,
        app: App[int],
        session: Session,
        clock: Clock,
        keymap: Mapping[str, str],
        selection: Selection,
        dialogs: Dialogs,
    ) -> None:
        self.screen: JobDetails | None = None
        """The screen, while it is open."""
        self._app = app
        self._session = session
        self._clock = clock
        self._keymap = keymap
        self._selection = selection
        self._dialogs = dialogs
        self._row: JobRow | None = None
        """The job as the screen shows it."""

    def open(self) -> None:
        row = self._selection.current()
        if row is None:
            return
        from peak_console.tui.details.data import details_of
        from peak_console.tui.details.screen import JobDetails

        def closed(_result: None) -> None:
            self.screen = None

        try:
            screen = JobDetails(details_of(row, self._session, self._clock.now()), self._keymap)
        except StateError as error:
            self._dialogs.say(str(error), "error")
            return
        self.screen, self._row = screen, row
        self._app.push_screen(screen, closed)

    def turn_to(self, name: str) -> None:
        """Show another job's details on the open screen."""
        row = self._selection.row(name)
        if self.screen is None or row is None:
            return
        from peak_console.tui.details.data import details_of

        try:
            data = details_of(row, self._session, self._clock.now())
        except StateError as error:
            self._dialogs.say(str(error), "error")
            return
        self._row = row
        self.screen.show(data)

    @property
    def job(self) -> str | None:
        """The name of the job that is, or was last, shown."""
        return self._row.name if self._row is not None else None

    def show(self) -> None:
        """Bring the screen up to date. Raises ``StateError``."""
        shown = self._row
        if self.screen is None or shown is None or not self.screen.is_mounted:
            return
        row = self._selection.row(shown.name)
        if row is not None and row is not shown:
            from peak_console.tui.details.data import details_of

            self._row = row
            self.screen.show(details_of(row, self._session, self._clock.now()))

    def tick(self, now: datetime) -> None:
        """Another second has passed."""
        if self.screen is not None:
            self.screen.tick(now)
