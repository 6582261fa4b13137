"""The day view: opened, its lanes read in the background as they come into sight, and kept up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.decisions.ahead.day_view import coming, foreseen, under_way
from peak_console.decisions.ahead.durations import REMEMBERED, durations_that_count, expected
from peak_console.decisions.holding.holds import scope
from peak_console.store.past.lanes import past_of, worst_run
from peak_console.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from textual.app import App

    from peak_console.clock import Clock
    from peak_console.decisions.ahead.day_view import Span
    from peak_console.errors import StateError
    from peak_console.forecast.outlook import Outlook
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


@dataclass(frozen=True, slots=True)
class _Read:
    """What has been read of one lane."""

    past: Sequence[LaneItem]
    ahead: Sequence[LaneItem]
    known: Sequence[float]
    """How many seconds the last runs took."""
    foreseen_ends: Mapping[int, datetime]
    """By run, of those under way."""
    sessions: Sequence[tuple[datetime, datetime]] = ()
    """When the job's market is open."""


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
        self._lanes: dict[str, _Read] = {}
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
            self._lanes, self._stale, self._asked = {}, set(), set()
        self._paint()
        self.lanes_in_sight_changed()

    def lanes_in_sight_changed(self) -> None:
        """Read the lanes that have come into sight."""
        if self.screen is None or not self.screen.query("LaneList") or self._span is None:
            return
        wanted = [
            name
            for name in [*self.screen.lanes.names_in_sight(), *self.screen.lanes.names_in_sight(MARGIN)]
            if name not in self._asked and (name not in self._lanes or name in self._stale)
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
        outlook = snapshot.outlook

        def lanes(store: Store) -> dict[str, _Read]:
            states = store.job_states()
            return {name: _look_up(store, row, states.get(name), now, span, outlook) for name, row in rows.items()}

        def taken(found: dict[str, _Read]) -> None:
            self._asked -= wanted
            if span == self._span:
                self._lanes |= found
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
        names, snapshot = self._layout.jobs.shown_names, self._feed.snapshot
        outlook = snapshot.outlook if snapshot is not None else None
        news = (*news_of(self._session.store), outlook)
        if news == self._news and names == self._names:
            return
        self._news = news
        self._names = self._layout.jobs.shown_names
        self._stale = set(self._lanes)
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

    def leave(self) -> None:
        """Go back to the panes."""
        if self.screen is not None:
            self.screen.dismiss()

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def _paint(self) -> None:
        snapshot, span, screen = self._feed.snapshot, self._span, self.screen
        if snapshot is None or span is None or screen is None or not screen.query("LaneList"):
            return
        from peak_console.tui.timeline.lanes import Lane

        now = self._clock.now()
        seen = set(screen.lanes.names_in_sight(MARGIN)) or set(self._names[:100])
        lanes: dict[str, Lane] = {}
        for row in snapshot.rows:
            lane = self._lanes.get(row.name)
            if lane is not None and row.name in seen:
                running = under_way(row.view.active, now, lane.known, lane.foreseen_ends)
                lanes[row.name] = Lane([*lane.past, *running, *lane.ahead], lane.sessions)
        notes = ["held: nothing new starts"] if snapshot.hold is not None else []
        notes += [f"held: {scope(hold)}" for hold in snapshot.holds]
        notes += [f"blackout {window.name}: {window.scope}" for window in snapshot.blackouts]
        notes += [snapshot.outlook_note] if snapshot.outlook_note else []
        screen.show(self._names, span, lanes, now, notes)


def _look_up(
    store: Store, row: JobRow, state: JobState | None, now: datetime, span: Span, outlook: Outlook | None
) -> _Read:
    """What stands in a job's lane, as far as it is not under way."""
    past = past_of(store, row.name, span.start, min(span.end, now), span.cell_seconds)
    known = durations_that_count(store.last_attempts(row.name, REMEMBERED))
    sessions = _sessions(row, span)
    if row.view.not_served is not None:
        return _Read(past, (), known, {}, sessions)
    runs = outlook.of_job.get(row.name, ()) if outlook is not None else ()
    ends = {run.run_id: run.ends_at for run in runs if run.run_id is not None and run.ends_at is not None}
    usual = expected(known)
    try:
        slots = list(
            coming(
                row.view.job, state, now, span, usual.usual if usual is not None else None,
                outlook.end if outlook is not None else None, row.view.blackouts,
            )
        )  # fmt: skip
    except Exception:  # noqa: BLE001 - one job's own schedule: the engine says what is wrong with it
        slots = []
    return _Read(past, [*foreseen(runs, now, span), *slots], known, ends, sessions)


def _sessions(row: JobRow, span: Span) -> Sequence[tuple[datetime, datetime]]:
    """When the market of a job's calendar is open."""
    from peak_console.schedule.sessions.hours import open_between

    rule = row.view.job.schedule.sessions
    if rule is None or rule.calendar is None or not rule.calendar.has_hours:
        return ()
    return list(open_between(rule.calendar, span.start, span.end))
