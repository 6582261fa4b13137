"""The day view on a screen of its own: which time it spans, and the keys that move it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static

from peak_console.decisions.ahead.day_view import ZOOMS, legend, span_around
from peak_console.text import counted
from peak_console.tui.keys.actions import IN_ROOMS, Context, binding, bindings_of, key_shown
from peak_console.tui.timeline.lanes import Lane, LaneList

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo

    from textual.app import ComposeResult

    from peak_console.decisions.ahead.day_view import Span

NAMES = {3600: "1 h", 10800: "3 h", 21600: "6 h", 43200: "12 h", 86400: "24 h", 259200: "3 d", 604800: "7 d"}
SHOWN = ("close_room_5", "open_lane_run", "lane_details", "zoom_in", "zoom_out", "previous_item", "next_item", "to_now")

TIME_KEYS = "  ← → time"


class TimelineScreen(ModalScreen[None]):
    """What ran, what runs, and what will run, a lane per job."""

    CSS_PATH = os.path.join(os.path.dirname(__file__), "screen.tcss")
    AUTO_FOCUS = "LaneList"

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings_of(Context.TIMELINE, prefix="screen."),
        *(binding(each, "app.") for each in IN_ROOMS),
        Binding("escape", "screen.close_room_5", "Back", show=False),
    ]

    @dataclass
    class SpanChanged(Message):
        """Another time is to be shown."""

    @dataclass
    class DetailsWanted(Message):
        """The operator wants to see everything about a job; the screen is closing."""

        job: str

    def __init__(self, zoom: int, now: datetime, zone: tzinfo, keymap: Mapping[str, str] = {}) -> None:
        """``zoom`` is the place among ``ZOOMS``."""
        super().__init__()
        self.zoom, self.shift = zoom, 0
        """How many cells the time has been moved."""
        self._now, self._zone, self._keymap = now, zone, keymap

    def compose(self) -> ComposeResult:
        yield Static(id="headline", markup=False)
        yield LaneList(self._zone, id="lanes")
        yield Static(id="legend", markup=False)
        yield Static(id="keys", markup=False)

    def on_mount(self) -> None:
        self.lanes.border_title = Content("5 Day view")
        self._show_keys()

    def on_resize(self) -> None:
        self._show_keys()
        self.post_message(self.SpanChanged())

    @property
    def lanes(self) -> LaneList:
        return self.query_one(LaneList)

    def span(self, now: datetime) -> Span:
        """What is shown at ``now``."""
        self._now = now
        return span_around(now, ZOOMS[self.zoom], self.lanes.time_cells, self.shift)

    def show(
        self, names: Sequence[str], span: Span, lanes: Mapping[str, Lane], now: datetime, notes: Sequence[str]
    ) -> None:
        """Show these lanes; ``notes`` are said of all of them."""
        self.lanes.show(names, span, lanes, now)
        shown = counted(len(names), "job")
        where = "" if not self.shift else " · n back to now"
        self.query_one("#headline", Static).update(
            Content(" · ".join(("Day view", NAMES[ZOOMS[self.zoom]], f"{shown} as in the table{where}", *notes)))
        )

    def _show_keys(self) -> None:
        names = {"close_room_5": "back", "open_lane_run": "output", "lane_details": "job", "zoom_in": "closer",
                 "zoom_out": "wider", "previous_item": "run before", "next_item": "run after",
                 "to_now": "now"}  # fmt: skip
        keys, room = "", self.size.width - 4 - len(TIME_KEYS)
        for action in SHOWN:
            word = f"{key_shown(action, self._keymap)} {names[action]}"
            keys += f"  {word}" if len(keys) + len(word) + 2 <= room else ""
        self.query_one("#keys", Static).update(Content(f"{keys.strip()}{TIME_KEYS}"))
        self.query_one("#legend", Static).update(Content(legend(self.size.width - 4)))

    def on_lane_list_scroll_wanted(self, event: LaneList.ScrollWanted) -> None:
        event.stop()
        self.lanes.cell -= event.by
        self.lanes.cell = min(max(self.lanes.cell, 0), self.lanes.time_cells - 1)
        self.shift += event.by
        self.post_message(self.SpanChanged())

    def _zoom_to(self, place: int) -> None:
        place = min(max(place, 0), len(ZOOMS) - 1)
        if place != self.zoom:
            self.shift = round(self.shift * ZOOMS[self.zoom] / ZOOMS[place])
            self.zoom = place
            self.post_message(self.SpanChanged())

    def action_zoom_in(self) -> None:
        self._zoom_to(self.zoom - 1)

    def action_zoom_out(self) -> None:
        self._zoom_to(self.zoom + 1)

    def action_earlier(self) -> None:
        self.shift -= self.lanes.time_cells // 2
        self.post_message(self.SpanChanged())

    def action_later(self) -> None:
        self.shift += self.lanes.time_cells // 2
        self.post_message(self.SpanChanged())

    def action_to_now(self) -> None:
        self.shift = 0
        self.lanes.cell = self.span(self._now).cell_of(self._now)
        self.post_message(self.SpanChanged())

    def action_lane_details(self) -> None:
        if self.lanes.job is not None:
            self.app.post_message(self.DetailsWanted(self.lanes.job))
            self.dismiss()

    def action_close_room_5(self) -> None:
        self.dismiss()
