"""Runs under way and slots to come, without the screen: which lines there are, and what each says now. Pure."""

from __future__ import annotations

from heapq import nsmallest
from itertools import chain
from operator import itemgetter

from peak_console.decisions.conditions import SERVED
from peak_console.decisions.job_status import unmet_ahead
from peak_console.decisions.places import waits_since
from peak_console.jobs.model import LIVE
from peak_console.model.ahead import AheadRun
from peak_console.model.terms import Outcome
from peak_console.schedule.wording.words import foreign_zone
from peak_console.text import countdown, safe
from peak_console.tui.drawing.glyphs import (
    QUEUED,
    RETRYING,
    RUNNING,
    SLOW_FACTOR,
    UNSERVED,
    Look,
    elapsed,
    moment,
)
from peak_console.tui.drawing.paint import cut, pieces_width, width_of
from peak_console.tui.drawing.risk import slack
from peak_console.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, tzinfo

    from peak_console.decisions.ahead.deadlines import Prospect
    from peak_console.model.ahead import Due
    from peak_console.tui.drawing.paint import Piece
    from peak_console.tui.state.snapshot import JobRow, Snapshot

FLAG = "⚑"
"""Before what is said of a deadline."""
DONE, REST = "━", "─"
"""A progress bar: two glyphs, so that it reads without colours."""
_SLOTS_SHOWN = 500
_BAR_MIN, _BAR_MAX = 5, 60
_NAME_MIN, _NAME_MAX = 12, 40
_BEHIND_MIN, _BEHIND_LEAST = 18, 10
_SHARE = len("overdue")
_ELAPSED = len("23h59m")
_COUNTDOWN = len("00:00:00")


@dataclass(frozen=True, slots=True)
class UpcomingLine:
    """One line: a heading, a run under way, or a moment to come."""

    name: str | None = None
    """The job it is about."""
    heading: str = ""
    loud: bool = False
    started: datetime | None = None
    expected: float | None = None
    """How many seconds the run should take."""
    at: datetime | None = None
    remark: Look | None = None
    """Why the moment is not a slot, or why nothing starts then."""
    behind: str | None = None
    """What a slot waits for whose moment has come: ``behind backup #12``."""
    live: bool = False
    """Whether its job trades with real money."""
    ends: datetime | None = None
    """When a run to come is expected to have ended."""
    own_zone: tzinfo | None = None
    """The job's zone, where its slot is a time of day there and not in the zone that times are shown in."""


def upcoming_lines(snapshot: Snapshot) -> list[UpcomingLine]:
    """Slots that wait for their turn and runs under way, the oldest first; then retries and slots as they come."""
    running = sorted(_running(snapshot), key=lambda line: line.started or snapshot.taken_at)
    waiting = sorted(_waiting(snapshot), key=lambda line: line.at or snapshot.taken_at)
    ahead = list(_ahead(snapshot))
    lines = []
    if waiting:
        lines += [UpcomingLine(heading="waiting for their turn", loud=True), *waiting, UpcomingLine()]
    if running:
        lines += [UpcomingLine(heading=f"{RUNNING.word}{_places(snapshot)}"), *running, UpcomingLine()]
    if snapshot.hold is not None:
        lines.append(UpcomingLine(heading="next, but held: nothing new starts", loud=True))
    elif ahead:
        lines.append(UpcomingLine(heading=" · ".join(filter(None, ("next", snapshot.outlook_note)))))
    else:
        lines.append(UpcomingLine(heading="nothing is scheduled"))
    return [*lines, *ahead]


def _places(snapshot: Snapshot) -> str:
    places = snapshot.places
    return f" · {len(places.active)}/{places.limit} places" if places is not None and places.limit else ""


def _running(snapshot: Snapshot) -> Iterator[UpcomingLine]:
    for row in snapshot.rows:
        for run in row.view.active:
            if run.started_at is not None:
                yield UpcomingLine(
                    name=row.name, started=run.started_at, expected=row.expected_seconds, live=row.is_live
                )


def _waiting(snapshot: Snapshot) -> Iterator[UpcomingLine]:
    if (places := snapshot.places) is None:
        return
    rows = {row.name: row for row in snapshot.rows}
    for run in (*places.waiting, *places.unserved):
        if (row := rows.get(run.job)) is not None:
            yield UpcomingLine(name=run.job, at=waits_since(run), behind=places.in_words(run), live=row.is_live)
    for run in places.awaiting:
        if (row := rows.get(run.job)) is not None:
            yield UpcomingLine(name=run.job, at=waits_since(run), behind=run.awaits, live=row.is_live)


