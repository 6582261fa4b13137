"""The registry as one object. A reader and a writer are the same class, opened differently."""

from __future__ import annotations

import os

from peak_console.errors import StateError
from peak_console.store import directory as state
from peak_console.store.alerts import AlertRecords
from peak_console.store.commands import CommandRecords
from peak_console.store.database import BUSY_SECONDS
from peak_console.store.engines import EngineRecords, GateRecords
from peak_console.store.expiry import ExpiryRecords
from peak_console.store.records import JobRecords, RunRecords


class Store(
    RunRecords, JobRecords, CommandRecords, AlertRecords, EngineRecords, ExpiryRecords, GateRecords
):  # fmt: skip
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
        """Open for reading only; ``None`` when nothing has been recorded there yet. Raises ``StateError``."""
        path = os.path.join(directory, state.DATABASE)
        try:
            empty, readable = not os.stat(path).st_size, os.access(path, os.R_OK)
        except PermissionError:
            empty, readable = False, False
        except OSError:
            return None
        if not readable:
            raise StateError(
                f"{path}: you may not look at this; ask its owner for leave to read the state directory, or name "
                "another one with --state-dir"
            )
        if empty:
            return None
        store = cls(directory, read_only=True)
        if store._version():
            return store
        store.close()  # another process is creating it at this moment
        return None
