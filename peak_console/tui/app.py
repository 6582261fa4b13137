"""The console: panes on a screen, brought up to date by one refresh, and the keys that act on them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container

from peak_console.errors import StateError
from peak_console.store.directory import run_directory
from peak_console.store.model import Level, RunState
from peak_console.tui import themes
from peak_console.tui.actions import Context, bindings_of
from peak_console.tui.alerts_pane import AlertsPane
from peak_console.tui.board import Board
from peak_console.tui.config import Settings, load_config, load_settings, save_settings
from peak_console.tui.job_table import JobTable
from peak_console.tui.key_bar import KeyBar
from peak_console.tui.operations import PANES, Operations
from peak_console.tui.output_view import OutputView
from peak_console.tui.palette import ActionCommands
from peak_console.tui.prompt import Prompt
from peak_console.tui.snapshot import Trouble
from peak_console.tui.status_line import StatusLine
from peak_console.tui.trouble_bar import TroubleBar
from peak_console.tui.upcoming import Upcoming

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import PurePath

    from textual import events
    from textual.app import ComposeResult
    from textual.command import Provider
    from textual.timer import Timer
    from textual.widget import Widget

    from peak_console.clock import Clock
    from peak_console.store.model import Run
    from peak_console.tui.session import Session
    from peak_console.tui.snapshot import JobRow, Snapshot

REFRESH_SECONDS = 0.05
"""How long news are collected before the screen is brought up to date."""
OUTPUT_SECONDS = 0.1
ATTACHED_SECONDS = 0.25
"""How often the registry is asked for news while another process's engine serves it."""
WIDE, HIGH = 120, 36
"""From this size on, all panes at once."""


