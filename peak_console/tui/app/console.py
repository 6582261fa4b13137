"""The console: panes on a screen, brought up to date by one refresh, and the keys that act on them."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.css.query import NoMatches
from textual.screen import Screen

from peak_console.errors import StateError
from peak_console.model.records import Level
from peak_console.text import safe_lines
from peak_console.tui.app.remembering import Remembering
from peak_console.tui.bars.key_bar import KeyBar
from peak_console.tui.bars.status_line import StatusLine
from peak_console.tui.bars.trouble_bar import TroubleBar
from peak_console.tui.drawing.direct_painting import painted_together
from peak_console.tui.jobs.table import JobTable
from peak_console.tui.keys.actions import Context, binding, bindings_of
from peak_console.tui.state.board import Board
from peak_console.tui.state.snapshot import Snapshot, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import PurePath

    from textual.app import ComposeResult
    from textual.timer import Timer

    from peak_console.clock import Clock
    from peak_console.jobs.model import JobSet
    from peak_console.tui.state.session import Session

PROMPT_SECONDS = 0.01
"""How long news are collected before the screen is brought up to date."""
REFRESH_SECONDS = 0.05
"""So long after that it is brought up to date again at the earliest."""
OUTPUT_SECONDS = 0.1
ATTACHED_SECONDS = 0.25
"""How often the registry is asked for news while another process's engine serves it."""
TUI = os.path.dirname(os.path.dirname(__file__))


def styles(*names: str) -> list[str | PurePath]:
    """Paths of style files, given relative to the ``tui`` folder."""
    return [os.path.join(TUI, *name.split("/")) for name in names]


LATER_STYLES = styles("upcoming/pane.tcss", "output/view.tcss", "alerts/pane.tcss")
"""Of the panes that come after the first paint: to read styles takes longer than to paint with them."""


class MainScreen(Screen[None], inherit_bindings=False):
    """The one with the panes: Tab goes through them in their own order, shown or not."""

    BINDINGS: ClassVar[list[BindingType]] = [binding("next_pane", "app."), binding("previous_pane", "app.")]


