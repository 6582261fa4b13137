"""Scrolling a window onto output by keys, by the wheel and by its scrollbar."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

if TYPE_CHECKING:
    from textual import events

    from peak_console.tui.output.window import OutputWindow

WHEEL_ROWS = 3
SIDEWAYS_CELLS = 8


class WindowScroller(Widget):
    """A widget whose content is a window, with the scrollbar in its last column."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "jump_start", "Start", show=False),
        Binding("G", "jump_end", "End", show=False),
        Binding("left", "sideways(-1)", "Left", show=False),
        Binding("right", "sideways(1)", "Right", show=False),
    ]

    _dragging = False

    @property
    @abstractmethod
    def _window(self) -> OutputWindow | None:
        """The window, if there is anything to show."""

    @abstractmethod
    def _changed(self) -> None:
        """Another part is to be shown."""

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.action_scroll(-WHEEL_ROWS)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.action_scroll(WHEEL_ROWS)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and offset.x == self.size.width - 1:
            self._dragging = True
            self.capture_mouse()
            self._drag_to(offset.y)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragging:
            self._drag_to(event.screen_y - self.content_region.y)

    def on_mouse_up(self) -> None:
        if self._dragging:
            self._dragging = False
            self.release_mouse()

    def action_scroll(self, rows: int) -> None:
        if self._window is not None and self._window.scroll(rows):
            self._changed()

    def action_page(self, pages: int) -> None:
        self.action_scroll(pages * max(1, self.size.height - 1))

    def action_sideways(self, by: int) -> None:
        if self._window is not None and self._window.shift(by * SIDEWAYS_CELLS):
            self._changed()

    def action_jump_start(self) -> None:
        if self._window is not None:
            self._window.go_to_start()
            self._changed()

    def action_jump_end(self) -> None:
        if self._window is not None:
            self._window.go_to_end()
            self._changed()

    def _drag_to(self, y: int) -> None:
        if self._window is not None:
            self._window.go_to_share(y / max(1, self.size.height - 1))
            self._changed()
