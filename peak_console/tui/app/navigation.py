"""Which jobs are shown and in which order, and the ways from an alert or a run to its job and output."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.clock import Clock
    from peak_console.model.records import Alert, Run
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.app.layout import Layout
    from peak_console.tui.app.rooms.details import DetailsView
    from peak_console.tui.app.selection import Selection
    from peak_console.tui.app.shown_run import ShownRun
    from peak_console.tui.state.feed import SnapshotFeed
    from peak_console.tui.state.interface import Session

FILTER_HINT = "words  a | b  !not  /regex/  state:failed  tag:a,b  late:>1m  zone:berlin"
TAG = "tag:"
"""Starts the word of a filter that names tags, any of which a job must have."""


class Navigation:
    """Moves the operator about. Nothing here reaches the engine."""

    def __init__(
        self,
        session: Session,
        clock: Clock,
        feed: SnapshotFeed,
        layout: Layout,
        selection: Selection,
        shown_run: ShownRun,
        details: DetailsView,
        dialogs: Dialogs,
        open_history: Callable[[str], None],
    ) -> None:
        """``open_history`` shows the runs that some words ask for."""
        self._session = session
        self._clock = clock
        self._feed = feed
        self._layout = layout
        self._selection = selection
        self._shown_run = shown_run
        self._details = details
        self._dialogs = dialogs
        self._open_history = open_history

    # From one thing to another.

    def by_id(self) -> dict[str, Callable[[], None]]:
        """What the keys for filters and the order do, by the id of the action in the table of keys."""
        return {
            "filter": self.filter_jobs,
            "tags": self.choose_tags,
            "sort": self.sort_by_next_column,
            "reverse_sort": self.reverse_sort,
        }

    def open_alert(self, alert: Alert) -> None:
        """Show an alert in full, with ways to its job."""
        from peak_console.tui.dialogs.alert import ACKNOWLEDGE, GO, AlertDialog

        def chosen(what: str | None) -> None:
            if what == GO:
                self._go_to_subject(alert)
            elif what == ACKNOWLEDGE:
                self._layout.alerts.action_acknowledge()

        acts = self._session.refusal is None
        dialog = AlertDialog(alert, now=self._clock.now(), zone=self._session.zone, acts=acts)
        self._dialogs.ask(dialog, chosen)

    def _go_to_subject(self, alert: Alert) -> None:
        """Show what an alert is about: the output of its run, or of its job's latest one."""
        if alert.job is None:
            return
        if not self._selection.move_to(alert.job):
            self._dialogs.say(f"{alert.job} is no longer in the jobs file", "warning")
            return
        self._shown_run.choose(alert.job, alert.run_id)
        self._layout.go_to("output")

    def open_run_of_details(self, run_id: int) -> None:
        """Show the output of a run of the job whose details are open."""
        if self._details.job is not None:
            self.open_run(self._details.job, run_id)

    def open_run(self, job: str, run_id: int) -> None:
        """Show the output of any run; of an array, which has none itself, the list of its runs."""
        run = self._run(run_id)
        if run is not None and run.is_array:
            self._open_history(f"array:{run_id}")
            return
        job = run.defined_by if run is not None else job
        if not self._selection.move_to(job):
            self._dialogs.say(f"{job} is no longer in the jobs file; see: peak-console logs '#{run_id}'", "warning")
            return
        self._shown_run.choose(job, run_id)
        self._layout.go_to("output")

    def _run(self, run_id: int) -> Run | None:
        try:
            return self._session.store.run(run_id)
        except StateError:
            return None

    def open_job(self, job: str) -> None:
        """Show everything about a job."""
        if self._selection.move_to(job):
            self._details.open()
        else:
            self._dialogs.say(f"{job} is no longer in the jobs file", "warning")

    # Jobs: which, and in which order.

    def filter_jobs(self) -> None:
        """Ask for a filter, which holds while it is typed."""
        jobs = self._layout.jobs
        self._layout.prompt.ask("filter", jobs.filter_text, FILTER_HINT)

    def filter_alerts(self, text: str) -> None:
        """Ask which alerts to list, while it is typed."""
        self._layout.prompt.ask("alerts", text, "words  !not  level:critical,warning  job:name  unread")

    def search_output(self, text: str) -> None:
        """Ask what to search for in the output."""
        self._layout.output.begin_search()
        self._layout.prompt.ask("search", text, "search in the output")

    def filter_lines(self, text: str) -> None:
        """Ask which lines of the output to show, while it is typed."""
        self._layout.prompt.ask("lines", text, "only lines with this regular expression; !this: only the others")

    def prompt_edited(self, purpose: str, text: str) -> None:
        """Filter, or search, for what has been typed so far."""
        if purpose == "filter":
            self._layout.jobs.filter(text)
        elif purpose == "alerts":
            self._layout.alerts.filter(text)
        elif purpose == "lines":
            self._layout.output.filter_lines(text)
        else:
            self._layout.output.search(text)

    def prompt_cancelled(self, purpose: str, text: str) -> None:
        """Everything as it was before the line was typed into."""
        if purpose == "search":
            self._layout.output.give_up_search(text)
        else:
            self.prompt_edited(purpose, text)

    def prompt_left(self, purpose: str) -> None:
        self._layout.go_to({"filter": "jobs", "alerts": "alerts"}.get(purpose, "output"))

    def choose_tags(self) -> None:
        """Ask which tags to show, and filter by them."""
        snapshot, jobs = self._feed.snapshot, self._layout.jobs
        if snapshot is None:
            return
        from peak_console.tui.dialogs.tags import TagsDialog

        counts: dict[str, int] = {}
        for row in snapshot.rows:
            for tag in row.view.job.tags:
                counts[tag] = counts.get(tag, 0) + 1
        words = jobs.filter_text.split()
        current = {tag for word in words if word.startswith(TAG) for tag in word.removeprefix(TAG).split(",")}
        rest = [word for word in words if not word.startswith(TAG)]

        def chosen(tags: set[str] | None) -> None:
            if tags is not None:
                jobs.filter(" ".join([*rest, *([TAG + ",".join(sorted(tags))] if tags else [])]))

        self._dialogs.ask(TagsDialog(counts, current), chosen)

    def sort_by_next_column(self) -> None:
        """Sort by the next of the chosen columns; after the last one, worst first again."""
        from peak_console.tui.jobs.columns import ALWAYS, COLUMN

        jobs = self._layout.jobs
        columns = [key for key in COLUMN if key in jobs.columns or key in ALWAYS]
        place = columns.index(jobs.sort_column) + 1 if jobs.sort_column in columns else 0
        column = columns[place % len(columns)]
        jobs.sort(column, descending=COLUMN[column].descending)

    def reverse_sort(self) -> None:
        jobs = self._layout.jobs
        jobs.sort(jobs.sort_column, descending=not jobs.sort_descending)

    # Output.

    def save_output(self, run: Run) -> None:
        """Ask where to save a run's output."""
        if self._dialogs.is_refused(self._session.permissions.why_not_leave_screen):
            return
        from peak_console.tui.dialogs.save import SaveDialog

        def chosen(path: str | None) -> None:
            if path is not None:
                self._layout.output.save(path)

        self._dialogs.ask(SaveDialog(f"{run.job.replace('/', '_')}-{run.id}.log"), chosen)
