"""Heartbeats of the engine and pings of jobs, sent by a thread: nobody waits for a service that does not answer."""

from __future__ import annotations

import os
from queue import Full, Queue
from threading import Thread

from peak_console.alerts.outlets import HEARTBEAT, PING
from peak_console.model.terms import Outcome
from peak_console.text import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from peak_console.clock import Clock
    from peak_console.jobs.beside import Heartbeat
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run

MOST_WAITING = 200
"""More is not kept: what is late by so much says nothing any more."""
TIMEOUT_SECONDS = 10.0
MOST_BODY = 10_000
CLOSING_SECONDS = 5.0


class Beacon:
    """Sends heartbeats and pings, one after the other."""

    def __init__(
        self, environ: Mapping[str, str], base: str | None, clock: Clock, report: Callable[[str, str], None]
    ) -> None:
        """``report`` gets the name of an outlet and why nothing gets out there; empty once something does."""
        self._environ = environ
        self._base = base
        self._clock = clock
        self._report = report
        self._todo: Queue[tuple[str, str, str] | None] = Queue(MOST_WAITING)
        """Outlet, address or file, body."""
        self._thread: Thread | None = None
        self._beat_due = 0.0
        self.heartbeat: Heartbeat | None = None

    def beat(self) -> None:
        """Give a heartbeat if one is due. To be called once a turn has done all of its work, and only then."""
        heartbeat, now = self.heartbeat, self._clock.monotonic()
        if heartbeat is None or now < self._beat_due:
            return
        self._beat_due = now + heartbeat.every
        if heartbeat.file is not None:
            self._send(HEARTBEAT, f"file:{os.path.join(self._base or os.curdir, heartbeat.file)}", "")
        elif url := self._url(HEARTBEAT, heartbeat.url, heartbeat.url_env):
            self._send(HEARTBEAT, url, "")

    def seconds_left(self) -> float | None:
        """In how many seconds the next heartbeat is due; ``None`` where there are none."""
        return None if self.heartbeat is None else max(0.0, self._beat_due - self._clock.monotonic())

    def started(self, run: Run, job: JobDefinition) -> None:
        """A run has started: the ping of its job."""
        outlet = f"{PING}{job.name}"
        if url := self._url(outlet, job.ping_url, job.ping_url_env):
            self._send(outlet, _with_run(url, "start", run), "")

    def ended(self, run: Run, job: JobDefinition) -> None:
        """A run has ended: the exit code of its process, or that it failed."""
        outlet = f"{PING}{job.name}"
        url = self._url(outlet, job.ping_url, job.ping_url_env)
        if not url or run.outcome in (Outcome.SKIPPED, Outcome.MISSED, None):
            return
        if run.outcome == Outcome.SUCCEEDED:
            sign = "0"
        elif run.outcome == Outcome.FAILED and run.return_code is not None and 0 < run.return_code < 256:
            sign = str(run.return_code)
        else:
            sign = "fail"
        reason = f": {run.reason}" if run.reason else ""
        self._send(outlet, _with_run(url, sign, run), safe(f"{run.job} #{run.id} {run.outcome}{reason}")[:MOST_BODY])

    def close(self) -> None:
        """Wait a moment until all is sent."""
        if self._thread is not None:
            try:
                self._todo.put(None, timeout=CLOSING_SECONDS)
            except Full:
                return
            self._thread.join(CLOSING_SECONDS)
            self._thread = None

    def _url(self, outlet: str, url: str | None, variable: str | None) -> str:
        if url is None and variable is not None:
            from peak_console.jobs.environment import load_dotenv_values

            url = self._environ.get(variable) or load_dotenv_values(self._base or os.curdir).get(variable)
            if not url:
                self._report(outlet, f"the variable {variable} is not set, neither in the environment nor in .env")
        return url or ""

    def _send(self, outlet: str, where: str, body: str) -> None:
        if self._thread is None:
            thread = Thread(target=self._serve, name="beacon", daemon=True)
            try:
                thread.start()
            except RuntimeError as error:  # no room for a thread
                self._report(outlet, str(error))
                return
            self._thread = thread
        try:
            self._todo.put_nowait((outlet, where, body))
        except Full:
            self._report(outlet, f"{MOST_WAITING} others still wait to be sent")

    def _serve(self) -> None:
        while (todo := self._todo.get()) is not None:
            outlet, where, body = todo
            try:
                if where.startswith("file:"):
                    _touch(where.removeprefix("file:"), self._clock)
                else:
                    _post(where, body)
            except Exception as error:  # noqa: BLE001 - whatever a service or a URL makes of it
                self._report(outlet, _fault(error))
            else:
                self._report(outlet, "")


def _fault(error: Exception) -> str:
    """What went wrong, without the URL, which is a secret."""
    from urllib.error import HTTPError, URLError

    if isinstance(error, HTTPError):
        return f"the service answered HTTP {error.code}"
    if isinstance(error, URLError):
        error = error.reason if isinstance(error.reason, OSError) else error
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT_SECONDS:g} s"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror)
    return f"sending failed with {type(error).__name__}"


def _with_run(url: str, sign: str, run: Run) -> str:
    """With an id that tells the runs of a job apart where they overlap."""
    from uuid import NAMESPACE_URL, uuid5

    rid = uuid5(NAMESPACE_URL, f"{run.job}#{run.id}@{run.claimed_at.isoformat()}")
    address, _, query = url.partition("?")
    return f"{address.rstrip('/')}/{sign}?{query}{'&' if query else ''}rid={rid}"


def _post(url: str, body: str) -> None:
    from urllib.request import Request, urlopen

    request = Request(url, data=body.encode(errors="replace"), method="POST")  # noqa: S310 - its scheme was checked
    with urlopen(request, timeout=TIMEOUT_SECONDS):  # noqa: S310
        pass


def _touch(path: str, clock: Clock) -> None:
    temporary = f"{path}.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(f"{clock.now().isoformat(timespec='seconds')}\n")
    os.replace(temporary, path)
