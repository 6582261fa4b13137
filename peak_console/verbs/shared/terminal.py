"""A run's output as a terminal may show it: two streams told apart, colours kept, everything else made harmless."""

from __future__ import annotations

import os
import re
from codecs import getincrementaldecoder

from peak_console.text import safe_lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MARK = "▌"
"""Stands before each line of stderr."""

_SGR = re.compile(r"(\x1b\[[0-9;:]{0,64}m)")
_RESET = re.compile(r"\x1b\[[0;:]*m")
_UNFINISHED = re.compile(r"(?:\x1b(?:\[[0-?]{0,64})?|\r)\Z")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")  # of how an emoji looks: not worth a mark in output
_OFF = "\x1b[0m"
_RED = "\x1b[31m"
_COLOURS_KEPT = 16
"""Of the colour sequences in force on one stream; a run that sets more without a reset loses the oldest."""


def has_colours() -> bool:
    """Whether the terminal is to be sent colours."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


class TerminalOutput:
    """Turns bytes of two streams into text for one terminal; ``end`` finishes it."""

    def __init__(self, write: Callable[[str], object], *, colours: bool, marked: bool) -> None:
        """``marked`` tells stderr apart by a mark before each line; without ``colours`` none are passed on."""
        self._write = write
        self._colours = colours
        self._streams = {"out": _Stream(""), "err": _Stream(self._mark() if marked else "")}
        self._last: _Stream | None = None
        self._at_line_start = True

    def _mark(self) -> str:
        return f"{_RED}{MARK}{_OFF} " if self._colours else f"{MARK} "

    def show(self, stream: str, data: bytes) -> None:
        """Show the next bytes of a stream."""
        into = self._streams[stream]
        self._put(into, into.decoded(data))

    def remark(self, text: str) -> None:
        """A line of our own between the output's lines."""
        self._leave_line()
        self._write(f"── {text} ──\n")

    def end(self) -> None:
        """Show what was held back as unfinished, and leave the terminal at the start of a line, without colour."""
        for stream in self._streams.values():
            self._put(stream, stream.decoded(b"", final=True))
        self._leave_line()

    def _leave_line(self) -> None:
        if self._last is not None and self._last.colours:
            self._write(_OFF)
        if not self._at_line_start:
            self._write("\n")
        self._at_line_start, self._last = True, None

    def _put(self, stream: _Stream, text: str) -> None:
        if not text:
            return
        if stream is not self._last:
            self._leave_line()
            self._last = stream
            self._write("".join(stream.colours))
        parts = []
        for number, part in enumerate(_SGR.split(text)):
            if number % 2:
                parts.append(stream.coloured(part) if self._colours else "")
            else:
                parts.append(self._marked(stream, _harmless(part)))
        self._write("".join(parts))

    def _marked(self, stream: _Stream, text: str) -> str:
        """``text`` with the stream's mark at the start of each line."""
        if not text:
            return ""
        start = stream.prefix() if self._at_line_start else ""
        self._at_line_start = text.endswith("\n")
        if not stream.mark:
            return start + text
        body = text[:-1].replace("\n", "\n" + stream.prefix())
        return start + body + text[-1]


class _Stream:
    """What one stream has under way."""

    def __init__(self, mark: str) -> None:
        self.mark = mark
        self.colours: list[str] = []
        """The sequences in force since its last reset."""
        self._decoder = getincrementaldecoder("utf-8")("replace")
        self._held = ""

    def decoded(self, data: bytes, *, final: bool = False) -> str:
        """The text so far, less what the next bytes may complete: a character, a sequence, a line break."""
        text = self._held + self._decoder.decode(data, final)
        unfinished = None if final else _UNFINISHED.search(text)
        cut = unfinished.start() if unfinished else len(text)
        self._held = text[cut:]
        return text[:cut]

    def coloured(self, sequence: str) -> str:
        if _RESET.fullmatch(sequence):
            self.colours.clear()
        else:
            self.colours = [*self.colours[1 - _COLOURS_KEPT :], sequence]
        return sequence

    def prefix(self) -> str:
        """The mark, which stands outside the stream's colours."""
        if not self.mark or not self.colours:
            return self.mark
        return _OFF + self.mark + "".join(self.colours)


def _harmless(text: str) -> str:
    if not text.isascii():
        text = _SELECTORS.sub("", text)
    return "\t".join(map(safe_lines, text.split("\t")))
