"""Reads what the operator's terminal sends: keys, pastes, reports of the mouse."""

from __future__ import annotations

import os
import select
from codecs import getincrementaldecoder
from time import monotonic
from typing import TYPE_CHECKING

from peak_console.tui.terminal.ground import without_answers
from peak_console.tui.terminal.pastes import Pastes
from peak_console.tui.textual_private import XTermParser

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from textual.message import Message

LOOK_SECONDS = 0.1
_CHUNK_BYTES = 4096


def listen(fd: int, ended: threading.Event, hand_over: Callable[[Message], None], typed: bytes = b"") -> None:
    """Hand over what was ``typed`` before, what comes until ``ended`` is set, and what has come by then.

    Bytes that are not UTF-8 are U+FFFD: nothing that a terminal sends may end the program.
    """
    parser, pastes = XTermParser(), Pastes()
    decode = getincrementaldecoder("utf-8")("replace").decode

    def read_once() -> None:
        ready = select.select([fd], [], [], LOOK_SECONDS)[0]
        take(without_answers(_read(fd, ended)) if ready else b"")

    def take(data: bytes) -> None:
        text = decode(data)
        text = pastes.take(text, monotonic()) if text else pastes.tick(monotonic())
        if text:  # to the parser, an empty text is the end of everything
            for message in parser.feed(text):
                hand_over(message)
        for message in parser.tick():
            hand_over(message)

    take(typed)
    while not ended.is_set():
        read_once()
    read_once()


def _read(fd: int, ended: threading.Event) -> bytes:
    """What has come; nothing, after a moment, from a terminal that has hung up: its loss is noticed elsewhere."""
    try:
        data = os.read(fd, _CHUNK_BYTES)
    except OSError:
        data = b""
    if not data:
        ended.wait(LOOK_SECONDS)
    return data
