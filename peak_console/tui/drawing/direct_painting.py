"""A few cells painted at once, without a frame.

Textual paints in frames, at most 30 a second: a frame draws every widget between the topmost and the lowest line that
has changed. For a column of countdowns that is twenty times the work of writing the cells, and a key waits for the next
frame. Where nothing else lies on the cells and no frame is due that would paint them, they are written straight to the
terminal, as that frame would have done; ``tests/terminal/test_cells.py`` compares both on a real terminal.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from textual.geometry import Region

from peak_console.tui import textual_private

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textual.app import App
    from textual.content import Content
    from textual.strip import Strip
    from textual.widget import Widget

    _Patch = tuple[int, int, Strip]
    """A part of a line, behind the column and the row of the screen where it starts."""

_GATHERED: ContextVar[list[_Patch] | None] = ContextVar("gathered", default=None)
"""Where to put what is to be written together."""


def refresh_cells(widget: Widget, regions: Iterable[Region]) -> None:
    """Show what regions of a widget's content say by now: at once where that is possible, else in the next frame.

    For widgets that draw their own lines, each cell in colours of its own.
    """
    stale = list(regions)
    if not stale:
        return
    patches = _patches(widget, stale) if _is_free(widget) else None
    if patches is None:
        widget.refresh(*stale)
        return
    offset = widget.content_offset
    textual_private.forget_lines(widget, (region.translate(offset) for region in stale))
    with _together(widget.app) as gathered:
        gathered.extend(patches)


def set_title(widget: Widget, title: Content) -> None:
    """Write another title on the upper edge of a widget, and paint that edge alone."""
    textual_private.change_border_title(widget, title)
    offset = widget.content_offset
    widget.refresh(Region(-offset.x, -offset.y, widget.outer_size.width, 1))


@contextmanager
def painted_together(app: App[Any]) -> Iterator[None]:
    """What is painted at once meanwhile is written in one go, so that no terminal shows half of it."""
    with _together(app):
        yield


@contextmanager
def _together(app: App[Any]) -> Iterator[list[_Patch]]:
    outer = _GATHERED.get()
    if outer is not None:
        yield outer
        return
    patches: list[_Patch] = []
    token = _GATHERED.set(patches)
    try:
        yield patches
    finally:
        _GATHERED.reset(token)
        if patches:
            textual_private.write_cells(app, patches)


def _is_free(widget: Widget) -> bool:
    """Whether no frame is due that would paint this widget, and its screen is the one that is seen."""
    app = widget.app
    if app.is_headless or not widget.is_attached or app.screen is not widget.screen:
        return False
    return not textual_private.is_frame_due(widget) and not widget.get_line_filters()


def _patches(widget: Widget, regions: list[Region]) -> list[_Patch] | None:
    """What to write; ``None`` where something else lies on any of it."""
    placed = textual_private.placement(widget)
    if placed is None:
        return None
    region, clip = placed
    content = region.shrink(widget.gutter)
    seen = content.intersection(clip)
    shown = [each.translate(content.offset).intersection(seen) for each in regions]
    lines = [Region(each.x, y, each.width, 1) for each in shown if each.area for y in each.line_range]
    if any(top is not widget for top in textual_private.topmost(widget, lines)):
        return None
    patches: list[_Patch] = []
    for line in lines:
        left = line.x - content.x
        patches.append((line.x, line.y, widget.render_line(line.y - content.y).crop(left, left + line.width)))
    return patches
