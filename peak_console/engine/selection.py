"""Which jobs a command line selects, and what a reload changes. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from peak_console.jobs.model import JobDefinition


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
