"""A disk that takes nothing as an engine is to begin: that is said, told to the channels, and waited for."""

from __future__ import annotations

from peak_console.engine.events import EngineTroubled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.clock import Clock
    from peak_console.engine.events import EngineEvent
    from peak_console.model.records import Alert

LOOK_SECONDS = 1.0
"""How long to wait before the next try."""
CRY_SECONDS = 10.0
"""After how many seconds of trouble the channels are told directly."""


class DiskTrouble:
    """What is said, and when, of a disk that has kept an engine from beginning."""

    def __init__(
        self, clock: Clock, tell: Callable[[EngineEvent], None], send: Callable[[Alert], None] = lambda _alert: None
    ) -> None:
        """``tell`` is told of each new trouble; ``send`` sends an alert past the registry."""
        self._clock = clock
        self._tell = tell
        self._send = send
        self._since = clock.now()
        self._said = ""
        self._cried = False

    def wait(self, error: str, beat: Callable[[], object] | None = None) -> None:
        """Say what does not work, unless that has been said, and wait a while; ``beat`` gives a sign of life."""
        now = self._clock.now()
        if not self._said:
            self._since = now
        if error != self._said:
            self._said = error
            self._tell(EngineTroubled(at=now, error=f"{error} (the engine waits, and begins when that works)"))
        if not self._cried and (now - self._since).total_seconds() >= CRY_SECONDS:
            from peak_console.alerts.judge import judge_lasting_trouble

            self._cried = True
            self._send(judge_lasting_trouble(error, self._since, now=now))
        if beat is not None:
            beat()
        self._clock.sleep(LOOK_SECONDS)
