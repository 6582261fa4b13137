"""Which outlets take nothing: told by the threads that write to them, recorded by the engine."""

from __future__ import annotations

from collections import deque
from threading import Lock

from peak_console.alerts.outlets import judge_heard, judge_silent, outlet_cause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.clock import Clock
    from peak_console.engine.alerting.alert_log import AlertLog


class Outlets:
    """``report`` may be called from any thread; ``look`` belongs to the engine's."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._news: deque[tuple[str, str]] = deque()
        self._last: dict[str, str] = {}
        """By outlet: what went wrong last, empty where nothing did; unknown before its first use."""
        self._lock = Lock()

    def report(self, name: str, fault: str) -> None:
        """Say what went wrong with an outlet; nothing did where ``fault`` is empty."""
        with self._lock:
            if self._last.get(name) != fault:
                self._last[name] = fault
                self._news.append((name, fault))

    def look(self, alerts: AlertLog) -> None:
        """Open and resolve incidents. Raises ``StateError``; what is not recorded then is kept."""
        while self._news:
            self._record(alerts, *self._news[0])
            self._news.popleft()

    def _record(self, alerts: AlertLog, name: str, fault: str) -> None:
        cause, now = outlet_cause(name), self._clock.now()
        incident = alerts.incident(cause)
        if not fault and incident is None:
            return
        with alerts:
            if fault:
                alerts.open_incident(cause, judge_silent(name, fault, now))
            elif incident is not None:
                alerts.resolve(cause, recovery=judge_heard(name, incident.timestamp, now))
