"""Windows of time. Every instant is an argument, aware and UTC. A window begins with its start and ends before its end.

So a slot at the start is inside, and a slot at the end is not.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import timedelta

from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import Protocol

    from peak_console.schedule.sessions.timetables import Slots

    class Windows(Protocol):
        """All windows of one rule."""

        def at(self, instant: datetime) -> Span | None:
            """The window that an instant lies in; of several the one that begins last, which also ends last."""

        def next_start(self, instant: datetime) -> datetime | None:
            """When the first window begins that begins after an instant; ``None`` where none is known."""


@dataclass(frozen=True, slots=True)
class Span:
    """One window."""

    start: datetime
    end: datetime | None
    """``None``: nobody knows, as a calendar is not known so far, or as a person has named no end."""


class _Comparable:
    """Equal where all that it is made of is."""

    __slots__: tuple[str, ...] = ()

    def _made_of(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.__slots__)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Comparable) and type(self) is type(other) and self._made_of() == other._made_of()

    def __hash__(self) -> int:
        return hash(type(self))


class Bounded(_Comparable):
    """Each window begins at one of ``starts`` and ends at the first of ``ends`` after that."""

    __slots__ = ("_ends", "_known_until", "_starts")

    def __init__(self, starts: Slots, ends: Slots, known_until: datetime | None = None) -> None:
        """``known_until``: where the calendar of either ends. From there on nobody knows, so nothing may start."""
        self._starts = starts
        self._ends = ends
        self._known_until = known_until

    def at(self, instant: datetime) -> Span | None:
        if self._known_until is not None and instant >= self._known_until:
            return Span(self._known_until, None)
        start = self._starts.until(instant)
        if start is None:
            return None
        end = self._ends.after(start)
        return Span(start, end) if end is None or instant < end else None

    def next_start(self, instant: datetime) -> datetime | None:
        start = self._starts.after(instant)
        if start is None and self._known_until is not None and instant < self._known_until:
            return self._known_until
        return start


class Lasting(_Comparable):
    """Each window begins at one of ``starts`` and lasts for some seconds."""

    __slots__ = ("_length", "_starts")

    def __init__(self, starts: Slots, seconds: float) -> None:
        self._starts = starts
        self._length = timedelta(seconds=seconds)

    def at(self, instant: datetime) -> Span | None:
        start = self._starts.until(instant)
        return Span(start, start + self._length) if start is not None and instant < start + self._length else None

    def next_start(self, instant: datetime) -> datetime | None:
        return self._starts.after(instant)


class Listed(_Comparable):
    """Windows one by one. Those that overlap or touch are one."""

    __slots__ = ("_spans", "_starts")

    def __init__(self, spans: Iterable[tuple[datetime, datetime | None]]) -> None:
        self._spans: list[Span] = []
        for start, end in sorted(spans, key=lambda span: span[0]):
            last = self._spans[-1] if self._spans else None
            if last is None or (last.end is not None and last.end < start):
                self._spans.append(Span(start, end))
            elif last.end is not None:
                self._spans[-1] = Span(last.start, None if end is None else max(last.end, end))
        self._starts = [span.start for span in self._spans]

    def at(self, instant: datetime) -> Span | None:
        place = bisect_right(self._starts, instant) - 1
        if place < 0:
            return None
        span = self._spans[place]
        return span if span.end is None or instant < span.end else None

    def next_start(self, instant: datetime) -> datetime | None:
        place = bisect_right(self._starts, instant)
        return self._starts[place] if place < len(self._starts) else None


class Moments(_Comparable):
    """The slots that a single moment is: it begins or ends a window."""

    __slots__ = ("_moment",)

    def __init__(self, moment: datetime) -> None:
        self._moment = moment

    def after(self, instant: datetime) -> datetime | None:
        return self._moment if self._moment > instant else None

    def until(self, instant: datetime) -> datetime | None:
        return self._moment if self._moment <= instant else None
