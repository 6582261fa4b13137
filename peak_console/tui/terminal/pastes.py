"""What comes from the terminal, with each paste held together and none without an end.

A terminal marks where a paste begins and where it ends. A connection may lose the second mark; a parser that waits for
it takes every later key for more of the paste, Ctrl+C included. Pure: times are handed in.
"""

from __future__ import annotations

import re
from enum import Enum, auto

START, END = "\x1b[200~", "\x1b[201~"
SILENCE_SECONDS = 1.0
"""A paste that has brought nothing for this time has lost its end."""
MAX_CHARACTERS = 1_000_000
"""What a paste brings beyond this is dropped."""

_INTERRUPTS = {"\x03", "\x1b[99;5u"}
"""Ctrl+C, in the usual way and in that of the Kitty protocol."""
_MARK = re.compile(f"{re.escape(START)}|{re.escape(END)}")
_ONE_KEY = re.compile(r"\x1b?(?:\[[0-?]*[ -/]*[@-~]|O.|.)|\x1b", re.DOTALL)
_REPORTS = re.compile(r"(?:\x1b\[<[\d;-]*[Mm]|\x1b\[[IO])+")
"""Reports of the mouse and of the focus are part of no paste: moving the mouse must not keep a paste open."""


class _State(Enum):
    KEYS = auto()
    """No paste is under way."""
    PASTE = auto()
    """A paste has begun and has not ended."""
    CUT = auto()
    """A paste was ended here, for want of its end: what comes is the rest of it until it is one key alone."""


class Pastes:
    """Takes what is read from the terminal, and gives what a parser should read instead.

    A paste reaches the parser with its end, without escape characters: these would be taken for keys.
    """

    def __init__(self) -> None:
        self._state = _State.KEYS
        self._tail = ""
        """The last keys, which may be the first part of a mark."""
        self._pasted = ""
        self._heard_at = 0.0

    def take(self, text: str, now: float) -> str:
        """What the parser should read after the terminal has sent ``text``, as it came in one piece."""
        if self._state is _State.KEYS:
            return self._keys(text, now)
        if self._state is _State.CUT:
            return self._rest(text, now)
        if text in _INTERRUPTS:
            return self._cut() + text
        if _REPORTS.fullmatch(text):
            return ""
        return self._paste(text, now)

    def tick(self, now: float) -> str:
        """What the parser should read now that the terminal is silent: the end of a paste that has lost its own."""
        if self._state is _State.PASTE and now - self._heard_at >= SILENCE_SECONDS:
            return self._cut()
        return ""

    def _keys(self, text: str, now: float) -> str:
        seen = self._tail + text
        position = seen.find(START)
        if position < 0:
            self._tail = seen[1 - len(START) :]
            return text
        self._state, self._tail, self._pasted = _State.PASTE, "", ""
        start = position + len(START)
        return seen[len(seen) - len(text) : start] + self._paste(seen[start:], now)

    def _paste(self, text: str, now: float) -> str:
        self._heard_at = now
        known = len(self._pasted)
        self._pasted += text
        end = self._pasted.find(END, max(0, known - len(END)))
        if end < 0:
            self._pasted = self._pasted[:MAX_CHARACTERS] + self._pasted[MAX_CHARACTERS:][1 - len(END) :]
            return ""
        pasted, rest = self._pasted[:end], self._pasted[end + len(END) :]
        self._state, self._pasted = _State.KEYS, ""
        return _harmless(pasted) + END + self._keys(rest, now)

    def _cut(self) -> str:
        pasted, self._pasted = self._pasted, ""
        self._state = _State.CUT
        return _harmless(pasted) + END

    def _rest(self, text: str, now: float) -> str:
        """What comes after a paste that was cut: perhaps more of it, which must not be taken for keys."""
        if _REPORTS.fullmatch(text):
            return text
        if mark := _MARK.search(text):
            before, after = text[: mark.start()], text[mark.start() :].removeprefix(END)
        elif _ONE_KEY.fullmatch(text):
            before, after = "", text
        else:
            return START + _harmless(text) + END
        self._state = _State.KEYS
        pasted = START + _harmless(before) + END if before else ""
        return pasted + self._keys(after, now)


def _harmless(pasted: str) -> str:
    return pasted[:MAX_CHARACTERS].replace("\x1b", "")
