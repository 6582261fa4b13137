"""The day view: opened, its lanes read in the background as they come into sight, and kept up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.decisions.ahead.day_view import coming, under_way
from peak_console.decisions.holding.holds import scope
from peak_console.store.past.lanes import past_of, worst_run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from textual.app import App

    from peak_console.clock import Clock
    from peak_console.decisions.ahead.day_view import Span
    from peak_console.errors import StateError
    from peak_console.model.lane import LaneItem
    from peak_console.model.records import JobState
    from peak_console.store.store import Store
    from peak_console.tui.app.layout import Layout
    from peak_console.tui.state.background import BackgroundReader
    from peak_console.tui.state.feed import SnapshotFeed
    from peak_console.tui.state.interface import Session
    from peak_console.tui.state.snapshot import JobRow
    from peak_console.tui.timeline.lanes import LaneList
    from peak_console.tui.timeline.screen import TimelineScreen

FIRST_ZOOM = 2
MARGIN = 20
"""Lanes before and after those in sight that are read too."""
AT_A_TIME = 12
"""Lanes that are read at a time, so that the first are painted soon."""
REFRESH_SECONDS = 20
"""How often the lanes in sight are read anew as time goes on."""


class TimelineView:
    """Opens the day view of the jobs that the table shows."""

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
        """``open_run`` shows the output of a job's run."""
        self.screen: TimelineScreen | None = None
        """The screen, while it is open."""
        self._app = app
        self._session = session
        self._clock = clock
        self._keymap = keymap
        self._feed = feed
        self._layout = layout
        self._open_run = open_run
        self._reader: BackgroundReader | None = None
        self._zoom = FIRST_ZOOM
        self._span: Span | None = None
        self._past: dict[str, Sequence[LaneItem]] = {}
        self._ahead: dict[str, Sequence[LaneItem]] = {}
        self._stale: set[str] = set()
        """Lanes that are shown as they were, until they have been read anew."""
        self._asked: set[str] = set()
        self._names: Sequence[str] = ()
        self._read_at: datetime | None = None
        self._news: tuple[object, ...] = ()
        """What was last known of the registry."""

    @property
    def is_reading(self) -> bool:
        return self._reader is not None and self._reader.is_reading

    def open(self) -> None:
        from peak_console.tui.timeline.screen import TimelineScreen

        if self.screen is not None and self._app.screen is self.screen:
            return
        self._names = self._layout.jobs.shown_names
        self.screen = TimelineScreen(self._zoom, self._clock.now(), self._session.zone, self._keymap)

        def closed(_result: None) -> None:
            if self.screen is not None:
                self._zoom = self.screen.zoom
            self.screen = None

        self._span = None
        self._app.push_screen(self.screen, closed)

    def span_changed(self) -> None:
        """Another time is shown: read its lanes."""
        if self.screen is None or not self.screen.query("LaneList"):
            return
        now = self._clock.now()
        span = self.screen.span(now)
        if span != self._span:
            self._span, self._read_at = span, now
            self._past, self._ahead, self._stale, self._asked = {}, {}, set(), set()
        self._paint()
        self.lanes_in_sight_changed()

    def lanes_in_sight_changed(self) -> None:
        """Read the lanes that have come into sight."""
        if self.screen is None or not self.screen.query("LaneList") or self._span is None:
            return
        wanted = [
            name
            for name in [*self.screen.lanes.names_in_sight(), *self.screen.lanes.names_in_sight(MARGIN)]
            if name not in self._asked and (name not in self._past or name in self._stale)
        ]
        if wanted:
            self._read(list(dict.fromkeys(wanted))[:AT_A_TIME])

    def _read(self, names: Sequence[str]) -> None:
        import asyncio

        from peak_console.tui.state.background import BackgroundReader

        span, now, snapshot = self._span, self._clock.now(), self._feed.snapshot
        if span is None or snapshot is None:
            return
        if self._reader is None:
            self._reader = BackgroundReader(self._session.directory, asyncio.get_running_loop())
        wanted = set(names)
        rows = {row.name: row for row in snapshot.rows if row.name in wanted}
        self._asked |= wanted

        def lanes(store: Store) -> dict[str, tuple[Sequence[LaneItem], Sequence[LaneItem]]]:
            states = store.job_states()
            return {
                name: (past_of(store, name, span.start, min(span.end, now), span.cell_seconds),
                       _ahead(row, states.get(name), now, span))
                for name, row in rows.items()
            }  # fmt: skip

        def taken(found: dict[str, tuple[Sequence[LaneItem], Sequence[LaneItem]]]) -> None:
            self._asked -= wanted
            if span == self._span:
                for name, (past, ahead) in found.items():
                    self._past[name], self._ahead[name] = past, ahead
                self._stale -= found.keys()
                self._paint()
            self.lanes_in_sight_changed()

        def refused(_error: StateError) -> None:  # the trouble bar says why
            self._asked -= wanted

        self._reader.ask("lanes", lanes, taken, refused)

    def show(self) -> None:
        """Something may be new in the registry: the lanes in sight are read anew. Raises ``StateError``."""
        from peak_console.tui.state.background import news_of

        if self.screen is None or not self.screen.query("LaneList"):
            return
        news, names = news_of(self._session.store), self._layout.jobs.shown_names
        if news == self._news and names == self._names:
            return
        self._news = news
        self._names = self._layout.jobs.shown_names
        self._stale = set(self._past)
        self._paint()
        self.lanes_in_sight_changed()

    def tick(self, now: datetime) -> None:
        """Another second: runs under way grow, and the now-line moves on."""
        if self.screen is None or not self.screen.query("LaneList") or self._span is None:
            return
        if self._read_at is None or (now - self._read_at).total_seconds() >= REFRESH_SECONDS:
            self._read_at = now
            self.span_changed()
        elif self._feed.snapshot is not None and any(row.view.active for row in self._feed.snapshot.rows):
            self._paint()

    def open_item(self, event: LaneList.Opened) -> None:
        """Show the output of a run; of several, the newest of the worst."""
        item = event.item
        run_id = item.run_id
        if run_id is None and item.outcome != "coming":
            from peak_console.errors import StateError

            try:
                run_id = worst_run(self._session.store, item.job, item.start, item.end)
            except StateError:
                return
        if run_id is not None and self.screen is not None:
            self.screen.dismiss()
            self._open_run(item.job, run_id)

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def _paint(self) -> None:
        snapshot, span, screen = self._feed.snapshot, self._span, self.screen
        if snapshot is None or span is None or screen is None or not screen.query("LaneList"):
            return
        now = self._clock.now()
        seen = set(screen.lanes.names_in_sight(MARGIN)) or set(self._names[:100])
        lanes: dict[str, Sequence[LaneItem]] = {}
        for row in snapshot.rows:
            if row.name in self._past and row.name in seen:
                running = under_way(row.view.active, now, row.expected_seconds)
                lanes[row.name] = [*self._past[row.name], *running, *self._ahead[row.name]]
        held = " · held: nothing new starts" if snapshot.hold is not None else ""
        held += "".join(f" · held: {scope(hold)}" for hold in snapshot.holds)
        screen.show(self._names, span, lanes, now, held)


def _ahead(row: JobRow, state: JobState | None, now: datetime, span: Span) -> Sequence[LaneItem]:
    """A job's slots ahead; none while nothing starts it."""
    if row.view.not_served is not None:
        return ()
    try:
        return list(coming(row.view.job, state, now, span, row.expected_seconds))
    except Exception:  # noqa: BLE001 - one job's own schedule: the engine says what is wrong with it
        return ()
