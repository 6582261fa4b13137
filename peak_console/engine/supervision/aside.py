"""Calls that may never return, in threads of their own: a file system may have stopped answering."""

from __future__ import annotations

import threading
from queue import SimpleQueue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MOST_THREADS = 32


class CrowdedError(Exception):
    """Too many calls have not returned, or there is no room for a thread; this one was not begun."""


class Call:
    """A call under way, and what it gave."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._is_over = threading.Event()
        self.result: object = None
        self.error: Exception | None = None

    def is_over(self, seconds: float = 0.0) -> bool:
        """Whether the call has returned, after a wait of at most ``seconds``."""
        return self._is_over.wait(seconds)

    def run(self) -> None:
        try:
            self.result = self._work()
        except Exception as error:  # noqa: BLE001 - it is for whoever asks for the result
            self.error = error
        self._is_over.set()


class Aside:
    """Threads that make calls. A call that does not return keeps its thread, and no other call waits for it."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Call] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._idle = 0

    def call(self, work: Callable[[], object]) -> Call:
        """Begin a call. Raises ``CrowdedError``."""
        call = Call(work)
        with self._lock:
            if self._idle:
                self._idle -= 1
            else:
                self._add_thread()
        self._calls.put(call)
        return call

    def _add_thread(self) -> None:
        if self._threads >= MOST_THREADS:
            raise CrowdedError
        try:
            threading.Thread(target=self._serve, name="aside", daemon=True).start()
        except RuntimeError as error:
            raise CrowdedError from error
        self._threads += 1

    def _serve(self) -> None:
        while True:
            self._calls.get().run()
            with self._lock:
                self._idle += 1
