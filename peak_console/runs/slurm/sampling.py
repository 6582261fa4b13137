"""The output of a cluster's runs is looked at in a thread of its own: a shared file system may not answer."""

from __future__ import annotations

import threading
from queue import SimpleQueue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.runs.output.recorder import OutputRecorder

CLOSING_SECONDS = 1.0
"""How long an engine that ends waits for the last looks."""


class Sampler:
    """One thread that looks, one look after the other. If one never returns, no other is begun, and nobody waits."""

    def __init__(self) -> None:
        self._looks: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def look(self, look: Callable[[], object]) -> None:
        """Have the thread call this."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="samples", daemon=True)
            self._thread.start()
        self._looks.put(look)

    def _serve(self) -> None:
        while (look := self._looks.get()) is not None:
            try:
                look()
            except Exception:  # noqa: BLE001, S110 - it costs times in a timeline, never output
                pass

    def close(self) -> None:
        """Let it come to its end, if it does so soon."""
        if self._thread is not None:
            self._looks.put(None)
            self._thread.join(CLOSING_SECONDS)
            self._thread = None


class SharedRecorder:
    """A recorder that never waits: it says what the look before has found, and has the next one made."""

    def __init__(self, sampler: Sampler, make: Callable[[], OutputRecorder]) -> None:
        """``make`` makes the recorder, in the sampler's thread: that reads files too."""
        self._sampler = sampler
        self._make = make
        self._recorder: OutputRecorder | None = None
        self._is_under_way = False
        self._has_grown = False

    def sample(self, now: datetime, *, final: bool = False) -> bool:
        """Whether anything had changed at the look before; has another one made, unless that is still under way."""
        grown, self._has_grown = self._has_grown, False
        if final or not self._is_under_way:
            self._is_under_way = True
            self._sampler.look(lambda: self._look(now, final=final))
        return grown

    def _look(self, now: datetime, *, final: bool) -> None:
        try:
            if self._recorder is None:
                self._recorder = self._make()
            self._has_grown = self._recorder.sample(now, final=final) or self._has_grown
        finally:
            self._is_under_way = False

    def close(self) -> None:
        """After the looks that are asked for; a run that was never looked at has nothing to close."""
        self._sampler.look(self._close)

    def _close(self) -> None:
        if self._recorder is not None:
            self._recorder.close()
