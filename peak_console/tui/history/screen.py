"""The history across jobs, on a screen of its own: a list of runs, and the words that it is filtered by."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from peak_console.text import safe
from peak_console.tui.history.action_table import ActionTable
from peak_console.tui.history.run_table import RunTable
from peak_console.tui.keys.actions import IN_ROOMS, Context, binding, bindings_of, key_shown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo

    from textual.app import ComposeResult

    from peak_console.model.action import Action
    from peak_console.model.records import Run

PLACEHOLDER = "failed late:>1m manual by:ada today since:08:00 #tag !word /regex/ or part of a name"
WORDS: Mapping[str, str] = {
    "past_failed": "failed",
    "past_late": "late",
    "past_not_run": "missed skipped",
    "past_by_hand": "manual",
    "past_today": "today",
    "past_yesterday": "yesterday",
}
"""By action: the words of the filter that its key puts in, or takes out."""
SHOWN = ("close_room", "open_past_run", "past_filter", "past_failed", "past_late", "past_not_run", "past_by_hand",
         "past_today", "find_in_outputs", "compare_runs", "past_actions", "past_details", "mark_run")  # fmt: skip
"""The keys that the last line names."""


class HistoryScreen(ModalScreen[None]):
    """What has happened across all jobs, newest first."""

    CSS_PATH = os.path.join(os.path.dirname(__file__), "screen.tcss")
    AUTO_FOCUS = "RunTable"

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of(Context.HISTORY, prefix="screen."),
        *(binding(each, "app.") for each in IN_ROOMS),
        Binding("escape", "screen.leave", "Back", show=False),
    ]

    @dataclass
    class Asked(Message):
        """The operator wants to see the runs that these words ask for."""

        text: str

    @dataclass
    class ModeChanged(Message):
        """The operator wants to see the shift log, or the runs."""

        actions: bool

    @dataclass
    class FindWanted(Message):
        """The operator wants to find a text in the outputs of the runs that the filter names."""

    @dataclass
    class CompareWanted(Message):
        """The operator wants to know what is different between two runs."""

        ids: tuple[int, int]

    @dataclass
    class DetailsWanted(Message):
        """The operator wants to see everything about a job; the screen is closing."""

        job: str

    def __init__(self, text: str, now: datetime, zone: tzinfo, keymap: Mapping[str, str] = {}) -> None:
        """``text`` is the filter to begin with."""
        super().__init__()
        self._text, self._now, self._zone, self._keymap = text, now, zone, keymap

    def compose(self) -> ComposeResult:
        yield Static(Content("History"), id="headline", markup=False)
        yield RunTable(self._now, self._zone, id="past")
        yield ActionTable(self._now, self._zone, id="past-actions")
        yield Input(self._text, placeholder=PLACEHOLDER, id="past-filter", compact=True)
        yield Static(id="keys", markup=False)

    def on_mount(self) -> None:
        self.table.border_title = Content("6 History")
        self.actions.border_title = Content("6 History · shift log")
        self.actions.display = False
        self._filter.display = False
        self._show_keys()

    def on_resize(self) -> None:
        self._show_keys()

    @property
    def table(self) -> RunTable:
        return self.query_one(RunTable)

    @property
    def actions(self) -> ActionTable:
        return self.query_one(ActionTable)

    @property
    def current(self) -> tuple[str | None, int | None]:
        """The job and the run under the cursor."""
        if self.actions.display:
            action = self.actions.current
            return (action.job, action.run_id) if action is not None else (None, None)
        run = self.table.current
        return (run.job, run.id) if run is not None else (None, None)

    @property
    def _list(self) -> RunTable | ActionTable:
        """The list that is shown."""
        return self.actions if self.actions.display else self.table

    @property
    def _filter(self) -> Input:
        return self.query_one("#past-filter", Input)

    def show(self, runs: Sequence[Run], now: datetime, *, more: bool) -> None:
        """Show these runs; ``more`` says that there are older ones."""
        self.table.show(runs, now)
        number = f"{len(runs):,}{'+' if more else ''} run{'' if len(runs) == 1 else 's'}"
        self._tell(f"History · {safe(self._text) or 'all jobs'} · {number}, newest first")

    def show_actions(self, actions: Sequence[Action], now: datetime) -> None:
        """Show these entries of the shift log."""
        self.actions.show(actions, now)
        number = f"{len(actions):,} {'entry' if len(actions) == 1 else 'entries'}"
        self._tell(f"Shift log · {safe(self._text) or 'everybody'} · {number}, newest first")

    def refuse(self, why: str) -> None:
        """Say why nothing else is shown than before."""
        self._tell(f"✖ {safe(why)}", wrong=True)

    def tick(self, now: datetime) -> None:
        self.table.tick(now)

    def _tell(self, text: str, *, wrong: bool = False) -> None:
        headline = self.query_one("#headline", Static)
        headline.update(Content(text))
        headline.set_class(wrong, "-error")

    def _show_keys(self) -> None:
        names = {"open_past_run": "output", "past_filter": "filter", "past_failed": "failed", "past_late": "late",
                 "past_not_run": "not run", "past_by_hand": "by hand", "past_today": "today",
                 "past_details": "job", "past_actions": "shift log", "find_in_outputs": "find",
                 "compare_runs": "compare", "mark_run": "mark",
                 "close_room": "back"}  # fmt: skip
        keys, room = "", self.size.width - 4
        for action in SHOWN:
            word = f"{key_shown(action, self._keymap)} {names[action]}"
            keys += f"  {word}" if len(keys) + len(word) + 2 <= room else ""
        self.query_one("#keys", Static).update(Content(keys.strip()))

    # The filter.

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._text:
            self._text = event.value
            self.post_message(self.Asked(self._text))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._leave_filter()

    def _leave_filter(self) -> None:
        self._list.focus()
        self._filter.display = False  # the headline says what it holds

    def action_past_filter(self) -> None:
        self._filter.display = True
        self._filter.focus()

    def filter_by(self, text: str) -> None:
        """Put a text into the filter."""
        self._filter.value = text
        self._leave_filter()

    def action_past_word(self, action: str) -> None:
        """Put the words of a key into the filter, or take them out."""
        wanted = WORDS[action].split()
        words = self._text.split()
        if all(word in words for word in wanted):
            words = [word for word in words if word not in wanted]
        else:
            words += [word for word in wanted if word not in words]
        self.filter_by(" ".join(words))

    def action_past_actions(self) -> None:
        """Show the shift log instead of the runs, or the runs again."""
        shows_actions = not self.actions.display
        self.actions.display, self.table.display = shows_actions, not shows_actions
        self._list.focus()
        self.post_message(self.ModeChanged(shows_actions))

    def action_find_in_outputs(self) -> None:
        self.post_message(self.FindWanted())

    def action_compare_runs(self) -> None:
        """Compare the marked runs; else the run under the cursor with the one of its job before."""
        ids = self.table.two_to_compare()
        if ids is None:
            self.refuse("mark two runs with Space, or go to one whose job has an earlier one in the list")
        else:
            self.post_message(self.CompareWanted(ids))

    def action_past_failed(self) -> None:
        self.action_past_word("past_failed")

    def action_past_late(self) -> None:
        self.action_past_word("past_late")

    def action_past_not_run(self) -> None:
        self.action_past_word("past_not_run")

    def action_past_by_hand(self) -> None:
        self.action_past_word("past_by_hand")

    def action_past_today(self) -> None:
        self.action_past_word("past_today")

    def action_past_yesterday(self) -> None:
        self.action_past_word("past_yesterday")

    # Ways out.

    def action_leave(self) -> None:
        """From the filter to the list; there clear the filter, and then leave."""
        if self._filter.has_focus:
            self._leave_filter()
        elif self._text:
            self._filter.value = ""
        else:
            self.dismiss()

    def action_close_room(self) -> None:
        self.dismiss()

    def action_past_details(self) -> None:
        current = self._list.current
        if current is not None and current.job is not None:
            self.app.post_message(self.DetailsWanted(current.job))
            self.dismiss()
