"""The jobs that an action is about: those that are marked, else the job under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.tui.app.layout import Layout
    from peak_console.tui.state.feed import SnapshotFeed
    from peak_console.tui.state.snapshot import JobRow


class Selection:
    """The job table's cursor and marks, as rows of the present snapshot."""

    def __init__(self, layout: Layout, feed: SnapshotFeed) -> None:
        self._layout = layout
        self._feed = feed

    def row(self, name: str) -> JobRow | None:
        """A job as it is shown; ``None`` when there is no such job."""
        snapshot = self._feed.snapshot
        return snapshot.row(name) if snapshot is not None else None

    def current(self) -> JobRow | None:
        """The job under the cursor."""
        name = self._layout.jobs.cursor_name
        return self.row(name) if name else None

    def selected(self) -> list[JobRow]:
        """The marked jobs, else the job under the cursor."""
        rows = [self.row(name) for name in self._layout.jobs.selected_names()]
        return [row for row in rows if row is not None]

    @property
    def is_chosen(self) -> bool:
        """Whether the operator has chosen what is selected: has marked it, or has moved the cursor to it."""
        return bool(self._layout.jobs.marked_names) or self._layout.jobs.is_cursor_chosen

    def acted_on(self, rows: Sequence[JobRow]) -> None:
        """Take the marks away; the job under the cursor, if it is one of these, stays on its line."""
        jobs = self._layout.jobs
        jobs.clear_marks()
        jobs.keep_in_place({row.name for row in rows})

    def move_to(self, name: str) -> bool:
        """Put the cursor on a job, and drop a filter that hides it; whether there is such a job."""
        if self.row(name) is None:
            return False
        jobs = self._layout.jobs
        jobs.move_to(name)
        if jobs.cursor_name != name:
            jobs.filter("")
            jobs.move_to(name)
        return True
