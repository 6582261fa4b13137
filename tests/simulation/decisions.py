"""What holds when an engine claims a run: the conditions of its start, asked slowly of the registry alone."""

from __future__ import annotations

import json
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from peak_console.jobs.model import Overlap
from peak_console.model.terms import RunState
from tests.simulation.days import CLOSED, CLOSES, DESK_ZONE, OPENS
from tests.simulation.invariants import BrokenError, defined_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.jobs.model import JobDefinition, JobSet, Upstream
    from peak_console.model.records import Run
    from tests.simulation.faults import FaultyStore
    from tests.simulation.processes import Machine

AHEAD = timedelta(seconds=0.05)
"""So much ahead an engine may claim."""
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


class Claims:
    """Remembers under which jobs file each run was recorded and claimed, and asks what had to hold then."""

    def __init__(self, store: FaultyStore, machine: Machine) -> None:
        self._store = store
        self._machine = machine
        self._recorded: dict[int, JobSet] = {}
        """By run, the jobs file that its engine worked by when it was queued or claimed at first."""
        self.overlaps: dict[int, str] = {}
        """By run, what its job allowed when it was claimed."""
        self.wholes: set[int] = set()
        """The runs that were claimed as whole arrays."""

    def recorded(self, runs: Sequence[Run], jobset: JobSet, now: datetime) -> None:
        """Runs have been recorded: some are queued, others claimed at once."""
        for run in runs:
            self._recorded[run.id] = jobset
            if run.triggered_by in ("schedule", "catch_up") and run.array_of is None:
                _is_a_slot(run, jobset.jobs[run.job], now)
            if run.state == RunState.CLAIMED:
                self.claimed(run, jobset, now)

    def claimed(self, run: Run, jobset: JobSet, now: datetime) -> None:
        """A run has been claimed, and starts next."""
        name, job = f"{run.job} #{run.id}", jobset.jobs[run.defined_by]
        # One run of an array starts by what was decided of the whole.
        self.overlaps[run.id] = self.overlaps.get(run.array_of or 0, job.overlap)
        if run.array_of is None and not self._is_by_hand(run):  # one run of an array follows the whole
            if not self._is_enabled(job, now):
                raise BrokenError("no start of a disabled job", name)
            former = self._recorded.get(run.id, jobset)
            if run.attempt == 1 and not (self._may_follow(run, former) or self._may_follow(run, jobset)):
                raise BrokenError("no start before its upstream", name)
        if held := self.hold_on(job, now):
            raise BrokenError("no start under a hold", f"{name} is claimed, {held}")
        if job.array is not None and run.array_of is None:
            self.wholes.add(run.id)
        else:
            self.wholes.discard(run.id)
            self._has_a_place(run, job, jobset)

    def hold_on(self, job: JobDefinition, now: datetime) -> str:
        """Which hold keeps a job from starting; empty where none does."""
        if self._store.peek("SELECT 1 FROM engine WHERE hold_since IS NOT NULL"):
            return "all jobs are held"
        for until, tags, words in self._store.peek("SELECT until, tags, words FROM holds"):
            is_over = until is not None and datetime.fromisoformat(until) <= now
            is_meant = not (wanted := json.loads(tags)) or not set(wanted).isdisjoint(job.tags)
            if not is_over and is_meant and not words:
                return f"the jobs with {tags} are held"
        return ""

    def _is_by_hand(self, run: Run) -> bool:
        first = self._store.peek(
            "SELECT 1 FROM runs WHERE job = ? AND scheduled_for = (SELECT scheduled_for FROM runs WHERE id = ?)"
            " AND triggered_by = 'manual'", (run.job, run.id),
        )  # fmt: skip
        return bool(first)

    def _is_enabled(self, job: JobDefinition, now: datetime) -> bool:
        rows = self._store.peek("SELECT override, override_until FROM job_state WHERE job = ?", (job.name,))
        override, until = rows[0] if rows else (None, None)
        if override is not None and (until is None or datetime.fromisoformat(until) > now):
            return bool(override == "enabled")
        return job.enabled

    def _has_a_place(self, run: Run, job: JobDefinition, jobset: JobSet) -> None:
        """Beside the runs that are claimed or running there is room for one more."""
        name = f"{run.job} #{run.id}"
        rows = self._store.peek(
            "SELECT id, job FROM runs WHERE state <> 'finished' AND array_indexes IS NULL"
            " AND (state = 'running' OR state IN ('claimed', 'submitted') AND stop_reason IS NULL)"
        )
        # A job may have become an array since its run was queued: what was claimed as a whole takes no place itself.
        rows = [
            (each, defined_by(other))
            for each, other in rows
            if each != run.id and each not in self.wholes and not self._machine.has_ended(each)
        ]
        limit = jobset.settings.max_concurrent_runs
        if limit and len(rows) >= limit:
            raise BrokenError("places", f"{name} is claimed beside {len(rows)} others, and {limit} may run")
        own = [run_id for run_id, other in rows if other == run.job and run.array_of is None]
        if own and job.overlap != Overlap.ALLOW:
            raise BrokenError("overlap", f"{name} is claimed beside #{own[0]} of its own job")
        if job.group is None:
            return
        members = {each.name for each in jobset.jobs.values() if each.group == job.group}
        others, most = sum(other in members for _, other in rows), jobset.groups.get(job.group, 0)
        if most and others >= most:
            raise BrokenError("groups", f"{name} is claimed beside {others} of its group, and {most} may run")

    def _may_follow(self, run: Run, jobset: JobSet) -> bool:
        job = jobset.jobs.get(run.job)
        moment = run.round_at or run.scheduled_for
        if job is None or moment is None:
            return True
        return all(self._has_ended(job, each, jobset.jobs.get(each.job), moment) for each in job.after)

    def _has_ended(self, job: JobDefinition, upstream: Upstream, other: JobDefinition | None, moment: datetime) -> bool:
        """Whether an upstream has a run for the slot that counts, or for a later one, which ended as it has to."""
        if other is None or other.schedule.type == "once":
            return True
        since = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        if other.schedule.cron is not None and other.schedule.sessions is None:
            slot = _counting_slot(other.schedule.cron, moment)
            if slot is None:
                return True  # it has no slot on that day, so nobody waits for it
            since = slot
        ends = "outcome = 'succeeded'" if job.if_failed != "run" else "outcome NOT IN ('skipped')"
        sql = f"SELECT 1 FROM runs WHERE job = ? AND scheduled_for >= ? AND state = 'finished' AND {ends} LIMIT 1"
        has_ended = bool(self._store.peek(sql, (upstream.job, _text(since))))
        return has_ended or other.schedule.sessions is not None  # a closed day has no slot


