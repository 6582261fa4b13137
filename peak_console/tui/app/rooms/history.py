"""The screen with the history across jobs: opened, filled from the registry in the background, kept up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.decisions.past.run_words import AskedRuns, asked_runs
from peak_console.errors import StateError, UsageError
from peak_console.model.run_filter import RunFilter
from peak_console.store.past.past_runs import PastRuns
from peak_console.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from textual.app import App

    from peak_console.clock import Clock
    from peak_console.model.action import Action
    from peak_console.model.records import Run
    from peak_console.store.store import Store
    from peak_console.tui.history.screen import HistoryScreen
    from peak_console.tui.state.background import BackgroundReader
    from peak_console.tui.state.interface import Session

    Taker = Callable[[list[Run]], None]

PAGE = 300
"""Runs that are read at a time."""
MOST_ACTIONS = 2000
"""Entries of the shift log that are shown."""


class HistoryView:
    """Opens the history, and remembers what it showed."""

    def __init__(self, app: App[int], session: Session, clock: Clock, keymap: Mapping[str, str]) -> None:
        self.screen: HistoryScreen | None = None
        """The screen, while it is open."""
        self._app = app
        self._session = session
        self._clock = clock
        self._keymap = keymap
        self._reader: BackgroundReader | None = None
        self._text = ""
        self._asked = AskedRuns(RunFilter())
        self._runs: Sequence[Run] = ()
        self._has_more = False
        self._asks_for_more = False
        self._shows_actions = False
        self._news: tuple[object, ...] = ()
        """What was last known of the registry."""

    @property
    def is_reading(self) -> bool:
        """Whether the registry is being read."""
        return self._reader is not None and self._reader.is_reading

    def open(self, text: str | None = None) -> None:
        """Show the history as it was left, or by the words of ``text``."""
        from peak_console.tui.history.screen import HistoryScreen

        if self._app.screen is self.screen and self.screen is not None:
            return
        if text is not None:
            self._text, self._runs = text, ()
        self.screen = HistoryScreen(self._text, self._clock.now(), self._session.zone, self._keymap)

        self._shows_actions = False

        def closed(_result: None) -> None:
            self.screen = None

        self._app.push_screen(self.screen, closed)
        self._app.call_after_refresh(self._begin)

    def _begin(self) -> None:
        if self._runs:
            self._paint()
        self.ask(self._text)

    def ask(self, text: str) -> None:
        """Show the newest runs that some words ask for."""
        self._text = text
        try:
            self._asked = asked_runs(text, self._session.zone, self._clock.now())
        except UsageError as error:
            self._refuse(error)
            return
        self._read_newest(self._take_newest)

    def filter_by(self, text: str) -> None:
        """Show what some words ask for, as if the operator had typed them."""
        if self.screen is not None:
            self.screen.filter_by(text)

    def show_actions(self, *, actions: bool) -> None:
        """Show the shift log, or the runs."""
        self._shows_actions = actions
        self.ask(self._text)

    def _read_newest(self, take: Taker) -> None:
        if self._shows_actions:
            self._read_actions()
        else:
            self._read("page", None, take)

    def ask_for_more(self) -> None:
        """Show the runs before the oldest one that is shown."""
        if self._has_more and not self._asks_for_more and self._runs:
            self._asks_for_more = True
            self._read("more", self._runs[-1].id, self._take_older)

    def show(self) -> None:
        """Something may be new in the registry. Raises ``StateError``."""
        from peak_console.tui.state.background import news_of

        if self.screen is None or not self.screen.query("RunTable"):
            return
        news = news_of(self._session.store)
        if news != self._news:
            self._news = news
            self._read_newest(self._take_news)

    def tick(self, now: datetime) -> None:
        if self.screen is not None and self.screen.query("RunTable"):
            self.screen.tick(now)

    def leave(self) -> None:
        """Go back to the panes."""
        if self.screen is not None:
            self.screen.dismiss()

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def _read(self, kind: str, before: int | None, take: Taker) -> None:
        """Read a page in the background."""
        import asyncio

        from peak_console.tui.state.background import BackgroundReader

        if self._reader is None:
            self._reader = BackgroundReader(self._session.directory, asyncio.get_running_loop())
        resolve, text = self._resolver(), self._text

        def page(store: Store) -> list[Run]:
            return PastRuns(store).past(resolve(store), PAGE, before=before)

        def taken(runs: list[Run]) -> None:
            if text == self._text:  # else the operator has asked for something else meanwhile
                take(runs)
            else:
                self._asks_for_more = False

        self._reader.ask(kind, page, taken, self._refuse)

    def _read_actions(self) -> None:
        """Read the shift log in the background."""
        import asyncio

        from peak_console.store.past.actions import actions_of
        from peak_console.tui.state.background import BackgroundReader

        if self._reader is None:
            self._reader = BackgroundReader(self._session.directory, asyncio.get_running_loop())
        resolve = self._resolver()

        def newest(store: Store) -> list[Action]:
            wanted = resolve(store)
            return actions_of(
                store, MOST_ACTIONS, person=wanted.person, jobs=wanted.jobs, since=wanted.since, until=wanted.until
            )

        def taken(actions: list[Action]) -> None:
            if self.screen is not None and self.screen.query("RunTable") and self._shows_actions:
                self.screen.show_actions(actions, self._clock.now())

        self._reader.ask("page", newest, taken, self._refuse)

    def scope(self) -> tuple[str, Callable[[Store], RunFilter]]:
        """The runs that the filter names: in words, and how to find them."""
        return self._text or "all jobs", self._resolver()

    def _resolver(self) -> Callable[[Store], RunFilter]:
        """What makes a filter of the words, once it can look which jobs there are."""
        asked, session = self._asked, self._session
        tags = {name: tuple(job.tags) for name, job in session.jobset.jobs.items()}
        ours = list(session.jobs) if len(session.jobs) != len(tags) else None

        def resolve(store: Store) -> RunFilter:
            wanted = asked.runs
            if asked.jobs.asks:
                known = ours if ours is not None else dict.fromkeys([*tags, *PastRuns(store).recorded_jobs()])
                wanted = asked.of_jobs(known, lambda name: tags.get(name, ()))
            return replace(wanted, jobs=ours) if ours is not None and wanted.jobs is None else wanted

        return resolve

    def _take_newest(self, runs: list[Run]) -> None:
        self._runs, self._has_more = runs, len(runs) == PAGE
        self._asks_for_more = False
        self._paint()

    def _take_news(self, runs: list[Run]) -> None:
        """The newest page anew; what is older than it stays as it was read."""
        if len(runs) < PAGE:
            self._take_newest(runs)
            return
        self._runs = [*runs, *(run for run in self._runs if run.id < runs[-1].id)]
        self._paint()

    def _take_older(self, runs: list[Run]) -> None:
        self._asks_for_more = False
        last = self._runs[-1].id if self._runs else 0
        self._runs = [*self._runs, *(run for run in runs if run.id < last)]
        self._has_more = len(runs) == PAGE
        self._paint()

    def _refuse(self, error: StateError | UsageError) -> None:
        self._asks_for_more = False
        if self.screen is not None and self.screen.query("RunTable"):
            self.screen.refuse(str(error))

    def _paint(self) -> None:
        if self.screen is not None and self.screen.query("RunTable"):
            self.screen.show(self._runs, self._clock.now(), more=self._has_more)
