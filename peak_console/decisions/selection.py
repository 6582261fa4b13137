"""Which jobs fire, and what a reload changes. Pure, and all that a start with nothing to do needs of the policy."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from peak_console.jobs.model import JobDefinition
    from peak_console.model.state import JobState


def tags_of(text: str | None) -> list[str]:
    """``a, b`` as a list."""
    return [tag.strip() for tag in (text or "").split(",") if tag.strip()]


def changes(
    old: Mapping[str, JobDefinition], new: Mapping[str, JobDefinition]
) -> tuple[list[str], list[str], list[str]]:
    """The names of the jobs that were added, removed and changed."""
    added = [name for name in new if name not in old]
    removed = [name for name in old if name not in new]
    changed = [name for name in new if name in old and old[name] != new[name]]
    return added, removed, changed


def is_enabled(job: JobDefinition, state: JobState | None, now: datetime) -> bool:
    """Whether a job's slots fire: an operator's override outranks the jobs file until it lapses."""
    override = state.override if state else None
    if override is not None and (override.until is None or now < override.until):
        return override.enabled
    return job.enabled
