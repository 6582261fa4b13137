"""How far a zone's clocks are from UTC, stretch by stretch, in whole seconds.

Instants count seconds from 1970 in UTC; what clocks show counts the same from 1970 on the clock.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise

Stretch = tuple[int, int, int, int]
"""``(start, end, offset, reached)``: clocks are ``offset`` ahead of UTC from ``start`` until before ``end``.

``reached``: what clocks showed last before ``start``. Beyond what they show afterwards in the second pass of a fold,
and further back than the moment before where they jump ahead.
"""

DAY = 86400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_BLOCK_BITS = 25  # changes are looked for in blocks of 388 days
_PROBE = 2 * DAY  # two changes of one zone have never been less than three days apart
_FAR = 1 << 40
# Where every zone's clock shows a year that dates can hold.
_FIRST = (datetime(1, 1, 3, tzinfo=UTC) - EPOCH) // _SECOND
_LAST = (datetime(9999, 12, 29, tzinfo=UTC) - EPOCH) // _SECOND


class Offsets:
    """The stretches of one zone. Two neighbours may have the same offset."""

    __slots__ = ("_blocks", "_latest", "_tz", "steady")

    def __init__(self, tz: tzinfo) -> None:
        self._tz = tz
        self._blocks: dict[int, list[Stretch]] = {}
        self._latest: Stretch = (-_FAR, _FAR, 0, -_FAR) if tz is UTC else (0, 0, 0, 0)
        self.steady = _steady(self._latest)
        """A first and a last day, in UTC and on the clock, on and around which clocks are so far ahead and nothing
        happens to them. Of the stretch that was asked for last; few or no days, where that is short."""

    def at(self, instant: int) -> Stretch:
        """The stretch that holds ``instant``."""
        found = self._latest
        if found[0] <= instant < found[1]:
            return found
        number = instant >> _BLOCK_BITS
        block = self._blocks.get(number)
        if block is None:
            block = self._blocks[number] = self._stretches(number << _BLOCK_BITS, (number + 1) << _BLOCK_BITS)
        self._latest = found = next(stretch for stretch in block if instant < stretch[1])
        self.steady = _steady(found)
        return found

    def _stretches(self, start: int, end: int) -> list[Stretch]:
        probes = [*range(start, end, _PROBE), end]
        offsets = [self._offset(probe) for probe in probes]
        edges = [start]
        for low, high, before, after in zip(probes, probes[1:], offsets, offsets[1:], strict=False):
            if before != after:
                edges.append(self._change(low, high))
        edges.append(end)
        return [
            (edge, until, self._offset(edge), edge + self._offset(edge - 1) - 1)
            for edge, until in pairwise(edges)
            if edge < until
        ]

    def _change(self, low: int, high: int) -> int:
        change = change_between(self._tz, EPOCH + _SECOND * low, EPOCH + _SECOND * high)
        return (change - EPOCH) // _SECOND

    def _offset(self, instant: int) -> int:
        within = min(max(instant, _FIRST), _LAST)
        offset = (EPOCH + timedelta(0, within)).astimezone(self._tz).utcoffset()
        assert offset is not None
        return offset // _SECOND


def _steady(stretch: Stretch) -> tuple[int, int, int]:
    """Two days are left out at each end: no clock is set by more than one, or is further ahead than that."""
    start, end, offset, _ = stretch
    return start // DAY + 3, end // DAY - 3, offset


@lru_cache(maxsize=1024)
def offsets(tz: tzinfo) -> Offsets:
    """The stretches of ``tz``, found as they are asked for and kept."""
    return Offsets(tz)


def change_between(tz: tzinfo, low: datetime, high: datetime) -> datetime:
    """The instant in (low, high] at which the offset changes; there must be exactly one. To the second."""
    before = low.astimezone(tz).utcoffset()
    seconds = range(1, int((high - low) / _SECOND) + 1)
    index = bisect_left(seconds, True, key=lambda second: (low + _SECOND * second).astimezone(tz).utcoffset() != before)
    return low + _SECOND * seconds[index]