class ConsoleApp(Remembering, inherit_bindings=False):
    """Shows a session. Everything that it shows comes from one ``Snapshot``."""

    CSS_PATH: ClassVar[list[str | PurePath]] = styles(
        "app/console.tcss", "jobs/table.tcss", "bars/status_line.tcss", "bars/trouble_bar.tcss"
    )
    TITLE = "Peak Console"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of(Context.EVERYWHERE, Context.JOBS, prefix="app."),
        Binding("ctrl+c", "app.quit", "Quit", show=False, priority=True),
        Binding("ctrl+z", "app.suspend_process", "Suspend", show=False, priority=True),
    ]

    def __init__(self, session: Session, *, clock: Clock | None = None, live: bool = True) -> None:
        """``live`` is whether timers run; without them a test refreshes by hand."""
        super().__init__()
        self.session = session
        session.keymap = self.config.keymap
        self.clock = clock or session.clock
        self.snapshot: Snapshot | None = None
        self._live = live
        self._board: Board | None = None
        self._dirty = False
        self._refreshed_at = float("-inf")
        """On the monotonic clock."""
        self._last_good: datetime | None = None
        self._lapse: datetime | None = None
        """When the first override lapses: nobody else tells."""
        self._rung_for: int | None = None
        """The newest critical alert that the bell has rung for; ``None`` before the first look."""
        self._told_of: JobSet | None = None
        """The definitions whose warnings have been shown."""
        self._look_timer: Timer | None = None
        self.loop: asyncio.AbstractEventLoop | None = None

    def get_default_screen(self) -> Screen[None]:
        return MainScreen(id="_default")

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield TroubleBar(id="trouble")
        with Container(id="panes"):
            yield JobTable(self.config.keymap, id="jobs", classes="-shown")
        yield KeyBar(self.config.keymap, self.session.limits.not_offered)

    def on_mount(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.set_keymap(dict(self.config.keymap))
        self.restore_order()
        self._fit(self.size)
        self.bring_up_to_date()
        # By way of our own queue: two that furnish at once would do it twice.
        self.call_after_refresh(self.call_later, self._furnish)

    async def _furnish(self) -> None:
        """All the rest of the screen: the jobs, and what is wrong, are painted before it is even loaded."""
        from peak_console.tui.alerts.pane import AlertsPane
        from peak_console.tui.bars.prompt import Prompt
        from peak_console.tui.output.view import OutputView
        from peak_console.tui.upcoming.pane import Upcoming

        if self._is_furnished or not self.is_running:
            return
        self._read_styles(LATER_STYLES)
        main = self.screen_stack[0]
        panes = (Upcoming(id="upcoming"), OutputView(id="output"), AlertsPane(id="alerts"))
        await main.query_one("#panes").mount(*panes)
        await main.mount(Prompt(), before=main.query_one(KeyBar))
        self._is_furnished = True
        self._fit(self.size)
        self.restore_modes()
        self._mark_shown()
        self.bring_up_to_date()
        for warning in self.config.warnings:
            self.say(warning, "warning")
        if self._live:
            self._output_timer = self.set_interval(
                OUTPUT_SECONDS, self._while_it_stands(self.refresh_output), pause=True
            )
            self._look_timer = self.set_interval(ATTACHED_SECONDS, self._while_it_stands(self.look_for_news))
            self.expect_news()
            self._tick_on_the_second()
            self.call_after_refresh(self._settle)

    def _while_it_stands(self, callback: Callable[[], None]) -> Callable[[], None]:
        """``callback``, for a timer: at the end the panes, and then the screens, go before the timers do."""

        def called() -> None:
            if self.screen_stack:
                with suppress(NoMatches):
                    callback()

        return called

    def _settle(self) -> None:
        """What must not hold up the first paint."""
        self._prepare_details()
        # A full collection stops the screen for some 40 ms; what is loaded by now stays to the end anyway.
        gc.collect()
        gc.freeze()
        gc.enable()
        self.session.start(self.news)

    def _prepare_details(self) -> None:
        """Load the screen with a job's details and its styles: at the first Enter they would take half the time."""
        from peak_console.tui.details import data as details_data  # noqa: F401
        from peak_console.tui.details.screen import JobDetails

        self._read_styles([JobDetails.CSS_PATH])

    def _read_styles(self, paths: Iterable[str | PurePath]) -> None:
        """Add files of styles; what has been read before is not read again."""
        for path in paths:
            # By the name that Textual itself looks for when a screen is pushed.
            self.stylesheet.read(path)
        self.stylesheet.parse()

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, (events.Key, events.MouseDown)) and self.snapshot is not None:
            # Whoever works here wants the cursor to stay on its job; until then it shows what is worst.
            self.jobs.pin_cursor()
            await self._furnish()  # keys reach every pane, however early they come
        await super().on_event(event)

    # News, from whatever thread, to one refresh.

    def news(self) -> None:
        """There is something new in the registry. From any thread; never waits."""
        if not self._dirty and self.loop is not None:
            self._dirty = True
            with suppress(RuntimeError):  # the loop is closed: the screen is gone
                self.loop.call_soon_threadsafe(self._refresh_soon)

    def _refresh_soon(self) -> None:
        assert self.loop is not None
        rest = self._refreshed_at + REFRESH_SECONDS - time.monotonic()
        self.loop.call_later(max(PROMPT_SECONDS, rest), self._while_it_stands(self.bring_up_to_date))

    def look_for_news(self) -> None:
        """Another process's engine cannot call us, and nobody says when a registry can be read again."""
        shown = self.snapshot
        if self._is_told_everything:
            return
        try:
            news = self._board is None or self._board.has_news()
        except StateError:
            news = True
        if news or shown is None or shown.stale_since is not None or self.session.engine_state != shown.engine:
            self.bring_up_to_date()

    def bring_up_to_date(self) -> None:
        """Read what is new, and hand every pane its part."""
        self._dirty = False
        if not self.is_running:
            return
        now = self.clock.now()
        session = self.session
        try:
            if self._board is None or self._board.is_superseded:
                self._rung_for = None if self._board is None else 0
                self._board = Board(session.store)
            snapshot = self._board.snapshot(
                session.jobs, now, jobs_file=session.jobs_file, engine=session.engine_state, zone=session.zone,
                troubles=session.troubles(), read_only=session.refusal is not None,
            )  # fmt: skip
            self._last_good = now
            self._show(snapshot)
            self.hear_answers()
            self._tell_of_warnings()
            if not self._board.is_complete:
                self.news()
        except StateError as error:
            if self.snapshot is not None and self.snapshot.stale_since is not None:
                session.rouse()  # not at first: whoever removes a directory may still be at it
            self._show(self._stale(error, now))
        self._refreshed_at = time.monotonic()
        self.expect_news()

    def expect_news(self) -> None:
        """Ask for news, unless our own engine brings all there are: even a timer that does nothing costs."""
        if self._look_timer is not None:
            if self._is_told_everything:
                self._look_timer.pause()
            else:
                self._look_timer.resume()

    @property
    def _is_told_everything(self) -> bool:
        """Whether our own engine says when there is something new, and nothing else is waited for."""
        shown = self.snapshot
        readable = shown is not None and shown.stale_since is None
        return readable and self.session.is_own and not self.waiting_for_answers

    def _tell_of_warnings(self) -> None:
        """What is doubtful about the jobs file, once for each file that is loaded."""
        jobset = self.session.jobset
        if jobset is self._told_of:
            return
        self._told_of = jobset
        if jobset.warnings:
            more = len(jobset.warnings) - 1
            self.say(f"{jobset.warnings[0]}" + (f"; {more} more: peak-console validate" if more else ""), "warning")

    def _stale(self, error: StateError, now: datetime) -> Snapshot:
        """What was last known, loudly marked as such: the registry cannot be read."""
        from peak_console.values import replace

        session, since = self.session, self._last_good or now
        known = self.snapshot or Snapshot(now, session.jobs_file, session.engine_state, session.zone)
        trouble = Trouble(f"{error}; what is shown is old", since)
        return replace(
            known, troubles=(trouble, *session.troubles()), stale_since=since, engine=session.engine_state, taken_at=now
        )

    def _show(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        main = self.screen_stack[0]
        main.query_one(StatusLine).show(snapshot)
        main.query_one(TroubleBar).show(snapshot)
        self.jobs.show(snapshot)
        self._ring_for_critical(snapshot)
        if self._is_furnished:
            self.upcoming.show(snapshot)
            self.alerts.show(snapshot)
            self.show_output()
            self.show_details()
        overrides = [row.view.override for row in snapshot.rows if row.view.override is not None]
        self._lapse = min((o.until for o in overrides if o.until is not None), default=None)

    def _ring_for_critical(self, snapshot: Snapshot) -> None:
        """Once for each new critical alert that is open; not for those from before we came."""
        newest = max((a.id for a in snapshot.alerts if a.level == Level.CRITICAL and a.is_open), default=0)
        if self._rung_for is not None and newest > self._rung_for and self.config.bell:
            self.bell()
        self._rung_for = max(newest, self._rung_for or 0)

    # The clock.

    def _tick_on_the_second(self) -> None:
        self._while_it_stands(self.tick)()
        now = self.clock.now()
        self.set_timer(1.0 - now.microsecond / 1e6 + 0.002, self._tick_on_the_second)

    def tick(self) -> None:
        """Another second: countdowns, ages, the clock."""
        now = self.clock.now()
        main = self.screen_stack[0]
        with painted_together(self):
            main.query_one(StatusLine).tick(now)
            self.jobs.tick(now)
            self.upcoming.tick(now)
        self.alerts.tick(now)
        if self.details is not None:
            self.details.tick(now)
        shown, lapsed = self.snapshot, self._lapse is not None and self._lapse <= now
        # Neither an engine that ends without a word, nor whoever removes its registry, calls us.
        if lapsed or (
            shown
            and (
                self.session.engine_state != shown.engine
                or (shown.stale_since is None and not self.session.store.is_in_place())
            )
        ):
            self.bring_up_to_date()

    def _fatal_error(self) -> None:
        """Textual's own shows every local variable, secrets among them; the plain traceback is enough."""
        import traceback

        self.bell()
        self._exit_renderables.append(safe_lines(traceback.format_exc()))
        self._close_messages_no_wait()
