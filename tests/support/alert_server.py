"""A real HTTP server on 127.0.0.1 that takes alerts as ``json://`` channels send them."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self, cast

if TYPE_CHECKING:
    from types import TracebackType


class AlertServer:
    """Answers each POST with the next of ``answers``, then with 200; ``hang`` holds all answers back.

    Use it as a context manager. Everything may be changed while it serves.
    """

    def __init__(self) -> None:
        self.answers: list[int] = []
        self._received: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._may_answer = threading.Event()
        self._may_answer.set()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def url(self, path: str = "", credentials: str = "") -> str:
        """The server as an Apprise URL; the path tells several channels on one server apart."""
        at = f"{credentials}@" if credentials else ""
        return f"json://{at}127.0.0.1:{self.port}/{path}"

    def hang(self) -> None:
        """Take requests from now on but do not answer them."""
        self._may_answer.clear()

    def answer(self) -> None:
        """Answer the held requests and all later ones."""
        self._may_answer.set()

    def received(self, path: str | None = None) -> list[dict[str, Any]]:
        """The payloads so far, each with its ``path`` and ``status``; those without an answer yet included."""
        with self._changed:
            return [dict(one) for one in self._received if path is None or one["path"] == f"/{path}"]

    def wait_for(self, count: int, path: str | None = None, seconds: float = 10) -> list[dict[str, Any]]:
        """The payloads once there are so many; fails after ``seconds``."""
        with self._changed:
            enough = self._changed.wait_for(lambda: len(self.received(path)) >= count, seconds)
        received = self.received(path)
        assert enough, f"{len(received)} of {count} requests came: {received}"
        return received

    def take(self, path: str, body: bytes) -> int:
        """Record a request and say which status it gets; blocks while the server hangs."""
        payload: dict[str, Any] = json.loads(body)
        with self._changed:
            status = self.answers.pop(0) if self.answers else 200
            self._received.append({**payload, "path": path, "status": status})
            self._changed.notify_all()
        self._may_answer.wait(30)
        return status

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.answer()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: AlertServer


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = cast("_Server", self.server)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status = server.owner.take(self.path, body)
        try:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
        except ConnectionError:
            pass  # the client had stopped waiting

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class named it
        """Keep quiet."""
