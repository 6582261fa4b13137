"""The job table without the screen: which jobs are in it, in which order, where the cursor is, what is marked."""

from __future__ import annotations

from peak_console.tui.jobs.cells import Facts
from peak_console.tui.jobs.columns import COLUMN, ordered
from peak_console.tui.jobs.filtering import FilterError, compiled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from peak_console.tui.state.snapshot import JobRow


class JobList:
    """Rows by name. The cursor and the marks belong to jobs, not to places: they stay on them when rows move."""

    def __init__(self) -> None:
        self.order: list[Facts] = []
        """The rows that match, from top to bottom."""
        self.places: dict[str, int] = {}
        """The place of each of them in ``order``, by name."""
        self.lines: list[int] = []
        """Of each line, the place of the row that it belongs to: two alike are a job and its note."""
        self.line_of: list[int] = []
        """Of each place, its first line."""
        self.filter_text = ""
        self.filter_fault = ""
        """What is wrong with the filter; the one before it holds until it is right."""
        self._matches = compiled("")
        self._now: datetime | None = None
        self.column, self.descending = "state", False
        self.marked: set[str] = set()
        self.pinned = False
        """Whether the cursor stays on its job when rows move; until then it stays on the top row."""
        self.chosen = False
        """Whether the operator has put the cursor on its job, or left it there knowing."""
        self.stands = False
        """Whether rows keep their places: the operator is at work with them."""
        self.is_older = False
        """Whether they would be in other places if they did not."""
        self.kept: str | None = None
        """The job that was acted on: it keeps its place among its neighbours for as long as the cursor is on it."""
        self._facts: dict[str, Facts] = {}
        self._shown_in: tzinfo | None = None
        self._wanted: str | None = None

    def __len__(self) -> int:
        """How many jobs there are, whether they match or not."""
        return len(self._facts)

    @property
    def cursor(self) -> str | None:
        """The job that the cursor is on; ``None`` while no row is shown."""
        return self._wanted if self._wanted in self.places else None

    @property
    def marked_names(self) -> tuple[str, ...]:
        """The marked jobs that are shown, from top to bottom: nothing is done to what cannot be seen."""
        shown = [name for name in self.marked if name in self.places]
        return tuple(sorted(shown, key=self.places.__getitem__))

    @property
    def selected_names(self) -> tuple[str, ...]:
        """What an action is meant for: the marked jobs that are shown, else the one under the cursor."""
        return self.marked_names or (() if self.cursor is None else (self.cursor,))

    def take(
        self, rows: Sequence[JobRow], shown_in: tzinfo | None = None, now: datetime | None = None
    ) -> tuple[list[str], bool]:
        """Take these rows instead: the names of those that read differently now, and whether any row moved.

        ``shown_in`` is the zone that times are shown in; a filter may ask how late something is ``now``.
        """
        before = self._facts if shown_in is self._shown_in else {}
        self._shown_in, self._now = shown_in, now
        facts: dict[str, Facts] = {}
        changed = []
        for row in rows:
            name = row.view.job.name
            known = before.get(name)
            if known is None or not (known.row is row or known.still_hold(row)):
                known = Facts(row, shown_in)
                changed.append(name)
            facts[name] = known
        if not changed and len(facts) == len(before) and all(map(str.__eq__, facts, before)):
            return [], False
        self._facts = facts
        self.marked.intersection_update(facts)
        return changed, self._arrange()

    def sort_by(self, column: str, descending: bool | None = None) -> bool:
        """Sort by a column; ``None`` is its usual direction, or the other one when it is sorted by it already.

        Whether that changed anything.
        """
        if descending is None:
            descending = not self.descending if column == self.column else COLUMN[column].descending
        if (column, descending) == (self.column, self.descending):
            return False
        self.column, self.descending = column, descending
        self.arrange_anew()
        return True

    def filter_by(self, text: str) -> bool:
        """Show only jobs of which ``text`` holds, see ``filtering``; whether that is another filter than before."""
        text = " ".join(text.split())
        if text == self.filter_text:
            return False
        self.filter_text = text
        try:
            self._matches, self.filter_fault = compiled(text), ""
        except FilterError as error:
            self.filter_fault = str(error)
        self.arrange_anew()
        return True

    @property
    def count(self) -> int:
        return len(self.order)

    @property
    def cursor_place(self) -> int | None:
        return self.places.get(self._wanted or "")

    def lines_of(self, place: int) -> range:
        first = self.line_of[place]
        return range(first, first + 1 + self.order[place].noted)

    def nearest(self, line: int) -> int:
        return self.lines[min(max(line, 0), len(self.lines) - 1)]

    def move_cursor(self, place: int) -> None:
        if self.order:
            self._wanted = self.order[min(max(place, 0), len(self.order) - 1)].row.name
            if self._wanted != self.kept:
                self.kept = None

    def arrange_anew(self) -> bool:
        """Put every row into its place, whatever stands; whether any line moved."""
        self.stands, self.kept = False, None
        return self._arrange()

    def settle(self) -> bool:
        """Put rows that stood into their places; whether any line moved."""
        self.stands = False
        return self._arrange()

    def _arrange(self) -> bool:
        """Filter and sort; whether any line moved. A pinned cursor whose job is gone stays where it was."""
        was = self.places.get(self._wanted or "", 0)
        matching = [facts for facts in self._facts.values() if self._matches(facts, self._now)]
        sorted_now = ordered(matching, self.column, descending=self.descending)
        self.order = self._standing(sorted_now) if self.stands else self._kept_in_place(sorted_now)
        self.is_older = len(self.order) != len(sorted_now) or any(
            one is not other for one, other in zip(self.order, sorted_now, strict=True)
        )
        lines: list[int] = []
        self.line_of = []
        for place, facts in enumerate(self.order):
            self.line_of.append(len(lines))
            lines.append(place)
            if facts.noted:
                lines.append(place)
        place_of = {facts.row.name: place for place, facts in enumerate(self.order)}
        moved = lines != self.lines or list(place_of) != list(self.places)
        self.places, self.lines = place_of, lines
        if not self.pinned:
            self.move_cursor(0)
        elif self.cursor is None:
            self.chosen = False  # nobody has put the cursor on what comes next
            self.move_cursor(was)
        return moved

    def _standing(self, sorted_now: list[Facts]) -> list[Facts]:
        """The rows in their old places; those that are new, or match only now, at the end."""
        old = [self._facts[name] for name in self.places if name in self._facts]
        return old + [facts for facts in sorted_now if facts.row.name not in self.places]

    def _kept_in_place(self, sorted_now: list[Facts]) -> list[Facts]:
        """The rows sorted, but for the one that was acted on: it stays on its line."""
        place = self.places.get(self.kept or "")
        facts = self._facts.get(self.kept or "")
        if place is None or facts is None or self.kept != self._wanted:
            self.kept = None
            return sorted_now
        rest = [each for each in sorted_now if each is not facts]
        return [*rest[:place], facts, *rest[place:]]
