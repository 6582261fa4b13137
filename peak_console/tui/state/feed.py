"""From news in the registry to one refresh of the screen."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from peak_console.errors import StateError
from peak_console.tui.state.board import Board
from peak_console.tui.state.foresight.foresight import Foresight
from peak_console.tui.state.snapshot import Snapshot, Trouble

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from datetime import datetime

    from textual.timer import Timer

    from peak_console.clock import Clock
    from peak_console.tui.state.interface import Session

COLLECT_SECONDS = 0.01
"""How long news are collected before the screen is brought up to date."""
REFRESH_SECONDS = 0.05
"""The shortest time between two refreshes."""
SLICE_SECONDS = 0.008
"""So long pasts of jobs are read at a time, so that keys are felt at once; then the screen has the same time."""
REST_FACTOR = 10.0
"""While not all is read, the screen is refreshed after so many times as long as the last refresh has taken."""


class FeedScreen(Protocol):
    """What a feed needs of the screen that it brings up to date."""

    @property
    def is_running(self) -> bool:
        """Whether the screen is there."""

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Paint a snapshot. Raises ``StateError`` where a pane reads the registry itself."""

    def registry_was_read(self) -> None:
        """Hear that the registry could be read, after its snapshot has been painted. Raises ``StateError``."""

    def registry_was_replaced(self) -> None:
        """Hear that another registry is read from now on: its ids begin at 1 again."""

    def while_mounted(self, callback: Callable[[], None]) -> Callable[[], None]:
        """``callback``, for a timer that may fire when the panes are gone."""