class ConsoleApp(Operations, inherit_bindings=False):
    """Shows a session. Everything that it shows comes from one ``Snapshot``."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "app.tcss", "job_table.tcss", "status_line.tcss", "trouble_bar.tcss", "upcoming.tcss", "output_view.tcss",
        "alerts_pane.tcss", "dialogs/dialogs.tcss",
    ]  # fmt: skip
    TITLE = "Peak Console"
    COMMANDS: ClassVar[set[type[Provider]]] = {ActionCommands}  # type: ignore[assignment]
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of(Context.EVERYWHERE, Context.JOBS, prefix="app."),
        Binding("ctrl+c", "app.quit", "Quit", show=False, priority=True),
    ]

    def __init__(self, session: Session, *, clock: Clock | None = None, live: bool = True) -> None:
        """``live`` is whether timers run; without them a test refreshes by hand."""
        super().__init__()
        self.session = session
        self.clock = clock or session.clock
        self.config = load_config()
        self.settings = load_settings()
        self.snapshot: Snapshot | None = None
        self._live = live
        self._board: Board | None = None
        self._dirty = False
        self._last_good: datetime | None = None
        self._output_timer: Timer | None = None
        self._selected: tuple[str, int] | None = None
        """The run whose output is shown, by job and id, when the operator has chosen another than the latest."""
        self._rung_for = 0
        self.loop: asyncio.AbstractEventLoop | None = None
        for theme in themes.THEMES:
            self.register_theme(theme)

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield TroubleBar(id="trouble")
        with Container(id="panes"):
            yield JobTable(id="jobs")
            yield Upcoming(id="upcoming")
            yield OutputView(id="output")
            yield AlertsPane(id="alerts")
        yield Prompt()
        yield KeyBar(self.config.keymap)

    def on_mount(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.set_keymap(dict(self.config.keymap))
        self.theme = themes.chosen(self.config.theme or self.settings.theme)
        self.theme_changed_signal.subscribe(self, lambda _theme: self._remember())
        self._restore()
        self.jobs.focus()
        self._narrow_or_wide()
        self.bring_up_to_date()
        for warning in self.config.warnings:
            self.notify(warning, severity="warning", markup=False)
        if self._live:
            self._output_timer = self.set_interval(OUTPUT_SECONDS, self.refresh_output, pause=True)
            self.set_interval(ATTACHED_SECONDS, self._look_for_news)
            self._tick_on_the_second()
            # After the first paint: what starts must not hold it up.
            self.call_after_refresh(self.session.start, self.news)

    # The panes, by name.

    @property
    def jobs(self) -> JobTable:
        return self.screen_stack[0].query_one(JobTable)

    @property
    def output(self) -> OutputView:
        return self.screen_stack[0].query_one(OutputView)

    @property
    def alerts(self) -> AlertsPane:
        return self.screen_stack[0].query_one(AlertsPane)

    @property
    def prompt(self) -> Prompt:
        return self.screen_stack[0].query_one(Prompt)

    def pane(self, name: str) -> Widget:
        return self.screen_stack[0].query_one(f"#{name}")

    # News, from whatever thread, to one refresh.

    def news(self) -> None:
        """There is something new in the registry. From any thread; never waits."""
        if not self._dirty and self.loop is not None:
            self._dirty = True
            with suppress(RuntimeError):  # the loop is closed: the screen is gone
                self.loop.call_soon_threadsafe(self._refresh_soon)

    def _refresh_soon(self) -> None:
        assert self.loop is not None
        self.loop.call_later(REFRESH_SECONDS, self.bring_up_to_date)

    def _look_for_news(self) -> None:
        """Another process's engine cannot call us."""
        if self.session.is_own and not self.waiting_for_answers:
            return
        try:
            if (
                self._board is None
                or self._board.has_news()
                or self.session.engine_state != (self.snapshot.engine if self.snapshot else "")
            ):
                self.bring_up_to_date()
        except StateError:
            self.bring_up_to_date()

    def bring_up_to_date(self) -> None:
        """Read what is new, and hand every pane its part."""
        self._dirty = False
        if not self.is_running:
            return
        now = self.clock.now()
        session = self.session
        troubles = session.troubles()
        try:
            if self._board is None:
                self._board = Board(session.store)
            snapshot = self._board.snapshot(
                session.jobs, now, jobs_file=session.jobs_file, engine=session.engine_state, zone=session.zone,
                troubles=troubles,
            )  # fmt: skip
            self._last_good = now
            if not self._board.is_complete:
                self.news()
        except StateError as error:
            self._show_stale(error, now)
            return
        self._show(snapshot)
        self.hear_answers()

    def _show_stale(self, error: StateError, now: datetime) -> None:
        """The registry cannot be read: say so over what was last known."""
        from dataclasses import replace

        since = self._last_good or now
        if self.snapshot is not None:
            trouble = Trouble(f"{error}; what is shown is old", since)
            self._show(replace(self.snapshot, troubles=(trouble,), stale_since=since))
        else:
            self.notify(str(error), severity="error", markup=False)

    def _show(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        main = self.screen_stack[0]
        main.query_one(StatusLine).show(snapshot)
        main.query_one(TroubleBar).show(snapshot)
        self.jobs.show(snapshot)
        main.query_one(Upcoming).show(snapshot)
        self.alerts.show(snapshot)
        self._ring_for_critical(snapshot)
        self.show_output()

    def _ring_for_critical(self, snapshot: Snapshot) -> None:
        """Once for each new critical alert that nobody has acknowledged; not for those from before we came."""
        newest = max((a.id for a in snapshot.alerts if a.level == Level.CRITICAL and not a.acknowledged_at), default=0)
        if newest > self._rung_for and self._rung_for and self.config.bell:
            self.bell()
        self._rung_for = max(newest, self._rung_for, 1)

    # The clock.

    def _tick_on_the_second(self) -> None:
        self.tick()
        now = self.clock.now()
        self.set_timer(1.0 - now.microsecond / 1e6 + 0.002, self._tick_on_the_second)

    def tick(self) -> None:
        """Another second: countdowns, ages, the clock."""
        now = self.clock.now()
        main = self.screen_stack[0]
        main.query_one(StatusLine).tick(now)
        self.jobs.tick(now)
        main.query_one(Upcoming).tick(now)
        self.alerts.tick(now)
        if self.snapshot and self.session.engine_state != self.snapshot.engine:
            self.bring_up_to_date()

    # The output pane: the latest run of the job under the cursor, or the one that was chosen.

    def current_row(self) -> JobRow | None:
        name = self.jobs.cursor_name
        return self.snapshot.row(name) if self.snapshot and name else None

    def shown_run(self) -> Run | None:
        """The run whose output is, or is to be, shown."""
        row = self.current_row()
        if row is None:
            return None
        runs = self.runs_of_current()
        if self._selected is not None and self._selected[0] == row.name:
            known = next((run for run in runs if run.id == self._selected[1]), None)
            return known or self.session.store.run(self._selected[1]) or (runs[0] if runs else None)
        return runs[0] if runs else None

    def runs_of_current(self) -> Sequence[Run]:
        """The current job's runs that have output, newest first."""
        row = self.current_row()
        return runs_of(row) if row is not None else ()

    def choose_run(self, job: str, run_id: int | None) -> None:
        """Show a run's output; ``None`` is the latest, whatever comes."""
        self._selected = (job, run_id) if run_id is not None else None
        self.show_output()

    def show_output(self) -> None:
        row, run = self.current_row(), self.shown_run()
        directory = run_directory(self.session.directory, run.id) if run else ""
        queued = row.view.queued if row else ()
        retry_at = next((q.not_before for q in queued if run and q.scheduled_for == run.scheduled_for), None)
        self.output.show_run(
            run,
            directory,
            self.clock.now(),
            zone=self.session.zone,
            retry_at=retry_at,
            retries=row.view.job.retries if row else None,
        )
        if self._output_timer is not None:
            if run is not None and run.state != RunState.FINISHED:
                self._output_timer.resume()
            else:
                self._output_timer.pause()

    def refresh_output(self) -> None:
        self.output.refresh_output()

    def on_job_table_highlighted(self, _event: JobTable.Highlighted) -> None:
        self._selected = None
        self.show_output()

    # Panes, wide or one at a time.

    def on_resize(self, _event: events.Resize) -> None:
        self._narrow_or_wide()

    def _narrow_or_wide(self) -> None:
        narrow = self.size.width < WIDE or self.size.height < HIGH
        self.screen_stack[0].set_class(narrow, "-narrow")
        self._mark_shown()

    def _mark_shown(self) -> None:
        shown = self.focused_pane()
        for name in PANES:
            self.pane(name).set_class(name == shown, "-shown")

    def focused_pane(self) -> str:
        """The pane that has, or last had, the focus."""
        focused = self.screen_stack[0].focused
        while focused is not None and focused.id not in PANES:
            focused = focused.parent  # type: ignore[assignment]
        if focused is not None and focused.id:
            self._pane = focused.id
        return self._pane

    _pane = "jobs"

    def go_to(self, name: str) -> None:
        """Focus a pane; on a small screen it takes the place of the other."""
        self._pane = name
        for each in PANES:
            self.pane(each).set_class(each == name, "-shown")
        self.pane(name).focus()

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        name = self.focused_pane()
        self._mark_shown()
        self.screen_stack[0].query_one(KeyBar).show(name if name in ("output", "alerts") else Context.JOBS)

    # What is remembered.

    def _restore(self) -> None:
        settings = self.settings
        if settings.sort_column:
            with suppress(ValueError, KeyError):
                self.jobs.sort(settings.sort_column, descending=bool(settings.sort_descending))
        if settings.wrap is not None and settings.wrap != self.output.wrap:
            self.output.toggle_wrap()
        if settings.timestamps is not None and settings.timestamps != self.output.timestamps:
            self.output.toggle_timestamps()

    def _remember(self) -> None:
        settings = Settings(
            theme=self.theme,
            sort_column=self.jobs.sort_column,
            sort_descending=self.jobs.sort_descending,
            wrap=self.output.wrap,
            timestamps=self.output.timestamps,
        )
        if settings != self.settings:
            self.settings = settings
            save_settings(settings)

    def on_job_table_sort_changed(self, _event: JobTable.SortChanged) -> None:
        self._remember()

    def _fatal_error(self) -> None:
        """Textual's own shows every local variable, secrets among them; the plain traceback is enough."""
        import traceback

        self.bell()
        self._exit_renderables.append(traceback.format_exc())
        self._close_messages_no_wait()


def runs_of(row: JobRow) -> list[Run]:
    """A job's runs that have output, newest first."""
    known = {run.id: run for run in [*row.history, *row.view.active]}
    if row.view.last_run is not None:
        known[row.view.last_run.id] = row.view.last_run
    return [known[run_id] for run_id in sorted(known, reverse=True)]
