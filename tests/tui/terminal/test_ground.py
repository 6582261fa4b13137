"""Asking a terminal for its background: answers of all kinds, none, and keys that are typed meanwhile."""

from __future__ import annotations

import os
import pty
import threading
from typing import TYPE_CHECKING

import pytest

from peak_console.tui.terminal import ground
from peak_console.tui.terminal.ground import QUESTIONS, Ground, is_light, without_answers

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND = b"\x1b[?62;22c"


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    master, slave = pty.openpty()
    yield master, slave
    os.close(master)
    os.close(slave)


def answering(master: int, answer: bytes) -> threading.Thread:
    def answer_once() -> None:
        asked = b""
        while not asked.endswith(QUESTIONS):
            asked += os.read(master, 100)
        os.write(master, answer)

    thread = threading.Thread(target=answer_once)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("answer", "light", "typed"),
    [
        (b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\" + KIND, True, b""),
        (b"\x1b]11;rgb:fd/f6/e3\x07" + KIND, True, b""),
        (b"\x1b]11;rgb:0000/2b2b/3636\x1b\\" + KIND, False, b""),
        (b"\x1b]11;rgba:ffff/ffff/ffff/ffff\x1b\\" + KIND, True, b""),
        (KIND, False, b""),
        (b"q\x1b]11;rgb:f/f/f\x07j" + KIND + b"k", True, b"qjk"),
    ],
)
def test_an_answer_tells_and_keys_are_kept(ends: tuple[int, int], answer: bytes, light: bool, typed: bytes) -> None:
    master, slave = ends
    thread = answering(master, answer)
    asked = Ground(slave)
    assert asked.is_light() is light
    thread.join()
    assert asked.typed == typed


def test_a_terminal_that_says_nothing_is_dark(ends: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ground, "ANSWER_SECONDS", 0.01)
    assert Ground(ends[1]).is_light() is False


def test_what_is_no_terminal_is_dark() -> None:
    with open(os.devnull, "rb") as file:
        assert Ground(file.fileno()).is_light() is False


def test_late_answers_are_no_keys() -> None:
    assert without_answers(b"r\x1b]11;rgb:ffff/ffff/ffff\x1b\\" + KIND + b"x\x1b[A") == b"rx\x1b[A"
    assert not is_light(b"\x1b]11;rgb:zz/zz/zz\x07")
