"""What becomes of a job that is enabled again. Pure."""

from __future__ import annotations

from peak_console.decisions.planner import settled
from peak_console.model.state import JobState, Override
from peak_console.schedule.slots import next_slot
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.jobs.model import JobDefinition


def next_if_enabled(job: JobDefinition, state: JobState | None, now: datetime) -> datetime | None:
    """The next slot of a job were it enabled now, in the past when it would be due at once; ``None`` is never again."""
    override = None if job.enabled else Override(True, "", now, None, None)
    state = replace(state or JobState(job.name, ""), override=override)
    state = settled(job, state, now) or state
    return next_slot(job.schedule, state.decided_until, now)
