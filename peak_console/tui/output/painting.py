"""A row of output as a strip of styled cells: time, stream, text, scrollbar."""

from __future__ import annotations

from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from peak_console.tui.output.ansi import BOLD, DEFAULT, DIM, ITALIC, PLAIN, REVERSE, RGB, STRIKE, UNDERLINE, StyledText
from peak_console.tui.output.files import ERR
from peak_console.tui.output.window import CURRENT, MATCH, QUIET
from peak_console.tui.output.words import STAMP_CELLS, stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from textual.geometry import Size

    from peak_console.tui.output.ansi import TextStyle
    from peak_console.tui.output.window import OutputWindow, Row

STYLES = ("text", "stderr", "bar", "time", "quiet", "match", "current", "thumb", "success", "warning", "error")
BAR = "▌"
THUMB = "▐"
BAR_CELLS = THUMB_CELLS = 1
TIME_CELLS = STAMP_CELLS + 1
_MAX_STYLES = 4096


class OutputPainter:
    """Knows the theme's styles and how a program's own colours go on top of them."""

    def __init__(self, styles: Mapping[str, Style]) -> None:
        self._styles = styles
        self._styles_of: dict[tuple[str, TextStyle], Style] = {}

    def sentence(self, text: str, size: Size) -> list[Strip]:
        """A screen with nothing but a sentence in its middle."""
        blank = Strip.blank(size.width, self._styles["text"])
        shown = Segment(f"{text:^{size.width}}", self._styles["quiet"])
        above = max(0, size.height // 2 - 1)
        return [*[blank] * above, Strip([shown]).crop(0, size.width), *[blank] * (size.height - above)]

    def window(self, window: OutputWindow, size: Size, zone: tzinfo | None, final_style: str) -> list[Strip]:
        """A screen of output, which fits the window to its size; ``zone``: the one of the times, if they are shown."""
        window.width = size.width - BAR_CELLS - THUMB_CELLS - (0 if zone is None else TIME_CELLS)
        window.height = size.height
        low, high = window.thumb()
        strips = [
            self._certain_strip(row, size.width, zone, final_style, thumb=low <= y < high)
            for y, row in enumerate(window.rows())
        ]
        blank = Strip.blank(size.width, self._styles["text"])
        return strips + [blank] * (size.height - len(strips))

    def _certain_strip(self, row: Row, width: int, zone: tzinfo | None, final_style: str, *, thumb: bool) -> Strip:
        """The row; without its colours where these cannot be drawn, so that one line costs the others nothing."""
        try:
            return self.strip(row, width, zone, final_style, thumb=thumb)
        except Exception:  # noqa: BLE001 - what a program prints must never end the console that shows it
            plain = [StyledText(text, PLAIN) for text, _style in row.pieces]
            return self.strip(row._replace(pieces=plain), width, zone, final_style, thumb=thumb)

    def strip(self, row: Row, width: int, zone: tzinfo | None, final_style: str, *, thumb: bool) -> Strip:
        """The row, ``width`` cells wide; ``zone``: the one of its time, or ``None`` for no times."""
        styles = self._styles
        segments: list[Segment] = []
        cells = THUMB_CELLS
        if row.line is None:
            base = final_style
        else:
            is_error = row.line.stream == ERR and not row.line.dropped
            base = "stderr" if is_error else "text"
            if zone is not None:
                at = row.line.at if row.row == 0 else None
                segments.append(Segment(f"{stamp(at, zone)} " if at is not None else " " * TIME_CELLS, styles["time"]))
                cells += TIME_CELLS
            segments.append(Segment(BAR if is_error else " ", styles["bar"]))
            cells += BAR_CELLS
        for text, text_style in row.pieces:
            segments.append(Segment(text, styles[base] if text_style is PLAIN else self._style(base, text_style)))
            cells += cell_len(text)
        if cells < width:
            segments.append(Segment(" " * (width - cells), styles["text"]))
            cells = width
        segments.append(Segment(THUMB if thumb else " ", styles["thumb"]))
        strip = Strip(segments, cells)
        return strip if cells == width else strip.crop(0, width)

    def _style(self, base: str, text_style: TextStyle) -> Style:
        style = self._styles_of.get((base, text_style))
        if style is None:
            if len(self._styles_of) >= _MAX_STYLES:
                self._styles_of.clear()
            style = self._styles_of[base, text_style] = self._made(base, text_style)
        return style

    def _made(self, base: str, text_style: TextStyle) -> Style:
        attributes = text_style.attributes
        if attributes & QUIET:
            style = self._styles["quiet"]
        else:
            style = self._styles[base] + Style(
                color=_colour(text_style.colour),
                bgcolor=_colour(text_style.background),
                bold=attributes & BOLD > 0 or None,
                dim=attributes & DIM > 0 or None,
                italic=attributes & ITALIC > 0 or None,
                underline=attributes & UNDERLINE > 0 or None,
                reverse=attributes & REVERSE > 0 or None,
                strike=attributes & STRIKE > 0 or None,
            )
        if attributes & (MATCH | CURRENT):
            style += Style(reverse=False) + self._styles["current" if attributes & CURRENT else "match"]
        return style


def _colour(colour: int) -> Color | None:
    if colour == DEFAULT:
        return None
    if colour & RGB:
        return Color.from_rgb(colour >> 16 & 255, colour >> 8 & 255, colour & 255)
    return Color.from_ansi(colour)
