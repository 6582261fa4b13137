"""The screens of their own that are filled in the background: history, day view, found lines, wallboard, answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.tui.app.rooms.found import FoundView
from peak_console.tui.app.rooms.history import HistoryView
from peak_console.tui.app.rooms.timeline import TimelineView
from peak_console.tui.app.rooms.wallboard import WallboardView

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from textual.app import App

    from peak_console.clock import Clock
    from peak_console.tui.app.answering.answering import Answering
    from peak_console.tui.app.layout import Layout
    from peak_console.tui.app.rooms.merged import MergedView
    from peak_console.tui.state.feed import SnapshotFeed
    from peak_console.tui.state.interface import Session

    Room = MergedView | HistoryView | TimelineView | FoundView | WallboardView | Answering


class Rooms:
    """Holds these screens, whether they are open or not."""

    def __init__(
        self,
        app: App[int],
        session: Session,
        clock: Clock,
        keymap: Mapping[str, str],
        feed: SnapshotFeed,
        layout: Layout,
        open_run: Callable[[str, int], None],
    ) -> None:
        """``open_run`` shows the output of a job's run in the panes."""
        self.history = HistoryView(app, session, clock, keymap)
        self.timeline = TimelineView(app, session, clock, keymap, feed, layout, open_run)
        self.found = FoundView(app, session)
        self.wallboard = WallboardView(app, clock, feed)
        self._all: list[Room] = [self.history, self.timeline, self.found, self.wallboard]

    def add(self, room: Room) -> None:
        """Keep one more up to date."""
        self._all.append(room)

    def __iter__(self) -> Iterator[Room]:
        return iter(self._all)

    def by_id(self) -> dict[str, Callable[[], None]]:
        """What the keys for these screens do, by the id of the action in the table of keys."""
        return {"timeline": self.timeline.open, "history": self.history.open, "wallboard": self.wallboard.open}

    def close(self) -> None:
        """Let go of what fills them."""
        for room in self:
            room.close()
