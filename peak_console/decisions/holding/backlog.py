"""Slots that pass under a hold, and what may become of them when it is released. Pure."""

from __future__ import annotations

from enum import StrEnum

from peak_console.decisions.grace import is_too_late
from peak_console.decisions.planner import settled
from peak_console.decisions.policy import Action, Verdict, decide
from peak_console.decisions.selection import is_enabled
from peak_console.jobs.model import CatchUp
from peak_console.schedule.slots import pending
from peak_console.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from peak_console.decisions.conditions import Situation
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.state import JobState
    from peak_console.schedule.slots import Pending

    Waiting = tuple[JobDefinition, Pending]

ANY_GRACE_SECONDS = 1e12
"""A lateness that no slot has."""


class Backlog(StrEnum):
    """What becomes of slots that wait, whatever their jobs say."""

    NEWEST = "newest"
    """The newest of each job runs; the others are folded into it."""
    ALL = "all"
    """Each of them runs, one after the other."""
    DROP = "drop"
    """None of them runs."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What comes of slots that wait."""

    jobs: int
    """How many jobs have slots that wait."""
    slots: int
    starting: int
    """How many runs the jobs' own policies make of them."""
    missed: int
    """How many jobs miss all of theirs, by their grace."""


def waiting(jobs: Iterable[JobDefinition], states: Mapping[str, JobState], now: datetime) -> list[Waiting]:
    """The jobs with slots that have passed and are not decided, in order of slot and name."""
    found = []
    for job in jobs:
        try:
            state = settled(job, states.get(job.name), now) or states.get(job.name)
            if not is_enabled(job, state, now):
                continue
            slots = pending(job.schedule, state.decided_until if state is not None else None, now)
        except Exception:  # noqa: BLE001, S112 - one job's own data; its engine says what is wrong
            continue
        if slots is not None:
            found.append((job, slots))
    return sorted(found, key=lambda item: (item[1].latest, item[0].name))


def outlook(waits: Sequence[Waiting], now: datetime) -> Outlook:
    """What the jobs' own policies make of slots that wait."""
    starting = missed = 0
    for job, slots in waits:
        if is_too_late(job, slots.latest, now):
            missed += 1
        else:
            starting += slots.count if job.catch_up == CatchUp.ALL else 1
    return Outlook(len(waits), sum(slots.count for _, slots in waits), starting, missed)


def leniently(job: JobDefinition, choice: Backlog) -> JobDefinition:
    """A job whose slots may be as late as they are."""
    catch_up = CatchUp.ALL if choice == Backlog.ALL else CatchUp.LATEST
    return replace(job, catch_up=catch_up, misfire_grace_seconds=ANY_GRACE_SECONDS)


def decide_as(choice: Backlog, by: str, asked: Situation, slots: Pending) -> list[Verdict]:
    """What becomes of a job's slots by an operator's choice; ``asked`` is the situation of a lenient job."""
    if choice != Backlog.DROP:
        return decide(asked, slots)
    folded = slots.count - 1
    reason = f"dropped by {by} when the hold was released"
    return [Verdict(slots.latest, Action.SKIP, reason=reason, folded=folded, since=slots.oldest if folded else None)]
