"""The job table without the screen: what each cell of a row says, and in which style. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

from peak_console.decisions.arrays import BAR
from peak_console.decisions.job_status import DisabledBy, Standing
from peak_console.jobs.model import LIVE
from peak_console.model.records import Outcome, Trigger
from peak_console.schedule.wording.words import foreign_zone, in_words
from peak_console.text import ago, countdown, duration, safe
from peak_console.tui.drawing.glyphs import (
    BLOCKS,
    CHANGED,
    FAST,
    GATED,
    MISSING,
    NOTHING,
    RUNNING,
    SLOW,
    SLOW_FACTOR,
    UNSERVED,
    UNUSUAL_SECONDS,
    elapsed,
    moment,
    outcome,
    standing,
)
from peak_console.tui.drawing.paint import merged, width_of
from peak_console.tui.state.snapshot import HISTORY_RUNS, median

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import tzinfo

    from peak_console.decisions.holding.blackouts import Window
    from peak_console.model.progress import Progress
    from peak_console.model.records import Run
    from peak_console.model.state import Hold
    from peak_console.tui.drawing.paint import Cell, Piece
    from peak_console.tui.state.snapshot import JobRow

WAITING = "·"
"""In a bar: a run that has not started."""
NEVER = datetime.max.replace(tzinfo=UTC)
_AFTER_FAILED = 0.5
"""Where a job without a success for its last slot stands: below those that have failed, above all others."""
_ORDER: dict[str, int] = {state: place for place, state in enumerate(Standing)}


class Facts:
    """What one row shows whatever the time is, kept for as long as the job's row says the same."""

    __slots__ = (
        "_timing",
        "haystack",
        "is_off",
        "last",
        "mark",
        "name",
        "name_width",
        "noted",
        "row",
        "schedule",
        "schedule_width",
        "tags",
        "tags_width",
        "worst",
    )

    def __init__(self, row: JobRow, shown_in: tzinfo | None = None) -> None:
        view = row.view
        self.row = row
        self.name = safe(row.name)
        self.mark = f" {LIVE} " if view.job.is_live else ""
        """What stands before the name of a job that trades with real money."""
        self.name_width = width_of(self.name) + (len(self.mark) + 1 if self.mark else 0)
        schedule = view.job.schedule
        with_zone = shown_in is not None and foreign_zone(schedule, shown_in) is not None
        self.schedule = safe(in_words(schedule, with_zone=with_zone).removeprefix("cron "))
        self.schedule_width = width_of(self.schedule)
        self.tags = " ".join(f"#{safe(tag)}" for tag in view.job.tags)
        self.tags_width = width_of(self.tags)
        self.is_off = view.override is not None and not view.override.enabled
        """Whether an operator has disabled it: its line says so in place of when it would start."""
        self.noted = not self.is_off and (view.override is not None or view.hold is not None)
        """Whether a second line says what an operator did."""
        self.haystack = f"{self.mark} {self.name} {standing(view.standing).word} {self.tags}".casefold()
        self.last = _last_ended(row)
        rank = _ORDER.get(view.standing, len(_ORDER))
        self.worst = (min(rank, _AFTER_FAILED) if view.missing_since is not None else rank, row.next_at or NEVER)
        self._timing: tuple[float | None, float | None] | None = None

    @property
    def state_word(self) -> str:
        """The word for how things stand with it."""
        return standing(self.row.view.standing).word

    @property
    def zone(self) -> str:
        """The zone of its wall-clock times, as the jobs file names it."""
        return (self.row.view.job.schedule.timezone or "").casefold()

    def lateness(self, now: datetime | None) -> float | None:
        """By how many seconds its latest run started late, or its slot is overdue; ``None`` where nothing tells."""
        view = self.row.view
        if now is not None and view.next_slot is not None and view.next_slot < now:
            return (now - view.next_slot).total_seconds()
        run = next((each for each in view.active if each.started_at), None) or view.last_run
        if run is None or run.started_at is None or run.scheduled_for is None or run.triggered_by == Trigger.MANUAL:
            return None
        return max(0.0, (run.started_at - run.scheduled_for).total_seconds())

    @property
    def timing(self) -> tuple[float | None, float | None]:
        """How long it usually takes, in seconds: of successful runs, of all. Only rows that are seen compute it."""
        if self._timing is None:
            history = self.row.history
            everything = median([run.duration_seconds for run in history if run.duration_seconds is not None])
            self._timing = (self.row.expected_seconds, everything)
        return self._timing

    def still_hold(self, row: JobRow) -> bool:
        """Whether they are the facts of ``row`` as well. A finished run never changes, so its id stands for it."""
        ours, theirs = self.row.view, row.view
        return (
            (ours.job is theirs.job or ours.job == theirs.job)
            and ours.standing == theirs.standing
            and ours.next_slot == theirs.next_slot
            and ours.disabled_by == theirs.disabled_by
            and ours.not_served == theirs.not_served
            and ours.gate == theirs.gate
            and ours.override == theirs.override
            and ours.hold == theirs.hold
            and ours.missing_since == theirs.missing_since
            and _same_run(ours.last_success, theirs.last_success)
            and ours.progress == theirs.progress
            and _same_run(ours.last_run, theirs.last_run)
            and len(self.row.history) == len(row.history)
            and (not row.history or row.history[0].id == self.row.history[0].id)
            and len(ours.active) == len(theirs.active)
            and all(map(_same_run, ours.active, theirs.active))
            and [(run.awaits, run.not_before) for run in ours.queued]
            == [(run.awaits, run.not_before) for run in theirs.queued]
        )


