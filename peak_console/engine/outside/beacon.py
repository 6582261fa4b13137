"""Heartbeats of the engine and pings of jobs, sent by a thread: nobody waits for a service that does not answer."""

from __future__ import annotations

import os
from queue import Full, Queue
from threading import Thread

from peak_console.model.terms import Outcome
from peak_console.text import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from peak_console.clock import Clock
    from peak_console.jobs.model import Heartbeat, JobDefinition
    from peak_console.model.records import Run

MOST_WAITING = 200
"""More is not kept: what is late by so much says nothing any more."""
TIMEOUT_SECONDS = 10.0
MOST_BODY = 10_000
CLOSING_SECONDS = 5.0


class Beacon:
    """Sends heartbeats and pings, one after the other."""

    def __init__(self, environ: Mapping[str, str], base: str | None, clock: Clock) -> None:
        self._environ = environ
        self._base = base
        self._clock = clock
        self._todo: Queue[tuple[str, str] | None] = Queue(MOST_WAITING)
        self._thread: Thread | None = None
        self._beat_due = 0.0
        self.heartbeat: Heartbeat | None = None
        self.fault: Exception | None = None
        """Why the last one could not be sent: silence is what the watcher outside is there for."""

    def beat(self) -> None:
        """Give a heartbeat if one is due. To be called once a turn has done all of its work, and only then."""
        heartbeat, now = self.heartbeat, self._clock.monotonic()
        if heartbeat is None or now < self._beat_due:
            return
        self._beat_due = now + heartbeat.every
        if heartbeat.file is not None:
            self._send(f"file:{os.path.join(self._base or os.curdir, heartbeat.file)}", "")
        elif url := self._url(heartbeat.url, heartbeat.url_env):
            self._send(url, "")

    def seconds_left(self) -> float | None:
        """In how many seconds the next heartbeat is due; ``None`` where there are none."""
        return None if self.heartbeat is None else max(0.0, self._beat_due - self._clock.monotonic())

    def started(self, run: Run, job: JobDefinition) -> None:
        """A run has started: the ping of its job."""
        if url := self._url(job.ping_url, job.ping_url_env):
            self._send(_with_run(url, "start", run), "")

    def ended(self, run: Run, job: JobDefinition) -> None:
        """A run has ended: the exit code of its process, or that it failed."""
        url = self._url(job.ping_url, job.ping_url_env)
        if not url or run.outcome in (Outcome.SKIPPED, Outcome.MISSED, None):
            return
        if run.outcome == Outcome.SUCCEEDED:
            sign = "0"
        elif run.outcome == Outcome.FAILED and run.return_code is not None and 0 < run.return_code < 256:
            sign = str(run.return_code)
        else:
            sign = "fail"
        reason = f": {run.reason}" if run.reason else ""
        self._send(_with_run(url, sign, run), safe(f"{run.job} #{run.id} {run.outcome}{reason}")[:MOST_BODY])

    def close(self) -> None:
        """Wait a moment until all is sent."""
        if self._thread is not None:
            try:
                self._todo.put(None, timeout=CLOSING_SECONDS)
            except Full:
                return
            self._thread.join(CLOSING_SECONDS)
            self._thread = None

    def _url(self, url: str | None, variable: str | None) -> str:
        if url is None and variable is not None:
            from peak_console.jobs.environment import load_dotenv_values

            url = self._environ.get(variable) or load_dotenv_values(self._base or os.curdir).get(variable)
        return url or ""

    def _send(self, where: str, body: str) -> None:
        if self._thread is None:
            thread = Thread(target=self._serve, name="beacon", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # no room for a thread: the watcher outside notices
                return
            self._thread = thread
        try:
            self._todo.put_nowait((where, body))
        except Full:
            pass

    def _serve(self) -> None:
        while (todo := self._todo.get()) is not None:
            where, body = todo
            try:
                if where.startswith("file:"):
                    _touch(where.removeprefix("file:"), self._clock)
                else:
                    _post(where, body)
                self.fault = None
            except Exception as error:  # noqa: BLE001 - whatever a service or a URL makes of it
                self.fault = error


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
