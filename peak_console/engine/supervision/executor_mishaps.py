"""Raises incidents about the executor itself, such as a keeper that was stopped."""

from __future__ import annotations

from peak_console.model.records import Alert, Level

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.clock import Clock
    from peak_console.engine.alerting.alert_log import AlertLog
    from peak_console.runs.executors import Executors

CAUSE = "executor"
CALM_SECONDS = 600.0
"""After how many seconds without another mishap the incident is resolved."""


class ExecutorMishaps:
    """Asks executors at each look what has gone wrong with them, and keeps the incidents about it."""

    def __init__(self, alerts: AlertLog, executors: Executors, clock: Clock) -> None:
        self._alerts = alerts
        self._clock = clock
        self._executors = executors
        self._untold: list[str] = []
        self._open: set[str] = set()
        """The causes of the troubles of which an incident is open."""
        self._calm_at: float | None = self._clock.monotonic() + CALM_SECONDS
        """When an incident, maybe of the engine before, is resolved: monotonic seconds. ``None``: none is open."""

    def tell(self, now: datetime) -> None:
        """Tell of what has befallen executors, and of what is wrong with them until it is mended."""
        self._tell_of_mishaps(now)
        self._tell_of_troubles(now)

    def _tell_of_troubles(self, now: datetime) -> None:
        """Keep one incident open for each trouble, for as long as it lasts."""
        troubles = self._executors.troubles()
        if troubles.keys() == self._open:
            return
        with self._alerts:
            for cause in troubles.keys() - self._open:
                alert = Alert(Level.CRITICAL, troubles[cause], now, source="executor")
                self._alerts.open_incident(f"{CAUSE}:{cause}", alert)
            for cause in self._open - troubles.keys():
                self._alerts.resolve(f"{CAUSE}:{cause}")
        self._open = set(troubles)

    def _tell_of_mishaps(self, now: datetime) -> None:
        """Open an incident for what has befallen an executor, or count it on; resolve it after a while."""
        self._untold += self._executors.mishaps()
        if self._untold:
            with self._alerts:
                self._alerts.open_incident(CAUSE, Alert(Level.WARNING, "\n".join(self._untold), now, source="executor"))
            self._untold = []
            self._calm_at = self._clock.monotonic() + CALM_SECONDS
        elif self._calm_at is not None and self._clock.monotonic() >= self._calm_at:
            with self._alerts:
                self._alerts.resolve(CAUSE)
            self._calm_at = None
