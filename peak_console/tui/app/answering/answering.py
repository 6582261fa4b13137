"""The answers at length of the console: each part is made when it is first asked for, and then kept up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from textual.app import App

    from peak_console.clock import Clock
    from peak_console.tui.app.answering.chain_view import ChainView
    from peak_console.tui.app.answering.plan_view import PlanView
    from peak_console.tui.app.answering.subjects import Subjects
    from peak_console.tui.app.answering.why_view import WhyView
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.state.feed import SnapshotFeed
    from peak_console.tui.state.interface import Session


class Answering:
    """Opens answers for what the cursor is on."""

    def __init__(
        self,
        app: App[int],
        session: Session,
        clock: Clock,
        keymap: Mapping[str, str],
        dialogs: Dialogs,
        subjects: Subjects,
        feed: SnapshotFeed,
        go_to: Callable[[str], None],
    ) -> None:
        """``go_to`` puts the cursor on a job, wherever the operator is."""
        self._app = app
        self._session = session
        self._clock = clock
        self._keymap = keymap
        self._dialogs = dialogs
        self._subjects = subjects
        self._feed = feed
        self._go_to = go_to
        self._why: WhyView | None = None
        self._chain: ChainView | None = None
        self._plan: PlanView | None = None
        self._jobset = session.jobset
        """The definitions that were in force the last time."""

    def by_id(self) -> dict[str, Callable[[], None]]:
        """What the keys for answers do, by the id of the action in the table of keys."""
        return {"why": self.why, "chain": self.chain, "plan": self.plan}

    def why(self) -> None:
        """Say why the job under the cursor starts or does not, and of its run or slot why it did or will."""
        if self._why is None:
            from peak_console.tui.app.answering.why_view import WhyView

            self._why = WhyView(self._app, self._session, self._clock, self._keymap, self._dialogs)
        self._why.open(self._subjects.current())

    def chain(self) -> None:
        """Show the chain that the job under the cursor is part of."""
        if self._chain is None:
            from peak_console.tui.app.answering.chain_view import ChainView

            self._chain = ChainView(self._session, self._feed, self._dialogs, self._go_to)
        subject = self._subjects.current()
        self._chain.open(subject.job if subject is not None else None)

    def plan(self) -> None:
        """Show what the jobs file has changed, or would change that is held back."""
        self._planning().show_landed()

    def accept_jobs(self, accept: Callable[[], None]) -> None:
        """Show what the jobs file would change that is held back, and ask whether it is to count."""
        self._planning().ask(accept)

    def _planning(self) -> PlanView:
        if self._plan is None:
            from peak_console.tui.app.answering.plan_view import PlanView

            self._plan = PlanView(self._session, self._clock, self._keymap, self._dialogs)
        return self._plan

    @property
    def _parts(self) -> list[WhyView | PlanView]:
        return [part for part in (self._why, self._plan) if part is not None]

    @property
    def is_reading(self) -> bool:
        """Whether something is read or worked out in the background."""
        return any(part.is_reading for part in self._parts)

    def show(self) -> None:
        """Bring what is open up to date. Raises ``StateError``."""
        before, self._jobset = self._jobset, self._session.jobset
        if before is not self._jobset:
            self._planning().landed(before, self._jobset)
        if self._why is not None:
            self._why.show()
        if self._chain is not None:
            self._chain.show()

    def tick(self, now: datetime) -> None:
        """Another second: what is answered names moments, and no countdowns."""

    def close(self) -> None:
        for part in self._parts:
            part.close()
