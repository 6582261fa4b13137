"""Everything about one job, on a screen of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from peak_console.text import safe
from peak_console.tui.details import text as details_text
from peak_console.tui.details.metrics import results
from peak_console.tui.details.run_list import RunList
from peak_console.tui.drawing.glyphs import MISSING
from peak_console.tui.keys.actions import ACTION, ON_A_JOB, binding, key_shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from textual import events
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from peak_console.decisions.job_status import JobView
    from peak_console.model.records import Run

WIDE = 120
"""From this width on, the past stands on the left and the definition on the right; else one above the other."""
_PLOT_HEIGHT = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsData:
    """What is known of one job. Nothing in it is secret any more."""

    view: JobView
    now: datetime
    zone: tzinfo
    """The zone that times of runs are shown in."""
    slot_zone: tzinfo
    """The zone that the schedule is read in, and its slots are shown in."""
    why_not: str = ""
    """The condition that keeps it from starting now, where that is a hold, an attempt that waits, or a want of places.
    """
    slots: Sequence[datetime] = ()
    """Its next slots, oldest first; ten are shown."""
    command_line: str = ""
    """The resolved command line as a shell would read it, masked."""
    command_error: str | None = None
    """Why it cannot be resolved."""
    cwd: str = ""
    meta: Mapping[str, str] | None = None
    """What others keep of the job, masked."""
    own_environment: Mapping[str, str] | None = None
    """What the job adds to the environment, masked."""
    inherited_environment: Mapping[str, str] | None = None
    """What it gets from ours, masked."""
    runs: Sequence[Run] = ()
    """Its runs, newest first, those under way included."""
    numbers: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    """By run, the numbers of its result."""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    """From what its newest run was made, where that is noted."""
    source: str = ""
    """Where it is defined: ``jobs.toml:41``."""
    chain: Sequence[str] = ()
    """The tree of the jobs that it waits for and that wait for it."""


class Section(Static):
    """A titled part of the screen whose text is made for the width that it has."""

    def __init__(self, title: str, *, id: str, note: str = "") -> None:  # noqa: A002
        super().__init__(id=id, markup=False)
        self.border_title = Content(title)
        self.border_subtitle = Content(note)
        self._write: Callable[[int], Content] | None = None
        self._written: Content | None = None

    def show(self, write: Callable[[int], Content]) -> None:
        """Show what ``write`` makes of a width in cells; nothing is painted if that reads the same as before."""
        self._write = write
        if self.content_size.width:
            content = write(self.content_size.width)
            if self._written is None or not content.is_same(self._written):
                self._written = content
                self.update(content)

    def on_resize(self, _event: events.Resize) -> None:
        if self._write is not None:
            self.show(self._write)


class JobDetails(ModalScreen[None]):
    """One job: its past, its future, its definition. Enter on a run asks for its output."""

    CSS_PATH = os.path.join(os.path.dirname(__file__), "screen.tcss")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012
    AUTO_FOCUS = "RunList"

    BINDINGS: ClassVar[list[BindingType]] = [
        binding("close"),
        *(binding(each, "app.") for each in ON_A_JOB),
    ]

    @dataclass
    class RunOpened(Message):
        """The operator wants to see the output of a run; the screen is closing."""

        run_id: int

    def __init__(self, data: DetailsData, keymap: Mapping[str, str] = {}) -> None:
        """``keymap`` holds the keys that the operator has replaced, as in ``ConsoleConfig``."""
        super().__init__()
        opens, closes = key_shown("open_run", keymap), key_shown("close", keymap)
        acts = " · ".join(f"{key_shown(each, keymap)} {ACTION[each].label}" for each in ("run", "stop", "disable"))
        self._keys = f"{opens} output of the run · {acts} · Tab other side · {closes} closes"
        self._data = data

    def compose(self) -> ComposeResult:
        yield Static(id="headline", markup=False)
        yield Static(id="about", markup=False)
        with VerticalScroll(id="body", can_focus=False):
            with Container(id="past"):
                yield Section("History", id="history")
                if self._data.numbers:
                    yield Section("Results", id="results")
                runs = RunList(id="runs")
                runs.border_title = Content("Runs")
                yield runs
            with VerticalScroll(id="definition"):
                yield Section("Schedule", id="schedule")
                yield Section("Policies", id="policies", note=f"{details_text.OWN} not the default")
                yield Section("Command", id="command")
                yield Section("Environment", id="environment")
        yield Static(Content(self._keys), id="keys")

    def on_mount(self) -> None:
        self.show(self._data)

    def show(self, data: DetailsData) -> None:
        """Show this instead: the same job some time later, or another one."""
        self._data = data
        view, job = data.view, data.view.job
        headline = details_text.headline(view)
        self.query_one("#headline", Static).update(
            Content.assemble(headline, "   ", (safe(data.source), details_text.MUTED)) if data.source else headline
        )
        self._show_about(data)
        self._section("history").show(lambda _width: details_text.history(data.runs, _PLOT_HEIGHT, data.zone))
        if data.numbers and self.query("#results"):
            self._section("results").show(lambda width: results(data.runs, data.numbers, width))
        self.query_one(RunList).show(data.runs, data.zone)
        self._show_schedule(data)
        self._section("policies").show(lambda width: details_text.policies(job, width))
        self._section("command").show(
            lambda width: details_text.command(
                data.command_line, data.command_error, data.cwd, job.env_file, data.meta or {}, width, data.provenance
            )
        )
        own, inherited = data.own_environment or {}, data.inherited_environment or {}
        self._section("environment").show(lambda width: details_text.environment(own, inherited, width))

    def tick(self, now: datetime) -> None:
        """It is ``now``: only countdowns can read differently."""
        self._data = replace(self._data, now=now)
        self._show_schedule(self._data)

    def on_run_list_opened(self, event: RunList.Opened) -> None:
        event.stop()
        self.app.post_message(self.RunOpened(event.run_id))
        self.dismiss()

    @property
    def run(self) -> Run | None:
        """The run under the cursor."""
        return self.query_one(RunList).current

    def action_close(self) -> None:
        self.dismiss()

    def _section(self, name: str) -> Section:
        return self.query_one(f"#{name}", Section)

    def _show_about(self, data: DetailsData) -> None:
        """The description, and who switched the job off or on."""
        why = details_text.why_disabled(data.view, data.now, data.zone)
        described = safe(data.view.job.description)
        lines = [Content.styled(described, details_text.MUTED)] if described else []
        lines += [Content.styled(f"‖ {text}", "bold $text-warning") for text in (why, safe(data.why_not)) if text]
        if missing := details_text.no_success(data.view, data.now, data.zone):
            lines.append(Content.styled(f"{MISSING} {missing}", "bold $text-warning"))
        about = self.query_one("#about", Static)
        about.update(Content("\n").join(lines))
        about.display = bool(lines)

    def _show_schedule(self, data: DetailsData) -> None:
        self._section("schedule").show(
            lambda width: details_text.schedule(
                data.view, data.slots, data.slot_zone, data.now, width, chain=data.chain
            )
        )
