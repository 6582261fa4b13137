"""The job table without the screen: which columns fit, and how rows sort. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from operator import attrgetter

from peak_console.decisions.job_status import Standing
from peak_console.model.records import Outcome
from peak_console.tui.state.snapshot import HISTORY_RUNS
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from typing import Any

    from peak_console.tui.jobs.cells import Facts

GAP_CELLS = 2
"""Cells between two columns."""
GUTTER_CELLS = 2
"""Cells left of the first column, for the cursor and the mark."""
NAME_MAX_CELLS = 60
OLDEST = datetime.min.replace(tzinfo=UTC)
"""Stands for the last success of a job that never had one: it comes first."""
NAME_FIRST_CELLS = {100: 24}
"""By width: a name takes no more before every column has its place; else 32. One long name costs nobody a column."""


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    title: str
    right: bool = False
    """Whether its text is aligned to the right."""
    descending: bool = False
    """Whether it is sorted downwards when it is first asked for."""


COLUMNS = (
    Column("state", "state"),
    Column("name", "name"),
    Column("schedule", "schedule"),
    Column("next", "next", right=True),
    Column("last", "last", right=True, descending=True),
    Column("success", "last ok", right=True),
    Column("took", "took", right=True, descending=True),
    Column("runs", "runs", right=True, descending=True),
    Column("tags", "tags"),
)
COLUMN = {column.key: column for column in COLUMNS}
ALWAYS = ("state", "name")
"""The columns that are always shown."""
USUAL = tuple(column.key for column in COLUMNS if column.key != "success")
"""The columns that are shown while the operator has chosen none."""
_FIXED = {"state": 10, "next": 8, "last": 9, "success": 8, "took": 7}
_RUNS_MIN = 5
_SCHEDULE_MIN = 13
"""``mon–fri 07:30`` is whole in it."""
_SCHEDULE_USUAL = 16
_TAGS_MIN = 8
_NAME_MIN = 8


def fit_columns(facts: Iterable[Facts], available: int, chosen: Collection[str] = USUAL) -> dict[str, int]:
    """Which of the ``chosen`` columns fit into ``available`` cells, in order, and how wide each is.

    Columns go from the right before names are cut: tags, runs, took, last success, last. Long schedules are
    cut before that.
    """
    facts = list(facts)
    name = max([each.name_width for each in facts], default=0)
    schedule = max(len("schedule"), max([each.schedule_width for each in facts], default=0))
    tags = max(len("tags"), max([each.tags_width for each in facts], default=0))
    widths = {
        "state": _FIXED["state"],
        "name": min(
            max(name, _NAME_MIN), next((most for below, most in NAME_FIRST_CELLS.items() if available < below), 32)
        ),
        "schedule": min(schedule, _SCHEDULE_USUAL),
        "next": _FIXED["next"],
        "last": _FIXED["last"],
        "success": _FIXED["success"],
        "took": _FIXED["took"],
        "runs": _RUNS_MIN,
        "tags": min(tags, _TAGS_MIN),
    }
    widths = {key: width for key, width in widths.items() if key in chosen or key in ALWAYS}
    for last in ("tags", "runs", "took", "success", "last"):
        if _total(widths) <= available:
            break
        if last not in widths:
            continue
        if last != "tags":
            _shrink(widths, "schedule", _SCHEDULE_MIN, available)
        if _total(widths) > available:
            del widths[last]
    _shrink(widths, "schedule", _SCHEDULE_MIN, available)
    _shrink(widths, "name", _NAME_MIN, available)
    runs = max((len(each.row.history) for each in facts), default=0)
    wishes = (
        ("name", min(name, NAME_MAX_CELLS)),
        ("schedule", schedule),
        ("runs", min(runs, HISTORY_RUNS)),
        ("tags", tags),
    )
    for key, wanted in wishes:
        if key in widths:
            widths[key] += min(max(0, available - _total(widths)), max(0, wanted - widths[key]))
    return widths


def _total(widths: Mapping[str, int]) -> int:
    return GUTTER_CELLS + sum(widths.values()) + GAP_CELLS * (len(widths) - 1)


def _shrink(widths: dict[str, int], key: str, least: int, available: int) -> None:
    if key in widths:
        widths[key] = max(min(least, widths[key]), widths[key] - max(0, _total(widths) - available))


_KEYS: dict[str, Callable[[Facts], Any]] = {
    "state": attrgetter("worst"),
    "name": lambda facts: facts.name.casefold(),
    "schedule": attrgetter("schedule"),
    "next": lambda facts: facts.row.next_at,
    "last": lambda facts: (facts.last.finished_at or facts.last.claimed_at) if facts.last else None,
    "success": lambda facts: facts.row.view.last_success.claimed_at if facts.row.view.last_success else OLDEST,
    "took": lambda facts: facts.last.duration_seconds if facts.last else None,
    "runs": lambda facts: sum(run.outcome != Outcome.SUCCEEDED for run in facts.row.history),
    "tags": lambda facts: facts.tags.casefold() or None,
}


def ordered(facts: Sequence[Facts], column: str, *, descending: bool) -> list[Facts]:
    """Sorted by one column; rows without a value there come last either way, equals stay in the file's order.

    Failed jobs are on top whatever the column: they are what must not be overlooked.
    """
    key = _KEYS[column]
    if column == "state":
        return sorted(facts, key=key, reverse=descending)
    failed = [each for each in facts if each.row.view.standing == Standing.FAILED]
    if failed and len(failed) < len(facts):
        others = [each for each in facts if each.row.view.standing != Standing.FAILED]
        return ordered(failed, column, descending=descending) + ordered(others, column, descending=descending)
    keyed = [(key(each), each) for each in facts]
    valued = [pair for pair in keyed if pair[0] is not None]
    valued.sort(key=lambda pair: pair[0], reverse=descending)
    return [each for _, each in valued] + [each for value, each in keyed if value is None]
