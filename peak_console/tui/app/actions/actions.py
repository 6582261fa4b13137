"""Everything by which an operator acts: on jobs, alerts, holds, the engine and the terminal."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from peak_console.tui import textual_private
from peak_console.tui.app.actions.alerts import AlertActions
from peak_console.tui.app.actions.engine import EngineActions
from peak_console.tui.app.actions.holds import HoldActions
from peak_console.tui.app.actions.jobs import JobActions
from peak_console.tui.app.actions.terminal import TerminalActions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.app import App

    from peak_console.clock import Clock
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.app.layout import Layout
    from peak_console.tui.app.selection import Selection
    from peak_console.tui.state.commands import Commands
    from peak_console.tui.state.feed import SnapshotFeed
    from peak_console.tui.state.interface import Session


class Actions:
    """Holds the parts that act."""

    def __init__(
        self,
        app: App[int],
        session: Session,
        clock: Clock,
        keymap: Mapping[str, str],
        feed: SnapshotFeed,
        layout: Layout,
        selection: Selection,
        commands: Commands,
        dialogs: Dialogs,
    ) -> None:
        self.jobs = JobActions(session, clock, keymap, feed, selection, commands, dialogs)
        self.alerts = AlertActions(session, feed, layout, commands, dialogs)
        self.holds = HoldActions(session, clock, feed, layout, commands, dialogs)
        self.engine = EngineActions(session, clock, feed, dialogs, app.exit, app.set_timer)
        write = partial(textual_private.write_to_terminal, app)
        self.terminal = TerminalActions(session, clock, selection, dialogs, app.suspend, write)

    def by_id(self) -> dict[str, Callable[[], None]]:
        """What does it, by the id of the action in the table of keys."""
        return {
            "run": self.jobs.run,
            "run_with": self.jobs.run_with,
            "stop": self.jobs.stop,
            "disable": self.jobs.disable,
            "hold": self.jobs.hold,
            "gates": self.jobs.gates,
            "hold_jobs": self.holds.hold_jobs,
            "blackouts": self.holds.blackouts,
            "acknowledge": self.alerts.acknowledge_at_cursor,
            "acknowledge_all": self.alerts.acknowledge_all,
            "take_back": self.alerts.take_back_at_cursor,
            "copy_command": self.terminal.copy_command,
            "edit": self.terminal.edit,
            "take_over": self.engine.take_over,
        }
