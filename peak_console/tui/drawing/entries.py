"""What a list shows, from top to bottom, and which entry its cursor is on. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

Item = TypeVar("Item")


class Entries(Protocol):
    """Entries by their places, counted from the top. Each stands in one line or several."""

    @property
    def count(self) -> int:
        """How many entries there are."""

    @property
    def cursor_place(self) -> int | None:
        """The place of the entry under the cursor; ``None`` while the cursor is on none."""

    def move_cursor(self, place: int) -> None:
        """Put the cursor on the entry at ``place``, or on the first or last one where ``place`` is beyond it."""

    def lines_of(self, place: int) -> range:
        """The lines in which an entry stands."""

    def nearest(self, line: int) -> int:
        """The place of the entry that stands in a line, else of one beside it. Only where there are entries."""


class EntryList(Generic[Item]):
    """Entries of one height. The cursor stays on its entry when others come and go."""

    def __init__(self, key: Callable[[Item], Hashable]) -> None:
        """``key`` tells one entry from another."""
        self.items: Sequence[Item] = ()
        self.height = 1
        """How many lines an entry takes."""
        self._key = key
        self._place = 0

    @property
    def count(self) -> int:
        return len(self.items)

    @property
    def cursor_place(self) -> int | None:
        return self._place if self.items else None

    @property
    def current(self) -> Item | None:
        """The entry under the cursor; ``None`` of an empty list."""
        return self.items[self._place] if self.items else None

    def replace(self, items: Sequence[Item]) -> int:
        """Show these entries instead; by how many places the entry under the cursor has moved."""
        before, was = self.current, self._place
        self.items = items
        if before is not None:
            key = self._key(before)
            found = next((place for place, item in enumerate(items) if self._key(item) == key), None)
            if found is not None:
                self._place = found
                return found - was
        self.move_cursor(was)
        return 0

    def move_cursor(self, place: int) -> None:
        self._place = min(max(place, 0), max(0, len(self.items) - 1))

    def lines_of(self, place: int) -> range:
        return range(place * self.height, (place + 1) * self.height)

    def nearest(self, line: int) -> int:
        return min(max(line // self.height, 0), len(self.items) - 1)
