"""A file that each alert is appended to as one line. It is written in a thread: its file system may not answer."""

from __future__ import annotations

import os
from queue import SimpleQueue
from threading import Thread

from peak_console.alerts.outlets import ALERT_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.model.records import Alert

CLOSING_SECONDS = 2.0
"""How long an engine that leaves waits for what is still to be written."""


def line_of(alert: Alert, *, tabs: bool) -> str:
    """An alert as one line: time, level, source, job, run, message; tab-separated or as JSON."""
    from peak_console.text import safe, safe_json

    at = alert.timestamp.isoformat(timespec="milliseconds")
    if tabs:
        cells = (at, alert.level, alert.source, alert.job or "", str(alert.run_id or ""), alert.message)
        return "\t".join(safe(cell.replace("\t", " ").replace("\n", " / ")) for cell in cells) + "\n"
    from json import dumps

    told = {
        "timestamp": at, "id": alert.id, "level": str(alert.level), "source": alert.source, "job": alert.job,
        "run_id": alert.run_id, "message": alert.message, "cause": alert.cause, "context": dict(alert.context),
    }  # fmt: skip
    return safe_json(dumps(told, ensure_ascii=False, default=str)) + "\n"


class AlertFile:
    """Appends alerts in their order."""

    def __init__(self, path: str, report: Callable[[str, str], None]) -> None:
        """``report`` gets why an alert could not be written, and nothing once one can; in any thread."""
        self.path = path
        self._report = report
        self._alerts: SimpleQueue[Alert | None] = SimpleQueue()
        self._thread: Thread | None = None

    def write(self, alert: Alert) -> None:
        """Have an alert appended."""
        if self._thread is None:
            thread = Thread(target=self._serve, name="alert-file", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:  # no room for a thread: the alert is in the registry all the same
                self._report(ALERT_FILE, str(error))
                return
            self._thread = thread
        self._alerts.put(alert)

    def close(self) -> None:
        """Wait a moment until all is written."""
        if self._thread is not None:
            self._alerts.put(None)
            self._thread.join(CLOSING_SECONDS)
            self._thread = None

    def _serve(self) -> None:
        tabs = self.path.endswith(".tsv")
        while (alert := self._alerts.get()) is not None:
            try:
                os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
                descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600)
                try:
                    os.write(descriptor, line_of(alert, tabs=tabs).encode(errors="surrogateescape"))
                finally:
                    os.close(descriptor)
            except OSError as error:
                self._report(ALERT_FILE, f"{self.path}: {error.strerror or error}")
            else:
                self._report(ALERT_FILE, "")
