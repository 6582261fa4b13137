"""The front with a small program behind each tab, and a browser that has been let in."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from aiohttp.test_utils import TestClient, TestServer

from peak_console.web.admission import Admission
from peak_console.web.front import Front
from tests.support.processes import DEADLINE_SECONDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import aiohttp
    from aiohttp import web

ECHO = ("/bin/sh", "-c", 'stty raw -echo; printf "pid %s, cells %s, TERM %s;" $$ "$(stty size)" $TERM; exec cat')
"""What stands for the console: tells who it is, then gives back what is typed."""
CONVERSATION = "/ws?width=100&height=30"


class Guarded:
    """A front on a port of its own, and someone who asks it for things."""

    def __init__(self, admission: Admission, client: TestClient[web.Request, web.Application]) -> None:
        self.admission = admission
        self.client = client
        self.origin = f"http://127.0.0.1:{client.port}"

    async def enter(self) -> str:
        """By a new link; the header that shows that it has been used."""
        answer = await self.client.get("/", params={"token": self.admission.new_token()})
        assert answer.status == 200, await answer.text()
        return answer.headers["Set-Cookie"].partition(";")[0]

    async def asked(self, path: str = "/", method: str = "GET", **headers: str) -> tuple[int, str]:
        """The status and text of an answer; no cookie is sent but by ``Cookie``."""
        self.client.session.cookie_jar.clear()
        async with self.client.request(method, path, headers=headers, allow_redirects=False) as answer:
            return answer.status, await answer.text(errors="replace")

    async def talk(self, path: str = CONVERSATION, **headers: str) -> aiohttp.ClientWebSocketResponse:
        """A page's WebSocket, once a browser has been let in."""
        cookie = await self.enter()
        self.client.session.cookie_jar.clear()
        return await self.client.ws_connect(path, headers={"Cookie": cookie, "Origin": self.origin, **headers})


@pytest.fixture
async def guarded() -> AsyncIterator[Guarded]:
    async for each in fronts(*ECHO):
        yield each


async def fronts(*command: str, max_tabs: int = 2) -> AsyncIterator[Guarded]:
    """For a fixture: a front that ends with the test."""
    admission = Admission(time.monotonic)
    front = Front(command, admission, names=["desk.example"], max_tabs=max_tabs)
    async with TestClient(TestServer(front.application())) as client:
        yield Guarded(admission, client)


async def until(condition: Callable[[], object]) -> None:
    """Look until ``condition`` holds, for a generous while."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.005)


async def painted(socket: aiohttp.ClientWebSocketResponse, text: str) -> str:
    """What a socket brings, until a text is in it."""
    brought = b""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while text.encode() not in brought:
            brought += await socket.receive_bytes()
    return brought.decode(errors="replace")
