"""The instants at which a wall-clock rule fires in a zone; which ones, says ``slots``. All in whole seconds.

Instants count from 1970 in UTC, what clocks show from 1970 on the clock.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from peak_console.schedule.offsets import Offsets
    from peak_console.schedule.wallclock import WallClock


def first_after(rule: WallClock, zone: Offsets, instant: int) -> int | None:
    """The first slot strictly after ``instant``; ``None`` when there is none in 50 years."""
    start, end, offset, reached = zone.at(instant)
    wall = instant + offset
    if reached > wall and not rule.as_shown:
        wall = reached  # the second pass of a fold: all up to there has fired in the first
    found = rule.after(wall)
    while found is not None and found >= end + offset:  # clocks jump before they get there
        start, end, offset, _ = zone.at(end)
        if rule.as_shown and not wall < start + offset <= found:
            wall = start + offset - 1
            found = rule.after(wall)
    return None if found is None else _instant(found - offset, start)


def last_until(rule: WallClock, zone: Offsets, instant: int) -> int | None:
    """The last slot at or before ``instant``; ``None`` when there is none in 50 years."""
    start, _, offset, reached = zone.at(instant)
    if rule.as_shown:
        found = rule.until(instant + offset)
        while found is not None and found < start + offset:
            start, end, offset, _ = zone.at(start - 1)
            found = rule.until(end - 1 + offset)
    else:
        found = rule.until(max(instant + offset, reached))
        while found is not None and found <= reached:  # it fired in an earlier stretch
            start, _, offset, reached = zone.at(start - 1)
    return None if found is None else _instant(found - offset, start)


def _instant(shown: int, start: int) -> int:
    """Where clocks would show a moment; when they begin to, for one that they skip."""
    return max(shown, start)