def _ahead(snapshot: Snapshot) -> Iterator[UpcomingLine]:
    """The first of the slots and retries to come."""
    places = snapshot.places
    waiting = {run.id for run in (*places.waiting, *places.unserved, *places.awaiting)} if places else ()
    retries = (
        (waits_since(run), row, run) for row in snapshot.rows for run in row.view.queued if run.id not in waiting
    )
    slots = (slot for row in snapshot.rows for slot in _slots_of(row, snapshot))
    # Lines are made of those alone that are shown: there may be ten thousand jobs.
    for at, row, run in nsmallest(_SLOTS_SHOWN, chain(retries, slots), key=itemgetter(0)):
        if run is None:
            yield _slot_line(row, at, snapshot)
        elif isinstance(run, AheadRun):
            yield _foreseen_line(row, at, run, snapshot)
        else:
            remark = replace(RETRYING, word=f"attempt {run.attempt}") if run.attempt > 1 else QUEUED
            yield UpcomingLine(name=row.name, at=at, remark=remark, live=row.is_live)


def _slots_of(row: JobRow, snapshot: Snapshot) -> Iterator[tuple[datetime, JobRow, AheadRun | None]]:
    """A job's next slot, as it is foreseen; without one what else is foreseen; and a further attempt."""
    slot, outlook = row.view.next_slot, snapshot.outlook
    if outlook is None or not row.view.enabled or row.view.not_served is not None:
        if slot is not None:
            yield slot, row, None
        return
    ahead = [run for run in outlook.next_of(row.name, snapshot.taken_at) if run.run_id is None]
    if slot is None:
        chosen = ahead[:1]
    else:
        chosen = [run for run in ahead if run.slot == slot][:1]
        if not chosen:
            yield slot, row, None
    chosen += [run for run in ahead if run.attempt > 1 and run not in chosen][:1]
    for run in chosen:
        if run.at is not None:
            yield run.at, row, run


def _slot_line(row: JobRow, slot: datetime, snapshot: Snapshot) -> UpcomingLine:
    """A slot to come, with what keeps it from starting as far as that is known; the heading tells of a hold."""
    unmet, remark = unmet_ahead(row.view, slot), None
    if unmet is not None:
        remark = UNSERVED if unmet.name == SERVED.name else Look("✖", unmet.name, "warning")
    else:
        remark = _deadline(row.name, slot, snapshot)
    own_zone = foreign_zone(row.view.job.schedule, snapshot.zone)
    return UpcomingLine(name=row.name, at=slot, remark=remark, own_zone=own_zone, live=row.is_live)


def _foreseen_line(row: JobRow, at: datetime, run: AheadRun, snapshot: Snapshot) -> UpcomingLine:
    """A run to come, with what is foreseen of it; what keeps a slot from starting is told first."""
    line = _slot_line(row, run.slot, snapshot) if run.slot is not None else UpcomingLine(name=row.name)
    remark = line.remark if line.remark is not None and line.remark.glyph != FLAG else _fate(run)
    if remark is None:
        remark = line.remark
    if remark is None and run.due is not None:
        remark = _due(run.due, snapshot)
    ends = run.ends_at if run.starts_at is not None and not run.is_guess else None
    own_zone = line.own_zone if at == run.slot == row.view.next_slot else None
    return replace(line, at=at, remark=remark, ends=ends, own_zone=own_zone, live=row.is_live)


def _fate(run: AheadRun) -> Look | None:
    """What is unusual about a run to come."""
    if run.outcome in (Outcome.SKIPPED, Outcome.MISSED):
        because = f": {run.reason}" if run.reason else ""
        return Look("·", f"will be {run.outcome}{because}", "muted" if run.outcome == Outcome.SKIPPED else "warning")
    if run.starts_at is None:
        return Look(QUEUED.glyph, run.waits or run.reason or "waits", "warning")
    if run.attempt > 1:
        return replace(RETRYING, word=f"attempt {run.attempt}")
    return None


def _deadline(job: str, slot: datetime, snapshot: Snapshot) -> Look | None:
    """When a slot is expected to end, and how much is left until its deadline; ``None`` where it has none."""
    for prospect in snapshot.deadlines:  # the tightest first
        if prospect.job == job and prospect.slot == slot:
            return _due(prospect, snapshot)
    return None


def _due(due: Prospect | Due, snapshot: Snapshot) -> Look:
    text, style = slack(due)
    end = f"ends {moment(due.expected, snapshot.taken_at, snapshot.zone)}, " if due.expected else ""
    return Look(FLAG, f"{end}{text}", style)


def _shown(line: UpcomingLine) -> str:
    name = safe(line.name or "")
    return f"{LIVE} {name}" if line.live else name


