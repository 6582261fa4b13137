"""The machine's clock, as far as the engine waits on it."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from peak_console.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 0.0004, 0.003, 0.05])
def test_a_wait_for_nothing_lasts_as_long_as_it_was_asked_to(pipe: tuple[int, int], seconds: float) -> None:
    began = time.monotonic()
    SystemClock().wait([pipe[0]], seconds)
    assert time.monotonic() - began >= seconds


@pytest.mark.parametrize("seconds", [0.01, 3600.0])
def test_a_wait_ends_at_once_where_a_descriptor_is_readable(pipe: tuple[int, int], seconds: float) -> None:
    os.write(pipe[1], b"!")
    SystemClock().wait([pipe[0]], seconds)


def test_a_wait_ends_once_a_descriptor_becomes_readable(pipe: tuple[int, int]) -> None:
    ring = threading.Timer(0.05, os.write, (pipe[1], b"!"))
    ring.start()
    SystemClock().wait([pipe[0]], 3600)
    ring.join()
    assert os.read(pipe[0], 1) == b"!"
