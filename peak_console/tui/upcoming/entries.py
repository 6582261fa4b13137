"""Which lines of Upcoming are about a job, and which of them the cursor is on. Pure."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.tui.upcoming.lines import UpcomingLine


class UpcomingEntries:
    """The lines that name a job are entries; headings are none. The cursor is on an entry, or on none."""

    def __init__(self) -> None:
        self.lines: Sequence[UpcomingLine] = ()
        """From top to bottom, headings included."""
        self._numbers: list[int] = []
        """The number of the line of each entry."""
        self._place: int | None = None

    def replace(self, lines: Sequence[UpcomingLine]) -> None:
        """Show these lines instead. The cursor stays on its run or slot, else on its job, else on none."""
        under = self.current
        self.lines = lines
        self._numbers = [number for number, line in enumerate(lines) if line.name is not None]
        self._place = None
        if under is None:
            return
        self.move_to_job(under.name)
        for place in range(self.count):
            line = self._line(place)
            if (line.name, line.started, line.at) == (under.name, under.started, under.at):
                self._place = place

    @property
    def current(self) -> UpcomingLine | None:
        """The line under the cursor."""
        return None if self._place is None else self._line(self._place)

    def move_to_job(self, name: str | None) -> None:
        """Put the cursor on the first entry of a job; on none where the job has no entry."""
        self._place = next((place for place in range(self.count) if self._line(place).name == name), None)

    def _line(self, place: int) -> UpcomingLine:
        return self.lines[self._numbers[place]]

    @property
    def count(self) -> int:
        return len(self._numbers)

    @property
    def cursor_place(self) -> int | None:
        return self._place

    def move_cursor(self, place: int) -> None:
        self._place = min(max(place, 0), self.count - 1) if self.count else None

    def lines_of(self, place: int) -> range:
        return range(self._numbers[place], self._numbers[place] + 1)

    def nearest(self, line: int) -> int:
        return min(bisect_left(self._numbers, line), self.count - 1)
