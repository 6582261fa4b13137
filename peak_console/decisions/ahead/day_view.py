"""The day view: a lane per job, what stands in its cells, and the axis above. Pure.

Console and verb draw the same cells. Slots ahead come from the one answer that ``next`` gives too.
"""

from __future__ import annotations

from datetime import timedelta

from peak_console.decisions.ahead.durations import expected as expected_duration
from peak_console.decisions.ahead.upcoming import starts_ahead
from peak_console.model import ahead
from peak_console.model.lane import COMING, RUNNING, LaneItem
from peak_console.model.terms import Outcome
from peak_console.schedule.zones import local_time
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo

    from peak_console.decisions.holding.blackouts import Blackouts
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.ahead import AheadRun
    from peak_console.model.records import JobState, Run

ZOOMS = (3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 3 * 86400, 7 * 86400)
"""What the screen may span, in seconds."""
PAST_SHARE = 0.5
"""So much of what is first shown lies before now."""
_STEPS = (60, 300, 600, 900, 1800, 3600, 7200, 3 * 3600, 6 * 3600, 12 * 3600, 86400)
_LABEL_CELLS = 8
LOOKS: dict[str, tuple[str, str]] = {
    Outcome.SUCCEEDED: ("━", "success"),
    Outcome.STOPPED: ("■", "warning"),
    Outcome.MISSED: ("○", "warning"),
    Outcome.SKIPPED: ("·", "muted"),
    RUNNING: ("▶", "primary"),
    COMING: ("◇", "accent"),
}
"""By outcome: the glyph, and its style; every other outcome is a failure."""
FAILED = ("✖", "error")
MANY = "═"
"""Several runs in a cell, all well."""
LATE = "▲"
"""Before a run that was late, where its lane is free."""
AHEAD = "┄"
"""As long as a run is expected to go on."""

RETRY = "↻"
"""A further attempt that is foreseen."""
FLAG = "⚑"
"""Where the deadline of a slot ahead is, if nothing else is there."""
OPEN = "▁"
"""Below everything: the job's market is open."""
BLANKS = (" ", OPEN)
SIGNS = (
    ("━", "ok", "success"), ("✖", "failed", "error"), ("▶", "running", "primary"), ("◇", "due", "accent"),
    ("┄", "expected", "accent"), (FLAG, "deadline", "warning"), (OPEN, "market open", "muted"),
    ("○", "missed", "warning"), (LATE, "late", "warning"), (RETRY, "retry", "accent"), (MANY, "several", "success"),
    ("·", "skipped", "muted"), ("■", "stopped", "warning"),
)  # fmt: skip
"""The legend: glyph, word and style, the most important first."""
RISK_STYLES = {ahead.LATE: "error", ahead.TIGHT: "warning"}
"""By how likely a slot misses its deadline; every other is drawn as one without."""

Cells = list[tuple[str, str]]
"""A glyph and its style for each cell of a lane."""


