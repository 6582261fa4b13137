"""What stands between a browser and the console: every request passes here, and most are refused.

The pages and the script that paints the terminal are textual-serve's; its server is not used, since it asks nobody
who they are.
"""

from __future__ import annotations

import asyncio
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import textual_serve
from aiohttp import WSCloseCode, WSMsgType, web

from peak_console.errors import StateError
from peak_console.web.admission import Admission, is_own_host, is_own_origin
from peak_console.web.tab import Tab

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    # xterm.js puts its measures and colours into style elements of its own making.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Permissions-Policy": "clipboard-write=(self), clipboard-read=(), camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
MAX_MESSAGE = 256 * 1024
"""The longest message of a page, in bytes: what is pasted."""
HEARTBEAT_SECONDS = 20.0
FAREWELL_SECONDS = 2.0
"""How long a page that is told to go may take to say so."""
SEAT_SECONDS = 3.0
"""How long a page waits for another to go, when there are as many as may be."""
_HERE = os.path.dirname(__file__)
_THEIRS = os.path.join(os.path.dirname(textual_serve.__file__), "static")
_STATIC = {
    "page.css": os.path.join(_HERE, "page.css"),
    "page.js": os.path.join(_HERE, "page.js"),
    "textual.js": os.path.join(_THEIRS, "js", "textual.js"),
    "xterm.css": os.path.join(_THEIRS, "css", "xterm.css"),
    "font.ttf": os.path.join(_THEIRS, "fonts", "RobotoMono-VariableFont_wght.ttf"),
}
_ENTERED = '<meta http-equiv="refresh" content="0; url=/"><a href="/">Go on to the console</a>'
"""A page and not a redirection: after a link in a message the browser would keep the new cookie back."""
_NO_LINK = (
    "This browser has not been let in, or too long ago: open a link of peak-console serve. Each works once; "
    "Enter in its terminal, or SIGUSR1, prints another."
)


