"""What the operator can do to jobs and to the hold: each action as a command to the engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peak_console.errors import StateError
from peak_console.jobs.run_changes import is_unrecorded
from peak_console.redact import MASK
from peak_console.tui.app.dialogs import acting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from peak_console.clock import Clock
    from peak_console.decisions.holding.backlog import Outlook
    from peak_console.model.records import Run
    from peak_console.model.state import Hold
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.app.selection import Selection
    from peak_console.tui.dialogs.holding.disable import DisableChoice
    from peak_console.tui.dialogs.holding.gates import GateChoice
    from peak_console.tui.state.commands import Commands, Overridable
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
        self._changes: dict[str, dict[str, Any]] = {}
        """By job, the arguments that were changed for it last."""
        commands.on_overridable = self._ask_to_force

    def _ask_to_force(self, refused: Sequence[Overridable]) -> None:
        """Ask whether runs are to start all the same that overlap, a hold or a blackout has kept from it."""
        from peak_console.tui.dialogs.confirm import ConfirmForce

        def confirmed(yes: bool | None) -> None:
            if yes:
                for each in refused:
                    self._commands.send("run", each.job, **{**each.arguments, "force": True})

        self.dialogs.ask(ConfirmForce([each.why for each in refused]), confirmed)

    def rerun(self, run: Run | None) -> None:
        """Run again, as it was, a run of the past."""
        if self.dialogs.is_refused(self.session.refusal):
            return
        row = self._selection.row(run.job) if run is not None else None
        if run is None or row is None:
            self.dialogs.say("no run is shown", "warning")
            return
        job, last = row.view.job, self._changes.get(run.job, {})
        lost = [name for name in run.args_changed if is_unrecorded(name, job) and name not in last]
        if lost:
            self.dialogs.say(f"{lost[0]} was changed for that run, and is not kept: give it again with R", "warning")
            return
        changes = {name: last[name] if is_unrecorded(name, job) else run.args.get(name) for name in run.args_changed}
        hidden = [name for name, value in changes.items() if MASK in str(value)]
        if hidden:
            self.dialogs.say(f"{hidden[0]} was secret and is not kept: give it again with R", "warning")
            return
        self._send_for("run", [row], **({"args": changes} if changes else {}))

    def _selected(self) -> list[JobRow]:
        rows = self._selection.selected()
        if not rows:
            self.dialogs.say("no job is selected", "warning")
        return rows

    def _send_for(self, verb: str, rows: Sequence[JobRow], **arguments: Any) -> None:
        """Send the same command for each of some jobs, and keep the one under the cursor in its place."""

        def send(confirmed: Sequence[str]) -> None:
            for row in rows:
                confirm: dict[str, Any] = {"confirm": [row.name]} if row.name in confirmed else {}
                self._commands.send(verb, row.name, **arguments, **confirm)
            self._selection.acted_on(rows)

        if verb in ("run", "enable"):
            self._confirm(rows, "run" if verb == "run" else "be enabled", send)
        else:
            send(())

    def _confirm(self, rows: Sequence[JobRow], what: str, go_on: Callable[[Sequence[str]], None]) -> None:
        """Ask for the name of each of the jobs that are to be confirmed, then go on with those names."""
        jobset = self.session.jobset
        left = [row.view.job for row in rows if jobset.asks_to_confirm(row.view.job)]
        if not left:
            go_on(())
            return
        from peak_console.tui.dialogs.confirm_name import ConfirmNameDialog

        names = [job.name for job in left]

        def answered(yes: bool | None) -> None:
            if not yes:
                return
            left.pop(0)
            if left:
                self.dialogs.ask(ConfirmNameDialog(left[0], what), answered)
            else:
                go_on(names)

        self.dialogs.ask(ConfirmNameDialog(left[0], what), answered)

    @acting
    def run(self) -> None:
        rows = self._selected()
        if self._selection.is_chosen or not rows:
            self._send_for("run", rows)
            return
        if self._commands.are_refused():
            return
        from peak_console.tui.dialogs.confirm import ConfirmRun

        def confirmed(yes: bool | None) -> None:
            if yes:
                self._send_for("run", rows)

        self.dialogs.ask(ConfirmRun(rows[0].name), confirmed)

    @acting
    def run_with(self) -> None:
        """Run the selected job with other arguments, which a form asks for."""
        rows = self._selected()
        if len(rows) > 1:
            self.dialogs.say("arguments are changed for one job at a time: unmark the others with Esc", "warning")
        if len(rows) != 1:
            return
        from peak_console.tui.dialogs.run_form import RunForm

        def ran(changes: dict[str, Any] | None) -> None:
            if changes is not None:
                self._changes[rows[0].name] = changes
                self._send_for("run", rows, args=changes)

        self.dialogs.ask(RunForm(rows[0].view.job, self._changes.get(rows[0].name)), ran)

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
                self._selection.acted_on(rows)

        grace = max(row.view.job.kill_grace_seconds for row in rows)
        self.dialogs.ask(ConfirmStop(runs, now=self._clock.now(), kill_grace_seconds=grace), confirmed)

    @acting
    def disable(self) -> None:
        """Disable the selected jobs that are enabled; enable them all when none is."""
        rows = self._selected()
        on = [row for row in rows if row.view.enabled]
        if rows and self._commands.are_refused():
            return
        if not on:
            if rows:
                self._enable(rows)
            return
        from peak_console.tui.dialogs.holding.disable import DisableDialog

        def chosen(choice: DisableChoice | None) -> None:
            if choice is not None:
                end = {"until": choice.until.isoformat()} if choice.until else {"for_seconds": choice.for_seconds}
                self._send_for("disable", on, reason=choice.reason, **end)

        dialog = DisableDialog([row.name for row in on], now=self._clock.now(), zone=self.session.zone)
        self.dialogs.ask(dialog, chosen)

    def _enable(self, rows: Sequence[JobRow]) -> None:
        """Enable jobs, after a question that says what comes of it."""
        from peak_console.decisions.holding.enabling import next_if_enabled
        from peak_console.tui.dialogs.holding.enable import EnableDialog

        now = self._clock.now()
        try:
            states = self.session.store.job_states()
        except StateError as error:
            self.dialogs.say(str(error), "error")
            return
        upcoming = {row.name: next_if_enabled(row.view.job, states.get(row.name), now) for row in rows}

        def confirmed(yes: bool | None) -> None:
            if yes:
                self._send_for("enable", rows)

        dialog = EnableDialog(upcoming, {row.name: _who_disabled(row) for row in rows}, now=now, zone=self.session.zone)
        self.dialogs.ask(dialog, confirmed)

    @acting
    def hold(self) -> None:
        """Hold everything, with a reason that a dialog asks for; when it is held, ask what is to become of that."""
        snapshot = self._feed.snapshot
        if self._commands.are_refused():
            return
        if snapshot is not None and snapshot.hold is not None:
            self._release(snapshot.hold)
            return
        from peak_console.tui.dialogs.holding.hold import HoldDialog

        def chosen(reason: str | None) -> None:
            if reason is not None:
                self._commands.send("hold", reason=reason or None)

        self.dialogs.ask(HoldDialog(), chosen)

    def _release(self, hold: Hold) -> None:
        """Ask what becomes of the slots that wait under a hold; or change its reason."""
        from peak_console.tui.dialogs.holding.hold import EDIT, HoldDialog, ReleaseDialog

        def edited(reason: str | None) -> None:
            if reason is not None:
                self._commands.send("hold", reason=reason or None, edit=True)

        def chosen(what: str | None) -> None:
            if what == EDIT:
                self.dialogs.ask(HoldDialog(hold.reason, edit=True), edited)
            elif what is not None:
                self._confirm(starting, "start with the release", lambda names: self._send_release(what, names))

        snapshot = self._feed.snapshot
        now = self._clock.now()
        starting = [row for row in snapshot.rows if _would_start(row, now)] if snapshot is not None else []
        queued = sum(len(row.view.queued) for row in snapshot.rows) if snapshot is not None else 0
        try:
            dialog = ReleaseDialog(hold, self._backlog, now=self._clock.now(), zone=self.session.zone, queued=queued)
        except StateError as error:
            self.dialogs.say(str(error), "error")
            return
        self.dialogs.ask(dialog, chosen)

    def _send_release(self, what: str, confirmed: Sequence[str]) -> None:
        confirm: dict[str, Any] = {"confirm": list(confirmed)} if confirmed else {}
        self._commands.send("release", slots=what if what != "release" else None, **confirm)

    def _backlog(self) -> Outlook:
        """What comes of the slots that wait now. Raises ``StateError``."""
        from peak_console.decisions.holding.backlog import outlook, waiting

        now = self._clock.now()
        return outlook(waiting(self.session.jobs.values(), self.session.store.job_states(), now), now)

    @acting
    def gates(self) -> None:
        """Close a gate by hand, with a reason that a dialog asks for; or open it again."""
        snapshot = self._feed.snapshot
        if snapshot is None or not snapshot.gates:
            self.dialogs.say("the jobs file has no gate")
            return
        from peak_console.tui.dialogs.holding.gates import GatesDialog

        def chosen(choice: GateChoice | None) -> None:
            if choice is not None:
                verb = "close_gate" if choice.closes else "open_gate"
                self._commands.send(verb, gate=choice.gate, reason=choice.reason)

        self.dialogs.ask(GatesDialog(snapshot.gates), chosen)

    def accept_jobs(self, ask: Callable[[Callable[[], None]], None]) -> None:
        """Have a jobs file taken up that is held back for what it would remove, once ``ask`` has been answered."""
        if self.dialogs.is_refused(self.session.refusal):
            return
        if not self.session.wants_consent:
            self.dialogs.say("no jobs file is held back")
            return
        ask(self._accept)

    def _accept(self) -> None:
        self._commands.send("reload", accept=True)
        self.session.accept_jobs()


def _who_disabled(row: JobRow) -> str:
    """What disables a job: ``by anna: maintenance``, ``in the jobs file``."""
    override = row.view.override
    if override is None or override.enabled:
        return "in the jobs file"
    return f"by {override.by}" + (f": {override.reason}" if override.reason else "")


def _would_start(row: JobRow, now: datetime) -> bool:
    """Whether something of a job starts as soon as nothing is held."""
    slot = row.view.next_slot
    return bool(row.view.queued) or (row.view.enabled and slot is not None and slot <= now)
