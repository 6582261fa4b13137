"""What the operator can do to alerts: acknowledge them, with a note, and take that back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.tui.app.dialogs import acting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.model.records import Alert
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.app.layout import Layout
    from peak_console.tui.state.commands import Commands
    from peak_console.tui.state.feed import SnapshotFeed
    from peak_console.tui.state.interface import Session


class AlertActions:
    """Acts on alerts. Nothing here touches the engine but through commands."""

    def __init__(
        self, session: Session, feed: SnapshotFeed, layout: Layout, commands: Commands, dialogs: Dialogs
    ) -> None:
        self.session = session
        self.dialogs = dialogs
        self._feed = feed
        self._layout = layout
        self._commands = commands
        self._last: Sequence[int] = ()
        """What was acknowledged last from here, by id."""

    @acting
    def acknowledge_at_cursor(self) -> None:
        """Acknowledge the alert under the cursor of the alerts pane."""
        self._layout.alerts.action_acknowledge()

    def acknowledge(self, alert: Alert) -> None:
        """Acknowledge one alert, at once: that can be taken back."""
        if not self.dialogs.is_refused(self.session.refusal):
            self._last = [alert.id]
            self._commands.send("ack", alert=alert.id)

    @acting
    def acknowledge_all(self) -> None:
        """Acknowledge every open alert, after a question that shows them."""
        snapshot = self._feed.snapshot
        alerts = [alert for alert in snapshot.alerts if alert.is_open] if snapshot is not None else []
        if not alerts:
            self.dialogs.say("no alert is open")
            return
        if self._commands.are_refused():
            return
        newest = max(alert.id for alert in alerts)
        from peak_console.tui.dialogs.acknowledge import AcknowledgeDialog

        def noted(note: str | None) -> None:
            if note is not None:
                self._last = [alert.id for alert in alerts]
                self._commands.send("ack", newest=newest, note=note or None)

        self.dialogs.ask(AcknowledgeDialog(alerts), noted)

    def note(self, alert: Alert) -> None:
        """Acknowledge one alert with a note, or give one that is acknowledged another note."""
        if self.dialogs.is_refused(self.session.refusal) or self._commands.are_refused():
            return
        from peak_console.tui.dialogs.acknowledge import AcknowledgeDialog

        def noted(note: str | None) -> None:
            if note is not None:
                self._last = [alert.id]
                self._commands.send("ack", alert=alert.id, note=note)

        self.dialogs.ask(AcknowledgeDialog([alert]), noted)

    def take_back_at_cursor(self) -> None:
        """Have the alert under the cursor be open again; if there is none, what was acknowledged last from here."""
        if self.dialogs.is_refused(self.session.refusal):
            return
        alert = self._layout.alerts.cursor_alert if self._layout.focused == "alerts" else None
        ids = [alert.id] if alert is not None and alert.acknowledged_by is not None else [*self._last]
        if not ids:
            self.dialogs.say("nothing has been acknowledged from here")
            return
        self._last = ()
        self._commands.send("unack", alerts=ids)
