"""Which run's output is shown: the latest of the job under the cursor, or the run that the operator has chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.errors import StateError
from peak_console.model.records import RunState
from peak_console.store.directory import run_directory

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.timer import Timer

    from peak_console.clock import Clock
    from peak_console.model.records import Run
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.app.layout import Layout
    from peak_console.tui.app.selection import Selection
    from peak_console.tui.state.interface import Session
    from peak_console.tui.state.snapshot import JobRow


class ShownRun:
    """Gives the output pane its run, and follows it while it prints."""

    def __init__(self, session: Session, clock: Clock, layout: Layout, selection: Selection, dialogs: Dialogs) -> None:
        self._session = session
        self._clock = clock
        self._layout = layout
        self._selection = selection
        self._dialogs = dialogs
        self._chosen: tuple[str, int] | None = None
        """Job and id of the run that the operator has chosen, when it is not the latest."""
        self._timer: Timer | None = None

    def follow_with(self, timer: Timer) -> None:
        """Take the timer that calls ``refresh``; it rests while no shown run prints."""
        self._timer = timer

    def refresh(self) -> None:
        """Show what the run has printed since the last time."""
        self._layout.output.refresh_output()

    def show(self) -> None:
        """Bring the output pane up to date."""
        if not self._layout.is_complete:
            return
        row, run = self._selection.current(), self.run()
        queued = row.view.queued if row else ()
        self._layout.output.show_run(
            run,
            run_directory(self._session.directory, run.id) if run else "",
            self._clock.now(),
            zone=self._session.zone,
            retry_at=next((q.not_before for q in queued if run and q.scheduled_for == run.scheduled_for), None),
            retries=row.view.job.retries if row else None,
            place=self._place(run),
        )
        if self._timer is not None:
            if run is not None and run.state != RunState.FINISHED:
                self._timer.resume()
            else:
                self._timer.pause()

    def _place(self, run: Run | None) -> tuple[int, int]:
        """A run's place among those that are known of its job, from the latest, and how many these are."""
        ids = [each.id for each in self._runs()]
        return (ids.index(run.id) + 1, len(ids)) if run is not None and run.id in ids else (1, 1)

    def run(self) -> Run | None:
        """The run whose output is, or is to be, shown."""
        row = self._selection.current()
        if row is None:
            return None
        runs = self._runs()
        if self._chosen is not None and self._chosen[0] == row.name:
            return next((run for run in runs if run.id == self._chosen[1]), runs[0] if runs else None)
        return runs[0] if runs else None

    def _runs(self) -> Sequence[Run]:
        """The current job's runs that have output, newest first; with the chosen one, however old it is."""
        row = self._selection.current()
        runs = runs_with_output(row) if row is not None else []
        if row is not None and self._chosen is not None and self._chosen[0] == row.name:
            chosen = self._chosen[1]
            if all(run.id != chosen for run in runs) and (old := self._old_run(chosen)) is not None:
                runs.append(old)
        return runs

    def _old_run(self, run_id: int) -> Run | None:
        try:
            return self._session.store.run(run_id)
        except StateError:
            return None

    def choose(self, job: str, run_id: int | None) -> None:
        """Show a run's output; ``None`` stands for the latest run, whenever a new one comes."""
        self._chosen = (job, run_id) if run_id is not None else None
        self.show()

    def cursor_has_moved(self) -> None:
        """Show the job under the cursor; a run that was chosen for another job is chosen no more."""
        # The message was posted a moment ago: a run that was chosen since for the same job still holds.
        if self._chosen is not None and self._chosen[0] != self._layout.jobs.cursor_name:
            self._chosen = None
        self.show()

    def toggle_follow(self) -> None:
        """Keep the output at its end as it grows, or no longer."""
        self._layout.output.toggle_follow()

    def step(self, by: int) -> None:
        """Show the run before (-1) or after (1) the one that is shown."""
        row, shown, runs = self._selection.current(), self.run(), self._runs()
        if row is None or shown is None:
            return
        place = next(place for place, run in enumerate(runs) if run.id == shown.id) - by
        if not 0 <= place < len(runs):
            self._dialogs.say("there is no earlier run here" if by < 0 else "this is the latest run")
            return
        self.choose(row.name, runs[place].id if place else None)


def runs_with_output(row: JobRow) -> list[Run]:
    """A job's runs that have, or will have, output, newest first."""
    known = {run.id: run for run in [*row.history, *row.view.active]}
    if row.view.last_run is not None:
        known[row.view.last_run.id] = row.view.last_run
    return [known[run_id] for run_id in sorted(known, reverse=True)]
