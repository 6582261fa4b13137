"""Taking over from an engine that is gone, and leaving the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.errors import StateError
from peak_console.tui.app.actions.leaving import next_up
from peak_console.tui.state.snapshot import EngineState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from peak_console.clock import Clock
    from peak_console.model.records import Run
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.state.feed import SnapshotFeed
    from peak_console.tui.state.interface import Session

LOOK_SECONDS = 0.05
CALM_SECONDS = 1.5
"""So far from any slot one engine hands over to the next, which takes a tenth of that."""
CALM_PATIENCE_SECONDS = 10.0
"""How long such a moment is waited for."""


class EngineActions:
    """Acts on the engine as a whole."""

    def __init__(
        self,
        session: Session,
        clock: Clock,
        feed: SnapshotFeed,
        dialogs: Dialogs,
        leave: Callable[[int], None],
        later: Callable[[float, Callable[[], None]], object],
    ) -> None:
        """``leave`` ends the app with an exit code; ``later`` calls something in so many seconds."""
        self._session = session
        self._clock = clock
        self._feed = feed
        self._dialogs = dialogs
        self._leave = leave
        self._later = later
        self._patience = 0.0
        """Until when, on the monotonic clock, a moment without slots is waited for."""

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
        """Leave; where the scheduler would end with us, ask what is to become of it and of its runs."""
        is_ours = self._session.is_own or self._session.engine_state == EngineState.RUNNING  # or about to be
        if not is_ours:
            self._leave(0)
            return
        from peak_console.tui.dialogs.quit import QuitDialog

        ways: dict[str, Callable[[], None]] = {
            "end": self._session.leave_runs,
            "wait": self._session.drain,
            "stop": self._session.stop_runs,
            "leave": self._session.leave_runs,
        }

        def chosen(way: str | None) -> None:
            if way == "background":
                self._prepare_successor()
            elif way is not None:
                self._session.succession.dismiss()
                ways[way]()
                self._leave(0)

        self._dialogs.ask(QuitDialog(*self._standing(), look=self._standing), chosen)

    def _standing(self) -> tuple[Sequence[Run], str, datetime]:
        """What is under way, what comes next, and the time."""
        now = self._clock.now()
        return self._active(), next_up(self._feed.snapshot, now), now

    def _prepare_successor(self) -> None:
        """Have a headless engine stand by; with it there, our own ends and we leave."""
        try:
            self._session.prepare_successor()
        except StateError as error:
            self._dialogs.say(str(error), "error")
            return
        self._patience = self._clock.monotonic() + CALM_PATIENCE_SECONDS
        self._dialogs.say("a headless engine is starting; this console leaves as soon as it stands by")
        self._later(LOOK_SECONDS, self._look_for_successor)

    def _look_for_successor(self) -> None:
        succession = self._session.succession
        if not succession.is_wanted:
            return
        try:
            is_ready = succession.is_ready()
        except StateError as error:
            self._dialogs.say(str(error), "error")
            return
        if is_ready and self._is_calm():
            self._session.leave_runs()
            self._leave(0)
        else:
            self._later(LOOK_SECONDS, self._look_for_successor)

    def _is_calm(self) -> bool:
        """Whether no slot is due within a moment; after some patience that no longer counts: its grace has to do."""
        now, snapshot = self._clock.now(), self._feed.snapshot
        slots = [row.view.next_slot for row in (snapshot.rows if snapshot else ()) if row.view.next_slot is not None]
        is_near = any(abs((slot - now).total_seconds()) < CALM_SECONDS for slot in slots)
        return not is_near or self._clock.monotonic() > self._patience

    def _active(self) -> list[Run]:
        """The runs that our engine has under way, also of jobs that are not shown; as last seen on a read error."""
        try:
            return self._session.active()
        except StateError:
            snapshot = self._feed.snapshot
            return [run for row in (snapshot.rows if snapshot else ()) for run in row.view.active]
