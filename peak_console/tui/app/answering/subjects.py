"""What a question is about: the job, and the run or slot that the cursor is on, in whatever pane or room that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.model.lane import COMING
from peak_console.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.model.records import Run
    from peak_console.tui.app.layout import Layout
    from peak_console.tui.app.rooms.details import DetailsView
    from peak_console.tui.app.rooms.history import HistoryView
    from peak_console.tui.app.rooms.timeline import TimelineView
    from peak_console.tui.app.selection import Selection
    from peak_console.tui.app.shown_run import ShownRun


@dataclass(frozen=True, slots=True)
class Subject:
    """One job, and what of it."""

    job: str
    run_id: int | None = None
    slot: datetime | None = None
    """A slot that has no run yet."""


class Subjects:
    """Knows where the cursor is."""

    def __init__(
        self,
        layout: Layout,
        selection: Selection,
        shown_run: ShownRun,
        details: DetailsView,
        history: HistoryView,
        timeline: TimelineView,
    ) -> None:
        self._layout = layout
        self._selection = selection
        self._shown_run = shown_run
        self._details = details
        self._history = history
        self._timeline = timeline

    def current(self) -> Subject | None:
        """What the cursor is on; ``None`` where it is on no job."""
        for ask in (self._in_details, self._in_history, self._in_timeline):
            is_open, subject = ask()
            if is_open:
                return subject
        in_pane: dict[str, Callable[[], Subject | None]] = {
            "output": self._in_output, "upcoming": self._in_upcoming, "alerts": self._in_alerts,
        }  # fmt: skip
        subject = in_pane.get(self._layout.focused, self._in_jobs)()
        return subject if subject is not None else self._in_jobs()

    def run(self) -> Run | None:
        """The run in question: under the cursor of the details, else the one whose output is shown."""
        screen = self._details.screen
        return screen.run if screen is not None and screen.is_mounted else self._shown_run.run()

    def go_to(self, job: str) -> None:
        """Put the cursor on a job: open details turn to it, rooms are left for the table."""
        if not self._selection.move_to(job):
            return
        if self._details.screen is not None:
            self._details.turn_to(job)
            return
        self._history.leave()
        self._timeline.leave()
        self._layout.go_to("jobs")

    def _in_details(self) -> tuple[bool, Subject | None]:
        screen, job = self._details.screen, self._details.job
        if screen is None or job is None or not screen.is_mounted:
            return False, None
        run = screen.run
        return True, Subject(job, run.id if run is not None else None)

    def _in_history(self) -> tuple[bool, Subject | None]:
        screen = self._history.screen
        if screen is None or not screen.is_mounted:
            return False, None
        job, run_id = screen.current
        return True, Subject(job, run_id) if job is not None else None

    def _in_timeline(self) -> tuple[bool, Subject | None]:
        screen = self._timeline.screen
        if screen is None or not screen.is_mounted:
            return False, None
        job, item = screen.lanes.job, screen.lanes.item
        if job is None or item is None:
            return True, Subject(job) if job is not None else None
        return True, Subject(job, slot=item.start) if item.outcome == COMING else Subject(job, item.run_id)

    def _in_jobs(self) -> Subject | None:
        row = self._selection.current()
        return Subject(row.name) if row is not None else None

    def _in_output(self) -> Subject | None:
        run: Run | None = self._shown_run.run()
        return Subject(run.job, run.id) if run is not None else None

    def _in_upcoming(self) -> Subject | None:
        line = self._layout.upcoming.current
        if line is None or line.name is None:
            return None
        return Subject(line.name, slot=line.at if line.started is None else None)

    def _in_alerts(self) -> Subject | None:
        alert = self._layout.alerts.cursor_alert
        return Subject(alert.job, alert.run_id) if alert is not None and alert.job is not None else None
