"""The wallboard: opened, and kept up to date while it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from textual.app import App

    from peak_console.clock import Clock
    from peak_console.tui.state.feed import SnapshotFeed
    from peak_console.tui.wallboard.screen import Wallboard


class WallboardView:
    """Large letters over everything else."""

    def __init__(self, app: App[int], clock: Clock, feed: SnapshotFeed) -> None:
        self._app = app
        self._clock = clock
        self._feed = feed
        self._screen: Wallboard | None = None

    def open(self) -> None:
        """Show it, unless it is shown, or nothing is known yet."""
        snapshot = self._feed.snapshot
        if snapshot is None or self._screen is not None:
            return
        from peak_console.tui.wallboard.screen import Wallboard

        def closed(_result: None) -> None:
            self._screen = None

        self._screen = Wallboard(snapshot, self._clock.now())
        self._app.push_screen(self._screen, closed)

    @property
    def is_reading(self) -> bool:
        """Whether it reads in the background: it shows what the feed brings."""
        return False

    def close(self) -> None:
        """The console ends: nothing of it goes on."""

    def show(self) -> None:
        """Bring it up to date."""
        self.tick(self._clock.now())

    def tick(self, now: datetime) -> None:
        """Another second has passed."""
        snapshot = self._feed.snapshot
        if self._screen is not None and self._screen.is_mounted and snapshot is not None:
            self._screen.show(snapshot, now)
