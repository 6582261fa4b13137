"""One run's output on the screen: its files, their index, the window onto it, and what is looked for in it."""

from __future__ import annotations

from peak_console.tui.output.background import CatchUp
from peak_console.tui.output.files import OutputFiles
from peak_console.tui.output.line_filter import FilteredLines, FilteredPattern
from peak_console.tui.output.line_index import LineIndex, tail_start
from peak_console.tui.output.search import Matches
from peak_console.tui.output.window import OutputWindow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.tui.output.line_filter import LineFilter
    from peak_console.tui.output.search import LinePattern, Pattern
    from peak_console.tui.output.stream_lines import Line

INDEXED_AT_ONCE_BYTES = 4 * 1024 * 1024
"""How many bytes are indexed without a thread; that takes a few milliseconds."""
SEARCHED_AT_ONCE_BYTES = 256 * 1024
TAIL_BYTES = 128 * 1024
"""How many bytes of each stream's end are shown while the rest is being indexed."""


class RunOutput:
    """Belongs to the screen's thread. ``done`` is called in another one when a ``CatchUp`` has come to its end."""

    def __init__(self, directory: str, done: Callable[[CatchUp], object], *, live: bool = False) -> None:
        """``live``: the job is still printing, and is not to be slowed down."""
        self._live = live
        self._done = done
        self._work: CatchUp | None = None
        self._kept: Matches | None = None
        """The lines that the filter keeps, while there is one."""
        self._filter: LineFilter | None = None
        self._filtered: FilteredLines | None = None
        self._return_to: Line | None = None
        """What was at the top when the filter was changed, until all lines have been tried."""
        self._matches: Matches | None = None
        self._searched = False
        self._place: int | None = None
        """Which match is the current one, counted from 0."""
        self._found_line: int | None = None
        """The index's number of the current match."""
        self._from: int | None = None
        """The line of the match before the text to look for was changed."""
        self._files = OutputFiles(directory)
        self._index = LineIndex(self._files)
        self._deleted = self._files.deleted
        self._generation = 0
        self._anchor: Line | None = None
        """What was at the top when the present work began."""
        self._tail: LineIndex | None = None
        """The end of a long output, shown until all of it is indexed."""
        self.window = OutputWindow(self._index)
        if not self._catch_up():
            self._show_tail()

    @property
    def empty(self) -> bool:
        """Whether nothing has been printed."""
        return not (self._index.total or self.window.index.total)

    @property
    def pruned(self) -> bool:
        return self._files.pruned

    @property
    def deleted(self) -> int:
        """How many bytes that it had printed the job has deleted, at least."""
        return sum(self._files.deleted)

    @property
    def lines(self) -> int:
        """How many lines there are, at least: all of them unless ``counting``."""
        return max(self._tail.total if self._tail is not None else 0, self._index.total)

    @property
    def counting(self) -> bool:
        return self._index.behind > 0

    @property
    def looked_for(self) -> Pattern | None:
        return self.window.pattern

    @property
    def filter(self) -> LineFilter | None:
        """Which lines are kept; ``None``: all."""
        return self._filter

    @property
    def kept(self) -> tuple[int, bool]:
        """How many lines the filter keeps, and whether all have been tried."""
        return (self._kept.total if self._kept is not None else 0), self._work is None

    @property
    def found(self) -> tuple[int | None, int, bool]:
        """Which match is the current one, counted from 1; how many lines match; whether that is all of them."""
        total = self._matches.total if self._matches is not None else 0
        return None if self._place is None else self._place + 1, total, self._searched

    def refresh(self) -> bool:
        """Look at the files again; whether anything has changed. A few stats when nothing has."""
        if not self._files.refresh():
            return False
        if self._index.stale or self._files.deleted != self._deleted:
            self._start_anew()
        self._catch_up()
        if self._tail is not None:
            self._tail.advance(INDEXED_AT_ONCE_BYTES)
        return True

    def ended(self) -> None:
        """The job prints no more."""
        if self._live:
            self._live = False
            if self._work is not None:
                self._work.cancel()  # it goes on, but faster

    def take(self, work: CatchUp) -> bool:
        """What ``done`` was called with, back in the screen's thread; whether it has to do with what is shown."""
        if work is not self._work:
            return False
        self._work = None
        if self._index.behind <= INDEXED_AT_ONCE_BYTES:
            self._index.advance(INDEXED_AT_ONCE_BYTES)
            if self._tail is not None and self._filtered is None:
                self.window.take(self._index, self.window.line_at_top())
            elif self._index.generation != self._generation:
                self.window.take(self._lines, self._anchor)
            self._tail = None
            self._generation = self._index.generation
        if self._catch_up():
            self._go_back()
        return True

    def keep(self, wanted: LineFilter | None) -> None:
        """Show only some lines, or all again; what is at the top stays there, or what comes next of it."""
        if (wanted.text if wanted is not None else "") == (self._filter.text if self._filter is not None else ""):
            return
        self._return_to = None if self.window.follow else self.window.line_at_top()
        self._filter = wanted
        self._filter_anew()
        self._match_anew(self.window.pattern)
        if self._work is not None:
            self._work.cancel()
        if self._catch_up():
            self._go_back()

    def search(self, pattern: Pattern | None) -> None:
        """Look for something, or no more; once all is searched, the window goes to the nearest match."""
        if pattern is not None and self.window.pattern is not None and pattern.text == self.window.pattern.text:
            return
        self._from, self._found_line, self.window.current = self._found_line, None, None
        self._match_anew(pattern)
        if self._work is not None:
            self._work.cancel()  # once it has stopped, what is wanted now begins
        self._catch_up()

    def step(self, by: int) -> None:
        """Go some matches further, and round the end."""
        if self._matches is None or not self._searched or not self._matches.total:
            return
        if self._place is None:
            self._go_to_nearest()
        else:
            self._go_to_match((self._place + by) % self._matches.total)

    def close(self) -> None:
        """Close the files once no thread reads them any more."""
        if self._work is not None:
            self._work.cancel()
            self._work = None

    def _catch_up(self) -> bool:
        """Index what is new and search it: now, or in a thread when it is much; whether all is done."""
        if self._work is not None:
            return False
        done = self._index.behind <= INDEXED_AT_ONCE_BYTES and self._index.advance(INDEXED_AT_ONCE_BYTES)
        wanted = [matches for matches in (self._kept, self._matches) if matches is not None]
        done = done and all(matches.scan(lambda: True, SEARCHED_AT_ONCE_BYTES) for matches in wanted)
        if not done:
            self._anchor = None if self.window.follow else self.window.line_at_top()
            self._work = CatchUp(self._index, wanted, self._done, gently=self._live and not wanted)
        elif self._matches is not None and not self._searched:
            self._searched = True
            self._go_to_nearest()
        return done

    def _start_anew(self) -> None:
        """The job has cut its own output short."""
        self.close()
        self._deleted = self._files.deleted
        self._index, self._tail = LineIndex(self._files), None
        self._filter_anew()
        self._match_anew(self.window.pattern)

    @property
    def _lines(self) -> LineIndex | FilteredLines:
        """What the window shows once everything is indexed."""
        return self._index if self._filtered is None else self._filtered

    def _show_tail(self) -> None:
        self._tail = LineIndex(self._files, tail_start(self._files, TAIL_BYTES))
        self._tail.advance(INDEXED_AT_ONCE_BYTES)
        self.window.take(self._tail, None)

    def _filter_anew(self) -> None:
        """Try all lines of the index from the start."""
        self._kept = Matches(self._index, self._filter) if self._filter is not None else None
        self._filtered = FilteredLines(self._index, self._kept) if self._kept is not None else None
        self.window.take(self._lines if self._filtered is not None or self._tail is None else self._tail, None)

    def _match_anew(self, pattern: Pattern | None) -> None:
        """Search all lines that are kept from the start."""
        self.window.pattern = pattern
        self._place, self._searched, self._matches = None, False, None
        if pattern is not None:
            wanted: LinePattern = pattern if self._filter is None else FilteredPattern(pattern, self._filter)
            self._matches = Matches(self._index, wanted)

    def _go_back(self) -> None:
        """All lines have been tried: go to where the operator was when the filter was changed."""
        line, self._return_to = self._return_to, None
        if line is not None:
            self.window.take(self._lines, line)

    def _go_to_nearest(self) -> None:
        """The first match from the last one on, or from the window's top; else the last one before."""
        if self._matches is not None and self._matches.total:
            first = self._from if self._from is not None else self._number_at_top()
            self._go_to_match(min(self._matches.place_from(first), self._matches.total - 1))

    def _go_to_match(self, place: int) -> None:
        number = self._matches.number_of(place) if self._matches is not None else None
        if number is not None:
            self._place = place
            self._found_line = number
            shown = number if self._filtered is None else self._filtered.place_of(number)
            self.window.current = shown
            self.window.show_line(shown)

    def _number_at_top(self) -> int:
        line = self.window.line_at_top() if self._filtered is not None else None
        return self.window.top.line if line is None else self._index.number_of(line)
