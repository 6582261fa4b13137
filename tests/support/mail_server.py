"""A real SMTP server on 127.0.0.1 that keeps the mails that it is given."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from typing import TYPE_CHECKING, Self, cast

if TYPE_CHECKING:
    from email.message import EmailMessage
    from types import TracebackType


class MailServer:
    """Takes every mail. Use it as a context manager."""

    def __init__(self) -> None:
        self._mails: list[EmailMessage] = []
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.owner = self
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def url(self) -> str:
        """The server as an Apprise URL."""
        return f"mailto://127.0.0.1:{self.port}/?from=desk@example.com&to=pager@example.com&mode=insecure"

    def keep(self, raw: bytes) -> None:
        mail = email.message_from_bytes(raw, policy=email.policy.default)
        with self._changed:
            self._mails.append(mail)
            self._changed.notify_all()

    def wait_for(self, count: int, seconds: float = 30) -> list[EmailMessage]:
        """The mails once there are so many."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._mails) >= count, seconds), f"{len(self._mails)} mails came"
            return list(self._mails)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    owner: MailServer
    daemon_threads = True


class _Session(socketserver.StreamRequestHandler):
    """As much of SMTP as a sender of mails needs."""

    def handle(self) -> None:
        self._say("220 ready")
        while line := self.rfile.readline():
            word = line.split(b" ")[0].strip().upper()
            if word == b"DATA":
                self._say("354 go on")
                cast("_Server", self.server).owner.keep(b"".join(iter(self.rfile.readline, b".\r\n")))
                self._say("250 taken")
            elif word == b"QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
