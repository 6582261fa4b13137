"""A damaged registry is set aside and replaced by a fresh one with all rows that could still be read.

The fresh registry is complete before it takes the damaged one's place. A crash in between leaves the damaged one, which
the next engine finds and sets aside. Connections that are open still use
the file that was set aside; see ``follow``.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import contextmanager
from datetime import UTC

from peak_console.errors import DamagedError, DamagedRowError, StateError
from peak_console.model.terms import Level
from peak_console.store.database import FAILURES, quoted
from peak_console.store.directory import DATABASE
from peak_console.store.locks import EngineLock
from peak_console.store.rows import HOLD_COLUMNS, hold_from
from peak_console.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from typing import Any

    from peak_console.model.records import Alert
    from peak_console.store.locks import Lock

SOURCE = "registry"
"""The ``source`` of the alerts about a damaged registry."""
STATES_WHOLE = "states_whole"
"""In such an alert's context: whether what was remembered of every job has been kept."""
FRESH = f"{DATABASE}.fresh"
CHECK_SECONDS = 0.1
"""How long a start after a crash looks for damage, enough for some 6 MB. Readers find what lies beyond."""
RUNS_KEPT = 20_000
"""So many of the newest runs are carried over; older ones stay in the file that was set aside."""
OTHER_SECONDS = 2.0
"""How long to wait for another process that may be replacing the registry at this very moment."""
REPAIR_LOCK = "repair.lock"
REPAIR_SECONDS = 30.0
"""How long the carrying over of 20,000 runs may take on a slow disk."""


def open_sound(directory: str, lock: Lock, now: Callable[[], datetime]) -> Store:
    """Open the registry for writing; one that cannot be read at all is replaced under the engine's lock.

    The lock is kept then. Raises ``StateError``, also while another engine serves the damaged registry.
    """
    until = time.monotonic() + OTHER_SECONDS
    while True:
        try:
            return Store.open(directory)
        except DamagedError:
            if lock.acquire():
                break
            if time.monotonic() > until:
                raise
        time.sleep(0.02)
    with repairing(directory):
        try:
            return Store.open(directory)  # another process may just have replaced it
        except DamagedError:
            set_aside(directory, now())
            return Store.open(directory)


@contextmanager
def repairing(directory: str) -> Iterator[None]:
    """The right to replace the registry: of several engines that find it damaged one does it. Raises ``StateError``."""
    lock = EngineLock(directory, REPAIR_LOCK)
    until = time.monotonic() + REPAIR_SECONDS
    while not lock.acquire():
        if time.monotonic() > until:
            raise StateError(
                f"{directory}: another program has been replacing the damaged registry for {REPAIR_SECONDS:g} s; "
                "see whether it is stopped"
            )
        time.sleep(0.02)
    try:
        yield
    finally:
        lock.release()


def is_damaged(store: Store) -> bool:
    """Whether the registry is seen to be damaged: after an end in disorder it is looked through, for a moment only."""
    try:
        if store.engine_info(strict=True).pid is None:
            return False
    except DamagedRowError:  # it can be mended
        pass
    except DamagedError:
        return True
    try:
        return not _passes(store)
    except DamagedError:
        return True


def _passes(store: Store) -> bool:
    until = time.monotonic() + CHECK_SECONDS
    connection = store._connection  # noqa: SLF001
    connection.set_progress_handler(lambda: time.monotonic() > until, 10_000)
    try:
        return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            return True  # nothing was found in the time that a start may take
        raise store._explained(error) from None  # noqa: SLF001
    except FAILURES as error:
        raise store._explained(error) from None  # noqa: SLF001
    finally:
        connection.set_progress_handler(None, 0)


def looks_sound(directory: str) -> bool:
    """Look the registry through as it lies on the disk; ``True`` also where it cannot be looked at. From any thread."""
    path = os.path.join(directory, DATABASE)
    try:
        connection = sqlite3.connect(f"file:{quoted(path)}?mode=ro", uri=True, timeout=1)
        try:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
        finally:
            connection.close()
    except sqlite3.Error as error:
        return (getattr(error, "sqlite_errorcode", 0) & 0xFF) not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    except UnicodeError:
        return False


