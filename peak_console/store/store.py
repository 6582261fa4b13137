"""The registry as one object. A reader and a writer are the same class, opened differently."""

from __future__ import annotations

import os

from peak_console.store import directory as state
from peak_console.store.database import BUSY_SECONDS
from peak_console.store.expiry import ExpiryRecords
from peak_console.store.messages import AlertRecords, CommandRecords, EngineRecords
from peak_console.store.records import JobRecords, RunRecords


class Store(RunRecords, JobRecords, CommandRecords, AlertRecords, EngineRecords, ExpiryRecords):
    """One connection to a state directory; see the record classes for what it can do.

    ``with store:`` makes everything inside one transaction. It belongs to the thread that opened it.
    """

    @classmethod
    def open(cls, directory: str, *, patience: float = BUSY_SECONDS) -> Store:
        """Open for writing; creates the directory and the registry where they are missing.

        ``patience`` is how many seconds a write waits for another program's.
        """
        state.prepare(directory)
        return cls(directory, patience=patience)

    @classmethod
    def look(cls, directory: str) -> Store | None:
        """Open for reading only; ``None`` when nothing has been recorded there yet."""
        path = os.path.join(directory, state.DATABASE)
        if not os.path.exists(path) or not os.path.getsize(path):
            return None
        store = cls(directory, read_only=True)
        if store._version():
            return store
        store.close()  # somebody is creating it at this very moment
        return None