def name_width(lines: list[UpcomingLine]) -> int:
    """How wide the names of the running jobs are, so that their bars begin together."""
    return min(_NAME_MAX, max((width_of(_shown(line)) for line in lines if line.started and line.name), default=0))


def line_pieces(line: UpcomingLine, now: datetime, zone: tzinfo, names: int, width: int) -> list[Piece]:
    """What a line says now, in at most ``width`` cells; ``names`` is what ``name_width`` said."""
    if line.started is not None:
        return _run_pieces(line, (now - line.started).total_seconds(), names, width)
    if line.at is None:
        return [(cut(f" {line.heading}", width), "warning" if line.loud else "muted")]
    if line.behind is not None:
        return _wait_pieces(line, max(0.0, (now - line.at).total_seconds()), width)
    left = (line.at - now).total_seconds()
    pieces: list[Piece] = [(f" {countdown(left):>{_COUNTDOWN}}  ", "warning" if left <= 0 else "text")]
    when = f"{moment(line.at, now, zone)}{_until(line, zone)} "
    if line.own_zone is not None:
        when = f"{moment(line.at, now, line.own_zone)} {line.at.astimezone(line.own_zone):%Z} = {when}"
    room = width - pieces_width(pieces)
    name = _shown(line)
    remark = _remark(line.remark, room - min(width_of(name), _NAME_MIN)) if line.remark else ""
    pieces.append((cut(name, room - width_of(remark)), "text"))
    if line.remark:
        pieces.append((remark, line.remark.style))
    gap = width - pieces_width(pieces) - width_of(when)
    if gap >= 2:
        pieces.append((" " * gap + when, "muted"))
    return pieces


def _remark(remark: Look, room: int) -> str:
    """A remark in so many cells: of a deadline the slack is said last, and matters most."""
    text = f"  {remark.glyph} {safe(remark.word)}"
    if width_of(text) > room and remark.glyph == FLAG:
        text = f"  {FLAG} {remark.word.rpartition(', ')[2]}"
    return cut(text, room) if room > len("  ⚑ …") else ""


def _until(line: UpcomingLine, zone: tzinfo) -> str:
    """When a run to come is expected to have ended, where that is another minute than its start."""
    if line.at is None or line.ends is None:
        return ""
    start, end = line.at.astimezone(zone), line.ends.astimezone(zone)
    if f"{start:%H:%M}" == f"{end:%H:%M}" and (end - start).total_seconds() < 3600:
        return ""
    return f"–{end:%H:%M}"


def _wait_pieces(line: UpcomingLine, seconds: float, width: int) -> list[Piece]:
    """How long it has waited, its name, and whom it waits for; where there is no room, the name keeps its least."""
    pieces: list[Piece] = [(f" {elapsed(seconds):>{_COUNTDOWN}}  ", "warning")]
    room = max(0, width - pieces_width(pieces))
    name, behind = _shown(line), safe(line.behind or "")
    cells = max(_NAME_MIN, room - min(width_of(behind), _BEHIND_MIN) - 2)
    left = room - min(cells, width_of(name)) - 2
    if not behind or left < _BEHIND_LEAST:
        return [*pieces, (cut(name, room), "text")]
    return [*pieces, (cut(name, cells), "text"), (f"  {cut(behind, left)}", "warning")]


def _run_pieces(line: UpcomingLine, seconds: float, names: int, width: int) -> list[Piece]:
    """Name, bar, share, elapsed; a job without a history has neither bar nor share, only how long it has run."""
    seconds = max(0.0, seconds)
    tail = f" {elapsed(seconds):>{_ELAPSED}} "
    room = width - 2 - 1 - _SHARE - width_of(tail)
    named = max(min(names, room - _BAR_MIN), min(names, _NAME_MIN))
    bar = min(room - named, _BAR_MAX)
    name = cut(_shown(line), named)
    head = f" {name}{' ' * (named - width_of(name))} "
    if line.expected is None or line.expected <= 0:
        pieces: list[Piece] = [(head, "text"), (" " * (max(0, bar) + 1 + _SHARE), "text")]
        return [*pieces, (tail, RUNNING.style)]
    share = seconds / line.expected
    done = min(int(share * bar), bar)
    late = share > SLOW_FACTOR
    colour = "warning" if late else RUNNING.style
    word = "overdue" if late else f"{min(100, int(share * 100))} %"
    pieces = [(head, "text")]
    if bar < _BAR_MIN:
        pieces.append((" " * (max(0, bar) + 1), "text"))
    else:
        pieces += [(DONE * done, colour), (REST * (bar - done), "rest"), (" ", "text")]
    return [*pieces, (f"{word:>{_SHARE}}", colour), (tail, RUNNING.style)]
