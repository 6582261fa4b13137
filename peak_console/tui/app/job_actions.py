"""What the operator can do to jobs, to the hold and to alerts: each action as a command to the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peak_console.tui.app.dialogs import acting
from peak_console.tui.keys.actions import key_shown
from peak_console.tui.state.snapshot import EngineState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from peak_console.clock import Clock
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.app.selection import Selection
    from peak_console.tui.dialogs.disable import DisableChoice
    from peak_console.tui.dialogs.gates import GateChoice
    from peak_console.tui.state.commands import Commands
    from peak_console.tui.state.feed import SnapshotFeed
    from peak_console.tui.state.interface import Session
    from peak_console.tui.state.snapshot import JobRow


class JobActions:
    """Acts on the selected jobs. Nothing here touches the engine but through commands."""

    def __init__(
        self,
        session: Session,
        clock: Clock,
        keymap: Mapping[str, str],
        feed: SnapshotFeed,
        selection: Selection,
        commands: Commands,
        dialogs: Dialogs,
    ) -> None:
        self.session = session
        self.dialogs = dialogs
        self._clock = clock
        self._keymap = keymap
        self._feed = feed
        self._selection = selection
        self._commands = commands

    def _selected(self) -> list[JobRow]:
        rows = self._selection.selected()
        if not rows:
            self.dialogs.say("no job is selected", "warning")
        return rows

    def _send_for(self, verb: str, rows: Sequence[JobRow], **arguments: Any) -> None:
        """Send the same command for each of some jobs, and take their marks away."""
        for row in rows:
            self._commands.send(verb, row.name, **arguments)
        self._selection.clear_marks()

    @property
    def _held(self) -> str | None:
        """Why nothing is run from here now; ``None`` where it is, and while no engine serves: that is said first."""
        snapshot = self._feed.snapshot
        hold = snapshot.hold if snapshot is not None else None
        if hold is None or self.session.engine_state == EngineState.STOPPED:
            return None
        key = key_shown("hold", self._keymap)
        return f"nothing new starts, {hold.by} holds everything: release it first, with {key}"

    @acting
    def run(self) -> None:
        if not self.dialogs.is_refused(self._held):
            self._send_for("run", self._selected())

    @acting
    def run_with(self) -> None:
        """Run the selected job with other arguments, which a form asks for."""
        if self.dialogs.is_refused(self._held):
            return
        rows = self._selected()
        if len(rows) > 1:
            self.dialogs.say("arguments are changed for one job at a time: unmark the others with Esc", "warning")
        if len(rows) != 1:
            return
        from peak_console.tui.dialogs.run_form import RunForm

        def ran(changes: dict[str, Any] | None) -> None:
            if changes is not None:
                self._send_for("run", rows, args=changes)

        self.dialogs.ask(RunForm(rows[0].view.job), ran)

    @acting
    def stop(self) -> None:
        rows = self._selected()
        runs = [run for row in rows for run in [*row.view.active, *row.view.queued]]
        if not runs:
            if rows:
                idle = f"{rows[0].name} is not running" if len(rows) == 1 else "none of these jobs is running"
                self.dialogs.say(idle, "warning")
            return
        from peak_console.tui.dialogs.confirm import ConfirmStop

        def confirmed(yes: bool | None) -> None:
            if yes:
                for run in runs:
                    self._commands.send("stop", run.job, run.id)
                self._selection.clear_marks()

        grace = max(row.view.job.kill_grace_seconds for row in rows)
        self.dialogs.ask(ConfirmStop(runs, now=self._clock.now(), kill_grace_seconds=grace), confirmed)

    @acting
    def disable(self) -> None:
        """Disable the selected jobs that are enabled; enable them all when none is."""
        rows = self._selected()
        on = [row for row in rows if row.view.enabled]
        if not on:
            self._send_for("enable", rows)
            return
        from peak_console.tui.dialogs.disable import DisableDialog

        def chosen(choice: DisableChoice | None) -> None:
            if choice is not None:
                self._send_for("disable", on, for_seconds=choice.for_seconds, reason=choice.reason)

        dialog = DisableDialog([row.name for row in on], now=self._clock.now(), zone=self.session.zone)
        self.dialogs.ask(dialog, chosen)

    @acting
    def hold(self) -> None:
        """Hold everything, with a reason that a dialog asks for; release it when it is held."""
        snapshot = self._feed.snapshot
        if snapshot is not None and snapshot.hold is not None:
            self._commands.send("release")
            return
        from peak_console.tui.dialogs.hold import HoldDialog

        def chosen(reason: str | None) -> None:
            if reason is not None:
                self._commands.send("hold", reason=reason or None)

        self.dialogs.ask(HoldDialog(), chosen)

    @acting
    def gates(self) -> None:
        """Close a gate by hand, with a reason that a dialog asks for; or open it again."""
        snapshot = self._feed.snapshot
        if snapshot is None or not snapshot.gates:
            self.dialogs.say("the jobs file has no gate")
            return
        from peak_console.tui.dialogs.gates import GatesDialog

        def chosen(choice: GateChoice | None) -> None:
            if choice is not None:
                verb = "close_gate" if choice.closes else "open_gate"
                self._commands.send(verb, gate=choice.gate, reason=choice.reason)

        self.dialogs.ask(GatesDialog(snapshot.gates), chosen)

    @acting
    def accept_jobs(self) -> None:
        """Have a jobs file taken up that is held back for what it would remove."""
        if not self.session.wants_consent:
            self.dialogs.say("no jobs file is held back")
            return
        self._commands.send("reload", accept=True)
        self.session.accept_jobs()

    def acknowledge(self, alert_id: int | None) -> None:
        """Acknowledge one alert; ``None`` stands for all."""
        if alert_id is None:
            self._commands.send("ack")
        else:
            self._commands.send("ack", alert=alert_id)
