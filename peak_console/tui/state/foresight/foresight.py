"""The forecast that the console shows: made anew when something changes, and kept until the next one is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.forecast.outlook import HORIZON
from peak_console.text import safe
from peak_console.tui.state.foresight.pace import AGE_SECONDS, Pace, Reason
from peak_console.tui.state.foresight.surprise import is_overdue, surprises

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, tzinfo

    from peak_console.clock import Clock
    from peak_console.forecast.child import Ended
    from peak_console.forecast.outlook import Outlook
    from peak_console.model.ahead import AheadRun
    from peak_console.model.records import Run
    from peak_console.tui.state.foresight.asking import Asking
    from peak_console.tui.state.interface import Session
    from peak_console.tui.state.snapshot import JobRow, Snapshot

MOST_SECONDS = 15.0
"""So much of a processor's time a forecast may take; what it has not reached by then is left out, and said to be."""


class Foresight:
    """Belongs to the thread that draws. The first one waits for ``begin``: it must not hold up the first paint."""

    def __init__(self, session: Session, clock: Clock, news: Callable[[], None]) -> None:
        """``news`` is called when there is another outlook, or another sentence about it."""
        self.outlook: Outlook | None = None
        self._session = session
        self._clock = clock
        self._news = news
        self._pace = Pace()
        self._asking: Asking | None = None
        self._has_begun = False
        self._is_partial = False
        """Whether the rest of what is shown is still being made."""
        self._newest: Outlook | None = None
        """What has come of the one that is being made."""
        self._failure = ""
        self._basis: tuple[object, ...] | None = None
        self._rows: dict[str, JobRow] = {}
        self._active: dict[str, JobRow] = {}

    @property
    def is_at_work(self) -> bool:
        return self._asking is not None

    def note(self, now: datetime, zone: tzinfo) -> str:
        """What is to be said of the forecast beside what it says; nothing when it is as new as it should be."""
        if self._failure:
            return f"slots alone: {self._failure}" if self.outlook is None else f"old forecast: {self._failure}"
        if self.outlook is None:
            return "forecast is being made" if self.is_at_work else ""
        if self.is_at_work and not self._is_partial:
            return "forecast is being renewed"
        if not self.outlook.is_whole and not self.is_at_work:
            end = self.outlook.end.astimezone(zone)
            day = "" if end.date() == now.astimezone(zone).date() else f"{end:%a} "
            return f"forecast up to {day}{end:%H:%M}, then slots alone: too many runs to come"
        return ""

    def consider(self, snapshot: Snapshot) -> None:
        """Find out whether what has changed calls for another forecast."""
        now = self._clock.monotonic()
        basis = (
            self._session.jobset, snapshot.hold, tuple(snapshot.holds),
            tuple((gate.name, why) for gate, _, why in snapshot.gates),
        )  # fmt: skip
        if self._basis is None or basis[0] is not self._basis[0] or basis[1:] != self._basis[1:]:
            self._pace.wants(Reason.CHANGE, now)
        if self._basis is None or basis[0] is not self._basis[0]:
            self._rows, self._active = {}, {}
        self._basis = basis
        changed = [row for row in snapshot.rows if self._rows.get(row.name) is not row]
        for row in changed:
            before = self._rows.get(row.name)
            self._rows[row.name] = row
            if row.view.active:
                self._active[row.name] = row
            else:
                self._active.pop(row.name, None)
            if before is not None and before.view.override != row.view.override:
                self._pace.wants(Reason.CHANGE, now)
            elif self.outlook is not None and self._is_surprising(row, self.outlook):
                self._pace.wants(Reason.SURPRISE, now)

    def _is_surprising(self, row: JobRow, outlook: Outlook) -> bool:
        last = [row.view.last_run] if row.view.last_run is not None else []
        runs: Sequence[Run] = [*row.view.active, *last]
        known: Sequence[AheadRun] = outlook.of_job.get(row.name, ())
        return any(surprises(run, known, outlook.made_at) for run in runs)

    def begin(self) -> None:
        """Make forecasts from now on."""
        self._has_begun = True

    def tick(self, now: datetime) -> None:
        """Another second: start a forecast that is due."""
        if not self._has_begun:
            return
        monotonic, outlook = self._clock.monotonic(), self.outlook
        if outlook is not None and self._pace.reason < Reason.SURPRISE:
            if (now - outlook.made_at).total_seconds() >= AGE_SECONDS:
                self._pace.wants(Reason.AGE, monotonic)
            elif any(
                is_overdue(run, outlook.of_job.get(name, ()), now)
                for name, row in self._active.items()
                for run in row.view.active
            ):
                self._pace.wants(Reason.SURPRISE, monotonic)
        if self._pace.reason and self._pace.is_due(monotonic, at_work=self.is_at_work):
            self._start(now)

    def _start(self, now: datetime) -> None:
        import asyncio

        from peak_console.forecast.child import Asked
        from peak_console.tui.state.foresight.asking import Asking

        if self._asking is not None:
            self._asking.cancel()
        session = self._session
        asked = Asked(session.jobset, session.directory, now, now + HORIZON, MOST_SECONDS)
        self._pace.started(self._clock.monotonic())
        self._is_partial, self._newest = False, None
        self._asking = Asking(asked, asyncio.get_running_loop(), self.take)
        self._news()

    def take(self, answer: Outlook | Ended) -> None:
        """There is an outlook, or the end of one."""
        from peak_console.forecast.child import Ended

        if isinstance(answer, Ended):
            self._asking, self._is_partial = None, False
            self._failure = safe(answer.why)
            self._pace.ended(self._clock.monotonic(), answer.seconds, failed=bool(answer.why))
            if self._newest is not None and not answer.why:
                self.outlook = self._newest
            self._newest = None
        else:
            self._newest = answer
            if self.outlook is None or answer.is_whole:  # until then the old one stands, which goes further
                self.outlook, self._is_partial, self._failure = answer, True, ""
        self._news()

    def close(self) -> None:
        """Make nothing more."""
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