def _text(moment: datetime) -> str:
    from peak_console.store.rows import stamp

    return stamp(moment) or ""


def _is_a_slot(run: Run, job: JobDefinition, now: datetime) -> None:
    """A run by schedule is for a moment that its schedule names, and that has come."""
    name, slot, schedule = f"{run.job} #{run.id}", run.scheduled_for, job.schedule
    if slot is None:
        return
    if slot > now + AHEAD:
        raise BrokenError("no slot before its time", f"{name} for {slot} at {now}")
    if schedule.cron is not None and not named_by(schedule.cron, slot):
        raise BrokenError("slots are those of the schedule", f"{name} for {slot}, {schedule.cron}")
    if schedule.sessions is not None:
        wall = slot.astimezone(ZoneInfo(DESK_ZONE)).replace(tzinfo=None)
        if wall.date() in CLOSED:
            raise BrokenError("slots are those of the calendar", f"{name} for {wall}, a closed day")
        if schedule.type == "session" and not OPENS <= wall.time() <= CLOSES:
            raise BrokenError("slots are those of the calendar", f"{name} for {wall}, out of hours")


@lru_cache(maxsize=4096)
def named_by(cron: str, at: datetime) -> bool:
    """Whether one of the plain expressions of the stories names a moment, in UTC."""
    minutes, hours, *_ = cron.split()
    return not (at.second or at.microsecond) and _is_in(minutes, at.minute) and _is_in(hours, at.hour)


def _is_in(field: str, value: int) -> bool:
    if field.startswith("*/"):
        return value % int(field[2:]) == 0
    return field == "*" or value in {int(each) for each in field.split(",")}


def _counting_slot(cron: str, moment: datetime) -> datetime | None:
    """The last slot up to a moment on its day in UTC, else the first one after it."""
    slots = _slots_of_day(cron, moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0))
    number = bisect_right(slots, moment)
    return slots[max(0, number - 1)] if slots else None


@lru_cache(maxsize=256)
def _slots_of_day(cron: str, start: datetime) -> list[datetime]:
    return [at for at in (start + MINUTE * number for number in range(DAY // MINUTE)) if named_by(cron, at)]