def set_aside(directory: str, now: datetime) -> str:
    """Replace a damaged registry; the path it has now. The engine's lock has to be held. Raises ``StateError``."""
    path, fresh = os.path.join(directory, DATABASE), os.path.join(directory, FRESH)
    aside = _free_name(f"{path}.damaged-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    try:
        _remove(fresh)
        store = Store(directory, name=FRESH)
        try:
            _fill(store, path, os.path.basename(aside), now)
        finally:
            store.close()
        for ending in ("-wal", "-shm"):
            if os.path.exists(path + ending):
                os.rename(path + ending, aside + ending)
        _give_second_name(path, aside)
        os.rename(fresh, path)
    except OSError as error:
        raise StateError(
            f"{path}: the registry is damaged and cannot be set aside ({error.strerror}); move it away"
        ) from None
    return aside


def _free_name(wanted: str) -> str:
    name, number = wanted, 1
    while os.path.lexists(name):
        number += 1
        name = f"{wanted}-{number}"
    return name


def _remove(path: str) -> None:
    for ending in ("", "-wal", "-shm"):
        try:
            os.unlink(path + ending)
        except FileNotFoundError:
            pass


def _give_second_name(path: str, aside: str) -> None:
    """With a link there is a registry at every moment: without one, ``once`` jobs would be new."""
    try:
        os.link(path, aside)
    except OSError:  # not every file system has links
        os.rename(path, aside)


def _fill(store: Store, path: str, aside: str, now: datetime) -> None:
    from peak_console.model.records import Alert

    old = None
    tables = (
        "job_state",
        "runs",
        "alerts",
        "deliveries",
        "holds",
        "blackouts",
        "actions",
        "definitions",
        "totals",
        "on_finish_owed",
    )
    kept = dict.fromkeys(tables, 0)
    whole, hold_known = False, False
    try:
        old = sqlite3.connect(f"file:{quoted(path)}?mode=ro", uri=True, timeout=1)
        old.text_factory = lambda text: text.decode(errors="replace")
        with store:
            whole = _is_sound(old, "job_state")
            for table in kept:
                kept[table], all_read = _carry_over(old, store, table)
                if table == "job_state":
                    whole = whole and all_read
            hold_known = _carry_hold_over(old, store)
    except FAILURES:  # not a database at all
        pass
    finally:
        if old is not None:
            old.close()
    lines = [
        f"the registry was damaged: it is set aside as {aside}, and a fresh one is in use",
        f"Carried over: {kept['runs']} runs, {kept['alerts']} alerts, what is remembered of {kept['job_state']} jobs.",
        "The output files of all runs are where they were.",
    ]
    if not hold_known:
        lines.append("Whether a hold was in force could not be read: there is none now.")
    if not whole:
        lines.append("What was remembered of some jobs is lost, disabled ones among them perhaps.")
    context = {"set_aside": aside, STATES_WHOLE: whole}
    store.add_alert(Alert(Level.CRITICAL, "\n".join(lines), now, source=SOURCE, context=context), [], now)


def _is_sound(old: sqlite3.Connection, table: str) -> bool:
    try:
        return bool(old.execute(f"PRAGMA quick_check({table})").fetchone()[0] == "ok")
    except FAILURES:
        return False


def _carry_over(old: sqlite3.Connection, store: Store, table: str) -> tuple[int, bool]:
    """Copy the rows that can be read; how many, and whether those are all."""
    known = {row[1] for row in old.execute(f"PRAGMA table_info({table})")}
    columns = [row[1] for row in store._rows(f"PRAGMA table_info({table})") if row[1] in known]  # noqa: SLF001
    if not columns:
        return 0, False
    rows, whole = _readable(old, table, columns)
    into = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    kept = 0
    for rowid in sorted(rows):
        for values in (rows[rowid], _as_unfinished(dict(zip(columns, rows[rowid], strict=True)))):
            try:
                store._connection.execute(into, values)  # noqa: SLF001
                kept += 1
                break
            except FAILURES:  # damaged values, or what they refer to is lost
                whole = False
            if table != "runs":
                break
    return kept, whole


def _as_unfinished(row: dict[str, Any]) -> tuple[Any, ...]:
    """A run with a word that no run can have, as one that an engine has to mend: only its files tell where it is."""
    row |= {"state": "claimed", "outcome": None, "triggered_by": "schedule", "supervisor": "damaged"}
    return tuple(row.values())


def _readable(old: sqlite3.Connection, table: str, columns: list[str]) -> tuple[dict[int, tuple[Any, ...]], bool]:
    """Rows by rowid, from the newest back and from the oldest on, each way up to the first damage."""
    found: dict[int, tuple[Any, ...]] = {}
    for order in ("DESC", "ASC"):
        sql = f"SELECT rowid, {', '.join(columns)} FROM {table} NOT INDEXED ORDER BY rowid {order} LIMIT {RUNS_KEPT}"
        try:
            for row in old.execute(sql):
                found[row[0]] = row[1:]
        except FAILURES:
            continue
        return found, True
    return found, False


def _carry_hold_over(old: sqlite3.Connection, store: Store) -> bool:
    try:
        store.set_hold(hold_from(old.execute(f"SELECT {HOLD_COLUMNS} FROM engine").fetchone()))
    except (*FAILURES, TypeError):
        return False
    return True


def notices(store: Store) -> list[Alert]:
    """The alerts that say so in a registry on which no engine has begun yet, oldest first."""
    return [alert for alert in store.alerts(limit=50)[::-1] if alert.source == SOURCE]
