"""Pastes as terminals send them, in any pieces, with and without their ends."""

from __future__ import annotations

import os
import threading
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._xterm_parser import XTermParser

from peak_console.tui.terminal.listening import listen
from peak_console.tui.terminal.pastes import END, MAX_CHARACTERS, SILENCE_SECONDS, START, Pastes

if TYPE_CHECKING:
    from textual.message import Message


class Operator:
    """Somebody at a terminal; ``got`` is what the console makes of it."""

    def __init__(self) -> None:
        self._pastes, self._parser = Pastes(), XTermParser()
        self._now = 0.0
        self.got: list[str] = []

    def sends(self, *pieces: str) -> Operator:
        for piece in pieces:
            self._parse(self._pastes.take(piece, self._now))
        return self

    def waits(self, seconds: float) -> Operator:
        self._now += seconds
        self._parse(self._pastes.tick(self._now))
        return self

    def _parse(self, text: str) -> None:
        for message in self._parser.feed(text) if text else ():
            if isinstance(message, events.Key):
                self.got.append(message.key)
            elif isinstance(message, events.Paste):
                self.got.append(f"<{message.text}>")


@given(st.text("rq x\x1b[20m\n", max_size=30), st.lists(st.integers(0, 50), max_size=6))
def test_a_paste_is_one_in_whatever_pieces_it_comes_and_presses_no_key(pasted: str, cuts: list[int]) -> None:
    pasted = pasted.replace(END, "").replace(START, "")
    sent = START + pasted + "r" + END + "d"
    edges = sorted({0, len(sent), *(min(cut, len(sent)) for cut in cuts)})
    operator = Operator().sends(*(sent[start:end] for start, end in pairwise(edges)))
    assert operator.got == [f"<{pasted}r>".replace("\x1b", ""), "d"]


def test_a_paste_comes_with_what_stands_around_it() -> None:
    operator = Operator().sends(f"a{START}one{END}b{START}two{END}")
    assert operator.got == ["a", "<one>", "b", "<two>"]


@pytest.mark.parametrize("cut", range(1, len(START)))
def test_a_mark_may_come_in_two_pieces(cut: int) -> None:
    operator = Operator().sends(START[:cut], START[cut:], "text", END[:cut], END[cut:], "x")
    assert operator.got == ["<text>", "x"]


def test_escape_characters_in_a_paste_press_no_keys() -> None:
    assert Operator().sends(f"{START}a\x1b[31mrrrr{'r' * 40}\x1bq{END}").got == [f"<a[31mrrrr{'r' * 40}q>"]


def test_after_some_silence_a_paste_without_an_end_is_ended_and_keys_are_keys_again() -> None:
    operator = Operator().sends(START + "text").waits(SILENCE_SECONDS - 0.1)
    assert operator.got == []
    assert operator.waits(0.2).sends("r").sends("qq").got == ["<text>", "r", "q", "q"]


@pytest.mark.parametrize("key", ["\x03", "\x1b[99;5u"])
def test_ctrl_c_ends_it_at_once(key: str) -> None:
    assert Operator().sends(START + "text").sends(key).got == ["<text>", "ctrl+c"]


def test_what_a_slow_connection_brings_of_a_paste_that_was_cut_is_no_key() -> None:
    operator = Operator().sends(START + "one").waits(5).sends("rrr", "rr").waits(5).sends(f"rx{END}q")
    assert operator.got == ["<one>", "<rrr>", "<rr>", "<rx>", "q"]


def test_a_new_paste_may_begin_where_one_was_cut() -> None:
    assert Operator().sends(START + "one").waits(5).sends(f"{START}two{END}", "q").got == ["<one>", "<two>", "q"]


def test_the_mouse_neither_keeps_a_paste_open_nor_is_part_of_it() -> None:
    operator = Operator().sends(START + "one")
    for _ in range(20):
        operator.sends("\x1b[<35;10;10M").waits(SILENCE_SECONDS / 10)
    assert operator.sends("r").got == ["<one>", "r"]


def test_a_paste_has_a_bound() -> None:
    operator = Operator().sends(START, *["x" * 4096] * 300, END, "q")
    assert [len(each) for each in operator.got] == [MAX_CHARACTERS + 2, 1]


def test_bytes_that_are_no_text_end_nothing() -> None:
    reading, writing = os.pipe()
    ended, got = threading.Event(), list["Message"]()
    os.write(writing, b"\xff\xfea\xc3")
    os.close(writing)

    def take(message: Message) -> None:
        got.append(message)
        if len(got) == 3:
            ended.set()

    listen(reading, ended, take)
    os.close(reading)
    assert [message.character for message in got if isinstance(message, events.Key)] == ["\ufffd", "\ufffd", "a"]
