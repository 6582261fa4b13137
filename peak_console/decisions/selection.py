"""Which jobs fire, and what a reload changes. Pure, and all that a start with nothing to do needs of the policy."""

from __future__ import annotations

from peak_console.errors import UnknownTagError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from typing import Final

    from peak_console.jobs.model import JobDefinition
    from peak_console.model.state import JobState, Override


_INCLUDE: Final = "--include-tags"
_EXCLUDE: Final = "--exclude-tags"
_NAMED: Final = 10


def tags_of(text: str | None) -> list[str]:
    """``a, b`` as a list."""
    return [tag.strip() for tag in (text or "").split(",") if tag.strip()]


def check_tags(jobs: Mapping[str, JobDefinition], include: Sequence[str], exclude: Sequence[str]) -> list[str]:
    """A sentence for each tag that no job has. Raises ``UnknownTagError`` if therefore, or otherwise, no job is left.

    A file without jobs is accepted: jobs may be added to it.
    """
    doubts, selects_nothing = tag_doubts(jobs, include, exclude)
    if selects_nothing:
        raise UnknownTagError("; ".join(doubts))
    return doubts


def tag_doubts(
    jobs: Mapping[str, JobDefinition], include: Sequence[str], exclude: Sequence[str]
) -> tuple[list[str], bool]:
    """A sentence for each tag that no job has, and whether the tags select none of the jobs, with a sentence then."""
    known = {tag for job in jobs.values() for tag in job.tags}
    doubts = [_unknown(flag, tag, known) for flag, tags in ((_INCLUDE, include), (_EXCLUDE, exclude))
              for tag in tags if tag not in known]  # fmt: skip
    wanted, unwanted = set(include), set(exclude)
    if not jobs or any((not wanted or wanted & {*job.tags}) and not unwanted & {*job.tags} for job in jobs.values()):
        return doubts, False
    return doubts or [f"{_INCLUDE} and {_EXCLUDE} leave no job; name other tags"], True


def _unknown(flag: str, tag: str, known: Collection[str]) -> str:
    from peak_console.text import nearest, safe

    guess = nearest(tag, known)
    if guess:
        hint = f'did you mean "{safe(guess)}"?'
    else:
        hint = (
            f"the tags are {', '.join(safe(each) for each in sorted(known)[:_NAMED])}" if known else "there are no tags"
        )
    return f'{flag}: no job has the tag "{safe(tag)}"; {hint}'


def changes(
    old: Mapping[str, JobDefinition], new: Mapping[str, JobDefinition]
) -> tuple[list[str], list[str], list[str]]:
    """The names of the jobs that were added, removed and changed."""
    added = [name for name in new if name not in old]
    removed = [name for name in old if name not in new]
    changed = [name for name in new if name in old and old[name] != new[name]]
    return added, removed, changed


def override_in_force(state: JobState | None, now: datetime) -> Override | None:
    """An operator's enable or disable of a job, unless it has lapsed; it outranks the jobs file."""
    override = state.override if state is not None else None
    return override if override is not None and (override.until is None or now < override.until) else None


def is_enabled(job: JobDefinition, state: JobState | None, now: datetime) -> bool:
    """Whether a job's slots fire: an operator's override outranks the jobs file until it lapses."""
    override = override_in_force(state, now)
    return job.enabled if override is None else override.enabled
