"""The two lines at the top without the screen: what they say, and what they leave out where there is no room. Pure."""

from __future__ import annotations

from peak_console.decisions.holding.holds import scope
from peak_console.decisions.job_status import Standing
from peak_console.schedule.sessions.hours import market_at
from peak_console.text import countdown, safe
from peak_console.tui.drawing.glyphs import NOTHING, elapsed, moment, standing
from peak_console.tui.drawing.paint import cut, pieces_width, width_of
from peak_console.tui.drawing.risk import slack
from peak_console.tui.state.snapshot import EngineState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from peak_console.decisions.ahead.deadlines import Prospect
    from peak_console.schedule.sessions.hours import Market
    from peak_console.tui.drawing.paint import Piece
    from peak_console.tui.state.snapshot import JobRow, Snapshot

    Line = list[Piece]

_GAP: Piece = ("   ", "text")
_ALWAYS = (Standing.RUNNING, Standing.FAILED)
"""Counted even when there is none."""
_SOMETIMES = (Standing.RETRYING, Standing.CLAIMED, Standing.SUBMITTED, Standing.QUEUED, Standing.DISABLED)
_GAP_WIDTH = len(_GAP[0])
_LEFT_OF_SECOND = len(" next  a_name_of_its  in 00:00:00  ")
"""What comes next is to have so much room before markets are told of."""
_ALWAYS_OPEN_SECONDS = 10 * 86400
"""Nobody counts down to a close that is further away."""
_NAME_MIN = 12
_SCOPE_MAX = 30
_NO_DATE, _NO_BRAND, _FEW_COUNTS, _BRIEF, _ONLY_FAILED, _NO_PATH, _LEANEST = range(1, 8)
"""What is left out, step by step: each leaves out what the ones before it do as well."""


def first_line(snapshot: Snapshot, now: datetime, width: int) -> Line:
    """Which jobs file, what serves it, how many jobs stand how, the time. Loud when what is shown is not the truth.

    Where there is no room the path loses its directories first, then go the date, the program's name, the counts
    that matter less, whose hold it is and since when, the path, and at last all counts.
    """
    lean = 0
    while True:
        left, right = _brand(lean), _right_of_first(snapshot, now, lean)
        room = width - pieces_width(left) - pieces_width(right) - 2
        path = "" if lean >= _NO_PATH else shortened(safe(snapshot.jobs_file), room)
        if path is not None and (room >= 0 or lean == _LEANEST):
            left.append((path, "muted"))
            return _spread(left, right, width)
        lean += 1


def second_line(snapshot: Snapshot, upcoming: JobRow | None, now: datetime, width: int) -> Line:
    """What comes next and when; whether nothing new starts; how many alerts are open."""
    right = _right_of_second(snapshot, now, brief=False)
    if pieces_width(right) > width // 2:
        right = _right_of_second(snapshot, now, brief=True)
    right = [*_markets(snapshot, now, width - pieces_width(right) - _LEFT_OF_SECOND), *right]
    if upcoming is None or upcoming.next_at is None:
        return _spread([(" next  ", "muted"), (f"{NOTHING} nothing is scheduled", "muted")], right, width)
    left = (upcoming.next_at - now).total_seconds()
    when = countdown(left)
    tail: Line = [(f"  {when if left <= 0 else f'in {when}'}", "warning" if left <= 0 else "text")]
    if snapshot.hold is not None:
        tail.append(("  but held", "warning"))
    room = width - width_of(" next  ") - pieces_width(tail) - pieces_width(right) - 2
    name = cut(safe(upcoming.name), max(_NAME_MIN, room))
    return _spread([(" next  ", "muted"), (name, "strong"), *tail], right, width)


def next_row(snapshot: Snapshot) -> JobRow | None:
    """The job with the earliest slot, or further attempt, ahead that an engine is going to start."""
    found: JobRow | None = None
    earliest: datetime | None = None
    for row in snapshot.rows:
        at = row.next_at
        if at is not None and (earliest is None or at < earliest) and row.view.not_served is None:
            found, earliest = row, at
    return found


def shortened(path: str, room: int) -> str | None:
    """``path`` in at most ``room`` cells, without its leading directories; ``None`` when its name does not fit."""
    if width_of(path) <= room:
        return path
    parts = path.split("/")
    for first in range(1, len(parts)):
        rest = "…/" + "/".join(parts[first:])
        if width_of(rest) <= room:
            return rest
    return parts[-1] if width_of(parts[-1]) <= room else None


