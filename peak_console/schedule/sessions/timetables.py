"""The instants that sessions name. Each timetable knows the first slot after an instant and the last one up to it.

Beyond the last day that its calendar knows a timetable has no slots: whoever asks has to see that the calendar ends.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import timedelta

from peak_console.schedule.offsets import DAY, EPOCH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Protocol

    from peak_console.schedule.sessions.moments import Moment
    from peak_console.schedule.sessions.picks import Sessions

    class Slots(Protocol):
        """What a timetable answers. Every instant is aware and UTC."""

        def after(self, instant: datetime) -> datetime | None:
            """The first slot strictly after an instant."""

        def until(self, instant: datetime) -> datetime | None:
            """The last slot at or before an instant."""


_SECOND = timedelta(0, 1)


class AtMoment:
    """One slot for each session."""

    __slots__ = ("_column", "_seconds")

    def __init__(self, sessions: Sessions, at: Moment) -> None:
        self._column = (sessions.with_breaks() if at.is_of_break else sessions).column(at.column)
        self._seconds = at.seconds

    def after(self, instant: datetime) -> datetime | None:
        since = instant - EPOCH
        place = bisect_right(self._column, since.days * DAY + since.seconds - self._seconds)
        return EPOCH + timedelta(0, self._column[place] + self._seconds) if place < len(self._column) else None

    def until(self, instant: datetime) -> datetime | None:
        since = instant - EPOCH
        place = bisect_right(self._column, since.days * DAY + since.seconds - self._seconds) - 1
        return EPOCH + timedelta(0, self._column[place] + self._seconds) if place >= 0 else None


class Paced:
    """Slots at a pace within each session, counted from where they begin; none inside of a break.

    Where the slots of one session would reach into those of the next one, the next one's count.
    """

    __slots__ = ("_begins", "_break_ends", "_break_starts", "_ends", "_first", "_last", "_step")

    def __init__(self, sessions: Sessions, step: int, first: Moment, last: Moment) -> None:
        if first.is_of_break or last.is_of_break:
            sessions = sessions.with_breaks()
        self._begins = sessions.column(first.column)
        self._ends = sessions.column(last.column)
        self._break_starts = sessions.column("break_starts")
        self._break_ends = sessions.column("break_ends")
        self._first = first.seconds
        self._last = last.seconds
        self._step = step

    def after(self, instant: datetime) -> datetime | None:
        since = instant - EPOCH
        wanted = since.days * DAY + since.seconds + 1
        begins, first = self._begins, self._first
        place = max(bisect_right(begins, wanted - first) - 1, 0)
        while place < len(begins):
            begin = begins[place] + first
            slot = max(begin, wanted)
            found = self._from(place, begin, begin - (begin - slot) // self._step * self._step)
            if found is not None:
                return EPOCH + timedelta(0, found)
            place += 1
        return None

    def _from(self, place: int, begin: int, slot: int) -> int | None:
        """The first slot of a session from one of its grid on; the grid goes through a break, without slots."""
        if self._break_starts[place] < slot < self._break_ends[place]:
            slot = begin - (begin - self._break_ends[place]) // self._step * self._step
        return slot if slot <= self._end(place) else None

    def _end(self, place: int) -> int:
        """The last second of a session's slots."""
        end = self._ends[place] + self._last
        if place + 1 < len(self._begins):
            end = min(end, self._begins[place + 1] + self._first - 1)
        return end

    def until(self, instant: datetime) -> datetime | None:
        since = instant - EPOCH
        wanted = since.days * DAY + since.seconds
        place = bisect_right(self._begins, wanted - self._first) - 1
        while place >= 0:
            begin, end = self._begins[place] + self._first, min(wanted, self._end(place))
            slot = begin + (end - begin) // self._step * self._step
            if self._break_starts[place] < slot < self._break_ends[place]:
                slot = begin + (self._break_starts[place] - begin) // self._step * self._step
            if end >= begin and slot >= begin:
                return EPOCH + timedelta(0, slot)
            place -= 1
        return None