@dataclass(frozen=True, slots=True)
class Span:
    """What the screen shows: from a moment on, so many cells of so many seconds."""

    start: datetime
    cell_seconds: float
    cells: int

    @property
    def end(self) -> datetime:
        return self.start + timedelta(seconds=self.cell_seconds * self.cells)

    def cell_of(self, at: datetime) -> int:
        """The cell that a moment lies in; outside of the screen below 0, or beyond the last."""
        return int(((at - self.start).total_seconds() + 1e-5) // self.cell_seconds)  # a cell begins within its own

    def start_of(self, cell: int) -> datetime:
        return self.start + timedelta(seconds=cell * self.cell_seconds)


def legend(width: int | None = None) -> str:
    """The signs with their words, as many as there is room for."""
    line = ""
    for glyph, word, _ in SIGNS:
        piece = f"  {glyph} {word}" if line else f"{glyph} {word}"
        if width is None or len(line) + len(piece) <= width:
            line += piece
    return line


def span_around(now: datetime, seconds: float, cells: int, shift: int = 0) -> Span:
    """A span of so many seconds around now, moved by so many cells; cells begin at whole multiples of their length."""
    width = max(1, cells)
    cell = seconds / width
    begin = now.timestamp() - seconds * PAST_SHARE
    begin -= begin % cell
    offset = begin - now.timestamp() + shift * cell
    return Span(now + timedelta(seconds=offset), cell, width)


def coming(
    job: JobDefinition,
    state: JobState | None,
    now: datetime,
    span: Span,
    expected: float | None,
    foreseen_until: datetime | None = None,
    blackouts: Blackouts | None = None,
) -> Iterator[LaneItem]:
    """When slots ahead start within a span, at most one for each cell, each as long as its run is expected to take.

    Only those after a moment, where a forecast tells more about the ones before it.
    """
    length = timedelta(seconds=expected or 0)
    after: datetime | None = None
    cell = max(0, span.cell_of(now))
    if foreseen_until is not None and foreseen_until > now:
        cell = max(cell, span.cell_of(foreseen_until))
    while cell < span.cells:
        start = max(span.start_of(cell), foreseen_until or span.start)
        if start > now:
            after = start - timedelta(microseconds=1)
        slot = next(starts_ahead(job, state, now, blackouts, after), None)
        if slot is None or slot >= span.end:
            return
        slot = max(slot, now)
        yield LaneItem(job.name, slot, slot + length, COMING)
        cell = max(cell, span.cell_of(slot)) + 1


def foreseen(runs: Iterable[AheadRun], now: datetime, span: Span) -> Iterator[LaneItem]:
    """The runs of a forecast that are still to come within a span: of one cell the one at the highest risk."""
    of_cell: dict[int, LaneItem] = {}
    for run in runs:
        at = run.at
        if at is None or (run.starts_at is not None and at < now):
            continue
        start = max(at, now)
        if start >= span.end or (run.ends_at or start) < span.start:
            continue
        item = LaneItem(run.job, start, max(run.ends_at or start, start), COMING, run.run_id, ahead=run)
        cell = span.cell_of(start)
        if cell not in of_cell or _urgency(item) > _urgency(of_cell[cell]):
            of_cell[cell] = item
    yield from of_cell.values()


def _urgency(item: LaneItem) -> int:
    """How much an item is to be seen, among those that are to come in one cell."""
    run = item.ahead
    if run is None:
        return 0
    by_risk = {ahead.LATE: 4, ahead.TIGHT: 3}.get(run.due.risk, 0) if run.due is not None else 0
    return by_risk or (2 if run.will_fail else 1 if run.starts_at is not None else 0)


def under_way(
    runs: Iterable[Run], now: datetime, known: Sequence[float], foreseen_ends: Mapping[int, datetime] = {}
) -> Iterator[LaneItem]:
    """The runs under way, up to when they are expected to end: as foreseen, else by how long the last ones took."""
    for run in runs:
        if run.started_at is not None:
            end = foreseen_ends.get(run.id)
            takes = expected_duration(known, max(0.0, (now - run.started_at).total_seconds()))
            if (end is None or end < now) and takes is not None:
                end = run.started_at + timedelta(seconds=takes.usual)
            late = max(0.0, run.lateness_seconds or 0.0) if run.late_because else 0.0
            yield LaneItem(run.job, run.started_at, max(end or now, now), RUNNING, run.id, late_seconds=late)


def look_of(item: LaneItem) -> tuple[str, str]:
    """The glyph and the style of an item's first cell."""
    if item.count > 1 and not item.bad:
        return MANY, "success"
    if item.ahead is not None:
        return _look_ahead(item.ahead)
    return LOOKS.get(item.outcome, FAILED)


def _look_ahead(run: AheadRun) -> tuple[str, str]:
    glyph, style = LOOKS[COMING]
    if run.outcome in (Outcome.SKIPPED, Outcome.MISSED):
        glyph, style = LOOKS[run.outcome]
    elif run.starts_at is not None and run.attempt > 1:
        glyph = RETRY
    return glyph, RISK_STYLES.get(run.due.risk, style) if run.due is not None else style


def draw(
    items: Sequence[LaneItem], span: Span, now: datetime, sessions: Iterable[tuple[datetime, datetime]] = ()
) -> Cells:
    """A lane: what is worse covers what is better, and nothing covers the beginning of anything bad.

    ``sessions`` of the job's market are drawn where nothing else is.
    """
    cells: Cells = [(" ", "text")] * span.cells
    ranked = sorted(items, key=_weight)
    for item in ranked:
        glyph, style = look_of(item)
        first = span.cell_of(item.start)
        last = max(first, span.cell_of(item.end - timedelta(milliseconds=1)) if item.end > item.start else first)
        today = span.cell_of(now)
        for cell in range(max(first, 0), min(last, span.cells - 1) + 1):
            body = glyph
            if item.outcome == COMING and cell > first:
                body = AHEAD
            elif item.outcome == RUNNING and cell > first:
                body = "━" if cell <= today else AHEAD
            elif cell > first and item.outcome not in (Outcome.SUCCEEDED, RUNNING, COMING):
                body = "━"
            cells[cell] = (body, style)
        if item.late_seconds > 0 and 0 < first <= span.cells and cells[first - 1][0] == " ":
            cells[first - 1] = (LATE, "warning")
    _flag(cells, items, span)
    _lay_sessions(cells, sessions, span)
    return cells


def _flag(cells: Cells, items: Sequence[LaneItem], span: Span) -> None:
    """Draw the deadlines of slots ahead where nothing else is."""
    for item in items:
        due = item.ahead.due if item.ahead is not None else None
        if due is not None:
            cell = span.cell_of(due.at)
            if 0 <= cell < span.cells and cells[cell][0] in (" ", AHEAD):
                cells[cell] = (FLAG, RISK_STYLES.get(due.risk, "muted"))


def _lay_sessions(cells: Cells, sessions: Iterable[tuple[datetime, datetime]], span: Span) -> None:
    """Draw when the market is open where nothing else is; at least a cell for each session."""
    for opens, closes in sessions:
        first, last = span.cell_of(opens), span.cell_of(closes - timedelta(milliseconds=1))
        for cell in range(max(first, 0), min(max(last, first), span.cells - 1) + 1):
            if cells[cell][0] == " ":
                cells[cell] = (OPEN, "session")


def _weight(item: LaneItem) -> int:
    """What is drawn later covers what was drawn before."""
    if item.outcome == COMING:
        return 0
    if item.outcome in (Outcome.SUCCEEDED, Outcome.SKIPPED):
        return 1
    return 2 if item.outcome == RUNNING else 3


def at_cell(items: Sequence[LaneItem], span: Span, cell: int) -> LaneItem | None:
    """The item that is drawn in a cell."""
    start, end = span.start_of(cell), span.start_of(cell + 1)
    found = [item for item in items if item.start < end and (item.end > start or item.start >= start)]
    return max(found, key=_weight, default=None)


def nearest(items: Sequence[LaneItem], span: Span, cell: int, by: int) -> int | None:
    """The cell of the next item to the right (1) or to the left (-1) of a cell; ``None`` when there is none."""
    firsts = sorted({span.cell_of(item.start) for item in items})
    ahead = [first for first in firsts if (first > cell if by > 0 else first < cell)]
    return (ahead[0] if by > 0 else ahead[-1]) if ahead else None


def axis(span: Span, zone: tzinfo) -> str:
    """The times above the lanes, at whole hours or so; a day begins with its name."""
    step = next((each for each in _STEPS if each / span.cell_seconds >= _LABEL_CELLS), _STEPS[-1])
    line = [" "] * span.cells
    at = local_time(span.start, zone)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    number = int((at - midnight).total_seconds() // step)
    while True:
        moment = midnight + timedelta(seconds=number * step)
        number += 1
        cell = span.cell_of(moment)
        if cell >= span.cells:
            break
        if cell < 0:
            continue
        label = f"{moment:%a} {moment.day}" if (moment.hour, moment.minute) == (0, 0) else f"{moment:%H:%M}"
        if cell + len(label) <= span.cells and all(each == " " for each in line[max(0, cell - 1) : cell + len(label)]):
            line[cell : cell + len(label)] = label
    return "".join(line)
