"""Jobs that the palette finds by their names, and what it does with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.tui.app.actions.jobs import JobActions
    from peak_console.tui.app.layout import Layout
    from peak_console.tui.app.selection import Selection
    from peak_console.tui.state.feed import SnapshotFeed

LEAST_LETTERS = 2
MOST_JOBS = 6


class FoundJobs:
    """Searches the jobs that are shown, and acts on one of them, whatever is marked."""

    def __init__(self, feed: SnapshotFeed, layout: Layout, selection: Selection, actions: JobActions) -> None:
        self._feed = feed
        self._layout = layout
        self._selection = selection
        self._actions = actions

    def search(self, query: str) -> Sequence[str]:
        """The names in which a text stands, those that begin with it first; none for a letter or less."""
        wanted = query.casefold().strip()
        snapshot = self._feed.snapshot
        if len(wanted) < LEAST_LETTERS or snapshot is None:
            return ()
        names = [row.name for row in snapshot.rows if wanted in row.name.casefold()]
        return sorted(names, key=lambda name: (not name.casefold().startswith(wanted), name))[:MOST_JOBS]

    def act(self, name: str, method: str) -> None:
        """Run a job, disable or enable it, or show its output."""
        if not self._selection.move_to(name):
            return
        if method == "output":
            self._layout.go_to("output")
            return
        with self._selection.only(name):
            getattr(self._actions, method)()
