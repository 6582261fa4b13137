"""The outputs of the marked jobs as one: opened, and read while the screen is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.model.records import RunState
from peak_console.store.directory import run_directory
from peak_console.tui.app.shown_run import runs_with_output

if TYPE_CHECKING:
    from datetime import datetime

    from textual.app import App
    from textual.timer import Timer

    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.app.selection import Selection
    from peak_console.tui.output.merged.merging import MergedTail, WatchedRun
    from peak_console.tui.output.merged.screen import MergedScreen
    from peak_console.tui.state.interface import Session

READ_SECONDS = 0.2
"""How often it is looked what has been printed."""
MOST_JOBS = 50
"""Jobs whose outputs are shown together: each keeps files open."""


class MergedView:
    """Shows the newest run of each marked job, and what follows it."""

    def __init__(self, app: App[int], session: Session, selection: Selection, dialogs: Dialogs) -> None:
        self._app = app
        self._session = session
        self._selection = selection
        self._dialogs = dialogs
        self._jobs: list[str] = []
        self._tail: MergedTail | None = None
        self._screen: MergedScreen | None = None
        self._timer: Timer | None = None

    @property
    def is_reading(self) -> bool:
        """Whether it reads in the background: it reads a little at a time."""
        return False

    def open(self) -> None:
        """Show the outputs of the selected jobs."""
        self._jobs = [row.name for row in self._selection.selected()]
        if not self._jobs:
            self._dialogs.say("there is no job to show the output of", "warning")
            return
        if len(self._jobs) > MOST_JOBS:
            self._dialogs.say(f"these are the outputs of the first {MOST_JOBS} of {len(self._jobs)} marked jobs")
            del self._jobs[MOST_JOBS:]
        from peak_console.tui.output.merged.merging import MergedTail
        from peak_console.tui.output.merged.screen import MergedScreen

        self._tail = MergedTail()
        self._screen = MergedScreen(self._jobs, self._session.zone)
        self._app.push_screen(self._screen, lambda _result: self.close())
        self._app.call_after_refresh(self._read, True)
        self._timer = self._app.set_interval(READ_SECONDS, self._read)

    def close(self) -> None:
        """Read no more."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._screen = self._tail = None

    def show(self) -> None:
        """A run may have begun or ended."""

    def tick(self, now: datetime) -> None:
        """Another second has passed."""

    def _read(self, is_first: bool = False) -> None:
        tail, screen = self._tail, self._screen
        if tail is None or screen is None or not screen.query("MergedList"):
            return
        tail.watch(self._runs())
        before = tail.dropped
        if tail.read() or is_first:
            screen.show(list(tail.lines), tail.dropped, tail.dropped - before)

    def _runs(self) -> list[WatchedRun]:
        """The newest run of each job, and all that run."""
        from peak_console.tui.output.merged.merging import WatchedRun

        runs: list[WatchedRun] = []
        for job in self._jobs:
            row = self._selection.row(job)
            known = runs_with_output(row) if row is not None else []
            for place, run in enumerate(known):
                is_over = run.state == RunState.FINISHED
                if not place or not is_over:
                    runs.append(WatchedRun(job, run.id, run_directory(self._session.directory, run.id), is_over))
        return runs
