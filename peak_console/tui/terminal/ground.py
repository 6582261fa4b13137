"""Whether the operator's terminal has a light background: it is asked (OSC 11), before anything is drawn.

Only for terminals of few colours, whose own background shows: every other theme brings its own.
"""

from __future__ import annotations

import os
import re
import select
import termios
import time
import tty
from contextlib import suppress

ANSWER_SECONDS = 1.0
"""How long a terminal may take. All answer the second question at once, also those that do not know the first."""
QUESTIONS = b"\x1b]11;?\x1b\\\x1b[c"
"""What the background is; what the terminal is."""
_PART = rb"([0-9a-fA-F]{1,4})"
_COLOUR = re.compile(rb"\x1b\]11;rgba?:%b/%b/%b[^\x07\x1b]*(?:\x07|\x1b\\)" % (_PART, _PART, _PART))
_KIND = re.compile(rb"\x1b\[\?[\d;]*c")
_LIGHT = 0.5


class Ground:
    """What lies behind the screen, and what was typed while the terminal was asked."""

    def __init__(self, fd: int) -> None:
        """``fd`` is the terminal, open for reading and writing."""
        self._fd = fd
        self.typed = b""
        """Keys that came before the answers: they are the operator's."""

    def is_light(self) -> bool:
        """Ask; ``False`` where the terminal does not tell."""
        try:
            modes = termios.tcgetattr(self._fd)
            tty.setcbreak(self._fd, termios.TCSANOW)
        except termios.error:
            return False
        try:
            os.write(self._fd, QUESTIONS)
            return self._answer()
        except OSError:
            return False
        finally:
            with suppress(termios.error):
                termios.tcsetattr(self._fd, termios.TCSANOW, modes)

    def _answer(self) -> bool:
        come, deadline = b"", time.monotonic() + ANSWER_SECONDS
        while _KIND.search(come) is None and (left := deadline - time.monotonic()) > 0:
            if select.select([self._fd], [], [], left)[0]:
                data = os.read(self._fd, 4096)
                if not data:
                    break
                come += data
        self.typed += without_answers(come)
        return is_light(come)


def is_light(answer: bytes) -> bool:
    """Whether an answer names a light colour, by the brightness that people see (ITU-R BT.601)."""
    found = _COLOUR.search(answer)
    if found is None:
        return False
    red, green, blue = (int(part, 16) / int(b"f" * len(part), 16) for part in found.groups())
    return bool(0.299 * red + 0.587 * green + 0.114 * blue > _LIGHT)


def without_answers(come: bytes) -> bytes:
    """What has come but for a terminal's answers: they are no keys, however late they come."""
    return _KIND.sub(b"", _COLOUR.sub(b"", come)) if b"\x1b" in come else come
