"""Taking over from an engine that is gone, and leaving the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.errors import StateError
from peak_console.tui.state.snapshot import EngineState

if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.clock import Clock
    from peak_console.model.records import Run
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.state.feed import SnapshotFeed
    from peak_console.tui.state.interface import Session


class EngineActions:
    """Acts on the engine as a whole."""

    def __init__(
        self, session: Session, clock: Clock, feed: SnapshotFeed, dialogs: Dialogs, leave: Callable[[int], None]
    ) -> None:
        """``leave`` ends the app with an exit code."""
        self._session = session
        self._clock = clock
        self._feed = feed
        self._dialogs = dialogs
        self._leave = leave

    def take_over(self) -> None:
        """Start an engine in this process, after a question."""
        stopped = self._session.engine_state == EngineState.STOPPED
        if not stopped and (whose := self._who_serves()):
            self._dialogs.say(whose)
            return
        if "take_over" in self._session.permissions.not_offered:
            self._dialogs.say(self._session.no_engine, "warning")
            return
        from peak_console.tui.dialogs.confirm import TakeOverDialog

        def confirmed(yes: bool | None) -> None:
            if yes:
                self._session.take_over()

        self._dialogs.ask(TakeOverDialog(elsewhere=not stopped), confirmed)

    def _who_serves(self) -> str:
        """Why no engine of ours can take over while one serves; empty where it leaves all of our jobs alone."""
        rival = self._session.rival() if self._session.engine_state == EngineState.ATTACHED else ""
        if rival is None:
            return ""
        snapshot = self._feed.snapshot
        if rival and snapshot is not None and any(row.view.not_served is not None for row in snapshot.rows):
            return (
                f"{rival} serves other jobs of this selection already; for those that nobody serves "
                "start an engine with their tags: peak-console --headless --include-tags …"
            )
        return "an engine serves this directory already"

    def quit(self) -> None:
        """Leave; asks while runs of our own engine are under way."""
        active = self._active() if self._session.is_own else []
        if not active:
            self._session.leave_runs()
            self._leave(0)
            return
        from peak_console.tui.dialogs.quit import QuitDialog

        ways: dict[str, Callable[[], None]] = {
            "wait": self._session.drain,
            "stop": self._session.stop_runs,
            "leave": self._session.leave_runs,
        }

        def chosen(way: str | None) -> None:
            if way is not None:
                ways[way]()
                self._leave(0)

        dialog = QuitDialog(active, now=self._clock.now(), look=lambda: (self._active(), self._clock.now()))
        self._dialogs.ask(dialog, chosen)

    def _active(self) -> list[Run]:
        """The runs that our engine has under way, also of jobs that are not shown; as last seen on a read error."""
        try:
            return self._session.active()
        except StateError:
            snapshot = self._feed.snapshot
            return [run for row in (snapshot.rows if snapshot else ()) for run in row.view.active]
