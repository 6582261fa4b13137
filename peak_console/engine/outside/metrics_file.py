"""The file of [metrics], written anew by a thread: its file system may not answer, and the engine waits for nobody."""

from __future__ import annotations

from threading import Event, Thread

from peak_console.alerts.outlets import METRICS_FILE
from peak_console.errors import PeakConsoleError
from peak_console.model.terms import RESIDENT_MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.clock import Clock
    from peak_console.engine.state.served_jobs import ServedJobs

CLOSING_SECONDS = 10.0
"""How long an engine that leaves waits for the last write."""


class MetricsFile:
    """Writes every so often while a resident engine works, and once when an engine has left."""

    def __init__(
        self, served: ServedJobs, directory: str, clock: Clock, report: Callable[[str, str], None], *, stays: bool
    ) -> None:
        """``stays``: whether it writes before the end, too. ``report`` gets why a file could not be written."""
        self._served = served
        self._directory = directory
        self._clock = clock
        self._report = report
        self._ended = Event()
        self._is_abandoned = False
        self._thread: Thread | None = None
        if stays:
            thread = Thread(target=self._serve, name="metrics-file", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:  # no room for a thread
                report(METRICS_FILE, str(error))
            else:
                self._thread = thread

    def abandon(self) -> None:
        """Write no more: another one has taken over."""
        self._is_abandoned = True
        self._ended.set()

    def close(self) -> None:
        """Write once more. To be called when the engine has signed off, so that the file says so."""
        self._ended.set()
        thread = self._thread or Thread(target=self._write, name="metrics-file", daemon=True)
        if self._thread is None:
            try:
                thread.start()
            except RuntimeError as error:
                self._report(METRICS_FILE, str(error))
                return
        thread.join(CLOSING_SECONDS)
        self._thread = None

    def _serve(self) -> None:
        while not self._ended.is_set():
            self._write()
            self._ended.wait(self._served.jobset.metrics.every)
        self._write()

    def _write(self) -> None:
        """Write what the registry says at this moment, if the jobs file still names a file."""
        jobset = self._served.jobset
        if jobset.metrics.file is None or self._is_abandoned:
            return
        from peak_console.metrics.figures import figures_of
        from peak_console.metrics.textfile import write_file
        from peak_console.store.store import Store

        try:
            store = Store.look(self._directory)
            if store is None:  # the registry is being made anew
                return
            try:
                write_file(jobset.metrics.file, figures_of(store, jobset, self._clock.now()))
            finally:
                store.close()
        except OSError as error:
            self._report(METRICS_FILE, f"{jobset.metrics.file}: {error.strerror or error}")
        except PeakConsoleError as error:
            self._report(METRICS_FILE, str(error))
        except Exception as error:  # noqa: BLE001 - figures that end silently are worse than one that is missing
            self._report(METRICS_FILE, f"unexpected {type(error).__name__}")
        else:
            self._report(METRICS_FILE, "")


def stays(mode: str) -> bool:
    """Whether an engine of a mode writes before its end."""
    return mode in RESIDENT_MODES
