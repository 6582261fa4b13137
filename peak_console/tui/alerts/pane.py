"""The alert log, what is open first, with the cursor on an alert rather than on a place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message

from peak_console.model.records import Level
from peak_console.text import safe
from peak_console.tui.alerts.choosing import Scope, chosen, left_out
from peak_console.tui.alerts.lines import STYLES, AlertColumns
from peak_console.tui.drawing import paint
from peak_console.tui.drawing.cursor_list import CursorList
from peak_console.tui.drawing.entries import EntryList
from peak_console.tui.keys.actions import Context, binding, bindings_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from textual.binding import BindingType
    from textual.strip import Strip

    from peak_console.model.records import Alert
    from peak_console.tui.alerts.choosing import Chosen
    from peak_console.tui.state.snapshot import Snapshot

_State = tuple[int, datetime, int, bool, bool, bool]
"""What an alert's lines depend on: id, when and how often it has happened; open, resolved, under the cursor or not."""
EMPTY = "no alerts yet: all quiet"
QUIET = "nothing is open: all quiet"
_KEPT_ALERTS = 200
"""Alerts whose drawing is kept; more than any screen shows."""


class AlertsPane(CursorList):
    """Every alert of the log. Those that are open stand out."""

    PREFIX = "alerts-pane"
    STYLES = STYLES
    COMPONENT_CLASSES: ClassVar[set[str]] = {*(f"alerts-pane--{name}" for name in STYLES), "alerts-pane--cursor"}

    BINDINGS: ClassVar[list[BindingType]] = [
        binding("acknowledge"),
        *bindings_of(Context.ALERTS),
    ]

    @dataclass
    class AcknowledgeRequested(Message):
        """The operator has seen an alert."""

        alert: Alert

    @dataclass
    class NoteRequested(Message):
        """The operator wants to note something with an alert."""

        alert: Alert

    @dataclass
    class FilterRequested(Message):
        """The operator wants to list only some alerts; the filter that holds."""

        text: str

    @dataclass
    class Opened(Message):
        """The operator wants to go to what an alert is about."""

        alert: Alert

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        self._list: EntryList[Alert] = EntryList(key=lambda alert: alert.id)
        super().__init__(self._list, id=id, classes=classes)
        self._log: Sequence[Alert] = ()
        """The whole log, newest first."""
        self._scope = Scope.NEWS
        self.filter_text = ""
        self._unread = 0
        self._now: datetime | None = None
        self._zone: tzinfo | None = None
        self._columns: AlertColumns | None = None
        self._strips: dict[_State, list[Strip]] = {}
        """The lines of alerts as they were drawn last."""
        self.border_title = "4 Alerts"

    @property
    def cursor_alert(self) -> Alert | None:
        """The alert under the cursor; ``None`` while there is none at all."""
        return self._list.current

    @property
    def _alerts(self) -> Sequence[Alert]:
        """Those that are listed."""
        return self._list.items

    def show(self, snapshot: Snapshot) -> None:
        """Show this alert log. The cursor stays on its alert; only lines that read differently are painted."""
        self._unread = snapshot.unacknowledged
        self._now, self._zone = snapshot.taken_at, snapshot.zone
        if snapshot.alerts is self._log:
            self.tick(snapshot.taken_at)
            return
        newest = max((alert.id for alert in self._log), default=0)
        self._log = snapshot.alerts
        self._list_chosen(newest)

    def filter(self, text: str) -> None:
        """List only alerts of which ``text`` holds: words, ``level:``, ``job:``, ``unread``."""
        if text != self.filter_text:
            self.filter_text = text
            self._list_chosen()

    def action_scope(self) -> None:
        """List more of the log: resolved ones too, then everything; then what matters again."""
        scopes = [*Scope]
        self._scope = scopes[(scopes.index(self._scope) + 1) % len(scopes)]
        self._list_chosen()

    def action_filter_alerts(self) -> None:
        self.post_message(self.FilterRequested(self.filter_text))

    def _list_chosen(self, newest: int | None = None) -> None:
        """List what scope and filter choose; ``newest`` is the newest alert that was known before."""
        found = chosen(self._log, self._scope, self.filter_text)
        before, was = list(self._visible()), len(self._alerts)
        moved = self._list.replace(found.alerts)
        self._say_what_is_listed(found)
        self._fit_columns()
        self.set_class(any(_is_critical(alert) for alert in self._alerts), "-critical")
        if was != len(self._alerts):
            self.virtual_size = Size(1, len(self._alerts) * self._height)
            self.refresh()
        self._keep_in_view(moved)
        if not self.has_focus and newest is not None:
            self._wait_for_operator(newest)
        for line, (old, new) in enumerate(zip(before, self._visible(), strict=False)):
            if old != new:
                self.refresh(Region(0, line * self._height, self.size.width, self._height))

    def _say_what_is_listed(self, found: Chosen) -> None:
        """Name in the title a critical alert that is open, wherever the list is scrolled to; and what is left out."""
        critical = next((alert for alert in found.alerts if _is_critical(alert)), None)
        title = "4 Alerts" + (f" · {safe(self.filter_text)}" if self.filter_text else "")
        title += f" · {self._unread} unread" if self._unread else ""
        if critical is not None:
            title += f" · ! {safe(critical.message.partition(chr(10))[0])}"
        self.border_title = Content(title)
        hidden = left_out(found)
        self.border_subtitle = Content(f"not listed: {hidden}" if hidden else "")

    def tick(self, now: datetime) -> None:
        """It is ``now``: another day writes the times differently, nothing else does."""
        self._now = now
        if self._fit_columns():
            self.refresh()

    def on_resize(self) -> None:
        if self._fit_columns():
            self.virtual_size = Size(1, len(self._alerts) * self._height)
            self.refresh()
            self.scroll_to_cursor()

    def notify_style_update(self) -> None:
        self._strips.clear()
        super().notify_style_update()

    def open_entry(self) -> None:
        self.action_open_alert()

    def action_open_alert(self) -> None:
        alert = self.cursor_alert
        if alert is not None:
            self.post_message(self.Opened(alert))

    def action_acknowledge(self) -> None:
        """Acknowledge the alert under the cursor, then go to the next unread one; if it is read, only go."""
        alert = self.cursor_alert
        if alert is None:
            return
        if alert.is_open:
            self.post_message(self.AcknowledgeRequested(alert))
        under = self._list.cursor_place or 0
        older, newer = range(under + 1, len(self._alerts)), range(under - 1, -1, -1)
        unread = (place for places in (older, newer) for place in places if self._alerts[place].is_open)
        self.go(next(unread, under))

    def action_note(self) -> None:
        """Write a note with the alert under the cursor."""
        alert = self.cursor_alert
        if alert is not None:
            self.post_message(self.NoteRequested(alert))

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        columns = self._columns
        place, line = divmod(y + self.scroll_offset.y, self._height)
        if columns is not None and place < len(self._alerts):
            return self._drawn(columns, place)[line]
        pieces = []
        if columns is not None and not self._alerts and y == (self.size.height - 1) // 2:
            said = QUIET if self._log else EMPTY
            pieces = [(" " * ((width - len(said)) // 2), "text"), (said, "muted")]
        return paint.strip(pieces, self._colours(cursor=False), width)

    @property
    def _height(self) -> int:
        """How many lines an alert takes."""
        return self._list.height

    def _visible(self) -> Iterator[_State]:
        """The alerts on the screen."""
        first = self.scroll_offset.y // self._height
        for place in range(first, min(first + self._rows_height // self._height + 1, len(self._alerts))):
            yield self._state(place)

    def _drawn(self, columns: AlertColumns, place: int) -> list[Strip]:
        state = self._state(place)
        strips = self._strips.get(state)
        if strips is None:
            if len(self._strips) >= _KEPT_ALERTS:
                self._strips.clear()
            cursor = place == self._list.cursor_place
            styles, lines = self._colours(cursor=cursor), columns.lines(self._alerts[place], cursor=cursor)
            strips = self._strips[state] = [paint.strip(line, styles, columns.width) for line in lines]
        return strips

    def _state(self, place: int) -> _State:
        alert = self._alerts[place]
        is_resolved = alert.resolved_at is not None
        cursor = place == self._list.cursor_place
        return alert.id, alert.latest_at, alert.count, alert.is_open, is_resolved, cursor

    def _fit_columns(self) -> bool:
        """Fit the columns to the alerts and the width; whether that changes every line."""
        if self._now is None or self._zone is None:
            return False
        columns = AlertColumns(self._alerts, self.scrollable_content_region.width, self._now, self._zone)
        if columns.same(self._columns):
            return False
        self._columns, self._list.height = columns, columns.height
        self._strips.clear()
        return True

    def _keep_in_view(self, moved: int) -> None:
        """Keep the same alerts in sight while the list is scrolled down or has the focus; else show the newest."""
        if moved and self.scroll_offset.y > 0:
            self.scroll_to(y=self.scroll_offset.y + moved * self._height, animate=False, force=True)
        if self.has_focus:
            self.scroll_to_cursor()

    def _wait_for_operator(self, newest: int) -> None:
        """Without the focus, put the cursor on an unread alert and show it: the newest, if it came after ``newest``.

        So the key that acknowledges from any pane is for the one that has just rung.
        """
        unread = [place for place, alert in enumerate(self._alerts) if alert.is_open]
        under = self.cursor_alert
        if not unread or under is None:
            return
        latest = max(unread, key=lambda place: self._alerts[place].id)
        if self._alerts[latest].id > newest:
            self._list.move_cursor(latest)
            self.scroll_to_cursor()
        elif not under.is_open:
            self._list.move_cursor(unread[0])
            self.scroll_to_cursor()


def _is_critical(alert: Alert) -> bool:
    return alert.level == Level.CRITICAL and alert.is_open
