"""One line of a program's output as text that any terminal can show, with its colours.

Of all that a program can send, only text and its looks (SGR: colours, bold, …) come through. Every other escape
sequence is dropped; control, bidirectional and zero-width characters become U+FFFD, so that nothing is there unseen.
Looks do not reach from one line into the next: any line can be drawn without those before it.
Time is linear in the bytes given, whatever they are.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from rich.cells import cell_len

from peak_console.text import REPLACEMENT, safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CELLS = 4_000
"""A line is shown up to here; what lies beyond is only counted."""
MAX_BYTES = 16 * 1024
"""More of a line is never looked at."""
TAB_CELLS = 8
_MAX_SGR = 128
_MAX_MARKS = 4
_MANY_PIECES = 40
"""A line that changes its style more often gets by with 216 colours, so that more neighbours have the same one."""
_MAX_PIECES = 96
"""A line that changes its style still more often keeps the last one. Drawing takes time for each piece."""

_SGR = re.compile(r"\x1b\[([0-9;:]*+)m")
# What text.safe drops as well, sequences that are complete or a lone ESC, but for SGR. As many at once as there are.
_DROPPED = re.compile(
    r"(?:\x1b(?!\[[0-9;:]*+m)(?:\[[0-?]*+[ -/]*+[@-~]"
    r"|[\]PX^_][^\x07\x1b\n]*+(?:\x07|\x1b\\)"
    r"|[ -/]++[0-~]"
    r"|[0-OQ-WYZ\\`-~]"
    r"|))++"
)
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # terminals disagree about their effect on width

BOLD, DIM, ITALIC, UNDERLINE, REVERSE, STRIKE = 1, 2, 4, 8, 16, 32
DEFAULT = -1
UNKNOWN = -1
"""Stands for a parameter that is not a number which a terminal knows."""
RGB = 1 << 24
"""Set in a colour that is 24-bit RGB; else it is an index into the palette of 256."""


class TextStyle(NamedTuple):
    """Colours and attributes of some text."""

    colour: int = DEFAULT
    background: int = DEFAULT
    attributes: int = 0


class StyledText(NamedTuple):
    """Text that looks the same throughout."""

    text: str
    style: TextStyle


class ShownLine(NamedTuple):
    """A line ready to be drawn."""

    pieces: list[StyledText]
    cells: int
    """The width of all pieces together."""
    more: int
    """How many bytes of the line are not shown, about."""


PLAIN = TextStyle()
EMPTY = ShownLine([], 0, 0)


def shown_line(data: bytes, length: int | None = None, max_cells: int = MAX_CELLS) -> ShownLine:
    """The line that ``data`` starts with, without its line end; ``length``: its bytes in all, when ``data`` is less.

    A carriage return starts the line again: of a progress bar, its last state is shown. Raises nothing: a line whose
    colours cannot be made out is shown without colours.
    """
    length = len(data) if length is None else length
    try:
        return _coloured_line(data, length, max_cells)
    except Exception:  # noqa: BLE001 - what a program prints must never end the console that shows it
        return _plain_line(data, length, max_cells)


def _plain_line(data: bytes, length: int, max_cells: int) -> ShownLine:
    """The line in one style, and in ASCII: the simplest code there is, for a line that the other code fails on."""
    text = data[: min(MAX_BYTES, max_cells)].decode("ascii", "replace")
    text = "".join(character if character.isprintable() else REPLACEMENT for character in text)
    return ShownLine([StyledText(text, PLAIN)] if text else [], len(text), length - min(length, MAX_BYTES, max_cells))


def _coloured_line(data: bytes, length: int, max_cells: int) -> ShownLine:
    text = data[:MAX_BYTES].rstrip(b"\r").decode("utf-8", "replace")
    if len(text) <= max_cells and length == len(data) and text.isascii() and text.isprintable():
        return ShownLine([StyledText(text, PLAIN)], len(text), 0) if text else EMPTY
    text = _DROPPED.sub("", text)
    style, start = PLAIN, text.rfind("\r") + 1
    for match in _SGR.finditer(text, 0, start):
        style = _restyled(style, match[1])
    line = _Line(max_cells)
    position = start
    for match in _SGR.finditer(text, start):
        if not line.add(text[position : match.start()], style):
            break
        position = match.end()
        style = _restyled(style, match[1])
    else:
        if line.add(text[position:], style):
            return ShownLine(line.pieces, line.cells, max(0, length - MAX_BYTES))
    consumed = len(text[: position + line.taken].encode())
    return ShownLine(line.pieces, line.cells, max(1, length - consumed))


class _Line:
    """Gathers pieces up to a width."""

    __slots__ = ("_coarse", "_max_cells", "cells", "pieces", "taken")

    def __init__(self, max_cells: int) -> None:
        self._max_cells = max_cells
        self._coarse = False
        self.pieces: list[StyledText] = []
        self.cells = 0
        self.taken = 0
        """How many characters of the piece that did not fit are shown."""

    def add(self, text: str, style: TextStyle) -> bool:
        """Take ``text``; ``False`` once the line is full."""
        if not text:
            return True
        room = self._max_cells - self.cells
        self.taken = min(len(text), room)
        fits = self.taken == len(text)
        text = _visible(text[: self.taken], self.cells)
        cells = cell_len(text)
        if cells > room:
            text, fits = fitting(text, room), False
            cells = cell_len(text)
            self.taken = len(text)
        if text:
            self._append(text, style)
            self.cells += cells
        return fits

    def _append(self, text: str, style: TextStyle) -> None:
        if len(self.pieces) == _MANY_PIECES and not self._coarse:
            self._coarse = True
            before, self.pieces = self.pieces, []
            for piece in before:
                self._append(*piece)
        if self._coarse:
            style = _coarse(style)
        last = self.pieces[-1] if self.pieces else None
        if last is not None and (last.style == style or len(self.pieces) == _MAX_PIECES):
            self.pieces[-1] = StyledText(last.text + text, last.style)
        else:
            self.pieces.append(StyledText(text, style))


@lru_cache(4096)
def _coarse(style: TextStyle) -> TextStyle:
    """``style`` in the colour cube of the 256-colour palette."""
    return TextStyle(_in_cube(style.colour), _in_cube(style.background), style.attributes)


def _in_cube(colour: int) -> int:
    if colour == DEFAULT or not colour & RGB:
        return colour
    red, green, blue = ((colour >> shift & 255) * 5 // 255 for shift in (16, 8, 0))
    return 16 + 36 * red + 6 * green + blue


def _visible(text: str, column: int) -> str:
    """``text``, which stands at ``column``, with tabs as spaces and nothing unseen."""
    if "\t" in text:
        text = _untabbed(text, column)
    if not text.isascii():
        text = _SELECTORS.sub("", text)
    text = safe(text)
    return text if text.isascii() else _tamed(text)


def _untabbed(text: str, column: int) -> str:
    *before, last = text.split("\t")
    parts: list[str] = []
    for part in before:
        column += cell_len(part)
        blanks = TAB_CELLS - column % TAB_CELLS
        column += blanks
        parts += (part, " " * blanks)
    parts.append(last)
    return "".join(parts)


def _tamed(text: str) -> str:
    """``text`` without a mark at its start, where it would join what stands before, and without towers of marks."""
    if all(map(cell_len, text)):
        return text
    marks = _MAX_MARKS
    kept: list[str] = []
    for character in text:
        marks = 0 if cell_len(character) else marks + 1
        if marks <= _MAX_MARKS:
            kept.append(character)
        elif not kept:
            kept.append(REPLACEMENT)
    return "".join(kept)


def fitting(text: str, cells: int) -> str:
    """The longest start of ``text`` that is at most ``cells`` wide."""
    if text.isascii():
        return text[:cells]
    used = 0
    for index, character in enumerate(text):
        used += cell_len(character)
        if used > cells:
            return text[:index]
    return text


def _restyled(style: TextStyle, parameters: str) -> TextStyle:
    """``style`` after an SGR sequence with these parameters; unknown ones and too many change nothing."""
    return _known(style, parameters) if len(parameters) <= _MAX_SGR else style


@lru_cache(4096)
def _known(style: TextStyle, parameters: str) -> TextStyle:
    codes = iter(parameters.split(";"))
    for code in codes:
        if ":" in code:
            style = _with_subparameters(style, code.split(":"))
        else:
            number = _number(code)
            style = _with_colour(style, number, codes) if number in _COLOURS else _with_code(style, number)
    return style


_ADD = {1: BOLD, 2: DIM, 3: ITALIC, 4: UNDERLINE, 7: REVERSE, 9: STRIKE, 21: UNDERLINE}
_REMOVE = {22: BOLD | DIM, 23: ITALIC, 24: UNDERLINE, 27: REVERSE, 29: STRIKE}
_COLOURS = {38, 48, 58}
"""Text, background, underline: the codes that a colour's numbers follow."""
_ARGUMENTS = {5: 1, 2: 3}
"""How many numbers a colour has, by its kind: one of the palette, or red, green, blue."""


