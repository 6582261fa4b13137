"""The chain of a job: opened, kept true while it is open, and left for one of its jobs."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from peak_console.decisions.upstreams.chain_tree import tree_lines
from peak_console.decisions.upstreams.graph import Graph
from peak_console.text import safe
from peak_console.tui.answers.chain import ChainLine, ChainScreen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.state.feed import SnapshotFeed
    from peak_console.tui.state.interface import Session

MOST_LINES = 2000


class ChainView:
    """Shows the jobs that one waits for and that wait for it; of a job without any, all chains."""

    def __init__(self, session: Session, feed: SnapshotFeed, dialogs: Dialogs, go_to: Callable[[str], None]) -> None:
        """``go_to`` puts the cursor on a job."""
        self._session = session
        self._feed = feed
        self._dialogs = dialogs
        self._go_to = go_to
        self._screen: ChainScreen | None = None
        self._job: str | None = None
        """The job whose chain is shown; ``None`` while all chains are."""

    def open(self, job: str | None) -> None:
        """Show the chain that a job is part of, with the cursor on it."""
        self._job = job
        lines = self._lines()
        if len(lines) < 2 and job is not None:
            self._job = None
            lines = self._lines()
        if not lines:
            self._dialogs.say("no job waits for another: see after in the jobs file")
            return
        title = f"Chain of {safe(self._job)}" if self._job is not None else "All chains"
        self._screen = ChainScreen(title, lines, self._job)

        def closed(chosen: str | None) -> None:
            self._screen = None
            if chosen is not None:
                self._go_to(chosen)

        self._dialogs.ask(self._screen, closed)

    def _lines(self) -> Sequence[ChainLine]:
        snapshot = self._feed.snapshot
        if snapshot is None:
            return ()
        graph = Graph(self._session.jobset.jobs)
        names = set(graph.chained(self._job))
        shown = {row.name: row.view for row in snapshot.rows if row.name in names}
        return [
            ChainLine(name, text, str(shown[name].standing), place)
            for place, (name, text) in enumerate(islice(tree_lines(graph, shown), MOST_LINES))
        ]

    def show(self) -> None:
        """Say how the jobs stand now."""
        if self._screen is not None:
            self._screen.show(self._lines())
