"""The output pane: one run's output as it comes, with colours, times, wrapping and search."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message

from peak_console.errors import PeakConsoleError, UsageError
from peak_console.model.terms import RunState
from peak_console.text import counted, safe, size
from peak_console.tui.drawing.paint import palette
from peak_console.tui.keys.actions import TITLES, Context, bindings_of
from peak_console.tui.output.ansi import PLAIN, StyledText
from peak_console.tui.output.background import CatchUp, in_background, save
from peak_console.tui.output.line_filter import INVERTS, LineFilter
from peak_console.tui.output.painting import STYLES, OutputPainter
from peak_console.tui.output.run import RunOutput
from peak_console.tui.output.scroll import WindowScroller
from peak_console.tui.output.search import Pattern
from peak_console.tui.output.words import final_line, instead_of_output, run_title, run_words

if TYPE_CHECKING:
    from datetime import tzinfo

    from textual.geometry import Size
    from textual.strip import Strip

    from peak_console.model.records import Run
    from peak_console.tui.output.window import OutputWindow, Place


class OutputView(WindowScroller, can_focus=True):
    """Shows one run's output, whatever its size, and follows it while it grows."""

    ALLOW_SELECT = False

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"output-view--{name}" for name in STYLES}

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of(Context.OUTPUT),
        Binding("escape", "clear_search", "End search", show=False),
    ]

    @dataclass
    class SearchRequested(Message):
        """The operator wants to type what to look for."""

        text: str
        """What was looked for last."""

    @dataclass
    class FilterRequested(Message):
        """The operator wants to type which lines to show."""

        text: str
        """The present filter."""

    @dataclass
    class SaveRequested(Message):
        """The operator wants this run's output in a file: ask for a name, then call ``save``."""

        run: Run

    @dataclass
    class RunStepRequested(Message):
        """The operator wants to see another run of the same job: -1 the one before, 1 the one after."""

        by: int

    @dataclass
    class ModesChanged(Message):
        """The operator wants it shown otherwise from now on."""

        wrap: bool
        timestamps: bool

    @dataclass
    class Saved(Message):
        """The output is in a file."""

        path: str
        bytes: int

    @dataclass
    class SaveFailed(Message):
        """The output is not in a file; the message says why."""

        message: str

    @dataclass
    class CaughtUp(Message, bubble=False):
        """For the view itself: what a thread has been doing is done."""

        work: CatchUp

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self._run: Run | None = None
        self._directory = ""
        self._zone: tzinfo = UTC
        self._now = datetime.min.replace(tzinfo=UTC)
        self._place = (1, 1)
        """The run's place among those of its job, from the latest, and how many these are."""
        self._output: RunOutput | None = None
        self._wrap = True
        self._timestamps = True
        self._painter: OutputPainter | None = None
        self._strips: list[Strip] = []
        self._painted_size: Size | None = None
        """The size that the strips are for; ``None`` when all have to be painted."""
        self._titles = ("", "")
        self._filter_fault = ""
        self._before_search: tuple[Place, bool] | None = None
        """Where the operator was when a search began."""

    @property
    def follow(self) -> bool:
        """Whether it stays at the end as output comes."""
        return self._output is None or self._output.window.follow

    @property
    def wrap(self) -> bool:
        return self._wrap

    @property
    def timestamps(self) -> bool:
        return self._timestamps

    @property
    def title(self) -> str:
        """``daily_risk_check #1287 · ✖ failed (exit 2) after 0.8s ── follow ─ wrap ─ 41 lines``."""
        if self._run is None:
            return ""
        title = run_title(self._run, self._now, self._zone, 1000, self._place)
        return f"{title.plain} ── {self._modes()}"

    @property
    def search_status(self) -> str:
        """``/needle · 3 of 41``; nothing while nothing is looked for."""
        if self._output is None or self._output.looked_for is None:
            return ""
        place, total, done = self._output.found
        if not done:
            count = "searching …"
        elif not total:
            count = "not found"
        else:
            count = f"{place or '–'} of {total:,}"
        return f"/{safe(self._output.looked_for.text)} · {count}"

    @property
    def filter_status(self) -> str:
        """``&needle · 3 of 41 lines``; nothing while all lines are shown, and what is wrong with a filter."""
        if self._filter_fault:
            return self._filter_fault
        if self._output is None or self._output.filter is None:
            return ""
        kept, done = self._output.kept
        lines = self._output.lines
        count = f"{kept:,}{'' if done else ' …'} of {counted(lines, 'line')}"
        return f"&{safe(self._output.filter.text)} · {count}"

    def show_run(
        self,
        run: Run | None,
        directory: str,
        now: datetime,
        *,
        zone: tzinfo = UTC,
        retry_at: datetime | None = None,
        retries: int | None = None,
        place: tuple[int, int] = (1, 1),
    ) -> None:
        """Show a run as it is ``now``, whose files are in ``directory``; ``retry_at``: when it will be tried again.

        A run that is shown already stays where the operator has scrolled to.
        """
        before, same_place = (self._run, self._zone, self._place), directory == self._directory
        same = run is not None and self._run is not None and run.id == self._run.id and same_place
        self._run, self._directory, self._zone = run, directory, zone
        self._place, self._now = place, now
        changed = before != (run, zone, place) or not same_place
        if not same:
            self._open()
        elif self._output is not None:
            if run is not None and run.state != RunState.RUNNING:
                self._output.ended()
            changed |= self._output.refresh()
        if self._output is not None and run is not None:
            due = retry_at if retry_at is not None and retry_at > now else None
            words = final_line(run, zone, due, retries)
            final = [StyledText(words, PLAIN)] if words and not self._output.empty else []
            changed |= final != self._output.window.final
            self._output.window.final = final
        if changed:
            self._changed()

    def refresh_output(self) -> None:
        """Show what has come since the last time. A few stats when nothing has."""
        if self._output is not None and self._output.refresh():
            self._changed()

    def toggle_follow(self) -> None:
        """Go to the end and stay there, or stay here."""
        if self._output is not None:
            self._output.window.set_follow(not self.follow)
            self._changed()

    def toggle_wrap(self) -> None:
        """Break lines that are too long, or cut them off."""
        self._wrap = not self._wrap
        if self._output is not None:
            self._output.window.set_wrap(self._wrap)
        self._changed()
        self.post_message(self.ModesChanged(self._wrap, self._timestamps))

    def toggle_timestamps(self) -> None:
        """Show when each line was written, or not."""
        self._timestamps = not self._timestamps
        self._changed()
        self.post_message(self.ModesChanged(self._wrap, self._timestamps))

    def begin_search(self) -> None:
        """Remember where the operator is: a search that is given up goes back there."""
        self._before_search = self._output.window.position() if self._output is not None else None

    def give_up_search(self, text: str) -> None:
        """Search for ``text``, as before, and go back to where the operator was."""
        self.search(text)
        if self._output is not None and self._before_search is not None:
            self._output.window.restore(self._before_search)
            self._changed()

    def search(self, text: str) -> None:
        """Find plain text, in any case if it is all in lower case; nothing to find ends the search."""
        if self._output is not None:
            self._output.search(Pattern(text) if text else None)
            self._changed()

    def filter_lines(self, text: str) -> None:
        """Show only the lines in which a regular expression is found, with ``!`` before it the others; "": all."""
        self._filter_fault = ""
        if self._output is not None:
            try:
                self._output.keep(LineFilter(text) if text.removeprefix(INVERTS) else None)
            except UsageError as error:  # while one types
                self._filter_fault = str(error)
            self._changed()

    def next_match(self) -> None:
        self._step_match(1)

    def previous_match(self) -> None:
        self._step_match(-1)

    def save(self, path: str) -> None:
        """Write the output to a new file, with times if they are shown; posts ``Saved`` or ``SaveFailed``."""
        directory, zone = self._directory, self._zone if self._timestamps else None

        def work() -> None:
            try:
                self.post_message(self.Saved(path, save(directory, path, zone)))
            except PeakConsoleError as error:
                self.post_message(self.SaveFailed(str(error)))

        in_background(work)

    def on_resize(self) -> None:
        self._changed()

    def on_unmount(self) -> None:
        if self._output is not None:
            self._output.close()

    def on_output_view_caught_up(self, message: CaughtUp) -> None:
        if self._output is not None and self._output.take(message.work):
            self._changed()

    action_wrap = toggle_wrap
    action_timestamps = toggle_timestamps
    action_next_match = next_match
    action_previous_match = previous_match

    def action_search(self) -> None:
        looked_for = self._output.looked_for if self._output is not None else None
        self.post_message(self.SearchRequested(looked_for.text if looked_for is not None else ""))

    def action_filter_lines(self) -> None:
        kept = self._output.filter if self._output is not None else None
        self.post_message(self.FilterRequested(kept.text if kept is not None else ""))

    def action_clear_search(self) -> None:
        """End the search; without one, show all lines again."""
        if self._output is not None and self._output.looked_for is None:
            self.filter_lines("")
        self.search("")

    def action_older_run(self) -> None:
        self.post_message(self.RunStepRequested(-1))

    def action_newer_run(self) -> None:
        self.post_message(self.RunStepRequested(1))

    def action_save(self) -> None:
        if self._run is not None and self._output is not None and not self._output.empty:
            self.post_message(self.SaveRequested(self._run))

    def notify_style_update(self) -> None:
        self._painter = None
        self._painted_size = None
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        if self._painted_size != self.size:
            self._strips = self._painted()
            self._painted_size = self.size
        return self._strips[y]

    @property
    def _window(self) -> OutputWindow | None:
        return self._output.window if self._output is not None else None

    def _open(self) -> None:
        """Show another run, from its end."""
        looked_for = kept = None
        if self._output is not None:
            looked_for, kept = self._output.looked_for, self._output.filter
            self._output.close()
            self._output = None
        if self._run is not None:
            self._output = RunOutput(
                self._directory,
                lambda work: self.post_message(self.CaughtUp(work)),
                live=self._run.state == RunState.RUNNING,
            )
            self._output.window.set_wrap(self._wrap)
            self._output.keep(kept)
            if looked_for is not None:
                self._output.search(looked_for)

    def _modes(self) -> str:
        """``follow ─ wrap ─ 41 lines``; what the job has deleted of its output comes first."""
        modes = [name for name, on in (("follow", self.follow), ("wrap", self._wrap)) if on]
        if self._output is not None and self._output.deleted:
            modes.insert(0, f"the job deleted {size(self._output.deleted)} of its output")
        if self._output is not None and not self._output.empty:
            lines = self._output.lines
            modes.append(f"{'≥ ' if self._output.counting else ''}{counted(lines, 'line')}")
        return " ─ ".join(modes)

    def _changed(self) -> None:
        """Paint everything, and say in the borders what is shown."""
        self._painted_size = None
        title = Content(TITLES[Context.OUTPUT])
        below = " ── ".join(filter(None, (self.filter_status, self.search_status)))
        if self._run is not None:
            which = run_title(self._run, self._now, self._zone, self.size.width - 16, self._place)
            title = Content(" · ").join([title, which])
            if (modes := self._modes()) and title.cell_length + len(modes) + 4 <= self.size.width - 2:
                title += Content(f" ── {modes}")
            else:
                below = " ── ".join(filter(None, (below, modes)))
        if (title.markup, below) != self._titles:
            self._titles = (title.markup, below)
            self.border_title = title
            self.border_subtitle = Content(below) if below else None
        self.refresh()

    def _painted(self) -> list[Strip]:
        if self._painter is None:
            self._painter = OutputPainter(palette(self, "output-view", STYLES))
        zone = self._zone if self._timestamps else None
        if self._output is not None and not self._output.empty and not self._output.window.lines:
            return self._painter.sentence("no line of this output matches" if self._output.kept[1] else "", self.size)
        if self._output is None or self._output.empty:
            pruned = self._output is not None and self._output.pruned
            return self._painter.sentence(instead_of_output(self._run, pruned=pruned), self.size)
        final_style = run_words(self._run, self._zone)[0].style if self._run is not None else "quiet"
        return self._painter.window(self._output.window, self.size, zone, final_style)

    def _step_match(self, by: int) -> None:
        if self._output is not None:
            self._output.step(by)
            self._changed()
