"""Finding a text in the outputs of the history's runs, and comparing two of them; in threads of their own."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from contextvars import copy_context
from typing import TYPE_CHECKING

from peak_console.decisions.past.run_changes import definitions, facts, origins
from peak_console.errors import StateError, UsageError
from peak_console.runs.output.compare import differences
from peak_console.runs.output.grep import Needle, hits, output_size
from peak_console.store.directory import run_directory
from peak_console.store.past.past_runs import PastRuns
from peak_console.store.store import Store
from peak_console.store.tables.definitions import definition_of
from peak_console.store.tables.provenance import provenance_of
from peak_console.text import counted, safe, size

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import App

    from peak_console.model.run_filter import RunFilter
    from peak_console.tui.drawing.paint import Piece
    from peak_console.tui.history.found import FoundLine, FoundScreen
    from peak_console.tui.state.interface import Session

PAGE = 200
MOST_LINES = 5000
"""Lines that are listed; who needs more of them narrows the search."""
TELL_SECONDS = 0.1
REST_SECONDS = 0.001
"""Between two runs: the screen's thread gets the interpreter when it wants it."""


class FoundView:
    """Opens the two screens, and fills them."""

    def __init__(self, app: App[int], session: Session) -> None:
        self._app = app
        self._session = session
        self._screen: FoundScreen | None = None
        self._resolve: Callable[[Store], RunFilter] | None = None
        self._search = 0
        """The number of the present search; an older one ends."""
        self._at_work = 0

    @property
    def is_reading(self) -> bool:
        return self._at_work > 0

    def show(self) -> None:
        """Nothing changes in what was found."""

    def tick(self, now: object) -> None:
        """Nothing in it depends on the time."""

    def close(self) -> None:
        self._search += 1

    def open(self, scope: str, resolve: Callable[[Store], RunFilter]) -> None:
        """Ask what to find in the outputs of the runs that ``resolve`` names."""
        from peak_console.tui.history.found import FoundScreen

        self._resolve, self._screen = resolve, FoundScreen(scope)

        def closed(_result: None) -> None:
            self._search += 1
            self._screen = None

        self._app.push_screen(self._screen, closed)

    def find(self, pattern: str) -> None:
        """Look for a text; what is found is listed as it comes."""
        screen, resolve = self._screen, self._resolve
        if screen is None or resolve is None:
            return
        try:
            needle = Needle(pattern, ignore_case=pattern == pattern.lower())
        except UsageError as error:
            screen.tell(str(error), wrong=True)
            return
        self._search += 1
        self._at_work += 1
        work = _Search(self._session.directory, needle, resolve, self._tell_of(self._search))
        threading.Thread(target=work.perform, name="find", daemon=True).start()

    def _tell_of(self, number: int) -> Callable[[Sequence[FoundLine], str, bool], bool]:
        import asyncio

        loop = asyncio.get_running_loop()

        def tell(lines: Sequence[FoundLine], told: str, done: bool) -> bool:
            """From the thread of the search; whether it is to go on."""

            def show() -> None:
                if done:
                    self._at_work -= 1
                if number == self._search and self._screen is not None and self._screen.query("FoundList"):
                    self._screen.add(lines, told)

            with suppress(RuntimeError):  # the loop is closed: the screen is gone
                loop.call_soon_threadsafe(show)
            return number == self._search

        return tell

    def compare(self, ids: Sequence[int]) -> None:
        """Show what is different between two runs, the earlier one first. Raises ``StateError``."""
        import asyncio

        from peak_console.tui.history.found import DifferenceScreen

        before, after = sorted(ids)
        table = self._table(before, after)
        directories = [run_directory(self._session.directory, run) for run in (before, after)]
        loop, context = asyncio.get_running_loop(), copy_context()  # a screen is pushed in the context of its app
        self._at_work += 1

        def work() -> None:  # to compare long outputs takes seconds
            styles = {"+": "success", "-": "error", "@": "primary"}
            found = [[(line, styles.get(line[:1], "text"))] for line in differences(directories[0], directories[1])]
            lines = [*table, *(found or [[("the outputs are the same", "muted")]])]

            def show() -> None:
                self._at_work -= 1
                self._app.push_screen(DifferenceScreen(f"#{before} and #{after}", lines))

            with suppress(RuntimeError):  # the loop is closed: the screen is gone
                loop.call_soon_threadsafe(show, context=context)

        threading.Thread(target=work, name="compare", daemon=True).start()

    def _table(self, before: int, after: int) -> Sequence[Sequence[Piece]]:
        """What is recorded of both runs. Raises ``StateError``."""
        store = self._session.store
        one, other = store.run(before), store.run(after)
        if one is None or other is None:
            return [[("one of the runs is no longer kept", "warning")]]
        made = provenance_of(store, [before, after])
        told = [*facts(one, other), *origins(made.get(before, {}), made.get(after, {}))]
        told += definitions(definition_of(store, before), definition_of(store, after))
        lines: list[Sequence[Piece]] = [[(f"{'':<3}{'':<22}{f'#{before}':<34}#{after}", "muted")]]
        for each in told:
            if each.before or each.after:
                style = "warning" if each.differs else "muted"
                sign = "≠" if each.differs else " "
                values = f"{safe(each.before):<34}{safe(each.after)}"
                lines.append([(f"{sign:<3}{safe(each.what):<22}", style), (values, style)])
        return [*lines, [("", "text")]]


