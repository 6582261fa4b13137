"""Opening the registry that a console shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.errors import DamagedError, StateError
from peak_console.store.locks import EngineLock
from peak_console.store.repair.damage import open_sound
from peak_console.store.store import Store
from peak_console.values import replace

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.tui.state.permissions import Permissions


def open_registry(directory: str, permissions: Permissions, now: Callable[[], datetime]) -> tuple[Store, Permissions]:
    """Open the registry, only for reading where this user may not write; then the permissions returned say why.

    Raises ``StateError``.
    """
    if permissions.attach:
        store = Store.look(directory)
        if store is None:
            raise StateError(
                f"{directory}: nothing has been recorded there yet; start an engine with peak-console --headless"
            )
        if permissions.read_only:
            return store, permissions
        store.close()
    try:
        return Store.open(directory), permissions
    except DamagedError:
        if permissions.attach:  # only an engine sets a damaged registry aside
            raise
        lock = EngineLock(directory)
        try:
            return open_sound(directory, lock, now), permissions
        finally:
            lock.release()
    except StateError as error:
        store = Store.look(directory)
        if store is None:
            raise
        why = f"looking on only, nothing can be commanded: {error}"
        return store, replace(permissions, looks_only=why)
