"""What the operator can do: each action of the table, as a command to the engine or a change of the view."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from textual.app import App

from peak_console.errors import PeakConsoleError, StateError
from peak_console.tui.snapshot import EngineState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.notifications import SeverityLevel
    from textual.screen import Screen

    from peak_console.clock import Clock
    from peak_console.store.model import Run
    from peak_console.tui.alerts_pane import AlertsPane
    from peak_console.tui.config import ConsoleConfig
    from peak_console.tui.details import JobDetails
    from peak_console.tui.dialogs.disable import DisableChoice
    from peak_console.tui.job_table import JobTable
    from peak_console.tui.output_view import OutputView
    from peak_console.tui.prompt import Prompt
    from peak_console.tui.session import Session
    from peak_console.tui.snapshot import JobRow, Snapshot
    from peak_console.tui.upcoming import Upcoming

PANES = ("jobs", "output", "upcoming", "alerts")
"""In the order of ``Tab``."""


class Operations(App[int], inherit_bindings=False):
    """The actions of the console. Nothing here touches the engine but through commands."""

    session: Session
    clock: Clock
    config: ConsoleConfig
    snapshot: Snapshot | None

    def __init__(self) -> None:
        super().__init__()
        self._asked: dict[int, str] = {}
        """The commands that wait for an answer, by number."""

    # What the screen gives.

    @property
    def jobs(self) -> JobTable:
        raise NotImplementedError

    @property
    def output(self) -> OutputView:
        raise NotImplementedError

    @property
    def alerts(self) -> AlertsPane:
        raise NotImplementedError

    @property
    def prompt(self) -> Prompt:
        raise NotImplementedError

    def current_row(self) -> JobRow | None:
        raise NotImplementedError

    def runs_of_current(self) -> Sequence[Run]:
        raise NotImplementedError

    def shown_run(self) -> Run | None:
        raise NotImplementedError

    def choose_run(self, job: str, run_id: int | None) -> None:
        raise NotImplementedError

    def go_to(self, name: str) -> None:
        raise NotImplementedError

    def focused_pane(self) -> str:
        raise NotImplementedError

    # Commands to the engine, and their answers.

    def send(self, verb: str, job: str | None = None, run_id: int | None = None, **arguments: Any) -> None:
        """Give the engine a command; its answer is shown when it comes."""
        if self.session.engine_state == EngineState.STOPPED:
            self.say("no engine serves this directory: press E to take over", "error")
            return
        try:
            number = self.session.command(verb, job, run_id, **arguments)
        except StateError as error:
            self.say(str(error), "error")
            return
        self._asked[number] = verb

    @property
    def waiting_for_answers(self) -> bool:
        return bool(self._asked)

    def hear_answers(self) -> None:
        """Show the answers that have come."""
        for number in list(self._asked):
            command = self.session.answer(number)
            if command is not None:
                del self._asked[number]
                self.say(command.message or "", "information" if command.answer == "done" else "warning")

    def say(self, text: str, severity: SeverityLevel = "information") -> None:
        """Tell the operator something in passing."""
        from peak_console.text import safe

        self.notify(safe(text), severity=severity, markup=False, timeout=4 if severity == "information" else 8)

    # On jobs: those that are marked, else the one under the cursor.

    def _selected_rows(self) -> list[JobRow]:
        rows = [self.snapshot.row(name) for name in self.jobs.selected_names()] if self.snapshot else []
        found = [row for row in rows if row is not None]
        if not found:
            self.say("no job is selected", "warning")
        return found

    def action_run(self) -> None:
        for row in self._selected_rows():
            self.send("run", row.name)

    def action_run_with(self) -> None:
        rows = self._selected_rows()
        if not rows:
            return
        from peak_console.tui.dialogs.run_form import RunForm

        job = rows[0].view.job

        def ran(changes: dict[str, Any] | None) -> None:
            if changes is not None:
                self.send("run", job.name, args=changes)

        self.push_screen(RunForm(job), ran)

    def action_stop(self) -> None:
        runs = [run for row in self._selected_rows() for run in [*row.view.active, *row.view.queued]]
        if not runs:
            self.say("nothing of this job is running", "warning")
            return
        from peak_console.tui.dialogs.confirm import ConfirmStop

        def confirmed(yes: bool | None) -> None:
            for run in runs if yes else ():
                self.send("stop", run.job, run.id)

        self.push_screen(ConfirmStop(runs), confirmed)

    def action_disable(self) -> None:
        rows = self._selected_rows()
        if not rows:
            return
        if all(not row.view.enabled for row in rows):
            for row in rows:
                self.send("enable", row.name)
            return
        from peak_console.tui.dialogs.disable import DisableDialog

        names = [row.name for row in rows if row.view.enabled]

        def chosen(choice: DisableChoice | None) -> None:
            for name in names if choice is not None else ():
                assert choice is not None
                self.send("disable", name, for_seconds=choice.for_seconds, reason=choice.reason)

        self.push_screen(DisableDialog(names), chosen)

    def action_hold(self) -> None:
        if self.snapshot is not None and self.snapshot.hold is not None:
            self.send("release")
            return
        from peak_console.tui.dialogs.hold import HoldDialog

        def chosen(reason: str | None) -> None:
            if reason is not None:
                self.send("hold", reason=reason or None)

        self.push_screen(HoldDialog(), chosen)

    def action_details(self) -> None:
        row = self.current_row()
        if row is None or self.snapshot is None:
            return
        from peak_console.tui.details import JobDetails
        from peak_console.tui.details_data import details_of

        try:
            self.push_screen(JobDetails(details_of(row, self.session, self.clock.now())))
        except StateError as error:
            self.say(str(error), "error")

    def on_job_details_run_opened(self, event: JobDetails.RunOpened) -> None:
        row = self.current_row()
        if row is not None:
            self.choose_run(row.name, event.run_id)
            self.go_to("output")

    def on_job_table_opened(self, _event: JobTable.Opened) -> None:
        self.action_details()

    def on_upcoming_chosen(self, event: Upcoming.Chosen) -> None:
        self.jobs.move_to(event.name)

    def action_copy_command(self) -> None:
        from peak_console.jobs.command import build_command_args, shown
        from peak_console.redact import Redactor
        from peak_console.tui.outside import copy

        row = self.current_row()
        if row is None:
            return
        job = row.view.job
        redactor = Redactor.from_environments(os.environ, job.env)
        copy(shown(redactor.argv([job.command, *build_command_args(job)])), self._write_to_terminal)
        self.say("command line copied")

    def _write_to_terminal(self, text: str) -> None:
        if self._driver is not None:
            self._driver.write(text)

    def action_edit(self) -> None:
        from peak_console.tui.outside import edit

        try:
            # Nothing may be awaited while the screen is suspended: a repaint meanwhile would never end.
            with self.suspend():
                edit(self.session.jobs_file, self.jobs.cursor_name)
        except PeakConsoleError as error:
            self.say(str(error), "error")
        self.session.reload()

    # Alerts.

    def action_acknowledge(self) -> None:
        alert = self.alerts.cursor_alert
        if alert is not None:
            self.send("ack", alert=alert.id)

    def action_acknowledge_all(self) -> None:
        self.send("ack")

    def on_alerts_pane_acknowledge_requested(self, event: AlertsPane.AcknowledgeRequested) -> None:
        self.send("ack", alert=event.alert_id)

    def on_alerts_pane_opened(self, event: AlertsPane.Opened) -> None:
        if event.alert.job is not None:
            self.jobs.filter("")
            self.jobs.move_to(event.alert.job)
            self.choose_run(event.alert.job, event.alert.run_id)
            self.go_to("output")

    # What is shown.

    def action_next_pane(self) -> None:
        self.go_to(PANES[(PANES.index(self.focused_pane()) + 1) % len(PANES)])

    def action_previous_pane(self) -> None:
        self.go_to(PANES[PANES.index(self.focused_pane()) - 1])

    def action_pane_jobs(self) -> None:
        self.go_to("jobs")

    def action_pane_output(self) -> None:
        self.go_to("output")

    def action_pane_upcoming(self) -> None:
        self.go_to("upcoming")

    def action_pane_alerts(self) -> None:
        self.go_to("alerts")

    def action_follow(self) -> None:
        self.output.toggle_follow()

    def action_filter(self) -> None:
        self.prompt.ask("filter", self.jobs.filter_text, "filter jobs: words, #tag, state")

    def action_mark(self) -> None:
        self.jobs.action_mark()

    def action_sort(self) -> None:
        """By the next column; after the last one, worst first again."""
        from peak_console.tui.job_columns import COLUMN

        columns = list(COLUMN)
        place = columns.index(self.jobs.sort_column) + 1 if self.jobs.sort_column in columns else 0
        self.jobs.sort(columns[place % len(columns)])

    def action_reverse_sort(self) -> None:
        self.jobs.sort(self.jobs.sort_column, descending=not self.jobs.sort_descending)

    def action_search(self) -> None:
        self.prompt.ask("search", "", "search in the output")

    def on_output_view_search_requested(self, _event: OutputView.SearchRequested) -> None:
        self.action_search()

    def on_output_view_run_step_requested(self, event: OutputView.RunStepRequested) -> None:
        self.step_run(-event.by)

    def on_output_view_save_requested(self, event: OutputView.SaveRequested) -> None:
        from peak_console.tui.dialogs.save import SaveDialog

        def chosen(path: str | None) -> None:
            if path is not None:
                self.output.save(path)

        self.push_screen(SaveDialog(f"{event.run.job}-{event.run.id}.log"), chosen)

    def on_output_view_saved(self, event: OutputView.Saved) -> None:
        from peak_console.text import size

        self.say(f"{size(event.bytes)} saved to {event.path}")

    def on_output_view_save_failed(self, event: OutputView.SaveFailed) -> None:
        self.say(event.message, "error")

    def on_prompt_edited(self, event: Prompt.Edited) -> None:
        if event.purpose == "filter":
            self.jobs.filter(event.text)
        else:
            self.output.search(event.text)
        if event.kept:
            self.go_to("jobs" if event.purpose == "filter" else "output")

    def action_tags(self) -> None:
        if self.snapshot is None:
            return
        from peak_console.tui.dialogs.tags import TagsDialog

        counts: dict[str, int] = {}
        for row in self.snapshot.rows:
            for tag in row.view.job.tags:
                counts[tag] = counts.get(tag, 0) + 1
        current = {word[1:] for word in self.jobs.filter_text.split() if word.startswith("#")}

        def chosen(tags: set[str] | None) -> None:
            if tags is not None:
                self.jobs.filter(" ".join(f"#{tag}" for tag in sorted(tags)))

        self.push_screen(TagsDialog(counts, current), chosen)

    def step_run(self, by: int) -> None:
        """Show the output of a run ``by`` places older (or, negative, newer) than the one that is shown."""
        row, shown, runs = self.current_row(), self.shown_run(), self.runs_of_current()
        if row is None or shown is None:
            return
        place = next((index for index, run in enumerate(runs) if run.id == shown.id), 0) + by
        if not 0 <= place < len(runs):
            self.say("there is no earlier run" if by > 0 else "this is the latest run")
            return
        self.choose_run(row.name, runs[place].id if place else None)

    def action_help(self) -> None:
        from peak_console.tui.dialogs.help import HelpScreen

        self.push_screen(HelpScreen(self.config.keymap))

    # The engine, and leaving.

    def action_take_over(self) -> None:
        if self.session.engine_state != EngineState.STOPPED:
            self.say("an engine serves this directory already")
            return
        self.session.take_over()

    async def action_quit(self) -> None:
        """Leave; asks only while runs of our own engine are under way."""
        active = [run for row in (self.snapshot.rows if self.snapshot else ()) for run in row.view.active]
        if not self.session.is_own or not active:
            self.session.leave_runs()
            self.exit(0)
            return
        from peak_console.tui.dialogs.quit import QuitDialog

        ways: dict[str, Callable[[], None]] = {
            "wait": self.session.drain,
            "stop": self.session.stop_runs,
            "leave": self.session.leave_runs,
        }

        def chosen(way: str | None) -> None:
            if way is not None:
                ways[way]()
                self.exit(0)

        self._push_once(QuitDialog(active), chosen)

    def _push_once(self, screen: Screen[Any], callback: Callable[[Any], None]) -> None:
        """A dialog that is open already is not opened again over itself (Ctrl+C in it)."""
        if not isinstance(self.screen, type(screen)):
            self.push_screen(screen, callback)