class _Search:
    """One search, in a thread of its own, with a connection of its own."""

    def __init__(
        self,
        directory: str,
        needle: Needle,
        resolve: Callable[[Store], RunFilter],
        tell: Callable[[Sequence[FoundLine], str, bool], bool],
    ) -> None:
        self._directory, self._needle, self._resolve, self._tell = directory, needle, resolve, tell
        self._found: list[FoundLine] = []
        self._number = self._bytes = self._runs = 0
        self._began = self._told_at = time.monotonic()
        self._wanted = True

    def perform(self) -> None:
        try:
            store = Store.look(self._directory)
            if store is not None:
                self._each_run(store)
                store.close()
            ending = "" if self._number < MOST_LINES else f"; the first {MOST_LINES:,}"
            self._tell(self._found, f"{self._progress()}{ending}", True)
        except StateError as error:
            self._tell((), str(error), True)

    def _each_run(self, store: Store) -> None:
        wanted, past, before = self._resolve(store), PastRuns(store), None
        while page := past.past(wanted, PAGE, before=before):
            for run in page:
                self._in_run(run.job, run.id)
                if not self._wanted or self._number >= MOST_LINES:
                    return
                time.sleep(REST_SECONDS)
            before = page[-1].id

    def _in_run(self, job: str, run_id: int) -> None:
        from peak_console.tui.history.found import FoundLine

        directory = run_directory(self._directory, run_id)
        self._runs += 1
        self._bytes += output_size(directory)
        for hit in hits(directory, self._needle, self._go_on):
            self._found.append(FoundLine(job, run_id, hit.stream, hit.line, hit.text))
            self._number += 1
            if self._number >= MOST_LINES or not self._go_on():
                return
        self._go_on()

    def _go_on(self) -> bool:
        """Tell what was found from time to time; whether anybody still wants to know."""
        now = time.monotonic()
        if now - self._told_at > TELL_SECONDS:
            self._told_at = now
            found, self._found = self._found, []
            self._wanted = self._tell(found, f"searching … {self._progress()}", False)
        return self._wanted

    def _progress(self) -> str:
        seconds = max(time.monotonic() - self._began, 1e-3)
        read = f"{size(self._bytes)} at {size(int(self._bytes / seconds))}/s"
        return f"{counted(self._number, 'line')} in {self._runs:,} runs, {read}"
