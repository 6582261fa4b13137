"""Metrics for Prometheus over HTTP: a process of its own that reads the registry at each scrape."""

from __future__ import annotations

import os
import signal
from threading import Event, Lock

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from peak_console.clock import SystemClock
from peak_console.errors import JobsFileError, PeakConsoleError, StateError
from peak_console.jobs.file.loader import load
from peak_console.metrics.families import PREFIX, families
from peak_console.metrics.figures import figures_of
from peak_console.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prometheus_client.core import Metric

    from peak_console.jobs.model import JobSet


class RegistryCollector(Collector):
    """Reads the registry anew for each scrape, and the jobs file whenever it has changed."""

    def __init__(self, jobset: JobSet, directory: str, note: Callable[[str], None]) -> None:
        """``note`` gets a sentence when the registry cannot be read, or again."""
        self._jobset = jobset
        self._directory = directory
        self._note = note
        self._changed = _changed(jobset.path)
        self._lock = Lock()
        self._trouble = ""

    def collect(self) -> Iterator[Metric]:
        """Every metric; where the registry cannot be read, that it cannot."""
        with self._lock:
            found, trouble = self._read()
            if trouble and trouble != self._trouble:
                self._note(trouble)
            self._trouble = trouble
        text = "Whether the registry could be read."
        yield GaugeMetricFamily(PREFIX + "registry_readable", text, float(not trouble))
        yield from found

    def _read(self) -> tuple[list[Metric], str]:
        jobset = self._current()
        try:
            store = Store.look(self._directory)
            if store is None:
                return self._down(), f"{self._directory}: nothing is recorded there yet"
            try:
                return list(families(figures_of(store, jobset, SystemClock().now()))), ""
            finally:
                store.close()
        except PeakConsoleError as error:
            return self._down(), str(error)

    def _down(self) -> list[Metric]:
        return [GaugeMetricFamily(PREFIX + "engine_up", "Whether an engine serves.", 0.0)]

    def _current(self) -> JobSet:
        changed = _changed(self._jobset.path)
        if changed != self._changed:
            self._changed = changed
            try:
                self._jobset = load(self._jobset.path)
            except JobsFileError:  # the engine goes on with the one before, too, and the figures say so
                pass
        return self._jobset


def _changed(path: str) -> tuple[int, ...]:
    try:
        status = os.stat(path)
    except OSError:
        return ()
    return status.st_mtime_ns, status.st_size, status.st_ino


def serve(host: str, port: int, collector: RegistryCollector, tell: Callable[[str], None]) -> None:
    """Answer scrapes until the process is told to end. ``tell`` gets the address. Raises ``StateError``."""
    registry = CollectorRegistry()
    registry.register(collector)
    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise StateError(
            f"{host}:{port}: cannot be listened on ({error.strerror or error}); name another one with --metrics"
        ) from None
    ended = Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: ended.set())
    shown = f"[{host}]" if ":" in host else host
    tell(f"http://{shown}:{server.server_port}/metrics")
    ended.wait()
    server.shutdown()
    thread.join()
    server.server_close()
