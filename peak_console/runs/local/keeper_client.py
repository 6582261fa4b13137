"""The engine's end of the line to its keeper."""

from __future__ import annotations

import marshal
import os
import signal
import sys
import threading

from peak_console.runs.local.system import give_limit_back

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.runs.interface import RunSpec

ANSWER_SECONDS = 20.0
"""How long a keeper may take over one start, on a machine that is thrashing."""

_departed_lock = threading.Lock()
_departed: list[int] = []
"""Keepers that were let go of and may still be at work; reaped when there is an occasion."""


class LinkBrokenError(Exception):
    """The keeper died or does not answer; whether it served the last request is unknown."""


class KeeperLink:
    """One keeper process, from its start on. It ends by itself once this is closed and its runs have ended."""

    def __init__(self, system: str) -> None:
        """Starts the keeper without waiting for it. Raises ``OSError``."""
        import socket

        reap_departed()
        ours, theirs = socket.socketpair()
        with theirs:
            script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "keeper.py")
            self.pid = os.posix_spawn(
                sys.executable,
                [sys.executable, "-I", "-S", script, system],
                os.environ,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, theirs.fileno(), 0),
                    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                ],
                setsid=True,
                setsigmask=[],
                setsigdef=[signal.SIGPIPE, signal.SIGCHLD],
            )
        give_limit_back(self.pid)
        ours.settimeout(ANSWER_SECONDS)
        self._socket = ours
        self._known: dict[str, str] | None = None
        """The environment that the keeper knows: of each run it is told only what differs."""

    def send(self, spec: RunSpec) -> None:
        """Ask for a start; ``receive`` has the answer. Raises ``LinkBrokenError``."""
        encode = os.fsencode
        messages = []
        known = self._known
        if known is None:
            known = dict(spec.env)
            messages.append(marshal.dumps({encode(name): encode(value) for name, value in known.items()}))
        changed = {encode(name): encode(value) for name, value in spec.env.items() if known.get(name) != value}
        gone = [encode(name) for name in known.keys() - spec.env.keys()]
        cwd = None if spec.cwd is None else encode(spec.cwd)
        messages.append(
            marshal.dumps((encode(spec.directory), [encode(word) for word in spec.argv], changed, gone, cwd))
        )
        self._known = known  # not before all of it could be written down
        try:
            self._socket.sendall(b"".join(len(each).to_bytes(4, "big") + each for each in messages))
        except OSError as error:
            raise LinkBrokenError from error

    def receive(self) -> tuple[int, str, float, str]:
        """The answer to the oldest request without one, as ``keeper`` describes it. Raises ``LinkBrokenError``."""
        try:
            answer = marshal.loads(self._receive(int.from_bytes(self._receive(4), "big")))  # noqa: S302 - our keeper
        except OSError as error:
            raise LinkBrokenError from error
        assert isinstance(answer, tuple)
        return answer

    def _receive(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            part = self._socket.recv(count - len(parts))
            if not part:
                raise ConnectionResetError
            parts += part
        return bytes(parts)

    def close(self) -> None:
        """Say good-bye. The keeper goes once its runs have ended."""
        if self._socket.fileno() >= 0:
            self._socket.close()
            with _departed_lock:
                _departed.append(self.pid)
            reap_departed()


def reap_departed() -> bool:
    """Reap the keepers that have gone; whether some are still at work."""
    with _departed_lock:
        for pid in list(_departed):
            try:
                gone = os.waitpid(pid, os.WNOHANG)[0] != 0
            except ChildProcessError:  # somebody else reaped it, or this is a fork of the engine's process
                gone = True
            if gone:
                _departed.remove(pid)
        return bool(_departed)
