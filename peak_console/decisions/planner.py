"""Which jobs have something to decide, and when the next one does.

Holds no clock and writes nothing: the engine asks, records what it decided, and tells the planner.
"""

from __future__ import annotations

import heapq
from datetime import timedelta

from peak_console.decisions.selection import is_enabled
from peak_console.model.state import JobState
from peak_console.schedule.slots import fingerprint, kind_of, next_slot, pending
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from peak_console.jobs.model import JobDefinition
    from peak_console.schedule.slots import Pending

CLOCK_TOLERANCE = timedelta(hours=25)
"""Slots decided further ahead than this were decided by a clock that was wrong; they do not bind. A clock that is
set back by less (an hour, a zone, a day) waits until it has caught up: those slots have had their runs."""


class Planner:
    """Knows for each job its next undecided slot, and which job is due first."""

    def __init__(self, jobs: Iterable[JobDefinition], states: Mapping[str, JobState], now: datetime) -> None:
        """Take the jobs over at ``now``; ``changed`` then names those whose state has to be recorded."""
        self.jobs = {job.name: job for job in jobs}
        self.states = {name: states[name] for name in self.jobs if name in states}
        self.changed: list[str] = []
        self.undecidable: dict[str, Exception] = {}
        """Jobs of which it cannot be told when they are due, and why; they have no slots until they are looked at anew.
        """
        self.held: frozenset[str] = frozenset()
        """The jobs whose slots wait, however long they have been due."""
        self._heap: list[tuple[datetime, str]] = []
        self._when: dict[str, datetime] = {}
        for job in self.jobs.values():
            self.refresh(job.name, now)

    def refresh(self, name: str, now: datetime) -> None:
        """Take a job's definition, override and state over as they are at ``now``."""
        job = self.jobs[name]
        before = self.states.get(name)
        try:
            after = settled(job, before, now)
        except Exception as error:  # noqa: BLE001 - whatever a job's own data does, all others have their slots
            self._pass_over(name, error)
            return
        if after is not None and after != before:
            self.states[name] = after
            self.changed.append(name)
        self._schedule(job, now)

    def _pass_over(self, name: str, error: Exception) -> None:
        self._when.pop(name, None)
        self.undecidable[name] = error

    def set_state(self, state: JobState, now: datetime) -> None:
        """Replace what is remembered of a job (already recorded), and look at it anew."""
        self.states[state.job] = state
        if state.job in self.jobs:
            self.refresh(state.job, now)

    def hold(self, names: frozenset[str], now: datetime) -> None:
        """Have the slots of these jobs wait, and of no others."""
        changed, self.held = self.held ^ names, names
        for name in changed & self.jobs.keys():
            self.refresh(name, now)

    def next_slot(self, name: str, now: datetime) -> datetime | None:
        """A job's oldest undecided slot, in the past when it is due; ``None`` when disabled or never again."""
        job, state = self.jobs[name], self.states.get(name)
        if not is_enabled(job, state, now):
            return None
        return next_slot(job.schedule, state.decided_until if state else None, now)

    def _schedule(self, job: JobDefinition, now: datetime) -> None:
        if job.name in self.held:
            self._when.pop(job.name, None)
            return
        try:
            when = self.next_slot(job.name, now)
        except Exception as error:  # noqa: BLE001 - as above
            self._pass_over(job.name, error)
            return
        if when is None and job.schedule.sessions is not None and is_enabled(job, self.states.get(job.name), now):
            when = kind_of(job.schedule).known_until  # nothing later is known: then it has to be told
            if when is not None and when <= now:
                from peak_console.decisions.ahead.calendar_end import calendar_ended

                self._pass_over(job.name, calendar_ended(job))
                return
        override = self.states[job.name].override if job.name in self.states else None
        if override is not None and override.until is not None and now < override.until:
            # When an override lapses, the job is looked at anew.
            when = override.until if when is None else min(when, override.until)
        if when is None:
            self._when.pop(job.name, None)
            return
        self._when[job.name] = when
        heapq.heappush(self._heap, (when, job.name))

    def next_at(self) -> datetime | None:
        """When the next job has something to decide; in the past when that is now."""
        while self._heap:
            when, name = self._heap[0]
            if self._when.get(name) == when:
                return when
            heapq.heappop(self._heap)  # superseded
        return None

    def due_names(self, now: datetime) -> list[str]:
        """The jobs with something to decide up to ``now``."""
        return [name for name, when in self._when.items() if when <= now]

    def next_names(self) -> list[str]:
        """The jobs that have something to decide at ``next_at``."""
        at = self.next_at()
        names, places = set(), [0]
        while places:  # in a heap, what equals its first item hangs together from there on
            place = places.pop()
            if place < len(self._heap) and self._heap[place][0] == at:
                names.add(self._heap[place][1])
                places += (2 * place + 1, 2 * place + 2)
        return [name for name in names if self._when.get(name) == at]

    def due(self, now: datetime) -> list[tuple[JobDefinition, Pending]]:
        """Every job with undecided slots up to ``now``, in order of slot and name. Each has to be ``settle``\\ d."""
        found = []
        while (when := self.next_at()) is not None and when <= now:
            name = heapq.heappop(self._heap)[1]
            del self._when[name]
            job = self.jobs[name]
            state = self.states.get(name)
            if state is not None and state.override is not None:  # it may have lapsed
                self.refresh(name, now)
                state = self.states.get(name)
                self._when.pop(name, None)
            slots = None
            try:
                if is_enabled(job, state, now):
                    slots = pending(job.schedule, state.decided_until if state else None, now)
            except Exception as error:  # noqa: BLE001 - as above
                self._pass_over(name, error)
                continue
            if slots is None:
                self._schedule(job, now)
            else:
                found.append((job, slots))
        if not found:
            return []
        from peak_console.decisions.turns import ahead  # late: a start with nothing due asks no condition

        # Who comes first where places are few must not depend on what this planner has been through.
        found.sort(key=lambda item: (ahead(item[1].latest, item[0].priority), item[0].name))
        return found

    def decided(self, job: JobDefinition, until: datetime) -> JobState:
        """A job's state once every slot up to ``until`` is decided: to be recorded, then given to ``settle``."""
        state = self.states.get(job.name) or JobState(job.name, fingerprint(job.schedule))
        return replace(state, decided_until=until, off_since=None)

    def settle(self, state: JobState, now: datetime) -> None:
        """Take over that slots of a job have been decided and recorded."""
        self.states[state.job] = state
        self._schedule(self.jobs[state.job], now)


def settled(job: JobDefinition, state: JobState | None, now: datetime) -> JobState | None:
    """What is to be remembered of a job that is looked at ``now``, or ``None`` when nothing is.

    A wall-clock job seen for the first time, or with an edited schedule, begins now: it does not fire for times
    before. A disabled job notes since when; once enabled again, it never fires for the time it was off.
    """
    kind = kind_of(job.schedule)
    print_now = kind.fingerprint()
    known = state is not None and state.schedule != ""
    decided = state.decided_until if state is not None and known else None
    if decided is not None and decided - now > CLOCK_TOLERANCE:
        decided = now
    elif state is not None and known and state.schedule != print_now:
        decided = kind.decided_after_edit(state.decided_until, state.schedule, now)
    elif not known and kind.is_wall_clock:
        decided = now
    off_since = state.off_since if state is not None else None
    if not is_enabled(job, state, now):
        off_since = off_since or now
    elif off_since is not None:
        decided, off_since = kind.decided_after_pause(decided, now), None
    if state is None:
        return JobState(job.name, print_now, decided, off_since) if decided or off_since else None
    return replace(state, schedule=print_now, decided_until=decided, off_since=off_since)
