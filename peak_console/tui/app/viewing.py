"""What the operator looks at: which pane, which jobs in which order, which run's output, which details."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.errors import StateError
from peak_console.model.records import RunState
from peak_console.store.directory import run_directory
from peak_console.tui.app.operations import Operations, runs_with_output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.timer import Timer

    from peak_console.model.records import Alert, Run
    from peak_console.tui.alerts.pane import AlertsPane
    from peak_console.tui.bars.prompt import Prompt
    from peak_console.tui.details.screen import JobDetails
    from peak_console.tui.jobs.table import JobTable
    from peak_console.tui.output.view import OutputView
    from peak_console.tui.state.snapshot import JobRow
    from peak_console.tui.upcoming.pane import Upcoming


class Viewing(Operations, inherit_bindings=False):
    """The actions on what is shown; nothing of it reaches the engine."""

    def __init__(self) -> None:
        super().__init__()
        self._output_timer: Timer | None = None
        self._selected: tuple[str, int] | None = None
        """The run whose output is shown, by job and id, when the operator has chosen another than the latest."""
        self.details: JobDetails | None = None
        """The screen with a job's details, while it is open."""
        self._details_row: JobRow | None = None
        """What it shows."""

    def on_upcoming_chosen(self, event: Upcoming.Chosen) -> None:
        self._go_to_job(event.name)

    def on_alerts_pane_opened(self, event: AlertsPane.Opened) -> None:
        from peak_console.tui.dialogs.alert import ACKNOWLEDGE, GO, AlertDialog

        alert = event.alert

        def chosen(what: str | None) -> None:
            if what == GO:
                self._go_to_subject(alert)
            elif what == ACKNOWLEDGE:
                self.alerts.action_acknowledge()

        acts = self.session.refusal is None
        self.ask(AlertDialog(alert, now=self.clock.now(), zone=self.session.zone, acts=acts), chosen)

    def _go_to_subject(self, alert: Alert) -> None:
        """Show what an alert is about: the output of its run, or of its job's latest one."""
        if alert.job is None:
            return
        if not self._go_to_job(alert.job):
            self.say(f"{alert.job} is no longer in the jobs file", "warning")
            return
        self.choose_run(alert.job, alert.run_id)
        self.go_to("output")

    def _go_to_job(self, name: str) -> bool:
        """Put the cursor on a job, filter or not; whether there is such a job."""
        if self.snapshot is None or self.snapshot.row(name) is None:
            return False
        self.jobs.move_to(name)
        if self.jobs.cursor_name != name:
            self.jobs.filter("")
            self.jobs.move_to(name)
        return True

    # Jobs: which, and in which order.

    def action_mark(self) -> None:
        self.jobs.action_mark()

    def action_filter(self) -> None:
        self.prompt.ask("filter", self.jobs.filter_text, "filter jobs: words, #tag, state")

    def on_prompt_edited(self, event: Prompt.Edited) -> None:
        if event.purpose == "filter":
            self.jobs.filter(event.text)
        else:
            self.output.search(event.text)

    def on_prompt_left(self, event: Prompt.Left) -> None:
        self.go_to("jobs" if event.purpose == "filter" else "output")

    def action_tags(self) -> None:
        if self.snapshot is None:
            return
        from peak_console.tui.dialogs.tags import TagsDialog

        counts: dict[str, int] = {}
        for row in self.snapshot.rows:
            for tag in row.view.job.tags:
                counts[tag] = counts.get(tag, 0) + 1
        words = self.jobs.filter_text.split()
        current = {word[1:] for word in words if word.startswith("#")}
        rest = [word for word in words if not word.startswith("#")]

        def chosen(tags: set[str] | None) -> None:
            if tags is not None:
                self.jobs.filter(" ".join([*rest, *(f"#{tag}" for tag in sorted(tags))]))

        self.ask(TagsDialog(counts, current), chosen)

    def action_sort(self) -> None:
        """By the next column; after the last one, worst first again."""
        from peak_console.tui.jobs.columns import COLUMN

        columns = list(COLUMN)
        place = columns.index(self.jobs.sort_column) + 1 if self.jobs.sort_column in columns else 0
        column = columns[place % len(columns)]
        self.jobs.sort(column, descending=COLUMN[column].descending)

    def action_reverse_sort(self) -> None:
        self.jobs.sort(self.jobs.sort_column, descending=not self.jobs.sort_descending)

    # Output: of the latest run of the job under the cursor, or of the run that was chosen.

    def on_job_table_highlighted(self, _event: JobTable.Highlighted) -> None:
        # Posted a moment ago: a choice that was made since for the same job still holds.
        if self._selected is not None and self._selected[0] != self.jobs.cursor_name:
            self._selected = None
        self.show_output()

    def shown_run(self) -> Run | None:
        """The run whose output is, or is to be, shown."""
        row = self.current_row()
        if row is None:
            return None
        runs = self.runs_of_current()
        if self._selected is not None and self._selected[0] == row.name:
            return next((run for run in runs if run.id == self._selected[1]), runs[0] if runs else None)
        return runs[0] if runs else None

    def runs_of_current(self) -> Sequence[Run]:
        """The current job's runs that have output, newest first; the chosen one with them, however old it is."""
        row = self.current_row()
        runs = runs_with_output(row) if row is not None else []
        if row is not None and self._selected is not None and self._selected[0] == row.name:
            chosen = self._selected[1]
            if all(run.id != chosen for run in runs) and (old := self._old_run(chosen)) is not None:
                runs.append(old)
        return runs

    def _old_run(self, run_id: int) -> Run | None:
        try:
            return self.session.store.run(run_id)
        except StateError:
            return None

    def choose_run(self, job: str, run_id: int | None) -> None:
        """Show a run's output; ``None`` is the latest, whatever comes."""
        self._selected = (job, run_id) if run_id is not None else None
        self.show_output()

    def show_output(self) -> None:
        if not self._is_furnished:
            return
        row, run = self.current_row(), self.shown_run()
        queued = row.view.queued if row else ()
        self.output.show_run(
            run,
            run_directory(self.session.directory, run.id) if run else "",
            self.clock.now(),
            zone=self.session.zone,
            retry_at=next((q.not_before for q in queued if run and q.scheduled_for == run.scheduled_for), None),
            retries=row.view.job.retries if row else None,
        )
        if self._output_timer is not None:
            if run is not None and run.state != RunState.FINISHED:
                self._output_timer.resume()
            else:
                self._output_timer.pause()

    def refresh_output(self) -> None:
        """Show what the run has printed since the last time."""
        self.output.refresh_output()

    def on_output_view_run_step_requested(self, event: OutputView.RunStepRequested) -> None:
        """The run before, or after, the one that is shown."""
        row, shown, runs = self.current_row(), self.shown_run(), self.runs_of_current()
        if row is None or shown is None:
            return
        place = next(place for place, run in enumerate(runs) if run.id == shown.id) - event.by
        if not 0 <= place < len(runs):
            self.say("there is no earlier run here" if event.by < 0 else "this is the latest run")
            return
        self.choose_run(row.name, runs[place].id if place else None)

    def action_follow(self) -> None:
        self.output.toggle_follow()

    def on_output_view_search_requested(self, event: OutputView.SearchRequested) -> None:
        self.prompt.ask("search", event.text, "search in the output")

    def on_output_view_save_requested(self, event: OutputView.SaveRequested) -> None:
        if self.is_refused(self.session.limits.leaving_the_screen):
            return
        from peak_console.tui.dialogs.save import SaveDialog

        def chosen(path: str | None) -> None:
            if path is not None:
                self.output.save(path)

        self.ask(SaveDialog(f"{event.run.job.replace('/', '_')}-{event.run.id}.log"), chosen)

    def on_output_view_saved(self, event: OutputView.Saved) -> None:
        from peak_console.text import size

        self.say(f"{size(event.bytes)} saved to {event.path}")

    def on_output_view_save_failed(self, event: OutputView.SaveFailed) -> None:
        self.say(event.message, "error")

    # Screens of their own.

    def action_details(self) -> None:
        row = self.current_row()
        if row is None:
            return
        from peak_console.tui.details.data import details_of
        from peak_console.tui.details.screen import JobDetails

        def closed(_result: None) -> None:
            self.details = None

        try:
            screen = JobDetails(details_of(row, self.session, self.clock.now()), self.config.keymap)
        except StateError as error:
            self.say(str(error), "error")
            return
        self.details, self._details_row = screen, row
        self.push_screen(screen, closed)

    def show_details(self) -> None:
        """Bring the screen with a job's details up to date. Raises ``StateError``."""
        shown = self._details_row
        if self.details is None or shown is None or not self.details.is_mounted or self.snapshot is None:
            return
        row = self.snapshot.row(shown.name)
        if row is not None and row is not shown:
            from peak_console.tui.details.data import details_of

            self._details_row = row
            self.details.show(details_of(row, self.session, self.clock.now()))

    def on_job_table_opened(self, _event: JobTable.Opened) -> None:
        self.action_details()

    def on_job_details_run_opened(self, event: JobDetails.RunOpened) -> None:
        if self._details_row is not None and self._go_to_job(self._details_row.name):
            self.choose_run(self._details_row.name, event.run_id)
            self.go_to("output")

    def action_command_palette(self) -> None:
        from peak_console.tui.app.palette import Palette

        self.ask(Palette())

    def action_help(self) -> None:
        from peak_console.tui.dialogs.help import HelpScreen

        self.ask(HelpScreen(self.config.keymap))