class Front:
    """Lets browsers in, and gives each page a console."""

    def __init__(
        self,
        command: Sequence[str],
        admission: Admission,
        *,
        names: Collection[str] = (),
        max_tabs: int = 8,
        welcome: Callable[[asyncio.BaseTransport | None], None] = lambda _transport: None,
    ) -> None:
        """``command`` is the console of a tab, ``names`` are the host names by which browsers may ask for us.

        ``welcome`` is told of each connection that has shown that it is a browser which was let in.

        Raises ``StateError`` when the installed textual-serve lacks what a page is made of.
        """
        for path in _STATIC.values():
            if not os.path.exists(path):
                raise StateError(f"{path}: is missing; install the extra again: pip install 'peak-console[web]'")
        self._command = command
        self._admission = admission
        self._names = names
        self._max_tabs = max_tabs
        self._welcome = welcome
        self._seats = asyncio.Semaphore(max_tabs)
        self._sockets: set[web.WebSocketResponse] = set()

    def application(self) -> web.Application:
        app = web.Application(middlewares=[self._admit])
        app.router.add_get("/", self._page, allow_head=False)
        app.router.add_get("/ws", self._socket, allow_head=False)
        app.router.add_get("/static/{name}", self._static, allow_head=False)
        app.on_response_prepare.append(_add_headers)
        app.on_shutdown.append(self._close)
        return app

    # Who comes in.

    @web.middleware
    async def _admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        host = request.headers.get("Host", "")
        if not is_own_host(host, self._names):
            return _sentence(403, f"{host!r} is not a name of this machine: see --name of peak-console serve.")
        if request.method != "GET":
            return _sentence(405, "Only GET is understood here.", Allow="GET")
        origin = request.headers.get("Origin")
        if (origin is not None or request.path == "/ws") and not is_own_origin(origin or "", host):
            return _sentence(403, "That request comes from a page of another site.")
        token = request.query.get("token")
        if request.path == "/" and token is not None:
            return self._enter(token)
        if not self._is_known(request):
            return _sentence(401, _NO_LINK)
        self._welcome(request.transport)
        try:
            return await handler(request)
        except web.HTTPNotFound:
            return _sentence(404, "There is nothing here.")

    def _is_known(self, request: web.Request) -> bool:
        return self._admission.knows(request.cookies.get(self._admission.cookie_name, ""))

    def _enter(self, token: str) -> web.StreamResponse:
        cookie = self._admission.enter(token)
        if cookie is None:
            return _sentence(401, _NO_LINK)
        response = _sentence(200, _ENTERED)
        response.set_cookie(self._admission.cookie_name, cookie, httponly=True, samesite="Strict", path="/")
        return response

    # What they get.

    async def _page(self, _request: web.Request) -> web.StreamResponse:
        response = web.FileResponse(os.path.join(_HERE, "page.html"))
        response.headers["Cache-Control"] = "no-store"
        return response

    async def _static(self, request: web.Request) -> web.StreamResponse:
        path = _STATIC.get(request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound
        return web.FileResponse(path)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT_SECONDS, max_msg_size=MAX_MESSAGE, compress=False, timeout=FAREWELL_SECONDS
        )
        await socket.prepare(request)
        self._sockets.add(socket)
        try:
            await asyncio.wait_for(self._seats.acquire(), SEAT_SECONDS)
        except TimeoutError:
            full = f"{self._max_tabs} pages show the console already, which is the most (--max-tabs): close one.\r\n"
            await socket.send_bytes(full.encode())
        else:
            try:
                await self._converse(socket, _cells(request, "width", 80), _cells(request, "height", 24))
            finally:
                self._seats.release()
        finally:
            self._sockets.discard(socket)
            await socket.close()
        return socket

    async def _converse(self, socket: web.WebSocketResponse, width: int, height: int) -> None:
        """Open a console, and pass on what is painted and what is typed until either side ends."""
        try:
            tab = await Tab.open(self._command, os.environ, width, height)
        except OSError as error:
            await socket.send_bytes(f"The console cannot be started: {error.strerror or error}.\r\n".encode())
            return
        painting = asyncio.create_task(_paint(tab, socket))
        try:
            async for message in socket:
                if message.type != WSMsgType.TEXT or not await _take(message.data, tab, socket):
                    await socket.close(code=WSCloseCode.POLICY_VIOLATION)
        finally:
            painting.cancel()
            with suppress(asyncio.CancelledError):
                await painting
            await tab.end()

    async def _close(self, _app: web.Application) -> None:
        """We are about to end: every page hears it, and its console goes."""
        farewells = [asyncio.create_task(socket.close(code=WSCloseCode.GOING_AWAY)) for socket in self._sockets]
        if farewells:
            await asyncio.wait(farewells, timeout=FAREWELL_SECONDS)  # a stalled page does not even take the farewell


async def _paint(tab: Tab, socket: web.WebSocketResponse) -> None:
    """A page that takes nothing holds up its own console, and nobody else."""
    with suppress(ConnectionError):
        while painted := await tab.read():
            await socket.send_bytes(painted)
        await socket.close()


async def _take(text: str, tab: Tab, socket: web.WebSocketResponse) -> bool:
    """Do what a page asks for; ``False`` when it makes no sense."""
    try:
        match json.loads(text):
            case ["stdin", str(typed)]:
                await tab.write(typed.encode(errors="replace"))
            case ["resize", {"width": int(width), "height": int(height)}]:
                tab.resize(width, height)
            case ["ping", str(data)]:
                await socket.send_str(json.dumps(["pong", data]))
            case ["focus" | "blur"]:
                pass  # the terminal's own way of telling is among what is typed
            case _:
                return False
    except (ValueError, RecursionError):
        return False
    except ConnectionError:
        pass
    return True


def _cells(request: web.Request, name: str, default: int) -> int:
    given = request.query.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 6 else default


def _sentence(status: int, text: str, **headers: str) -> web.Response:
    from html import escape

    shown = text if status == 200 else f"<p>{escape(text)}</p>"
    return web.Response(
        status=status,
        text=f"<!doctype html><title>Peak Console</title>{shown}\n",
        content_type="text/html",
        headers={"Cache-Control": "no-store", **headers},
    )


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(HEADERS)
    response.headers.setdefault("Cache-Control", "no-cache")
    response.headers.popall("Server", None)
