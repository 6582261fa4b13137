"""Connections of strangers are few and short: whoever has no link keeps nobody else out."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import pytest
from aiohttp import web

from peak_console.web import door
from peak_console.web.admission import Admission
from peak_console.web.door import Door, Sentences
from peak_console.web.front import Front
from tests.support.processes import wait_until
from tests.web.conftest import ECHO
from tests.web.test_serve import links, program, serving

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from tests.headless.support import Program, Resident

__all__ = ["program"]
FILES = 128
HALF = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
BAD = (
    b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    b"GET / HTTP/1.1\r\nno header\r\n\r\n",
    b"GET  HTTP/9\r\n\r\n",
    b"\0" * 9000,
)


def address_of(served: Resident) -> tuple[str, int]:
    host, _, port = links(served)[0].partition("//")[2].partition("/")[0].partition(":")
    return host, int(port)


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


@pytest.fixture
def crowd() -> Iterator[Callable[[tuple[str, int], int, bytes], None]]:
    """Opens connections that say something, and go on being open as far as it is up to them."""
    with ExitStack() as stack:

        def connect(address: tuple[str, int], count: int, said: bytes) -> None:
            for _ in range(count):
                connection = stack.enter_context(socket.create_connection(address, timeout=10))
                with suppress(OSError):  # it has been closed already
                    connection.sendall(said)

        yield connect


def test_half_open_connections_shut_nobody_out(
    program: Program, crowd: Callable[[tuple[str, int], int, bytes], None]
) -> None:
    served = serving(program, "--max-tabs", "4", under=f"ulimit -n {FILES}")
    address = address_of(served)
    for _ in range(4):
        crowd(address, 100, HALF)
        assert status_of(f"http://{address[0]}:{address[1]}/") == 401
    assert status_of(links(served)[0]) == 200, "a link works while they are there"
    assert "Traceback" not in served.err
    assert len(served.err.splitlines()) <= 4
    before = served.cpu_seconds()
    time.sleep(0.5)
    assert served.cpu_seconds() - before < 0.25, "those that wait cost nothing"


def test_bad_requests_are_answered_without_a_traceback(
    program: Program, crowd: Callable[[tuple[str, int], int, bytes], None]
) -> None:
    served = serving(program)
    for said in BAD:
        crowd(address_of(served), 25, said)
    assert status_of(links(served)[0]) == 200
    assert "Traceback" not in served.err
    assert len(served.err.splitlines()) <= 4
    assert max(map(len, served.err.splitlines())) < 500


class Guarded:
    """A front behind a door, and the port that it listens on."""

    def __init__(self, admission: Admission, door: Door, port: int) -> None:
        self.admission = admission
        self.door = door
        self.port = port

    async def connect(self, said: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(said)
        return reader, writer


@pytest.fixture
async def guarded() -> AsyncIterator[Guarded]:
    admission, keeper = Admission(time.monotonic), Door(max_tabs=2)
    front = Front(ECHO, admission, max_tabs=2, welcome=keeper.welcome)
    runner = web.AppRunner(front.application())
    await runner.setup()
    make = runner.server
    assert make is not None
    listening = await asyncio.get_running_loop().create_server(lambda: keeper.guarded(make), "127.0.0.1", 0)
    yield Guarded(admission, keeper, listening.sockets[0].getsockname()[1])
    listening.close()
    await runner.cleanup()


async def is_closed(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(10):
            await reader.read()
    except ConnectionError:
        pass
    except TimeoutError:
        return False
    return True


async def answer(reader: asyncio.StreamReader) -> bytes:
    """The head of an answer, its body read."""
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.splitlines() if line.lower().startswith(b"content-length:"))
        await reader.readexactly(length)
    return head


@pytest.mark.parametrize("said", [b"", HALF, HALF + b"\r\n"])
async def test_a_stranger_is_gone_after_a_while(guarded: Guarded, said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "STRANGER_SECONDS", 0.2)
    reader, writer = await guarded.connect(said)
    assert await is_closed(reader)
    assert len(guarded.door) == 0
    writer.close()


async def test_a_browser_that_was_let_in_stays(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "STRANGER_SECONDS", 1.0)
    cookie = guarded.admission.enter(guarded.admission.new_token())
    request = HALF + f"Cookie: {guarded.admission.cookie_name}={cookie}\r\n\r\n".encode()
    reader, writer = await guarded.connect(request)
    assert b" 200 " in await answer(reader)
    assert len(guarded.door) == 0
    await asyncio.sleep(1.2)
    writer.write(request)
    assert b" 200 " in await answer(reader)
    writer.close()


async def test_the_oldest_of_the_largest_crowd_gives_way(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded.door, "_most", 5)
    strangers = [await guarded.connect(HALF) for _ in range(8)]
    for reader, _ in strangers[:3]:
        assert await is_closed(reader)
    assert len(guarded.door) == 5
    assert not strangers[-1][0].at_eof()
    for _, writer in strangers:
        writer.close()


async def test_of_one_address_there_are_fewer_than_of_all(guarded: Guarded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MAX_OF_ADDRESS", 3)
    strangers = [await guarded.connect(HALF) for _ in range(5)]
    for reader, _ in strangers[:2]:
        assert await is_closed(reader)
    assert len(guarded.door) == 3
    for _, writer in strangers:
        writer.close()


def test_trouble_is_told_in_single_lines_and_now_and_then() -> None:
    said: list[str] = []
    now = [0.0]
    sentences = Sentences(said.append, lambda: now[0])
    error = ValueError("so\n bad")
    trouble = ("Error handling %s\nmore", ("it",), (ValueError, error, None))
    for _ in range(3):
        sentences.handle(logging.LogRecord("aiohttp.server", logging.ERROR, __file__, 1, *trouble))
    now[0] = door.SILENT_SECONDS
    sentences.handle(logging.LogRecord("asyncio", logging.ERROR, __file__, 1, "again", (), None))
    assert said == [
        "a connection made trouble: Error handling it more (ValueError: so bad)",
        "a connection made trouble: again; 2 such reports before this one are left out",
    ]


def test_a_door_that_closes_tells_nobody_twice(program: Program) -> None:
    served = serving(program)
    with socket.create_connection(address_of(served)):
        assert served.leave() == 0
    wait_until(lambda: not served.is_alive, "its end")
    assert "Traceback" not in served.err
