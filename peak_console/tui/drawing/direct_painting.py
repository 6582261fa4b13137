"""A few cells painted at once, without a frame.

Textual paints in frames: whatever is stale is put together anew, widget by widget, from all that lies between the
topmost and the lowest of it, at most so many times a second. For a column of countdowns that is twenty times the work
of writing them, and a key waits for the next frame. Where nothing else lies on the cells and no frame is due that would
paint them, they are written straight to the terminal, as that frame would have done.

This reaches into Textual, whose version is pinned; ``tests/terminal/test_cells.py`` compares both on a real terminal.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from rich.control import Control
from textual._compositor import CompositorUpdate
from textual.geometry import Region

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.console import Console, ConsoleOptions, RenderResult
    from textual.app import App
    from textual.content import Content
    from textual.strip import Strip
    from textual.widget import Widget

    _Piece = tuple[int, int, Strip]
    """A part of a line, behind the column and the row of the screen where it starts."""

_GATHERED: ContextVar[list[_Piece] | None] = ContextVar("gathered", default=None)
"""Where to put what is to be written together."""


def refresh_cells(widget: Widget, regions: Iterable[Region]) -> None:
    """Show what regions of a widget's content say by now: at once where that is possible, else in the next frame.

    For widgets that draw their own lines, each cell in colours of its own.
    """
    stale = list(regions)
    if not stale:
        return
    update = _pieces(widget, stale) if _is_free(widget) else None
    if update is None:
        widget.refresh(*stale)
        return
    offset = widget.content_offset
    # What is kept of these lines for the next frame is stale.
    widget._styles_cache.set_dirty(*(region.translate(offset) for region in stale))  # noqa: SLF001
    with _together(widget.app) as gathered:
        gathered.extend(update)


def set_title(widget: Widget, title: Content) -> None:
    """Write another title on the upper edge of a widget; Textual paints the whole widget anew for that."""
    widget._border_title = title  # noqa: SLF001
    offset = widget.content_offset
    widget.refresh(Region(-offset.x, -offset.y, widget.outer_size.width, 1))


@contextmanager
def painted_together(app: App[Any]) -> Iterator[None]:
    """What is painted at once meanwhile is written in one go, so that no terminal shows half of it."""
    with _together(app):
        yield


@contextmanager
def _together(app: App[Any]) -> Iterator[list[_Piece]]:
    outer = _GATHERED.get()
    if outer is not None:
        yield outer
        return
    pieces: list[_Piece] = []
    token = _GATHERED.set(pieces)
    try:
        yield pieces
    finally:
        _GATHERED.reset(token)
        if pieces:
            app._display(app.screen, _CellsUpdate(pieces))  # noqa: SLF001


class _CellsUpdate(CompositorUpdate):
    def __init__(self, pieces: list[_Piece]) -> None:
        self._pieces = pieces

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for x, y, strip in self._pieces:
            yield Control.move_to(x, y)
            yield from strip

    def render_segments(self, console: Console) -> str:
        return "".join(f"\x1b[{y + 1};{x + 1}H{strip.render(console)}" for x, y, strip in self._pieces)


def _is_free(widget: Widget) -> bool:
    """Whether nothing is due to be painted that would paint this widget, and its screen is the one that is seen."""
    app = widget.app
    if app.is_headless or not widget.is_attached or app._batch_count or app.screen is not widget.screen:  # noqa: SLF001
        return False
    screen = widget.screen
    waiting = (
        screen._layout_required,  # noqa: SLF001
        screen._scroll_required,  # noqa: SLF001
        screen._repaint_required,  # noqa: SLF001
        widget._repaint_required,  # noqa: SLF001
        widget._repaint_regions,  # noqa: SLF001
        widget in screen._dirty_widgets,  # noqa: SLF001
    )
    return not any(waiting) and not widget.get_line_filters()


def _pieces(widget: Widget, regions: list[Region]) -> list[_Piece] | None:
    """What to write; ``None`` where something else lies on any of it."""
    compositor = widget.screen._compositor  # noqa: SLF001
    placed = compositor.visible_widgets.get(widget)
    if placed is None:
        return None
    region, clip = placed
    content = region.shrink(widget.gutter)
    seen = content.intersection(clip)
    layers = compositor.layers_visible
    pieces: list[_Piece] = []
    for each in regions:
        shown = each.translate(content.offset).intersection(seen)
        if not shown.area:
            continue
        for y in shown.line_range:
            line = Region(shown.x, y, shown.width, 1)
            top = next((widget for widget, cropped, _ in layers[y] if cropped.overlaps(line)), None)
            if top is not widget:
                return None
            left = shown.x - content.x
            strip = widget.render_line(y - content.y).crop(left, left + shown.width)
            pieces.append((shown.x, y, strip))
    return pieces
