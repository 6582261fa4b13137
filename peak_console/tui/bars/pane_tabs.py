"""The panes by name, where a small screen does not show them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.message import Message
from textual.widgets import Static

if TYPE_CHECKING:
    from textual import events

NAMES = (("jobs", "1 Jobs"), ("output", "2 Output"), ("upcoming", "3 Upcoming"), ("alerts", "4 Alerts"))
GAP = "  "
UNREAD = "•"


class PaneTabs(Static):
    """``1 Jobs  2 Output  3 Upcoming  4 Alerts•3``; a click goes there."""

    @dataclass
    class Chosen(Message):
        """The operator wants to see a pane."""

        pane: str

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._focused = "jobs"
        self._unread = 0
        self._critical = False

    def show_focused(self, pane: str) -> None:
        """Say which pane has the focus."""
        if pane != self._focused:
            self._focused = pane
            self._write()

    def show_unread(self, unread: int, *, critical: bool) -> None:
        """Say how many alerts are open, and whether one of them is critical."""
        if (unread, critical) != (self._unread, self._critical):
            self._unread, self._critical = unread, critical
            self._write()

    def on_mount(self) -> None:
        self._write()

    def on_click(self, event: events.Click) -> None:
        left = 1
        for pane, name in NAMES:
            width = len(name + self._sign(pane))
            if left <= event.x < left + width:
                self.post_message(self.Chosen(pane))
            left += width + len(GAP)

    def _sign(self, pane: str) -> str:
        return f"{UNREAD}{self._unread}" if pane == "alerts" and self._unread else ""

    def _write(self) -> None:
        parts = []
        for pane, name in NAMES:
            style = "bold $text-accent" if pane == self._focused else "$text-muted"
            sign = (self._sign(pane), "$text-error" if self._critical else "$text-warning")
            parts.append(Content.assemble((name, style), sign))
        self.update(Content(" ") + Content(GAP).join(parts))
