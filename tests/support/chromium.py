"""A headless Chromium, driven through its DevTools protocol."""

from __future__ import annotations

import asyncio
import base64
import json
import shutil
import subprocess
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.support.processes import DEADLINE_SECONDS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
"""Where it is; ``None`` where there is none."""
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0",
    "--window-size=1400,840", "--host-resolver-rules=MAP evil.example 127.0.0.1",
)  # fmt: skip


class Page:
    """The one page of a browser: where it is, what came over its WebSockets, what its user does."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listening = asyncio.create_task(self._listen())
        self.received = ""
        """What WebSockets of any page here have brought, as text."""
        self.requested: list[str] = []
        """The addresses of every request."""

    async def _listen(self) -> None:
        async for message in self._socket:
            event = json.loads(message.data)
            if "id" in event:
                self._answers.pop(event["id"]).set_result(event)
            elif event["method"] == "Network.webSocketFrameReceived":
                frame = event["params"]["response"]
                data = base64.b64decode(frame["payloadData"]) if frame["opcode"] == 2 else b""
                self.received += data.decode(errors="replace")
            elif event["method"] == "Network.requestWillBeSent":
                self.requested.append(event["params"]["request"]["url"])

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol, and its result."""
        number = max(self._answers, default=0) + 1
        self._answers[number] = answer = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        answered = await asyncio.wait_for(answer, DEADLINE_SECONDS)
        assert "error" not in answered, answered
        result: dict[str, Any] = answered["result"]
        return result

    async def go_to(self, url: str) -> None:
        await self.call("Page.navigate", url=url)

    async def value(self, expression: str) -> Any:
        """What an expression of JavaScript is in the page."""
        given = await self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in given, given
        return given["result"].get("value")

    async def waits_for(self, expression: str) -> None:
        """Until an expression holds in the page; while that is still loaded, none does."""
        wrapped = f"(() => {{ try {{ return {expression} }} catch {{ return false }} }})()"
        await self._until(lambda: self.value(wrapped), expression)

    async def shows(self, text: str) -> None:
        """Until the terminal has been sent a text."""

        async def sent() -> bool:
            return text in self.received

        await self._until(sent, repr(text))

    async def _until(self, condition: Callable[[], Awaitable[bool]], what: str) -> None:
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                while not await condition():  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.02)
        except TimeoutError:
            raise AssertionError(f"{what} did not come; {self.received[-2000:]!r} did") from None

    async def press(self, key: str) -> None:
        """Press a key that writes a character."""
        for kind in ("keyDown", "keyUp"):
            await self.call("Input.dispatchKeyEvent", type=kind, key=key, text=key if kind == "keyDown" else "")

    async def click(self, x: int, y: int) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    async def picture(self) -> bytes:
        """The page as a PNG."""
        return base64.b64decode((await self.call("Page.captureScreenshot"))["data"])

    async def leave(self) -> None:
        self._listening.cancel()
        await self._socket.close()


@asynccontextmanager
async def chromium(folder: Path) -> AsyncIterator[Page]:
    """A browser that knows nothing yet, with its files in ``folder``; gone afterwards."""
    assert PROGRAM is not None
    profile = folder / "chromium"
    process = subprocess.Popen(  # noqa: ASYNC220 - a moment, and nobody else waits
        [PROGRAM, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not (lines := _lines(profile / "DevToolsActivePort")):
                assert process.poll() is None, f"chromium has left with {process.returncode}"
                await asyncio.sleep(0.02)
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{lines[0]}/json/list") as answer:
                target = next(each for each in await answer.json() if each["type"] == "page")
            async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                page = Page(socket)
                for domain in ("Page", "Network", "Runtime"):
                    await page.call(f"{domain}.enable")
                yield page
                await page.leave()
    finally:
        process.terminate()
        process.wait(DEADLINE_SECONDS)


def _lines(path: Path) -> list[str]:
    """A file's lines; none until it is written whole."""
    text = path.read_text(encoding="ascii") if path.exists() else ""
    return text.splitlines() if text.count("\n") >= 1 else []
