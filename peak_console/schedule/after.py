"""The kind of schedule whose slots come from other jobs: one for each round in which one of these has a slot.

The slot that is computed here is the moment at which the first upstream's slot falls due: from then on the job waits
for all of them. ``round = "run"`` names no moments: each success of its upstream makes a slot.
"""

from __future__ import annotations

from datetime import timedelta

from peak_console.schedule.kind import Pending, ScheduleKind, zone_of
from peak_console.schedule.rounds import TICK, day_round, round_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from peak_console.schedule.model import AfterRule, JobSchedule
    from peak_console.schedule.rounds import Round

RUN = "run"
LONGEST_LOOK = timedelta(days=1000)
"""Rounds that are older than this are not counted."""


class After(ScheduleKind):
    """A slot for each round of its upstreams, or none of its own where every run of one upstream makes one."""

    __slots__ = ("is_once", "is_wall_clock")

    def __init__(self, schedule: JobSchedule) -> None:
        super().__init__(schedule)
        rule = schedule.follows
        self.is_once = rule is not None and rule.round != RUN and _is_at_first_sight(rule)
        self.is_wall_clock = not self.is_once

    @property
    def default_grace(self) -> float | None:
        return None  # how late it is, its upstreams decide

    def validate(self) -> None:
        zone_of(self.schedule)

    def next(self, decided: datetime | None, now: datetime) -> datetime | None:
        rule = self.schedule.follows
        if rule is None or rule.round == RUN:
            return None
        if self.is_once:
            return now if decided is None else None
        return self._following(rule, now if decided is None else decided)

    def pending(self, decided: datetime | None, now: datetime, limit: int) -> Pending | None:
        oldest = self.next(decided, now)
        if oldest is None or oldest > now:
            return None
        latest, count, slot = oldest, 1, self.next(max(oldest, now - LONGEST_LOOK), now)
        while slot is not None and slot <= now and not self.is_once:
            latest, count, slot = slot, count + 1, self.next(slot, now)
        return Pending(latest, oldest, min(count, max(limit, 1)))

    def fingerprint(self) -> str:
        return f"after {self.schedule.follows.round if self.schedule.follows is not None else ''}".rstrip()

    def words(self, place: str) -> str:  # noqa: ARG002
        rule = self.schedule.follows
        if rule is None or not rule.names:
            return "after others"
        return f"after {'each ' if rule.round == RUN else ''}{', '.join(rule.names)}"

    def decided_after_pause(self, decided: datetime | None, now: datetime) -> datetime | None:
        return now if self.is_wall_clock else super().decided_after_pause(decided, now)

    def _following(self, rule: AfterRule, moment: datetime) -> datetime | None:
        """The first round's slot after a moment."""
        zone = zone_of(self.schedule)
        day = round_of(self.schedule, rule.round, moment, zone)
        first = self._first(rule, day.start - TICK, zone)
        if first is not None and first > moment:
            return first
        return self._first(rule, day.end - TICK, zone)

    def _first(self, rule: AfterRule, moment: datetime, zone: tzinfo) -> datetime | None:
        """The first slot of any root after a moment."""
        found = [slot for root in rule.roots if (slot := _next_of(root, moment, zone)) is not None]
        return min(found, default=None)


def _is_at_first_sight(rule: AfterRule) -> bool:
    return all(root.type == "once" and root.run_at is None for root in rule.roots)


def _next_of(root: JobSchedule, moment: datetime, zone: tzinfo) -> datetime | None:
    """A root's first slot after a moment; an interval, which keeps to no clock, counts from each midnight."""
    from peak_console.schedule.slots import kind_of

    if root.type == "interval":
        return day_round(moment + TICK, zone).start if _is_midnight(moment + TICK, zone) else _tomorrow(moment, zone)
    if root.type == "once" and root.run_at is None:
        return None
    return kind_of(root).next(moment, moment)


def _is_midnight(moment: datetime, zone: tzinfo) -> bool:
    return day_round(moment, zone).start == moment


def _tomorrow(moment: datetime, zone: tzinfo) -> datetime:
    return day_round(moment, zone).end


def reference_slot(
    schedule: JobSchedule, decided: datetime | None, within: Round, until: datetime | None
) -> datetime | None:
    """Which slot of a schedule counts in a round: the last one up to ``until``, else the first; ``None`` is none.

    ``decided`` is up to when the slots of the schedule have been decided, by which an interval has its grid.
    """
    from peak_console.schedule.slots import kind_of

    rule = schedule.follows
    if schedule.type == "after" and rule is not None and rule.round == RUN:
        schedule = rule.roots[0] if rule.roots else schedule
    if schedule.type == "interval":
        return _on_grid(timedelta(seconds=schedule.interval_seconds or 1), decided, within, until)
    kind = kind_of(schedule)
    if until is not None:
        due = kind.pending(within.start - TICK, until, 1)
        if due is not None:
            return due.latest
    first = kind.next(within.start - TICK, within.start - TICK)
    return first if first is not None and first < within.end else None


def _on_grid(step: timedelta, decided: datetime | None, within: Round, until: datetime | None) -> datetime | None:
    if decided is None:
        return within.start  # it has never run, and is due at once
    if until is not None:
        last = decided + (until - decided) // step * step
        if within.holds(last):
            return last
    first = decided - (decided - within.start) // step * step
    return first if within.holds(first) else None