def _brand(lean: int) -> Line:
    return [(" PEAK CONSOLE", "brand"), ("  ", "text")] if lean < _NO_BRAND else [(" ", "text")]


def _right_of_first(snapshot: Snapshot, now: datetime, lean: int) -> Line:
    local = now.astimezone(snapshot.zone)
    clock = f"{local:%a} {local.day} {local:%b}  {local:%H:%M:%S %Z} " if lean < _NO_DATE else f"{local:%H:%M:%S %Z} "
    groups = [*_loud(snapshot, now, brief=lean >= _BRIEF), _engine(snapshot)]
    if lean < _FEW_COUNTS:
        groups.append(_counts(snapshot, (*_ALWAYS, *_SOMETIMES)))
    elif lean < _LEANEST:
        groups.append(_counts(snapshot, _ALWAYS if lean < _ONLY_FAILED else (Standing.FAILED,)))
    groups.append([(clock, "text")])
    line: Line = []
    for group in groups:
        line += [_GAP, *group] if line else group
    return line


def _loud(snapshot: Snapshot, now: datetime, *, brief: bool) -> list[Line]:
    groups: list[Line] = []
    if snapshot.stale_since is not None:
        since = "" if brief else f" since {moment(snapshot.stale_since, now, snapshot.zone)}"
        groups.append([(f" STALE{since} ", "alarm")])
    if snapshot.hold is not None:
        hold = snapshot.hold
        whose = "" if brief else f" by {safe(hold.by)} since {moment(hold.since, now, snapshot.zone)}"
        groups.append([(f" HOLD{whose} ", "caution")])
    closed = [gate.name for gate, _, reason in snapshot.gates if reason]
    if closed:
        names = (
            f" {safe(closed[0])}" if len(closed) == 1 and not brief else f"S {len(closed)}" if len(closed) > 1 else ""
        )
        groups.append([(f" GATE{names} CLOSED ", "caution")])
    for hold in snapshot.holds:
        left = countdown((hold.until - now).total_seconds()) if hold.until is not None else ""
        what = cut(safe(scope(hold).removeprefix("jobs tagged ")), _SCOPE_MAX if not brief else _NAME_MIN)
        groups.append([(f" HOLD {what}{f' {left}' if left else ''} ", "caution")])
    for window in snapshot.blackouts:
        left = countdown((window.end - now).total_seconds()) if window.end is not None else ""
        what = cut(safe(window.name), _SCOPE_MAX if not brief else _NAME_MIN)
        groups.append([(f" BLACKOUT {what}{f' {left}' if left else ''} ", "caution")])
    if snapshot.dry_run:
        groups.append([(" DRY RUN ", "caution")])
    if snapshot.read_only:
        groups.append([("read-only", "warning")])
    return groups


def _engine(snapshot: Snapshot) -> Line:
    match snapshot.engine:
        case EngineState.RUNNING:
            return [("● ", "success"), (f"engine running{_tags(snapshot)}", "text")]
        case EngineState.ATTACHED if snapshot.engine_drains:
            return [("◷ ", "warning"), (f"pid {snapshot.engine_pid or '?'} is draining", "warning")]
        case EngineState.ATTACHED:
            return [("● ", "success"), (f"attached to pid {snapshot.engine_pid or '?'}{_tags(snapshot)}", "text")]
        case EngineState.BLOCKED:
            return [(" ■ engine blocked ", "alarm")]
        case EngineState.DRAINING:
            return [("◷ draining", "warning")]
        case _:
            return [(" ■ engine stopped ", "alarm")]


def _tags(snapshot: Snapshot) -> str:
    """What the engine serves, where that is not everything."""
    more = f" + {snapshot.more_engines} more" if snapshot.more_engines else ""
    return (f" {safe(snapshot.engine_tags)}" if snapshot.engine_tags else "") + more


def _counts(snapshot: Snapshot, states: Sequence[str]) -> Line:
    line: Line = []
    for state in states:
        count = snapshot.counts.get(state, 0)
        if not count and state not in _ALWAYS:
            continue
        look = standing(state)
        gap = "  " if line else ""
        line.append((f"{gap}{look.glyph} {count} {look.word}", look.style if count else "muted"))
    return line


