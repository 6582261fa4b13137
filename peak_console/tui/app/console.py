"""The console: panes on a screen, brought up to date by one refresh, and the keys that act on them."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.actions import parse
from textual.app import App
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widgets import Input

from peak_console.errors import StateError
from peak_console.text import safe_lines
from peak_console.tui import textual_private
from peak_console.tui.app.actions.actions import Actions
from peak_console.tui.app.answering.answering import Answering
from peak_console.tui.app.answering.subjects import Subjects
from peak_console.tui.app.dialogs import ClosedByEscape, Dialogs
from peak_console.tui.app.found_jobs import FoundJobs
from peak_console.tui.app.layout import Layout
from peak_console.tui.app.navigation import Navigation
from peak_console.tui.app.preferences import Preferences
from peak_console.tui.app.presenter import Presenter
from peak_console.tui.app.rooms.details import DetailsView
from peak_console.tui.app.rooms.merged import MergedView
from peak_console.tui.app.rooms.rooms import Rooms
from peak_console.tui.app.running import run_action
from peak_console.tui.app.selection import Selection
from peak_console.tui.app.shown_run import ShownRun
from peak_console.tui.app.startup import FIRST_STYLES, Startup
from peak_console.tui.app.theming import begin_with_theme
from peak_console.tui.app.views import Views
from peak_console.tui.bars.key_bar import KeyBar
from peak_console.tui.bars.pane_tabs import PaneTabs
from peak_console.tui.bars.status_line import StatusLine
from peak_console.tui.bars.trouble_bar import TroubleBar
from peak_console.tui.drawing import themes
from peak_console.tui.jobs.table import JobTable
from peak_console.tui.keys.actions import Context, binding, bindings_of
from peak_console.tui.state.commands import Commands
from peak_console.tui.state.config import load_config
from peak_console.tui.state.feed import SnapshotFeed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import PurePath

    from rich.terminal_theme import TerminalTheme
    from textual.actions import ActionParseResult
    from textual.app import ComposeResult
    from textual.dom import DOMNode
    from textual.notifications import Notify
    from textual.theme import Theme

    from peak_console.clock import Clock
    from peak_console.tui.alerts.pane import AlertsPane
    from peak_console.tui.bars.prompt import Prompt
    from peak_console.tui.details.screen import JobDetails
    from peak_console.tui.history.found import FoundScreen
    from peak_console.tui.history.run_table import RunTable
    from peak_console.tui.history.screen import HistoryScreen
    from peak_console.tui.output.merged.screen import MergedScreen
    from peak_console.tui.output.view import OutputView
    from peak_console.tui.state.interface import Session
    from peak_console.tui.timeline.lanes import LaneList
    from peak_console.tui.timeline.screen import TimelineScreen
    from peak_console.tui.upcoming.pane import Upcoming


class MainScreen(Screen[None], inherit_bindings=False):
    """The one with the panes: Tab goes through them in their own order, shown or not."""

    BINDINGS: ClassVar[list[BindingType]] = [binding("next_pane", "app."), binding("previous_pane", "app.")]


class ConsoleApp(App[int], inherit_bindings=False):
    """Shows a session. Everything that it shows comes from one ``Snapshot``; what it does, its parts do."""

    CSS_PATH: ClassVar[list[str | PurePath]] = FIRST_STYLES
    TITLE = "Peak Console"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of(Context.EVERYWHERE, Context.JOBS, prefix="app."),
        Binding("ctrl+c", "app.quit", "Quit", show=False, priority=True),
        Binding("ctrl+z", "app.suspend_process", "Suspend", show=False, priority=True),
    ]

    def __init__(
        self,
        session: Session,
        *,
        clock: Clock | None = None,
        live: bool = True,
        wallboard: bool = False,
        is_light: Callable[[], bool] = lambda: False,
    ) -> None:
        """``live`` is whether timers run; without them a test refreshes by hand. ``wallboard`` opens that at once.

        ``is_light`` asks the terminal whether its background is light; it is called where that shows.
        """
        self._ansi_themes: dict[str, TerminalTheme] = {}  # asked for by App's own constructor
        super().__init__()
        self._opens_wallboard = wallboard
        self.session = session
        self.clock = clock = clock or session.clock
        self.config = load_config()
        session.keymap = keymap = self.config.keymap
        self.layout = Layout(self)
        self.dialogs = Dialogs(self)
        self.feed = SnapshotFeed(session, clock, lambda: self.commands.are_waiting)
        self.commands = Commands(session, self.dialogs.say, on_sent=self.feed.expect_news)
        self.selection = Selection(self.layout, self.feed)
        self.shown_run = ShownRun(session, clock, self.layout, self.selection, self.dialogs)
        self.details = DetailsView(self, session, clock, keymap, self.selection, self.dialogs)
        self.navigation = Navigation(
            session, clock, self.feed, self.layout, self.selection, self.shown_run, self.details, self.dialogs,
            self._show_history,
        )  # fmt: skip
        self.rooms = Rooms(self, session, clock, keymap, self.feed, self.layout, self.navigation.open_run)
        self._subjects = subjects = Subjects(
            self.layout, self.selection, self.shown_run, self.details, self.rooms.history, self.rooms.timeline
        )
        self.answering = Answering(self, session, clock, keymap, self.dialogs, subjects, self.feed, subjects.go_to)
        self.rooms.add(self.answering)
        self.merged = MergedView(self, session, self.selection, self.dialogs)
        self.rooms.add(self.merged)
        self.selection.ask_first(lambda: self.details.job if self.details.screen is not None else None)
        self.actions = Actions(
            self, session, clock, keymap, self.feed, self.layout, self.selection, self.commands, self.dialogs
        )
        self.preferences = Preferences(self.config, session, self.layout, self.dialogs)
        self.found_jobs = FoundJobs(self.feed, self.layout, self.selection, self.actions.jobs)
        self.views = Views(self.preferences, self.layout, self.dialogs)
        self.presenter = Presenter(
            self, session, clock, self.feed, self.layout, self.shown_run,
            (self.details, *self.rooms), self.commands, self.dialogs,
            rings=self.config.bell,
        )  # fmt: skip
        self._startup = Startup(
            self, session, self.feed, self.presenter, self.layout, self.shown_run, self.preferences, live=live
        )
        self._does = self._what_actions_do()
        few_colours = self.console.color_system not in ("256", "truecolor")
        theme = self.preferences.first_theme(few_colours=few_colours, grey=self.no_color, is_light=is_light)
        begin_with_theme(self, theme)

    @property
    def ansi_theme(self) -> TerminalTheme:
        found = self._ansi_themes.get(self.theme)  # asked for with every line that is painted
        if found is None:
            found = self._ansi_themes[self.theme] = themes.ansi_of(self.current_theme)
        return found

    def get_default_screen(self) -> Screen[None]:
        return MainScreen(id="_default")

    def compose(self) -> ComposeResult:
        yield StatusLine(id="status")
        yield TroubleBar(id="trouble")
        yield PaneTabs(id="tabs")
        with Container(id="panes"):
            yield JobTable(self.config.keymap, id="jobs", classes="-shown")
        yield KeyBar(self.config.keymap, self.session.permissions.not_offered)

    # Events of the terminal and of Textual.

    def on_mount(self) -> None:
        self.feed.connect(self.presenter, asyncio.get_running_loop())
        self.set_keymap(dict(self.config.keymap))
        self.theme_changed_signal.subscribe(self, self._on_theme_changed)
        self.preferences.restore_order()
        self.layout.fit(self.size)
        self.feed.bring_up_to_date()
        # By way of our own queue: two that complete the screen at once would do it twice.
        self.call_after_refresh(self.call_later, self._startup.complete)
        if self._opens_wallboard:
            self.call_after_refresh(self.rooms.wallboard.open)

    def on_unmount(self) -> None:
        self.rooms.close()
        self.feed.foresight.close()

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, (events.Key, events.MouseDown)) and self.feed.snapshot is not None:
            # An operator at work wants the cursor to stay on its job; until then it shows what is worst.
            self.layout.jobs.pin_cursor()
            self.layout.jobs.stand()
            await self._startup.complete()  # keys reach every pane, however early they come
            if isinstance(event, events.Key) and event.key == "escape" and isinstance(self.screen, ClosedByEscape):
                # By way of the dialog's own queue, keys that are typed after it would still land in its form.
                self.screen.action_cancel()
                return
        await super().on_event(event)

    def on_resize(self, event: events.Resize) -> None:
        self.layout.fit(event.size)  # our own is not yet that

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, Input):
            event.widget.cursor_blink = False  # nothing moves here that has not changed
        self.layout.focus_has_moved()
        self.layout.show_current_job()

    def _on_notify(self, event: Notify) -> None:
        textual_private.make_room_for_toast(self, event.notification.message)

    def _on_theme_changed(self, theme: Theme) -> None:
        self.preferences.theme_chosen(theme.name)

    def _fatal_error(self) -> None:
        """Textual's own shows every local variable, secrets among them; the plain traceback is enough."""
        import traceback

        self.bell()
        textual_private.end_with_message(self, safe_lines(traceback.format_exc()))

    # Messages of the panes.

    def on_upcoming_chosen(self, event: Upcoming.Chosen) -> None:
        self.selection.move_to(event.name)

    def on_upcoming_opened(self, event: Upcoming.Opened) -> None:
        self.selection.move_to(event.name)
        self.details.open()

    def on_alerts_pane_opened(self, event: AlertsPane.Opened) -> None:
        self.navigation.open_alert(event.alert)

    def on_alerts_pane_acknowledge_requested(self, event: AlertsPane.AcknowledgeRequested) -> None:
        self.actions.alerts.acknowledge(event.alert)

    def on_alerts_pane_filter_requested(self, event: AlertsPane.FilterRequested) -> None:
        self.navigation.filter_alerts(event.text)

    def on_alerts_pane_note_requested(self, event: AlertsPane.NoteRequested) -> None:
        self.actions.alerts.note(event.alert)

    async def on_key_bar_pressed(self, event: KeyBar.Pressed) -> None:
        await run_action(self, event.action)

    def on_pane_tabs_chosen(self, event: PaneTabs.Chosen) -> None:
        self.layout.go_to(event.pane)

    def on_prompt_edited(self, event: Prompt.Edited) -> None:
        self.navigation.prompt_edited(event.purpose, event.text)

    def on_prompt_cancelled(self, event: Prompt.Cancelled) -> None:
        self.navigation.prompt_cancelled(event.purpose, event.text)

    def on_prompt_left(self, event: Prompt.Left) -> None:
        self.navigation.prompt_left(event.purpose)

    def on_job_table_highlighted(self, _event: JobTable.Highlighted) -> None:
        self.shown_run.cursor_has_moved()
        self.layout.show_current_job()
        if self.layout.focused == "upcoming":
            self.layout.upcoming.scroll_to_cursor()

    def on_job_table_opened(self, _event: JobTable.Opened) -> None:
        self.details.open()

    def on_job_table_sort_changed(self, _event: JobTable.SortChanged) -> None:
        self.preferences.save(self.theme)

    def on_job_details_run_opened(self, event: JobDetails.RunOpened) -> None:
        self.navigation.open_run_of_details(event.run_id)

    def on_run_table_opened(self, event: RunTable.Opened) -> None:
        if event.run.is_array:  # its runs are shown in the same list
            self.rooms.history.filter_by(f"array:{event.run.id}")
            return
        self.rooms.history.leave()
        self.navigation.open_run(event.run.defined_by, event.run.id)

    def _show_history(self, words: str) -> None:
        self.rooms.history.open(words)

    def on_run_table_more_wanted(self, _event: RunTable.MoreWanted) -> None:
        self.rooms.history.ask_for_more()

    def on_timeline_screen_span_changed(self, _event: TimelineScreen.SpanChanged) -> None:
        self.rooms.timeline.span_changed()

    def on_timeline_screen_details_wanted(self, event: TimelineScreen.DetailsWanted) -> None:
        self.navigation.open_job(event.job)

    def on_lane_list_seen(self, _event: LaneList.Seen) -> None:
        self.rooms.timeline.lanes_in_sight_changed()

    def on_lane_list_opened(self, event: LaneList.Opened) -> None:
        self.rooms.timeline.open_item(event)

    def on_history_screen_asked(self, event: HistoryScreen.Asked) -> None:
        self.rooms.history.ask(event.text)

    def on_history_screen_mode_changed(self, event: HistoryScreen.ModeChanged) -> None:
        self.rooms.history.show_actions(actions=event.actions)

    def on_history_screen_find_wanted(self, _event: HistoryScreen.FindWanted) -> None:
        self.rooms.found.open(*self.rooms.history.scope())

    def on_history_screen_compare_wanted(self, event: HistoryScreen.CompareWanted) -> None:
        try:
            self.rooms.found.compare(event.ids)
        except StateError as error:
            self.dialogs.say(str(error), "error")

    def on_found_screen_asked(self, event: FoundScreen.Asked) -> None:
        self.rooms.found.find(event.pattern)

    def on_found_screen_chosen(self, event: FoundScreen.Chosen) -> None:
        self.rooms.history.leave()
        self.navigation.open_run(event.line.job, event.line.run_id)
        self.layout.output.search(event.pattern)

    def on_history_screen_details_wanted(self, event: HistoryScreen.DetailsWanted) -> None:
        self.navigation.open_job(event.job)

    def on_merged_screen_chosen(self, event: MergedScreen.Chosen) -> None:
        self.navigation.open_run(event.job, event.run_id)

    def on_output_view_run_step_requested(self, event: OutputView.RunStepRequested) -> None:
        self.shown_run.step(event.by)

    def on_output_view_search_requested(self, event: OutputView.SearchRequested) -> None:
        self.navigation.search_output(event.text)

    def on_output_view_filter_requested(self, event: OutputView.FilterRequested) -> None:
        self.navigation.filter_lines(event.text)

    def on_output_view_save_requested(self, event: OutputView.SaveRequested) -> None:
        self.navigation.save_output(event.run)

    def on_output_view_saved(self, event: OutputView.Saved) -> None:
        from peak_console.text import size

        self.dialogs.say(f"{size(event.bytes)} saved to {event.path}")

    def on_output_view_save_failed(self, event: OutputView.SaveFailed) -> None:
        self.dialogs.say(event.message, "error")

    def on_output_view_modes_changed(self, _event: OutputView.ModesChanged) -> None:
        self.preferences.save(self.theme)

    # Actions. What a key does is in the part that it calls; here are those of Textual, and those that open a dialog.

    def _what_actions_do(self) -> dict[str, Callable[[], None]]:
        """Name the part that does it, by the id of each action of the app's own bindings."""
        layout, navigation, jobs, subjects = self.layout, self.navigation, self.actions.jobs, self._subjects
        return {
            **self.actions.by_id(),
            **layout.by_id(),
            **self.selection.by_id(),
            **navigation.by_id(),
            **self.rooms.by_id(),
            **self.answering.by_id(),
            "views": self.views.choose,
            "columns": self.preferences.choose_columns,
            "follow": self.shown_run.toggle_follow,
            "details": self.details.open,
            "merged": self.merged.open,
            "rerun": lambda: jobs.rerun(subjects.run()),
            "go_to": partial(self.found_jobs.ask, self.dialogs, subjects.go_to),
            "accept_jobs": partial(jobs.accept_jobs, self.answering.accept_jobs),
        }

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        place, name, _ = parse(action) if isinstance(action, str) else action
        is_ours = place == "app" or (not place and default_namespace in (None, self))
        if is_ours and (act := self._does.get(name)) is not None:
            act()
            return True
        return await super().run_action(action, default_namespace, namespaces)

    def action_suspend_process(self) -> None:
        if not self.dialogs.is_refused(self.session.permissions.why_not_suspend):
            super().action_suspend_process()

    async def action_quit(self) -> None:
        self.actions.engine.quit()

    def action_command_palette(self) -> None:
        from peak_console.tui.app.palette import Palette

        self.dialogs.ask(Palette(self.config.keymap, self.session.permissions.not_offered, self.views, self.found_jobs))

    def action_help(self) -> None:
        from peak_console.tui.dialogs.help import HelpScreen

        self.dialogs.ask(HelpScreen(self.config.keymap))