class OnSessions:
    """The slots of another timetable that fall on a session's day, as it is where the calendar is at home."""

    __slots__ = ("_ends", "_slots", "_starts")

    def __init__(self, slots: Slots, sessions: Sessions) -> None:
        self._slots = slots
        self._starts = sessions.column("starts")
        self._ends = sessions.column("ends")

    def after(self, instant: datetime) -> datetime | None:
        slot = self._slots.after(instant)
        while slot is not None:
            since = slot - EPOCH
            at = since.days * DAY + since.seconds
            place = bisect_right(self._starts, at)
            if place and at < self._ends[place - 1]:
                return slot
            if place == len(self._starts):
                return None
            slot = self._slots.after(EPOCH + timedelta(0, self._starts[place] - 1))
        return None

    def until(self, instant: datetime) -> datetime | None:
        slot = self._slots.until(instant)
        while slot is not None:
            since = slot - EPOCH
            at = since.days * DAY + since.seconds
            place = bisect_right(self._starts, at) - 1
            if place < 0:
                return None
            if at < self._ends[place]:
                return slot
            slot = self._slots.until(EPOCH + timedelta(0, self._ends[place] - 1))
        return None


class Moved:
    """The slots of a timetable, where those on closed days move to the session before or after.

    ``every_day`` has a slot at the same time of each day; on sessions these are the places to which slots can move.
    """

    __slots__ = ("_is_after", "_slots", "_targets")

    def __init__(self, slots: Slots, every_day: Slots, sessions: Sessions, *, is_after: bool) -> None:
        self._slots = slots
        self._targets = OnSessions(every_day, sessions)
        self._is_after = is_after

    def after(self, instant: datetime) -> datetime | None:
        target = self._targets.after(instant)
        while target is not None and not self._is_slot(target):
            target = self._targets.after(target)
        return target

    def until(self, instant: datetime) -> datetime | None:
        target = self._targets.until(instant)
        while target is not None and not self._is_slot(target):
            target = self._targets.until(target - _SECOND)
        return target

    def _is_slot(self, target: datetime) -> bool:
        """Whether one of the slots falls on a target, or on a closed day from which slots move to it."""
        if self._is_after:
            before = self._targets.until(target - _SECOND)
            first = self._slots.after(target - _SECOND if before is None else before)
            return first is not None and first <= target
        after = self._targets.after(target)
        last = self._slots.until(target if after is None else after - _SECOND)
        return last is not None and last >= target


class Jittered:
    """The slots of another timetable, each of them later by a part of ``seconds`` that is always the same for it.

    None of them reaches the slot after it.
    """

    __slots__ = ("_seconds", "_seed", "_slots")

    def __init__(self, slots: Slots, seconds: int, seed: str) -> None:
        self._slots = slots
        self._seconds = seconds
        self._seed = seed

    def after(self, instant: datetime) -> datetime | None:
        passed = self._slots.until(instant)
        if passed is not None and (slot := self._shifted(passed)) > instant:
            return slot
        coming = self._slots.after(instant)
        return None if coming is None else self._shifted(coming)

    def until(self, instant: datetime) -> datetime | None:
        passed = self._slots.until(instant)
        if passed is not None and self._shifted(passed) > instant:
            passed = self._slots.until(passed - _SECOND)
        return None if passed is None else self._shifted(passed)

    def _shifted(self, slot: datetime) -> datetime:
        from binascii import crc32

        coming = self._slots.after(slot)
        room = self._seconds
        if coming is not None:
            room = min(room, int((coming - slot).total_seconds()) - 1)
        # The checksum alone would move the slots of neighbouring seconds by almost the same.
        number = crc32(f"{self._seed} {slot.timestamp():.0f}".encode()) * 2654435761 >> 16
        try:
            return slot + timedelta(0, number % (room + 1))
        except OverflowError:  # the last slot that there is, at the end of the year 9999
            return slot
