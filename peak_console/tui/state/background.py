"""Reading that may take longer than a frame: in a thread of its own, with a connection of its own."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from peak_console.errors import StateError
from peak_console.store.store import Store

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable

    Question = Callable[[Store], Any]
    Taker = Callable[[Any], None]

Answer = TypeVar("Answer")


def news_of(store: Store) -> tuple[object, ...]:
    """What changes whenever a run begins or ends, or something is done: two look-ups. Raises ``StateError``."""
    from peak_console.store.past.actions import actions_of

    return store.newest_run_id(), store.unfinished_of_jobs(), actions_of(store, 1)


class BackgroundReader:
    """Answers questions about the registry, one after the other. A newer question of a kind replaces one that waits.

    Belongs to the thread that draws; only the questions themselves run elsewhere.
    """

    def __init__(self, directory: str, loop: AbstractEventLoop) -> None:
        self._directory = directory
        self._loop = loop
        self._waiting: dict[str, tuple[Question, Taker, Callable[[StateError], None]]] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._at_work = 0

    @property
    def is_reading(self) -> bool:
        """Whether an answer has not been taken yet."""
        return self._at_work > 0

    def ask(
        self,
        kind: str,
        question: Callable[[Store], Answer],
        take: Callable[[Answer], None],
        refuse: Callable[[StateError], None],
    ) -> None:
        """Have a question answered: ``take`` gets the answer, or ``refuse`` the error, in the thread that draws."""
        with self._changed:
            if self._waiting.pop(kind, None) is None:
                self._at_work += 1
            self._waiting[kind] = (question, take, refuse)
            self._changed.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="reader", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Answer nothing more."""
        with self._changed:
            self._is_closed = True
            self._waiting.clear()
            self._changed.notify()

    def _work(self) -> None:
        store: Store | None = None
        while (asked := self._next()) is not None:
            question, take, refuse = asked
            try:
                if store is None:
                    store = Store.look(self._directory)
                if store is None:
                    self._tell(refuse, StateError(f"{self._directory}: nothing has been recorded there yet"))
                    continue
                store.follow()
                self._tell(take, question(store))
            except StateError as error:
                self._tell(refuse, error)
        if store is not None:
            store.close()

    def _next(self) -> tuple[Question, Taker, Callable[[StateError], None]] | None:
        with self._changed:
            while not self._waiting and not self._is_closed:
                self._changed.wait()
            if self._is_closed:
                return None
            return self._waiting.pop(next(iter(self._waiting)))

    def _tell(self, taker: Taker, value: object) -> None:
        def told() -> None:
            self._at_work -= 1
            if not self._is_closed:
                taker(value)

        with suppress(RuntimeError):  # the loop is closed: the screen is gone
            self._loop.call_soon_threadsafe(told)
