"""Arrays: what their indexes and the axes of a matrix say, and the definition of each of their runs. Pure."""

from __future__ import annotations

from peak_console.jobs.model import IfStale, Member, Overlap
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, Final

    from peak_console.jobs.model import Array, JobDefinition
    from peak_console.model.records import Run

MOST_RUNS: Final = 5000
"""The most runs of one array."""
HIGHEST_INDEX: Final = 1_000_000
ALL: Final = "all"
ANY: Final = "any"
_EXAMPLE: Final = 'such as "0-99", "0-99%10" or "1,3,5-7"'
_CHAIN: Final[dict[str, Any]] = {
    "array": None, "overlap": Overlap.ALLOW, "after": (), "round": "day", "finish_by": None, "start_by": None,
    "expect_duration": (), "on_finish": (), "ping_url": None, "ping_url_env": None,
}  # fmt: skip
"""What is said of the array as a whole, and means nothing for one of its runs."""


def parse(text: str) -> tuple[list[int], int]:
    """The indexes that a text names, in order, and how many of the runs go on at once (0: any number).

    Raises ``ValueError`` with a sentence.
    """
    words, percent, at_once = text.partition("%")
    if percent and not _is_number(at_once.strip()):
        raise ValueError(f"after % stands how many runs go on at once, {_EXAMPLE}")
    if percent and int(at_once) == 0:
        raise ValueError("%0 would start nothing; leave it out, or let at least one run go on")
    found: dict[int, None] = {}
    for word in words.split(","):
        first, dash, last = (part.strip() for part in word.partition("-"))
        if not _is_number(first) or (dash and not _is_number(last)):
            raise ValueError(f'"{word.strip()[:40]}" is no index and no range of indexes; write them {_EXAMPLE}')
        low, high = int(first), int(last or first)
        if high < low:
            raise ValueError(f"{low}-{high} counts downwards; write {high}-{low}")
        if high > HIGHEST_INDEX:
            raise ValueError(f"the highest index is {HIGHEST_INDEX}, not {high}")
        if high - low >= MOST_RUNS:
            raise ValueError(_too_many(high - low + 1))
        for index in range(low, high + 1):
            if index in found:
                raise ValueError(f"names the index {index} twice")
            found[index] = None
    if len(found) > MOST_RUNS:
        raise ValueError(_too_many(len(found)))
    return sorted(found), int(at_once) if percent else 0


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= len(str(HIGHEST_INDEX)) + 3


def _too_many(count: int) -> str:
    return f"{count} runs are more than the {MOST_RUNS} that an array may have; split it among jobs"


def size_of(axes: Mapping[str, Sequence[Any]]) -> int:
    """How many combinations of values the axes of a matrix have."""
    size = 1
    for values in axes.values():
        size *= len(values)
    return size


def values_at(axes: Mapping[str, Sequence[Any]], index: int) -> dict[str, Any]:
    """The combination of values that an index stands for; the last axis changes fastest."""
    found: dict[str, Any] = {}
    for name, values in reversed([*axes.items()]):
        index, place = divmod(index, len(values))
        found[name] = values[place]
    return dict(reversed([*found.items()]))


def indexes_in_words(indexes: Sequence[int]) -> str:
    """``0-99`` or ``1,3,5-7``: what ``parse`` reads."""
    parts: list[str] = []
    first = last = indexes[0]
    for index in [*indexes[1:], None]:
        if index is not None and index == last + 1:
            last = index
            continue
        parts.append(str(first) if first == last else f"{first}-{last}")
        if index is not None:
            first = last = index
    return ",".join(parts)


def array_in_words(array: Array) -> str:
    """An array as a definition says it: ``0-99, 10 at once, at least 90 succeed``."""
    axes = ", ".join(f"{name} × {len(values)}" for name, values in array.axes.items())
    words = [f"{indexes_in_words(array.indexes)} ({axes})" if axes else indexes_in_words(array.indexes)]
    if array.at_once:
        words.append(f"{array.at_once} at once")
    if array.succeeds != ALL:
        words.append(f"{array.succeeds if array.succeeds == ANY else f'at least {array.succeeds}'} have to succeed")
    return ", ".join(words)


def needed(array: Array | None, size: int) -> int:
    """How many of ``size`` runs have to succeed for the array as a whole to succeed."""
    rule = array.succeeds if array is not None else ALL
    return size if rule == ALL else 1 if rule == ANY else min(size, int(rule))


def member_name(job: str, index: int) -> str:
    """What one run of an array is called: ``sweep[7]``."""
    return f"{job}[{index}]"


def member_of(job: JobDefinition, run: Run) -> JobDefinition:
    """The definition of one run of an array, by the job's definition as it is now."""
    assert run.array_index is not None
    requires = job.requires if job.if_stale == IfStale.FAIL else ()
    member = Member(job.name, run.array_index, run.array_values)
    return replace(job, name=run.job, member=member, requires=requires, **_CHAIN)


def failed_in_words(names: Iterable[tuple[int, str]], most: int = 5) -> str:
    """``[3] failed, [17] timed out and 4 more``, of pairs of an index and an outcome."""
    told = [f"[{index}] {outcome.replace('_', ' ')}" for index, outcome in names]
    return ", ".join(told[:most]) + (f" and {len(told) - most} more" if len(told) > most else "")
