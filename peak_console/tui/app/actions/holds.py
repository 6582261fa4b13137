"""Holds on some of the jobs, as the operator sets and releases them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.tui.app.dialogs import acting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.clock import Clock
    from peak_console.model.state import Hold
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.app.layout import Layout
    from peak_console.tui.dialogs.holding.hold_jobs import HoldChoice
    from peak_console.tui.state.commands import Commands
    from peak_console.tui.state.feed import SnapshotFeed
    from peak_console.tui.state.interface import Session


class HoldActions:
    """Asks which jobs to hold or to release, and commands it."""

    def __init__(
        self,
        session: Session,
        clock: Clock,
        feed: SnapshotFeed,
        layout: Layout,
        commands: Commands,
        dialogs: Dialogs,
    ) -> None:
        self.session = session
        self.dialogs = dialogs
        self._clock = clock
        self._feed = feed
        self._layout = layout
        self._commands = commands

    @acting
    def hold_jobs(self) -> None:
        """Hold some jobs; where some are held, ask first whether one of these holds is meant."""
        if self._commands.are_refused():
            return
        snapshot = self._feed.snapshot
        holds = snapshot.holds if snapshot is not None else ()
        if not holds:
            self._ask_which()
            return
        from peak_console.tui.dialogs.holding.hold_jobs import NEW, HoldsDialog

        def chosen(what: str | None) -> None:
            if what == NEW:
                self._ask_which()
            elif what is not None:
                self._release(holds[int(what)])

        self.dialogs.ask(HoldsDialog(holds, now=self._clock.now(), zone=self.session.zone), chosen)

    def _ask_which(self) -> None:
        from peak_console.tui.dialogs.holding.hold_jobs import HoldJobsDialog

        def chosen(choice: HoldChoice | None) -> None:
            if choice is not None:
                until = choice.until.isoformat() if choice.until is not None else None
                tags: Sequence[str] = list(choice.tags)
                self._commands.send("hold_jobs", tags=tags, words=choice.words, until=until, reason=choice.reason)

        written = self._layout.jobs.filter_text
        dialog = HoldJobsDialog(self.session.jobs.values(), written, now=self._clock.now(), zone=self.session.zone)
        self.dialogs.ask(dialog, chosen)

    @acting
    def blackouts(self) -> None:
        """Begin a blackout; where people have added some, ask first whether one of these is meant."""
        if self._commands.are_refused():
            return
        snapshot = self._feed.snapshot
        added = [window for window in snapshot.blackouts if window.by] if snapshot is not None else []
        if not added:
            self._ask_for_blackout()
            return
        from peak_console.tui.dialogs.holding.blackouts import BlackoutsDialog
        from peak_console.tui.dialogs.holding.hold_jobs import NEW

        def chosen(what: str | None) -> None:
            if what == NEW:
                self._ask_for_blackout()
            elif what is not None:
                self._commands.send("end_blackout", name=added[int(what)].name)

        self.dialogs.ask(BlackoutsDialog(added, now=self._clock.now(), zone=self.session.zone), chosen)

    def _ask_for_blackout(self) -> None:
        from peak_console.tui.dialogs.holding.blackouts import BLACKOUT
        from peak_console.tui.dialogs.holding.hold_jobs import HoldJobsDialog

        def chosen(choice: HoldChoice | None) -> None:
            if choice is not None:
                until = choice.until.isoformat() if choice.until is not None else None
                tags: Sequence[str] = list(choice.tags)
                self._commands.send(
                    "add_blackout", tags=tags, words=choice.words, until=until, policy=choice.policy,
                    reason=choice.reason,
                )  # fmt: skip

        dialog = HoldJobsDialog(
            self.session.jobs.values(), self._layout.jobs.filter_text, now=self._clock.now(), zone=self.session.zone,
            purpose=BLACKOUT,
        )  # fmt: skip
        self.dialogs.ask(dialog, chosen)

    def _release(self, hold: Hold) -> None:
        self._commands.send("release_jobs", tags=list(hold.tags), words=hold.words)
