"""The instants at which a wall-clock rule fires in a zone; which ones, says ``slots``.

Inside, all is in whole seconds: instants count from 1970 in UTC, what clocks show from 1970 on the clock.
"""

from __future__ import annotations

from datetime import timedelta

from peak_console.schedule.memo import Memo
from peak_console.schedule.offsets import DAY, EPOCH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from peak_console.schedule.offsets import Offsets
    from peak_console.schedule.wallclock import WallClock

_midnights: Mapping[int, datetime] = Memo(lambda day: EPOCH + timedelta(day), 4096)
_spans: Mapping[int, timedelta] = Memo(lambda seconds: timedelta(0, seconds), 8192)
"""To make one takes eight times as long as to add it."""


class Timetable:
    """A rule in a zone. Every instant is aware and UTC."""

    __slots__ = ("_rule", "_zone")

    def __init__(self, rule: WallClock, zone: Offsets) -> None:
        self._rule = rule
        self._zone = zone

    def after(self, instant: datetime) -> datetime | None:
        """The first slot strictly after ``instant``; ``None`` when there is none in 50 years.

        Slots are whole seconds: what is later than the second of ``instant`` is later than any part of it.
        """
        since = instant - EPOCH
        day, second = since.days, since.seconds
        first, last, offset = self._zone.steady
        if not first <= day <= last:
            return _instant(self._after(day * DAY + second))
        if offset:
            days, second = divmod(second + offset, DAY)
            day += days
        found = self._rule.following(day, second)
        if found is None:
            return None
        day, second = found
        if day > last:
            return _instant(self._after(since.days * DAY + since.seconds))
        try:
            return _midnights[day] + _spans[second - offset]
        except OverflowError:  # beyond the year 9999
            return None

    def _after(self, instant: int) -> int | None:
        """As ``after``, wherever clocks are changed."""
        rule = self._rule
        start, end, offset, reached = self._zone.at(instant)
        wall = instant + offset
        if not rule.as_shown:
            wall = max(wall, reached)  # the second pass of a fold: all up to there has fired in the first
        found = rule.after(wall)
        while found is not None and found >= end + offset:  # clocks are changed before they get there
            start, end, offset, _ = self._zone.at(end)
            if rule.as_shown and not wall < start + offset <= found:
                wall = start + offset - 1
                found = rule.after(wall)
        # Where clocks would show the moment; when they begin to, for one that they skip.
        return None if found is None else max(found - offset, start)

    def until(self, instant: datetime) -> datetime | None:
        """The last slot at or before ``instant``; ``None`` when there is none in 50 years."""
        since = instant - EPOCH
        return _instant(self._until(since.days * DAY + since.seconds))

    def _until(self, instant: int) -> int | None:
        rule = self._rule
        start, _, offset, reached = self._zone.at(instant)
        if rule.as_shown:
            found = rule.until(instant + offset)
            while found is not None and found < start + offset:
                start, end, offset, _ = self._zone.at(start - 1)
                found = rule.until(end - 1 + offset)
        else:
            found = rule.until(max(instant + offset, reached))
            while found is not None and found <= reached:  # it fired in an earlier stretch
                start, _, offset, reached = self._zone.at(start - 1)
        return None if found is None else max(found - offset, start)


def _instant(seconds: int | None) -> datetime | None:
    try:
        return None if seconds is None else EPOCH + timedelta(0, seconds)
    except OverflowError:  # before the year 1, or beyond the year 9999
        return None
