"""How long a save has to have stood before it counts, by what it would do. Pure.

What starts a job cannot be taken back, and half a file starts jobs: ``once`` is what a job is whose ``schedule_type``
has not been written yet.
"""

from __future__ import annotations

from peak_console.schedule.model import ScheduleType
from peak_console.text import counted, safe
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.state import JobState

START_SECONDS = 2.0
LOSS_SECONDS = 10.0
MANY_JOBS = 4
"""From this number of jobs on, a save that removes more than half of them waits for consent."""
_WALL_CLOCK = (ScheduleType.DAILY, ScheduleType.CRON)


@dataclass(frozen=True, slots=True)
class Caution:
    """Why, and how long, a save is held back."""

    seconds: float
    reason: str
    needs_consent: bool = False
    """Whether the operator is told, and may have it count at once."""


NONE = Caution(0.0, "")


def caution(old: JobSet, new: JobSet) -> Caution:
    """What definitions need before they replace others."""
    gone = [name for name in old.jobs if name not in new.jobs]
    if gone and (not new.jobs or (len(old.jobs) >= MANY_JOBS and 2 * len(gone) > len(old.jobs))):
        all_of_them = "all" if not new.jobs else f"{len(gone)} of"
        return Caution(
            LOSS_SECONDS,
            f"the jobs file as it is now would remove {all_of_them} {counted(len(old.jobs), 'job')}: "
            + ", ".join(map(safe, gone)),
            needs_consent=True,
        )
    if may_start_at_once(old, new):
        return Caution(START_SECONDS, "the jobs file as it is now starts jobs at once")
    return NONE


def may_start_at_once(old: JobSet, new: JobSet) -> list[str]:
    """The jobs that might be due as soon as ``new`` counts, and were not before.

    Whether they are, only an engine knows; that a few more wait two seconds costs nothing.
    """
    other_zone = old.settings.timezone != new.settings.timezone
    return [name for name, job in new.jobs.items() if _may_start(old.jobs.get(name), job, other_zone=other_zone)]


def _may_start(old: JobDefinition | None, new: JobDefinition, *, other_zone: bool) -> bool:
    if new.schedule.type in _WALL_CLOCK:
        return False  # a wall-clock job begins with its first time after the save
    if old is None:
        return new.enabled
    if old.schedule != new.schedule or other_zone:
        return True  # also of a disabled one: an operator may have enabled it
    return (new.enabled and not old.enabled) or old.tags != new.tags


def has_become_once(jobset: JobSet, states: Mapping[str, JobState]) -> bool:
    """Whether a job is ``once`` by now that was something else when an engine last knew it."""
    return any(
        job.schedule.type == ScheduleType.ONCE and not states[job.name].schedule.startswith("once")
        for job in jobset.jobs.values()
        if job.name in states and states[job.name].schedule
    )
