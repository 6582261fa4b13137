"""One connection to the registry: opened, brought up to date, and used in transactions."""

from __future__ import annotations

import os
import sqlite3

from peak_console.errors import DamagedError, DiskError, StateError
from peak_console.store.directory import (
    DATABASE,
    disk_fault,
    is_mounted_read_only,
    kind_of,
    newest_run_directory,
    not_writable,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Any, Self

SCHEMA_VERSION = 5
"""``schema.sql`` is this version; ``migrations`` leads to it."""
FAILURES = (sqlite3.Error, UnicodeError)
"""What SQLite's calls raise; of a damaged file even the words of an error may be unreadable."""
BUSY_SECONDS = 30.0
"""How long a writer waits for another unless it is told otherwise; our own transactions last milliseconds."""
LOCKED = "another program keeps the registry locked; see who has it open, and try again"


_COUNT = (
    "INSERT INTO totals (name, label, value) VALUES (?, ?, ?)"
    " ON CONFLICT (name, label) DO UPDATE SET value = value + excluded.value"
)
DISK_CODES = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
"""SQLite's error codes for a disk that takes no writes."""


class Database:
    """A connection to a state directory's registry. Belongs to the thread that opened it.

    Raises:
        StateError: the registry is unreadable, damaged, full, or written by a newer version.
    """

    def __init__(
        self, directory: str, *, read_only: bool = False, name: str = DATABASE, patience: float = BUSY_SECONDS
    ) -> None:
        """``patience`` is how many seconds a write waits for another program's."""
        self.directory = directory
        self._patience = patience
        self.path = os.path.join(directory, name)
        self.read_only = read_only
        self._depth = 0
        self._counts: dict[tuple[str, str], float] = {}
        """What the transaction under way has counted; see ``totals``."""
        self._replacements = 0
        self._stand_ins: list[tuple[str, str]] = []
        self.version_read = SCHEMA_VERSION
        """The version of the registry that is open; who only looks may look at an older one."""
        self._frozen = False
        """Whether it was opened as a file that does not change; ``follow`` notices if it does after all."""
        self._connect(read_only)

    def _connect(self, read_only: bool) -> None:
        if not read_only and not os.path.exists(self.path):
            self._create_private()
        mode = self._reading_mode() if read_only else "mode=rw"
        try:
            self._connection = sqlite3.connect(
                f"file:{quoted(self.path)}?{mode}", uri=True, isolation_level=None, timeout=self._patience
            )
            self._file = self._file_now()
            self._connection.execute("PRAGMA foreign_keys = ON")
            self._bring_up_to_date(read_only)
        except FAILURES as error:
            if hasattr(self, "_connection"):
                self._connection.close()
            raise self._explained(error) from None

    def _file_now(self) -> tuple[int, ...]:
        try:
            status = os.stat(self.path)
        except OSError:
            return ()
        if not self._frozen:
            return (status.st_ino,)
        return status.st_ino, status.st_mtime_ns, os.path.exists(f"{self.path}-wal")

    def follow(self) -> bool:
        """Open the file that has taken the registry's place, if one has; return whether. Raises ``StateError``."""
        if self._depth or self._file_now() in ((), self._file):
            return False
        self.reopen()
        return True

    @property
    def replacements(self) -> int:
        """How often the registry's file has been replaced while it was open."""
        return self._replacements

    def is_in_place(self) -> bool:
        """Whether the open file is still the one at the registry's path."""
        return self._file_now() == self._file

    def reopen(self) -> None:
        """Open the registry's path again, and create a fresh registry where there is none. Raises ``StateError``."""
        self._connection.close()
        self._replacements += 1
        self._connect(self.read_only)

    def _reading_mode(self) -> str:
        """Even a reader keeps its place in a file of its own, which it cannot make where it may not write."""
        self._frozen = not os.access(self.directory, os.W_OK) and not os.path.exists(f"{self.path}-wal")
        return "mode=ro&immutable=1" if self._frozen else "mode=ro"

    def _create_private(self) -> None:
        """SQLite would create it by the umask; the -wal and -shm files take over its mode."""
        from peak_console.store.schema.creation import Turn, create_private

        try:
            with Turn(self.directory, BUSY_SECONDS):
                create_private(self.path)
        except OSError as error:
            raise kind_of(error)(
                f"{self.path}: cannot open the registry for writing ({error.strerror});"
                f" {not_writable(self.directory)[1]}, or name another directory with --state-dir"
            ) from None

    def _bring_up_to_date(self, read_only: bool) -> None:
        version = self._version()
        if version > SCHEMA_VERSION:
            raise StateError(
                f"{self.path}: written by a newer Peak Console (schema {version}, this one knows "
                f"{SCHEMA_VERSION}); upgrade, or name another directory with --state-dir"
            )
        if read_only:
            self.version_read = version
            if 0 < version < SCHEMA_VERSION:
                from peak_console.store.schema import migrations

                self._stand_ins = migrations.stand_ins(version)
                for statement in migrations.views(version):
                    self._connection.execute(statement)
            return
        # A claim must survive a power cut before its process starts.
        self._connection.execute("PRAGMA synchronous = FULL")
        if version == SCHEMA_VERSION:
            return
        from peak_console.store.schema.creation import Turn

        with Turn(self.directory, BUSY_SECONDS):
            self._connection.execute("PRAGMA journal_mode = WAL")
            with self:
                self._advance()

    def be_patient(self, seconds: float) -> None:
        """Set how many seconds to wait for another program that writes."""
        self._patience = seconds
        self._connection.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    def _advance(self) -> None:
        """Migrate from any older version to ours in one transaction."""
        version = self._version()
        if version == 0:
            self._create_tables()
            return
        from peak_console.store.schema import migrations

        while version < SCHEMA_VERSION:  # unless another program was faster
            for statement in migrations.MIGRATIONS[version]:
                self._connection.execute(statement)
            version += 1
            self._connection.execute(f"PRAGMA user_version = {version}")

    def _version(self) -> int:
        version: int = self._connection.execute("PRAGMA user_version").fetchone()[0]
        return version

    def _create_tables(self) -> None:
        with open(os.path.join(os.path.dirname(__file__), "schema.sql"), encoding="utf-8") as file:
            script = file.read()
        without_comments = "\n".join(line.split("--", 1)[0] for line in script.splitlines())
        for statement in without_comments.split(";"):
            if statement.strip():
                self._connection.execute(statement)
        # A registry that replaces a damaged one finds the files of earlier runs, which must not pass for its own.
        self._connection.execute(
            "INSERT INTO sqlite_sequence (name, seq) VALUES ('runs', ?)", (newest_run_directory(self.directory),)
        )
        self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def close(self) -> None:
        """Close the connection; without effect when it is closed."""
        self._connection.close()

    def data_version(self) -> int:
        """A number that changes when another connection has changed the registry, or replaced it."""
        self.follow()
        version: int = self._rows("PRAGMA data_version")[0][0]
        return version + (self._replacements << 32)

    def __enter__(self) -> Self:
        """Begin a transaction, or join the one under way: ``with store:`` makes several changes one."""
        if self._depth == 0:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except FAILURES as error:
                raise self._explained(error) from None
        self._depth += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._depth -= 1
        if self._depth:
            return
        try:
            if kind is None:
                if self._counts:
                    self._connection.executemany(_COUNT, [(*key, by) for key, by in self._counts.items()])
                    self._counts.clear()
                self._connection.execute("COMMIT")
                return
        except FAILURES as failed:
            self._roll_back()
            raise self._explained(failed) from None
        self._roll_back()

    def count(self, name: str, label: str = "", by: float = 1) -> None:
        """Count something inside a transaction; written once at its end, however often it is counted in it."""
        key = (name, label)
        self._counts[key] = self._counts.get(key, 0) + by

    def _roll_back(self) -> None:
        self._counts.clear()
        if self._connection.in_transaction:  # SQLite itself rolls back on some errors, a full disk among them
            self._connection.execute("ROLLBACK")

    def _write(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> sqlite3.Cursor:
        """Execute one statement, in the transaction under way or in one of its own."""
        with self:
            try:
                return self._executed(sql, values)
            except FAILURES as error:
                raise self._explained(error) from None

    def _write_all(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        """Execute one statement for each of many rows, in the transaction under way or in one of its own."""
        with self:
            try:
                self._connection.execute("SAVEPOINT rows")
                try:
                    self._connection.executemany(sql, rows)
                except (UnicodeEncodeError, OverflowError):
                    self._connection.execute("ROLLBACK TO rows")
                    self._connection.executemany(sql, [[storable(value) for value in row] for row in rows])
                self._connection.execute("RELEASE rows")
            except FAILURES as error:
                raise self._explained(error) from None

    def _rows(self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        for column, stand_in in self._stand_ins:
            sql = sql.replace(column, stand_in)
        try:
            return self._executed(sql, values).fetchall()
        except FAILURES as error:
            if not _is_about_text(error):
                raise self._explained(error) from None
        try:  # a text that is no UTF-8 comes as bytes then: damage of its row, not of all that were asked for
            self._connection.text_factory = _text_or_bytes
            return self._executed(sql, values).fetchall()
        except FAILURES as error:
            raise self._explained(error) from None
        finally:
            self._connection.text_factory = str

    def _executed(self, sql: str, values: Sequence[Any] | Mapping[str, Any]) -> sqlite3.Cursor:
        """Execute a statement; values of ours that SQLite cannot hold are not a damage of what it holds."""
        try:
            return self._connection.execute(sql, values)
        except (UnicodeEncodeError, OverflowError):
            if isinstance(values, dict):
                return self._connection.execute(sql, {name: storable(value) for name, value in values.items()})
            return self._connection.execute(sql, [storable(value) for value in values])

    def _explained(self, error: sqlite3.Error | UnicodeError) -> StateError:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if isinstance(error, UnicodeDecodeError) or _is_about_text(error):
            code = sqlite3.SQLITE_CORRUPT
        what = {
            sqlite3.SQLITE_BUSY: LOCKED,
            sqlite3.SQLITE_LOCKED: LOCKED,
            sqlite3.SQLITE_PROTOCOL: LOCKED,
            sqlite3.SQLITE_FULL: "the disk is full; free some space",
            sqlite3.SQLITE_IOERR: "the disk cannot be written or read (full or failing); see the system's log",
            sqlite3.SQLITE_READONLY: _read_only(self.directory),
            sqlite3.SQLITE_CANTOPEN: "the registry cannot be opened; see that the directory is there and yours",
            sqlite3.SQLITE_CORRUPT: "the registry is damaged; an engine that starts sets it aside",
            sqlite3.SQLITE_NOTADB: "this is not a registry; an engine that starts sets it aside",
        }.get(code, f"the registry cannot be used ({error}); see: peak-console doctor")
        kind: type[StateError] = StateError
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            kind = DamagedError
        elif code in DISK_CODES and is_mounted_read_only(self.directory):
            kind, what = DiskError, _read_only(self.directory)
        elif code in DISK_CODES and (fault := disk_fault(self.directory)):
            kind, what = DiskError, fault
        elif code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            kind = DiskError
        return kind(f"{self.path}: {what}")


def _read_only(directory: str) -> str:
    what, mend = not_writable(directory)
    return f"the registry {what if is_mounted_read_only(directory) else 'is read-only'}; {mend}"


def storable(value: Any) -> Any:
    """A value as SQLite can hold it.

    Names of files and arguments need not be UTF-8: such a byte is stored as ``\\xfc`` is written. Numbers that are too
    large become the largest.
    """
    if isinstance(value, int):
        return max(-(2**63), min(value, 2**63 - 1))
    if not isinstance(value, str):
        return value
    try:
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # half of a character, of no byte
        return value.encode("utf-8", "backslashreplace").decode()


def _text_or_bytes(raw: bytes) -> str | bytes:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw


def _is_about_text(error: Exception) -> bool:
    """Whether it is Python that refuses a text which SQLite has read; only its words tell."""
    return isinstance(error, sqlite3.OperationalError) and str(error).startswith("Could not decode to UTF-8")


def quoted(path: str) -> str:
    """A path as it stands in a URI: only these characters mean anything there. (``quote`` takes 4 ms to load.)"""
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
