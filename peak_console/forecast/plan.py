"""What another jobs file would change: jobs by field, next slots, what starts at once, which deadlines break."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from peak_console.decisions.ahead.upcoming import starts_ahead
from peak_console.decisions.job_status import all_blackouts
from peak_console.decisions.selection import changes
from peak_console.forecast.deadlines import missed
from peak_console.forecast.forecast import Question, forecast
from peak_console.forecast.past import Past

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from peak_console.decisions.holding.blackouts import Blackouts
    from peak_console.forecast.deadlines import Foreseen
    from peak_console.forecast.forecast import Forecast
    from peak_console.jobs.model import JobSet
    from peak_console.model.state import JobState
    from peak_console.store.store import Store

AHEAD = timedelta(days=1)
AT_ONCE_SECONDS = 5.0
"""A start that comes sooner than this after the change comes because of it."""
PRIVATE = ("env", "args", "argv", "meta")
"""The fields that may hold secrets: what has changed in them is named, and not shown."""
NOT_FIELDS = ("schedule",)


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that has another value; ``None`` for both where the values are not to be shown."""

    field: str
    before: Any
    after: Any
    is_shown: bool = True

    def __str__(self) -> str:
        return f"{self.field}: {shown(self.before)} → {shown(self.after)}" if self.is_shown else f"{self.field} changed"


@dataclass(frozen=True, slots=True)
class JobChange:
    """A job that is added, removed or changed."""

    job: str
    kind: str
    """``added``, ``removed`` or ``changed``."""
    fields: Sequence[FieldChange]
    slot_before: datetime | None
    slot_after: datetime | None
    under_way: Sequence[int] = ()
    """Ids of its unfinished runs, where it is removed."""

    @property
    def is_moved(self) -> bool:
        """Whether its next slot is another one."""
        return self.kind == "changed" and self.slot_before != self.slot_after


@dataclass(frozen=True, slots=True)
class Plan:
    """What a jobs file would change."""

    jobs: Sequence[JobChange]
    settings: Sequence[FieldChange]
    at_once: Sequence[str]
    """The jobs that would start as soon as the file counts, and do not by the one at work."""
    broken: Sequence[Foreseen]
    """The deadlines of the next day that would be missed, and are met by the file at work."""

    @property
    def is_empty(self) -> bool:
        return not (self.jobs or self.settings or self.at_once or self.broken)


def plan_of(before: JobSet, after: JobSet, source: Store | None, now: datetime) -> Plan:
    """What would change if one jobs file took the place of another. Raises ``StateError``."""
    return foreseen(changes_of(before, after, source, now), before, after, source, now)


def changes_of(before: JobSet, after: JobSet, source: Store | None, now: datetime) -> Plan:
    """The same without a forecast: what would start at once, and which deadlines break, is left open."""
    states = source.job_states() if source is not None else {}
    unfinished = source.unfinished_of_jobs() if source is not None else {}
    added, removed, changed = changes(before.jobs, after.jobs)
    every = all_blackouts(before.blackouts, source), all_blackouts(after.blackouts, source)
    found = [_job_change(name, before, after, states, unfinished, now, every) for name in (*added, *removed, *changed)]
    settings = _fields(before.settings, after.settings) + _sets(before, after)
    return Plan(jobs=found, settings=settings, at_once=(), broken=())


def foreseen(plan: Plan, before: JobSet, after: JobSet, source: Store | None, now: datetime) -> Plan:
    """A plan with what the forecast says of both files. Raises ``StateError``."""
    old, new = (_forecast(jobset, source, now) for jobset in (before, after))
    started = _at_once(old)
    known = {(each.name, each.job, each.slot) for each in missed(before, old)}
    broken = [each for each in missed(after, new) if (each.name, each.job, each.slot) not in known]
    return replace(plan, at_once=sorted(_at_once(new) - started), broken=broken)


def _forecast(jobset: JobSet, source: Store | None, now: datetime) -> Forecast:
    return forecast(jobset, source, Question(now=now, begin=now, end=now + AHEAD), past=Past(source, jobset.jobs))


def _at_once(found: Forecast) -> set[str]:
    soon = found.now + timedelta(seconds=AT_ONCE_SECONDS)
    return {run.job for run in found.runs if run.run_id is None and run.starts_at is not None and run.starts_at < soon}


def _job_change(
    name: str,
    before: JobSet,
    after: JobSet,
    states: Mapping[str, JobState],
    unfinished: Mapping[str, Sequence[int]],
    now: datetime,
    every: tuple[Blackouts | None, Blackouts | None],
) -> JobChange:
    old, new, state = before.jobs.get(name), after.jobs.get(name), states.get(name)
    fields: list[FieldChange] = []
    if old is not None and new is not None:
        fields = _fields(old, new) + _fields(old.schedule, new.schedule)
    kind = "added" if old is None else "removed" if new is None else "changed"
    slots = [
        None if job is None else next(starts_ahead(job, state, now, blackouts), None)
        for job, blackouts in ((old, every[0]), (new, every[1]))
    ]
    return JobChange(name, kind, fields, slots[0], slots[1], unfinished.get(name, ()) if new is None else ())


def _fields(old: Any, new: Any) -> list[FieldChange]:
    """The fields of two values of one kind that differ."""
    names = [name for name in old.__match_args__ if name not in NOT_FIELDS]
    pairs = [(name, getattr(old, name), getattr(new, name)) for name in names]
    return [FieldChange(name, a, b, name not in PRIVATE) for name, a, b in pairs if a != b]


def _sets(before: JobSet, after: JobSet) -> list[FieldChange]:
    """What else the files say that is not about one job: groups, deadlines, gates, channels, clusters."""
    shown_apart = ("path", "jobs", "settings", "warnings", "base")
    names = [name for name in before.__match_args__ if name not in shown_apart]
    return [
        FieldChange(name, None, None, is_shown=False) for name in names if getattr(before, name) != getattr(after, name)
    ]


def shown(value: Any) -> str:
    """A value as a jobs file has it, nearly."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(shown(each) for each in value) + "]"
    return f'"{value}"' if isinstance(value, str) else f"{value}"