def _markets(snapshot: Snapshot, now: datetime, room: int) -> Line:
    """The markets that the jobs use, as fully as there is room for; nothing where not even their number is told."""
    found = [market for calendar in snapshot.markets if (market := market_at(calendar, now)) is not None]
    for tell in (_market, _market_in_brief, _market_in_a_word):
        line: Line = []
        for market in found:
            style = "success" if market.is_open else "muted"
            line += [*([(" · ", "muted")] if line else []), (tell(market, now, snapshot.zone), style)]
        if pieces_width(line) + _GAP_WIDTH <= room:
            return [*line, _GAP] if line else []
    count = sum(market.is_open for market in found)
    few: Piece = (f"{count}/{len(found)} markets open", "success" if count else "muted")
    return [few, _GAP] if len(found) > 1 and pieces_width([few]) + _GAP_WIDTH <= room else []


def _market(market: Market, now: datetime, zone: tzinfo) -> str:
    """``XNYS open, closes in 2h 34m`` · ``closed, opens Mon 15:30`` · ``closes early at 19:00``."""
    name = safe(market.name)
    if market.turns_at is None:
        return f"{name} closed"
    left = (market.turns_at - now).total_seconds()
    if market.is_open and left > _ALWAYS_OPEN_SECONDS:
        return f"{name} open"
    if market.is_open:
        early = market.early_close == market.turns_at
        return f"{name} open, closes {'early ' if early else ''}in {countdown(left)}"
    if market.is_break:
        return f"{name} pauses, opens in {countdown(left)}"
    early_close = market.early_close
    at = moment(market.turns_at, now, zone)
    return f"{name} closed, opens {at}{f', closes early at {moment(early_close, now, zone)}' if early_close else ''}"


def _market_in_brief(market: Market, now: datetime, zone: tzinfo) -> str:
    name, at = safe(market.name), market.turns_at
    if at is None or (at - now).total_seconds() > _ALWAYS_OPEN_SECONDS:
        return _market_in_a_word(market, now, zone)
    return f"{name} {'open' if market.is_open else 'closed'} till {moment(at, now, zone)}"


def _market_in_a_word(market: Market, _now: datetime, _zone: tzinfo) -> str:
    return f"{safe(market.name)} {'open' if market.is_open else 'closed'}"


def _right_of_second(snapshot: Snapshot, now: datetime, *, brief: bool) -> Line:
    hold = snapshot.hold
    line: Line = [("hold: none", "muted")]
    if hold is not None:
        reason = f': "{safe(hold.reason)}"' if hold.reason and not brief else ""
        line = [(f"nothing new starts{reason}", "warning")]
    count = snapshot.unacknowledged
    alerts = f"{count} {'alert' if count == 1 else 'alerts'} " if count else "no alerts "
    if snapshot.critical:
        alerts = f"! {alerts}"
    style = "error" if snapshot.critical else "warning" if count else "muted"
    deadline = tightest(snapshot.deadlines, now, snapshot.zone, brief=brief)
    return [*deadline, *_places(snapshot, now, brief=brief), *line, _GAP, (alerts, style)]


def tightest(deadlines: Sequence[Prospect], now: datetime, zone: tzinfo, *, brief: bool) -> Line:
    """The deadline with the least slack, and how much that is; nothing where there is none ahead."""
    prospect = next((each for each in deadlines if not each.is_over), None)
    if prospect is None:
        return []
    who = safe(prospect.job if prospect.name == prospect.job else prospect.name)
    by = "" if brief else f" by {moment(prospect.at, now, zone)}"
    return [(f"{cut(who, _NAME_MIN if brief else _SCOPE_MAX)}{by}: ", "text"), slack(prospect), _GAP]


def _places(snapshot: Snapshot, now: datetime, *, brief: bool) -> Line:
    """The places that are taken where there is a limit; how many wait, and for how long, while any does."""
    if snapshot.places is None:
        return []
    places = snapshot.places if snapshot.stale_since is not None else snapshot.places.at(now)
    taken = f"{len(places.active)}/{places.limit} places" if places.limit else ""
    if not places.waiting:
        return [(taken, "muted"), _GAP] if taken and not brief else []
    waited = elapsed(places.longest_wait)
    waiting = f"{len(places.waiting)} waiting{'' if brief else ' for'} {waited}"
    return [(", ".join(filter(None, (taken, waiting))), "warning"), _GAP]


def _spread(left: Line, right: Line, width: int) -> Line:
    """Both ends of a line; what is too much on the left gives way."""
    room = width - pieces_width(left) - pieces_width(right)
    if room >= 0:
        return [*left, (" " * room, "text"), *right]
    return [*left, _GAP, *right]