def _with_code(style: TextStyle, code: int) -> TextStyle:
    """Neither blinking (the screen is calm) nor concealment (nothing is unseen) is followed."""
    colour, background, attributes = style
    if code == 0:
        return PLAIN
    if code in _ADD:
        return TextStyle(colour, background, attributes | _ADD[code])
    if code in _REMOVE:
        return TextStyle(colour, background, attributes & ~_REMOVE[code])
    tens, unit = divmod(code, 10)
    if unit < 8 and tens in {3, 9}:
        return TextStyle(unit + (8 if tens == 9 else 0), background, attributes)
    if unit < 8 and tens in {4, 10}:
        return TextStyle(colour, unit + (8 if tens == 10 else 0), attributes)
    if code == 39:
        return TextStyle(DEFAULT, background, attributes)
    if code == 49:
        return TextStyle(colour, DEFAULT, attributes)
    return style


def _with_colour(style: TextStyle, code: int, rest: Iterator[str]) -> TextStyle:
    """``38;5;n`` and ``38;2;r;g;b``; takes its arguments from ``rest``."""
    kind = _number(next(rest, ""))
    return _coloured(style, code, kind, [_number(value) for value in islice(rest, _ARGUMENTS.get(kind, 0))])


def _with_subparameters(style: TextStyle, parts: list[str]) -> TextStyle:
    """``38:5:n``, ``38:2:r:g:b``, ``38:2:space:r:g:b`` and ``4:3`` (an underline's kind)."""
    code = _number(parts[0])
    if code == 4:
        return _with_code(style, 24 if _number(parts[1]) == 0 else 4)
    if code not in _COLOURS:
        return style
    kind = _number(parts[1])
    values = parts[3:6] if kind == 2 and len(parts) >= 6 else parts[2 : 2 + _ARGUMENTS.get(kind, 0)]
    return _coloured(style, code, kind, [_number(value) for value in values])


def _coloured(style: TextStyle, code: int, kind: int, values: list[int]) -> TextStyle:
    if any(not 0 <= value <= 255 for value in values):
        return style
    if kind == 5 and len(values) == 1:
        colour = values[0]
    elif kind == 2 and len(values) == 3:
        colour = RGB | values[0] << 16 | values[1] << 8 | values[2]
    else:
        return style
    if code == 38:
        return style._replace(colour=colour)
    return style._replace(background=colour) if code == 48 else style


def _number(text: str) -> int:
    """A parameter's value; a missing one is 0, as terminals take it; any other that is no short number is unknown."""
    if not text:
        return 0
    return int(text) if len(text) <= 4 and text.isdecimal() else UNKNOWN