class SnapshotFeed:
    """Turns news, from whatever thread, into one refresh: reads what has changed and gives the screen a snapshot."""

    def __init__(self, session: Session, clock: Clock, is_awaited: Callable[[], bool]) -> None:
        """``is_awaited`` says whether an answer of the engine is waited for."""
        self.snapshot: Snapshot | None = None
        """What the screen shows."""
        self.foresight = Foresight(session, clock, self.news)
        self._session = session
        self._clock = clock
        self._screen: FeedScreen | None = None
        self._is_awaited = is_awaited
        self._board: Board | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_refresh_due = False
        self._refreshed_at = float("-inf")
        """On the monotonic clock, in seconds."""
        self._refresh_took = 0.0
        self._is_reading_on = False
        """Whether more of the past is to be read soon."""
        self._last_read: datetime | None = None
        self._poll_timer: Timer | None = None
        """Looks for news of which no engine of ours tells."""

    def connect(self, screen: FeedScreen, loop: asyncio.AbstractEventLoop) -> None:
        """Take the screen to bring up to date, and its event loop, to which news are passed on."""
        self._screen = screen
        self._loop = loop

    def poll_with(self, timer: Timer) -> None:
        """Take the timer that calls ``look_for_news``; it rests while our own engine tells all there is."""
        self._poll_timer = timer
        self.expect_news()

    def news(self) -> None:
        """There is something new in the registry. From any thread; never waits."""
        if not self._is_refresh_due and self._loop is not None:
            self._is_refresh_due = True
            with suppress(RuntimeError):  # the loop is closed: the screen is gone
                self._loop.call_soon_threadsafe(self._refresh_soon)

    def _refresh_soon(self) -> None:
        assert self._loop is not None
        assert self._screen is not None
        pause = self._refreshed_at + REFRESH_SECONDS - time.monotonic()
        self._loop.call_later(max(COLLECT_SECONDS, pause), self._screen.while_mounted(self.bring_up_to_date))

    def look_for_news(self) -> None:
        """Refresh if something has changed: another process's engine cannot call us, nor can a mended registry."""
        shown = self.snapshot
        if self._is_told_everything:
            return
        try:
            has_news = self._board is None or self._board.has_news()
        except StateError:
            has_news = True
        if has_news or shown is None or shown.stale_since is not None or self._session.engine_state != shown.engine:
            self.bring_up_to_date()

    def look_for_loss(self) -> None:
        """Refresh if the engine is silent or gone, or the registry is removed: then no event comes."""
        shown = self.snapshot
        if shown is None:
            return
        is_lost = shown.stale_since is None and not self._session.store.is_in_place()
        has_turned = shown.stale_since is None and tuple(self._session.troubles()) != tuple(shown.troubles)
        if is_lost or has_turned or self._session.engine_state != shown.engine:
            self.bring_up_to_date()

    def bring_up_to_date(self) -> None:
        """Read what is new, and give the screen a snapshot of it."""
        self._is_refresh_due = False
        screen = self._screen
        if screen is None or not screen.is_running:
            return
        now, began = self._clock.now(), time.monotonic()
        try:
            self._read(now, screen)
        except StateError as error:
            if self.snapshot is not None and self.snapshot.stale_since is not None:
                self._session.wake()  # the second time: at the first, the directory may be half removed
            self._give(self._stale(error, now), screen)
        self._refreshed_at = time.monotonic()
        self._refresh_took = self._refreshed_at - began
        self.expect_news()

    def _read(self, now: datetime, screen: FeedScreen) -> None:
        session = self._session
        if self._board is None or self._board.is_superseded:
            if self._board is not None:
                screen.registry_was_replaced()
            self._board = Board(session.store)
        snapshot = self._board.snapshot(
            session.jobs, now, jobs_file=session.jobs_file, engine=session.engine_state, zone=session.zone,
            troubles=session.troubles(), read_only=session.refusal is not None,
            max_runs=session.jobset.settings.max_concurrent_runs, gates=session.jobset.gates,
            jobset=session.jobset, outlook=self.foresight.outlook, outlook_note=self.foresight.note(now, session.zone),
        )  # fmt: skip
        self.foresight.consider(snapshot)
        self._last_read = now
        self._give(snapshot, screen)
        screen.registry_was_read()
        if not self._board.is_complete:
            self._read_on_soon()

    def _read_on_soon(self) -> None:
        if self._loop is not None and self._screen is not None and not self._is_reading_on:
            self._is_reading_on = True
            self._loop.call_later(SLICE_SECONDS, self._screen.while_mounted(self._read_on))

    def _read_on(self) -> None:
        """Read more of the past: with ten thousand jobs, a refresh for each few of them would keep the keys waiting."""
        self._is_reading_on = False
        board = self._board
        if board is None or board.is_complete:
            return
        until = time.monotonic() + SLICE_SECONDS
        try:
            board.read_pasts(self._session.jobs, self._clock.now(), lambda: time.monotonic() >= until)
        except StateError:  # the refresh says so
            self.news()
            return
        if board.is_complete or time.monotonic() - self._refreshed_at >= REST_FACTOR * self._refresh_took:
            self.news()
        else:
            self._read_on_soon()

    def _give(self, snapshot: Snapshot, screen: FeedScreen) -> None:
        self.snapshot = snapshot
        screen.show_snapshot(snapshot)

    def expect_news(self) -> None:
        """Poll the registry, unless our own engine tells all there is: even a timer that does nothing costs."""
        if self._poll_timer is not None:
            if self._is_told_everything:
                self._poll_timer.pause()
            else:
                self._poll_timer.resume()

    @property
    def _is_told_everything(self) -> bool:
        """Whether our own engine says when there is something new, and no answer is waited for."""
        shown = self.snapshot
        is_readable = shown is not None and shown.stale_since is None
        return is_readable and self._session.is_own and not self._is_awaited()

    def _stale(self, error: StateError, now: datetime) -> Snapshot:
        """What was last known, loudly marked as old: the registry cannot be read."""
        from peak_console.values import replace

        session, since = self._session, self._last_read or now
        known = self.snapshot or Snapshot(now, session.jobs_file, session.engine_state, session.zone)
        trouble = Trouble(f"{error}; what is shown is old", since)
        return replace(
            known, troubles=(trouble, *session.troubles()), stale_since=since, engine=session.engine_state, taken_at=now
        )
