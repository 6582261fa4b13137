"""Every private part of Textual that the console uses; no other module of the console touches one.

Textual may change any of them without notice, so its version is pinned. Before another version is pinned:
``tests/tui/test_textual_private.py`` names each part that is gone or is called otherwise; read what Textual does with
the others now, run ``tests/terminal``, then raise ``WRITTEN_FOR``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual._compositor import CompositorUpdate
from textual._xterm_parser import XTermParser

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.terminal_theme import TerminalTheme
    from textual.app import App
    from textual.content import Content
    from textual.drivers.linux_driver import LinuxDriver
    from textual.geometry import Region
    from textual.strip import Strip
    from textual.widget import Widget

__all__ = ["XTermParser"]  # turns what a terminal sends into messages; our own thread reads the terminal

MOST_TOASTS = 3
"""The most toasts that are shown at a time; the oldest makes room."""
WRITTEN_FOR = "8.2.8"
"""The version of Textual whose source has been read for each part."""

USED: dict[str, tuple[str, ...]] = {
    "textual.app.App": (
        "_batch_count", "_close_messages_no_wait", "_display", "_driver", "_exit_renderables", "_notifications",
        "_refresh_truecolor_filter", "_unnotify",
    ),
    "textual.screen.Screen": (
        "_compositor", "_dirty_widgets", "_layout_required", "_repaint_required", "_scroll_required",
    ),
    "textual.widget.Widget": ("_border_title", "_repaint_regions", "_repaint_required", "_styles_cache"),
    "textual.drivers.linux_driver.LinuxDriver": (
        "_disable_line_wrap", "_enable_bracketed_paste", "_enable_mouse_support", "_file", "_writer_thread",
    ),
    "textual._compositor.Compositor": ("layers_visible", "visible_widgets"),
    "textual._compositor.CompositorUpdate": ("render_segments",),
    "textual._styles_cache.StylesCache": ("set_dirty",),
    "textual._xterm_parser.XTermParser": ("feed", "tick"),
}  # fmt: skip
"""By class: what is read, set or called here."""

OVERRIDDEN: dict[str, tuple[str, ...]] = {
    # The traceback that Textual shows holds every local variable, secrets among them; toasts pile up without an end.
    "textual.app.App": ("_fatal_error", "_on_notify"),
    # The size that COLUMNS and LINES claim; Ctrl+Z and fg, which would start a second reader and writer.
    "textual.drivers.linux_driver.LinuxDriver": (
        "_get_terminal_size", "_sigcont_application", "_sigtstp_application",
    ),
}  # fmt: skip
"""By class: what ``ConsoleApp`` and ``TerminalDriver`` put their own in place of."""


# The app.


def use_theme_before_start(app: App[Any], ansi_theme: TerminalTheme) -> None:
    """Have lines painted in these sixteen colours. A change of theme does it, which reads the style sheets twice."""
    app._refresh_truecolor_filter(ansi_theme)  # noqa: SLF001


def make_room_for_toast(app: App[Any], message: str, most: int = MOST_TOASTS) -> None:
    """Before a toast is shown: remove one with the same message, and the oldest beyond ``most``.

    Textual removes all of them or none, and leaves what stood below a pile that is higher than the screen.
    """
    shown = list(app._notifications)  # noqa: SLF001
    staying = [each for each in shown if each.message != message][1 - most :]
    for each in shown:
        if each not in staying:
            app._unnotify(each, refresh=False)  # noqa: SLF001


def write_to_terminal(app: App[Any], text: str) -> None:
    """Send text to the terminal as it is: the clipboard of a terminal is written by a control sequence."""
    if app._driver is not None:  # noqa: SLF001
        app._driver.write(text)  # noqa: SLF001


def end_with_message(app: App[Any], text: str) -> None:
    """End the app after an error; ``text`` is printed once the screen is gone."""
    app._exit_renderables.append(text)  # noqa: SLF001
    app._close_messages_no_wait()  # noqa: SLF001


# The terminal.


def write_into(driver: LinuxDriver, file: Any) -> None:
    """Have a driver write into something with ``write`` and ``flush`` in place of standard error."""
    driver._file = file  # noqa: SLF001


def has_writer(driver: LinuxDriver) -> bool:
    """Whether the thread that writes to the terminal lives: it begins and ends with the screen."""
    return driver._writer_thread is not None and driver._writer_thread.is_alive()  # noqa: SLF001


def enable_modes(driver: LinuxDriver) -> None:
    """Ask the terminal for reports of the mouse, marked pastes, and lines that do not wrap."""
    driver._enable_mouse_support()  # noqa: SLF001
    driver._enable_bracketed_paste()  # noqa: SLF001
    driver._disable_line_wrap()  # noqa: SLF001


# Painting without a frame; Textual has no public way past its frames.


class CellsUpdate(CompositorUpdate):
    """Parts of lines, each with the column and the row of the screen where it starts."""

    def __init__(self, patches: Sequence[tuple[int, int, Strip]]) -> None:
        self._patches = patches

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.control import Control

        for x, y, strip in self._patches:
            yield Control.move_to(x, y)
            yield from strip

    def render_segments(self, console: Console) -> str:
        return "".join(f"\x1b[{y + 1};{x + 1}H{strip.render(console)}" for x, y, strip in self._patches)


def write_cells(app: App[Any], patches: Sequence[tuple[int, int, Strip]]) -> None:
    """Write parts of lines to the terminal, as a frame would have done."""
    app._display(app.screen, CellsUpdate(patches))  # noqa: SLF001


def is_frame_due(widget: Widget) -> bool:
    """Whether a frame is due that would paint this widget."""
    app, screen = widget.app, widget.screen
    waiting = (
        app._batch_count,  # noqa: SLF001
        screen._layout_required,  # noqa: SLF001
        screen._scroll_required,  # noqa: SLF001
        screen._repaint_required,  # noqa: SLF001
        widget._repaint_required,  # noqa: SLF001
        widget._repaint_regions,  # noqa: SLF001
        widget in screen._dirty_widgets,  # noqa: SLF001
    )
    return any(waiting)


def placement(widget: Widget) -> tuple[Region, Region] | None:
    """The region of a widget on its screen, and the region that it is clipped to; ``None`` where it is not shown."""
    return widget.screen._compositor.visible_widgets.get(widget)  # noqa: SLF001


def topmost(widget: Widget, lines: Sequence[Region]) -> Iterator[Widget | None]:
    """Of each of some parts of lines of the screen that ``widget`` is on, the topmost widget that lies on it."""
    layers = widget.screen._compositor.layers_visible  # noqa: SLF001
    for line in lines:
        yield next((other for other, cropped, _ in layers[line.y] if cropped.overlaps(line)), None)


def forget_lines(widget: Widget, regions: Iterable[Region]) -> None:
    """Have the next frame ask the widget again for lines that have been written without one."""
    widget._styles_cache.set_dirty(*regions)  # noqa: SLF001


def change_border_title(widget: Widget, title: Content) -> None:
    """Set another title without a frame for the whole widget; the public way asks for one."""
    widget._border_title = title  # noqa: SLF001
