"""What the operator can do to jobs, runs, alerts and the engine: each action as a command, and the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peak_console.errors import PeakConsoleError, StateError
from peak_console.tui.app.dialogue import Dialogue
from peak_console.tui.keys.actions import key_shown
from peak_console.tui.state.permissions import acting
from peak_console.tui.state.snapshot import EngineState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from subprocess import Popen

    from peak_console.clock import Clock
    from peak_console.model.records import Run
    from peak_console.tui.alerts.pane import AlertsPane
    from peak_console.tui.dialogs.disable import DisableChoice
    from peak_console.tui.state.config import ConsoleConfig
    from peak_console.tui.state.snapshot import JobRow, Snapshot


class Operations(Dialogue, inherit_bindings=False):
    """The actions on jobs. Nothing here touches the engine but through commands."""

    config: ConsoleConfig
    clock: Clock
    snapshot: Snapshot | None

    def __init__(self) -> None:
        super().__init__()
        self.editor: Popen[bytes] | None = None
        """The operator's editor, while it has the terminal."""

    def current_row(self) -> JobRow | None:
        """The job under the cursor."""
        name = self.jobs.cursor_name
        return self.snapshot.row(name) if self.snapshot and name else None

    # On jobs: those that are marked, else the one under the cursor.

    def _selected_rows(self) -> list[JobRow]:
        rows = [self.snapshot.row(name) for name in self.jobs.selected_names()] if self.snapshot else []
        found = [row for row in rows if row is not None]
        if not found:
            self.say("no job is selected", "warning")
        return found

    def _send_for(self, verb: str, rows: Sequence[JobRow], **arguments: Any) -> None:
        """The same command for each of some jobs, which are not marked any more then."""
        for row in rows:
            self.send(verb, row.name, **arguments)
        self.jobs.clear_marks()

    @property
    def _held(self) -> str | None:
        """Why nothing is run from here now; ``None`` while it is."""
        hold = self.snapshot.hold if self.snapshot is not None else None
        if self.session.engine_state == EngineState.STOPPED:  # to be said before all else
            return None
        key = key_shown("hold", self.config.keymap)
        return f"nothing new starts, {hold.by} holds everything: release it first, with {key}" if hold else None

    @acting
    def action_run(self) -> None:
        if not self.is_refused(self._held):
            self._send_for("run", self._selected_rows())

    @acting
    def action_run_with(self) -> None:
        if self.is_refused(self._held):
            return
        rows = self._selected_rows()
        if len(rows) > 1:
            self.say("arguments are changed for one job at a time: unmark the others with Esc", "warning")
        if len(rows) != 1:
            return
        from peak_console.tui.dialogs.run_form import RunForm

        def ran(changes: dict[str, Any] | None) -> None:
            if changes is not None:
                self._send_for("run", rows, args=changes)

        self.ask(RunForm(rows[0].view.job), ran)

    @acting
    def action_stop(self) -> None:
        rows = self._selected_rows()
        runs = [run for row in rows for run in [*row.view.active, *row.view.queued]]
        if not runs:
            if rows:
                self.say(f"nothing of {rows[0].name if len(rows) == 1 else 'these jobs'} is running", "warning")
            return
        from peak_console.tui.dialogs.confirm import ConfirmStop

        def confirmed(yes: bool | None) -> None:
            if yes:
                for run in runs:
                    self.send("stop", run.job, run.id)
                self.jobs.clear_marks()

        grace = max(row.view.job.kill_grace_seconds for row in rows)
        self.ask(ConfirmStop(runs, now=self.clock.now(), kill_grace_seconds=grace), confirmed)

    @acting
    def action_disable(self) -> None:
        rows = self._selected_rows()
        on = [row for row in rows if row.view.enabled]
        if not on:
            self._send_for("enable", rows)
            return
        from peak_console.tui.dialogs.disable import DisableDialog

        def chosen(choice: DisableChoice | None) -> None:
            if choice is not None:
                self._send_for("disable", on, for_seconds=choice.for_seconds, reason=choice.reason)

        self.ask(DisableDialog([row.name for row in on], now=self.clock.now(), zone=self.session.zone), chosen)

    @acting
    def action_hold(self) -> None:
        if self.snapshot is not None and self.snapshot.hold is not None:
            self.send("release")
            return
        from peak_console.tui.dialogs.hold import HoldDialog

        def chosen(reason: str | None) -> None:
            if reason is not None:
                self.send("hold", reason=reason or None)

        self.ask(HoldDialog(), chosen)

    # Alerts.

    @acting
    def action_acknowledge(self) -> None:
        self.alerts.action_acknowledge()

    @acting
    def action_acknowledge_all(self) -> None:
        self.alerts.action_acknowledge_all()

    def on_alerts_pane_acknowledge_requested(self, event: AlertsPane.AcknowledgeRequested) -> None:
        if event.alert_id is None:
            self.send("ack")
        else:
            self.send("ack", alert=event.alert_id)

    # Outside the screen.

    def action_copy_command(self) -> None:
        row = self.current_row()
        if row is None:
            return
        from peak_console.tui.app.editor import copy
        from peak_console.tui.details.data import details_of

        try:
            details = details_of(row, self.session, self.clock.now())
        except StateError as error:
            self.say(str(error), "error")
            return
        if details.command_error is not None:
            self.say(details.command_error, "error")
            return
        copy(details.command_line, self._write_to_terminal)
        self.say("command line copied")

    def _write_to_terminal(self, text: str) -> None:
        if self._driver is not None:
            self._driver.write(text)

    def action_edit(self) -> None:
        if self.is_refused(self.session.limits.leaving_the_screen):
            return
        from textual.app import SuspendNotSupported

        from peak_console.tui.app.editor import open_editor

        failure = ""
        try:
            # Nothing may be awaited while the screen is suspended: a repaint meanwhile would never end. And no error
            # may leave the block: Textual would not bring the screen back.
            with self.suspend():
                try:
                    self.editor = open_editor(self.session.jobs_file, self.jobs.cursor_name)
                    self.editor.wait()
                except PeakConsoleError as error:
                    failure = str(error)
                self.editor = None
        except SuspendNotSupported:
            failure = "this terminal cannot be given to an editor"
        if failure:
            self.say(failure, "error")
        self.session.reload()

    def action_suspend_process(self) -> None:
        if not self.is_refused(self.session.limits.suspending):
            super().action_suspend_process()

    # The engine, and leaving.

    def action_take_over(self) -> None:
        if self.session.engine_state != EngineState.STOPPED:
            self.say("an engine serves this directory already")
            return
        if "take_over" in self.session.limits.not_offered:
            self.say(self.session.no_engine, "warning")
            return
        from peak_console.tui.dialogs.confirm import TakeOverDialog

        def confirmed(yes: bool | None) -> None:
            if yes:
                self.session.take_over()

        self.ask(TakeOverDialog(), confirmed)

    async def action_quit(self) -> None:
        """Leave; asks only while runs of our own engine are under way."""
        active = self._active() if self.session.is_own else []
        if not active:
            self.session.leave_runs()
            self.exit(0)
            return
        from peak_console.tui.dialogs.quit import QuitDialog

        ways: dict[str, Callable[[], None]] = {
            "wait": self.session.drain,
            "stop": self.session.stop_runs,
            "leave": self.session.leave_runs,
        }

        def chosen(way: str | None) -> None:
            if way is not None:
                ways[way]()
                self.exit(0)

        self.ask(QuitDialog(active, now=self.clock.now(), look=lambda: (self._active(), self.clock.now())), chosen)

    def _active(self) -> list[Run]:
        """What our engine has under way, also of jobs that are not shown; as last seen where that cannot be read."""
        try:
            return self.session.active()
        except StateError:
            return [run for row in (self.snapshot.rows if self.snapshot else ()) for run in row.view.active]


def runs_with_output(row: JobRow) -> list[Run]:
    """A job's runs that have, or will have, output, newest first."""
    known = {run.id: run for run in [*row.history, *row.view.active]}
    if row.view.last_run is not None:
        known[row.view.last_run.id] = row.view.last_run
    return [known[run_id] for run_id in sorted(known, reverse=True)]
