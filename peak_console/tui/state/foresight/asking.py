"""One forecast that a child process makes; a thread beside the screen hands over the question and takes the answer."""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from peak_console.forecast.child import PROGRAM, Ended, paths, pieces_of, read_answers

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

    from peak_console.forecast.child import Asked
    from peak_console.forecast.outlook import Outlook

PATIENCE_SECONDS = 180.0
"""A child that has not ended by then is ended: it has its own bound, in the processor's time."""
BROKEN = "the forecast has ended before its time"


class Asking:
    """Belongs to the thread that draws; ``take`` is called there."""

    def __init__(self, asked: Asked, loop: AbstractEventLoop, take: Callable[[Outlook | Ended], None]) -> None:
        self._asked = asked
        self._loop = loop
        self._take = take
        self._child: subprocess.Popen[bytes] | None = None
        self._is_cancelled = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="forecast", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """End it; nothing is taken any more."""
        with self._lock:
            self._is_cancelled = True
            if self._child is not None and self._child.poll() is None:
                self._child.kill()

    def _work(self) -> None:
        try:
            ended = self._ask()
        except OSError as error:
            ended = Ended(0.0, f"no forecast can be made ({error.strerror or error})")
        except (EOFError, pickle.UnpicklingError):
            ended = Ended(0.0, BROKEN)
        self._tell(ended)

    def _ask(self) -> Ended:
        with self._lock:
            if self._is_cancelled:
                return Ended(0.0)
            self._child = child = subprocess.Popen(
                [sys.executable, "-I", "-c", PROGRAM, *paths()],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None
        watch = threading.Timer(PATIENCE_SECONDS, child.kill)
        watch.daemon = True
        watch.start()
        try:
            with suppress(BrokenPipeError):
                for piece in pieces_of(self._asked):
                    child.stdin.write(piece)
                child.stdin.close()
            for answer in read_answers(child.stdout):
                if isinstance(answer, Ended):
                    return answer
                self._tell(answer)
            return Ended(0.0, BROKEN)
        finally:
            watch.cancel()
            child.kill()
            child.wait()
            child.stdout.close()
            with suppress(OSError):
                child.stdin.close()

    def _tell(self, answer: Outlook | Ended) -> None:
        def told() -> None:
            if not self._is_cancelled:
                self._take(answer)

        with suppress(RuntimeError):  # the loop is closed: the screen is gone
            self._loop.call_soon_threadsafe(told)