def _same_run(one: Run | None, other: Run | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.id == other.id and one.outcome == other.outcome and one.started_at == other.started_at


def _last_ended(row: JobRow) -> Run | None:
    """The last run that has ended; while a run is under way that is an older one."""
    run = row.view.last_run
    if run is not None and run.outcome is not None:
        return run
    return row.history[0] if row.history else None


def next_cell(facts: Facts, now: datetime) -> Cell:
    view = facts.row.view
    if view.disabled_by == DisabledBy.FILE:
        return (("by file", "muted"),)
    if view.not_served is not None:
        return ((UNSERVED.word, UNSERVED.style),)
    if view.gate is not None:
        return ((GATED.word, GATED.style),)
    at = facts.row.next_at
    if at is None:
        return ((NOTHING, "muted"),)
    left = (at - now).total_seconds()
    return ((countdown(left), "warning" if left <= 0 else "text"),)


def last_cell(facts: Facts, now: datetime) -> Cell:
    run = facts.last
    if run is None:
        return (("never", "muted"),)
    look = outcome(run.outcome)
    text = ago((now - (run.finished_at or run.claimed_at)).total_seconds())
    mark = CHANGED if run.args_changed else ""
    room = 8 - len(mark)
    return ((look.glyph, look.style), (mark, "warning"), (f"{text.removeprefix('just '):>{room}}", "muted"))


def success_cell(facts: Facts, now: datetime) -> Cell:
    """How long ago the job has succeeded last; loud where one of its slots has passed since."""
    view = facts.row.view
    missing = view.missing_since is not None
    if view.last_success is None:
        return (("never", "warning" if missing else "muted"),)
    at = view.last_success.finished_at or view.last_success.claimed_at
    text = ago((now - at).total_seconds()).removeprefix("just ")
    return ((text, "warning" if missing else "muted"),)


def took_cell(facts: Facts, now: datetime) -> Cell:
    """How long the last run took, or how long the one under way has been running; marked when unusually long."""
    seconds, text, style = _took(facts, now)
    expected, _ = facts.timing
    return ((_pace(seconds, expected, ended=not facts.row.view.active), "warning"), (f"{text:>6}", style))


def _pace(seconds: float | None, expected: float | None, *, ended: bool) -> str:
    """The sign of a run that takes unusually long, or has ended unusually soon; by less than a second nothing is."""
    if seconds is None or expected is None or abs(seconds - expected) < UNUSUAL_SECONDS:
        return " "
    if seconds > SLOW_FACTOR * expected:
        return SLOW
    return FAST if ended and seconds * SLOW_FACTOR < expected else " "


def _took(facts: Facts, now: datetime) -> tuple[float | None, str, str]:
    started = next((run.started_at for run in facts.row.view.active if run.started_at), None)
    if started is not None:
        seconds = max(0.0, (now - started).total_seconds())
        return seconds, elapsed(seconds), RUNNING.style
    took = facts.last.duration_seconds if facts.last else None
    return took, NOTHING if took is None else duration(took), "muted" if took is None else "text"


def runs_cell(facts: Facts, width: int) -> Cell:
    """A bar of the last ``width`` runs, oldest first: as high as each took long, other endings as their glyphs."""
    progress = facts.row.view.progress
    if progress is not None:
        return progress_bar(progress, min(width, HISTORY_RUNS))
    history = facts.row.history[: min(width, HISTORY_RUNS)]
    _, usual = facts.timing
    return merged(_bar(run, usual) for run in reversed(history))


def progress_bar(progress: Progress, width: int) -> Cell:
    """How the runs of an array stand: those that have ended well and otherwise, those under way, and the rest."""
    parts = (
        (progress.succeeded, BAR[0], outcome(Outcome.SUCCEEDED).style),
        (progress.failed, BAR[0], outcome(Outcome.FAILED).style),
        (progress.under_way, BAR[1], RUNNING.style),
    )
    cells: list[Piece] = []
    counted = filled = 0
    for number, glyph, style in parts:
        counted += number
        # Rounded down, so that the bar is full only once all have ended; but what there is can be seen.
        size = max(counted * width // max(progress.size, 1) - filled, min(1, number, width - filled))
        cells.append((glyph * size, style))
        filled += size
    return (*cells, (WAITING * (width - filled), "muted"))


def _far(progress: Progress, room: int) -> str:
    """``39/100``, or ``39%`` where that is too long."""
    words = f"{progress.ended}/{progress.size}"
    return words if len(words) <= room else f"{100 * progress.ended // max(progress.size, 1)}%"


def _bar(run: Run, usual: float | None) -> Piece:
    look = outcome(run.outcome)
    if run.outcome != Outcome.SUCCEEDED:
        return look.glyph, look.style
    # The usual duration stands at the third of eight steps: a steady job is a low even line, a slow run a peak.
    height = round(3 * (run.duration_seconds or 0) / usual) if usual else 1
    return BLOCKS[min(max(height, 1), len(BLOCKS)) - 1], "bar"


def note(facts: Facts, now: datetime, zone: tzinfo) -> str:
    """What an operator did to the job: ``by anna until 18:00: "exchange maintenance"``; empty without an override."""
    override, hold = facts.row.view.override, facts.row.view.hold
    if override is None:
        return _held(hold, now, zone) if hold is not None else _shut(facts.row.view.blackout, now, zone)
    until = (
        f" until {moment(override.until, now, zone)}" if override.until else f" since {moment(override.at, now, zone)}"
    )
    reason = f': "{safe(override.reason)}"' if override.reason else ""
    return f"{'enabled ' if override.enabled else ''}by {safe(override.by)}{until}{reason}"


def _held(hold: Hold, now: datetime, zone: tzinfo) -> str:
    """``held by anna until 18:00: "maintenance"``."""
    until = f" until {moment(hold.until, now, zone)}" if hold.until else f" since {moment(hold.since, now, zone)}"
    return f"held by {safe(hold.by)}{until}" + (f': "{safe(hold.reason)}"' if hold.reason else "")


def _shut(window: Window | None, now: datetime, zone: tzinfo) -> str:
    """``blackout live until 18:00: "maintenance"``."""
    if window is None:
        return ""
    until = f" until {moment(window.end, now, zone)}" if window.end else ""
    return f"blackout {safe(window.name)}{until}" + (f': "{safe(window.reason)}"' if window.reason else "")


def cell_of(facts: Facts, key: str, width: int, now: datetime) -> Cell:
    """One cell's text in styles, not yet cut or filled up to ``width``."""
    match key:
        case "state":
            look = standing(facts.row.view.standing)
            if facts.row.view.standing == Standing.AWAITING:
                awaits = next((run.awaits for run in facts.row.view.queued if run.awaits is not None), look.word)
                return ((f"{look.glyph} {safe(awaits.removeprefix('waiting '))}", look.style),)
            if facts.row.view.progress is not None:
                return ((f"{look.glyph} {_far(facts.row.view.progress, width - 2)}", look.style),)
            changed = facts.last is not None and facts.last.args_changed and facts.row.view.standing == Standing.OK
            missing = facts.row.view.missing_since is not None
            sign = ((f" {MISSING if missing else CHANGED}", "warning"),) if changed or missing else ()
            return ((f"{look.glyph} {look.word}", look.style), *sign)
        case "name":
            off = facts.row.view.standing == Standing.DISABLED
            name = (facts.name, "muted" if off else "name")
            return ((facts.mark, "live"), (" ", "text"), name) if facts.mark else (name,)
        case "schedule":
            return ((facts.schedule, "muted"),)
        case "next":
            return next_cell(facts, now)
        case "last":
            return last_cell(facts, now)
        case "success":
            return success_cell(facts, now)
        case "took":
            return took_cell(facts, now)
        case "runs":
            return runs_cell(facts, width)
        case _:
            return ((facts.tags, "muted"),)
