"""The jobs that an action is about: those that are marked, else the job under the cursor."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from peak_console.tui.app.layout import Layout
    from peak_console.tui.state.feed import SnapshotFeed
    from peak_console.tui.state.snapshot import JobRow


class Selection:
    """The job table's cursor and marks, as rows of the present snapshot."""

    def __init__(self, layout: Layout, feed: SnapshotFeed) -> None:
        self._layout = layout
        self._feed = feed
        self._subjects: list[Callable[[], str | None]] = []

    def ask_first(self, subject: Callable[[], str | None]) -> None:
        """Have ``subject`` asked first which job is in question alone: as while its details are open."""
        self._subjects.append(subject)

    @contextmanager
    def only(self, name: str) -> Iterator[None]:
        """For a moment one job alone is in question."""
        self._subjects.insert(0, lambda: name)
        try:
            yield
        finally:
            self._subjects.pop(0)

    def _subject(self) -> str | None:
        return next((name for subject in self._subjects if (name := subject()) is not None), None)

    def row(self, name: str) -> JobRow | None:
        """A job as it is shown; ``None`` when there is no such job."""
        snapshot = self._feed.snapshot
        return snapshot.row(name) if snapshot is not None else None

    def current(self) -> JobRow | None:
        """The job under the cursor."""
        name = self._layout.jobs.cursor_name
        return self.row(name) if name else None

    def selected(self) -> list[JobRow]:
        """The job that is in question alone, else the marked jobs, else the job under the cursor."""
        subject = self._subject()
        if subject is not None:
            row = self.row(subject)
            return [row] if row is not None else []
        rows = [self.row(name) for name in self._layout.jobs.selected_names()]
        return [row for row in rows if row is not None]

    def by_id(self) -> dict[str, Callable[[], None]]:
        """What the keys for marks do, by the id of the action in the table of keys."""
        return {"mark": self.mark, "mark_all": self.mark_all, "invert_marks": self.invert_marks}

    def mark(self) -> None:
        """Mark the job under the cursor, or no longer."""
        self._layout.jobs.action_mark()

    def mark_all(self) -> None:
        """Mark every job that is shown."""
        self._layout.jobs.mark_all()

    def invert_marks(self) -> None:
        """Mark the shown jobs that are not marked, and no others."""
        self._layout.jobs.invert_marks()

    @property
    def is_chosen(self) -> bool:
        """Whether the operator has chosen what is selected: has marked it, or has moved the cursor to it."""
        return self._subject() is not None or bool(self._layout.jobs.marked_names) or self._layout.jobs.is_cursor_chosen

    def acted_on(self, rows: Sequence[JobRow]) -> None:
        """Keep the job under the cursor, if it is one of these, on its line. Marks stay, for what is done next."""
        jobs = self._layout.jobs
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
