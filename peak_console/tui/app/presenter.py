"""Hands each snapshot, and each second, to the widgets that show it."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from textual.css.query import NoMatches

from peak_console.decisions.ahead.expected_success import LEEWAY
from peak_console.decisions.job_status import Standing
from peak_console.text import safe
from peak_console.tui import textual_private
from peak_console.tui.alerts.critical_watch import CriticalWatch
from peak_console.tui.bars.pane_tabs import PaneTabs
from peak_console.tui.bars.status_line import StatusLine
from peak_console.tui.bars.trouble_bar import TroubleBar
from peak_console.tui.drawing.direct_painting import painted_together
from peak_console.tui.drawing.glyphs import standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from textual.app import App

    from peak_console.clock import Clock
    from peak_console.jobs.model import JobSet
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.app.layout import Layout
    from peak_console.tui.app.shown_run import ShownRun
    from peak_console.tui.state.commands import Commands
    from peak_console.tui.state.feed import SnapshotFeed
    from peak_console.tui.state.interface import Session
    from peak_console.tui.state.snapshot import Snapshot

MOST_DOUBTS = 3
"""Toasts about unknown tags that are shown at once."""


class Room(Protocol):
    """A screen of its own, while it is open."""

    def show(self) -> None:
        """Bring the screen up to date. Raises ``StateError``."""

    def tick(self, now: datetime) -> None:
        """Another second has passed."""


def title_of(snapshot: Snapshot) -> str:
    """What a terminal's title says: failed and running jobs, a hold, and which jobs file."""
    signs = [(standing(each).glyph, snapshot.counts.get(each, 0)) for each in (Standing.FAILED, Standing.RUNNING)]
    told = " ".join(f"{glyph}{count}" for glyph, count in signs if count)
    hold = "HOLD" if snapshot.hold is not None else ""
    return " ".join(filter(None, (told, hold, safe(os.path.basename(snapshot.jobs_file)))))


class Presenter:
    """Paints what the feed brings, and tells the operator what is new in it."""

    def __init__(
        self,
        app: App[int],
        session: Session,
        clock: Clock,
        feed: SnapshotFeed,
        layout: Layout,
        shown_run: ShownRun,
        rooms: Sequence[Room],
        commands: Commands,
        dialogs: Dialogs,
        *,
        rings: bool,
    ) -> None:
        """``rooms`` may lie over the panes; ``rings`` is whether the bell rings for critical alerts."""
        self._app = app
        self._session = session
        self._clock = clock
        self._feed = feed
        self._layout = layout
        self._shown_run = shown_run
        self._rooms = rooms
        self._commands = commands
        self._dialogs = dialogs
        self._rings = rings
        self._lapse: datetime | None = None
        """When the first override lapses, hold ends, or slot has passed without a decision; no event tells of it."""
        self._critical = CriticalWatch()
        self._title = ""
        self._warned_of: JobSet | None = None
        """The definitions whose warnings have been shown."""

    @property
    def is_running(self) -> bool:
        return self._app.is_running

    def while_mounted(self, callback: Callable[[], None]) -> Callable[[], None]:
        """``callback``, for a timer: at the end the panes, and then the screens, go before the timers do."""

        def called() -> None:
            if self._app.screen_stack:
                with suppress(NoMatches):
                    callback()

        return called

    def show_snapshot(self, snapshot: Snapshot) -> None:
        main = self._layout.main
        main.query_one(StatusLine).show(snapshot)
        main.query_one(TroubleBar).show(snapshot)
        main.query_one(PaneTabs).show_unread(snapshot.unacknowledged, critical=bool(snapshot.critical))
        self._layout.jobs.show(snapshot)
        self._tell_title(snapshot)
        if self._critical.has_news(snapshot.alerts) and self._rings:
            self._app.bell()
        if self._layout.is_complete:
            self._layout.upcoming.show(snapshot)
            self._layout.alerts.show(snapshot)
            self._shown_run.show()
            for room in self._rooms:
                room.show()
        overrides = [row.view.override for row in snapshot.rows if row.view.override is not None]
        ends = [each.until for each in overrides] + [each.until for each in snapshot.holds]
        views = [row.view for row in snapshot.rows]
        passing = [each.next_slot + LEEWAY for each in views if each.next_slot is not None]
        ends += [end for end in passing if end > snapshot.taken_at]
        ends.append(snapshot.blackouts_change)
        self._lapse = min((end for end in ends if end is not None), default=None)

    def _tell_title(self, snapshot: Snapshot) -> None:
        """Say in the terminal's title how things stand: ``✖1 ▶3 jobs.toml``."""
        title = title_of(snapshot)
        if title != self._title:
            self._title = title
            textual_private.write_to_terminal(self._app, f"\x1b]2;{title}\x1b\\")

    def registry_was_read(self) -> None:
        self._commands.show_answers()
        self._warn_of_jobs_file()

    def registry_was_replaced(self) -> None:
        self._critical.start_over()

    def _warn_of_jobs_file(self) -> None:
        """Say what is doubtful about the jobs file, once for each file that is loaded."""
        jobset = self._session.jobset
        if jobset is self._warned_of:
            return
        self._warned_of = jobset
        if jobset.warnings:
            more = len(jobset.warnings) - 1
            rest = f"; {more} more: peak-console validate" if more else ""
            self._dialogs.say(f"{jobset.warnings[0]}{rest}", "warning")
        for doubt in self._session.tag_doubts[:MOST_DOUBTS]:
            self._dialogs.say(doubt, "warning")

    def tick_on_the_second(self) -> None:
        """Call ``tick`` now, and then at each full second."""
        self.while_mounted(self.tick)()
        now = self._clock.now()
        self._app.set_timer(1.0 - now.microsecond / 1e6 + 0.002, self.tick_on_the_second)

    def tick(self) -> None:
        """Another second: countdowns, ages, the clock."""
        now = self._clock.now()
        with painted_together(self._app):
            self._layout.main.query_one(StatusLine).tick(now)
            self._layout.jobs.tick(now)
            self._layout.upcoming.tick(now)
        self._layout.alerts.tick(now)
        for room in self._rooms:
            room.tick(now)
        self._feed.foresight.tick(now)
        if self._lapse is not None and self._lapse <= now:
            self._feed.bring_up_to_date()
        else:
            self._feed.look_for_loss()
