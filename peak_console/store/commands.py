"""Commands: what front ends ask of the engine, and its answers."""

from __future__ import annotations

from peak_console.store import private
from peak_console.store.database import Database
from peak_console.store.rows import (
    COMMAND_COLUMNS,
    as_json,
    command_from,
    stamp,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from peak_console.model.records import Command

PRIVATE = "private"
"""The argument of a command that names the file with the other ones."""
WITHDRAWN = "withdrawn: no engine answered in time"


class CommandRecords(Database):
    """What front ends ask of the engine."""

    def issue(
        self,
        verb: str,
        by: str,
        now: datetime,
        job: str | None = None,
        run_id: int | None = None,
        arguments: Mapping[str, Any] | None = None,
    ) -> int:
        """Record a command for the engine; return its id, by which its answer is found.

        Other arguments for a job (``args``) may be secrets: they go by way of a private file, see ``arguments_of``.
        """
        told = dict(arguments or {})
        with self:  # so that no engine takes the file for a forgotten one before the command is there
            if told.get("args"):
                told[PRIVATE] = private.keep(self.directory, told.pop("args"))
            cursor = self._write(
                "INSERT INTO commands (verb, job, run_id, arguments, issued_by, issued_at) VALUES (?, ?, ?, ?, ?, ?)",
                (verb, job, run_id, as_json(told), by, stamp(now)),
            )
        return int(cursor.lastrowid or 0)

    def arguments_of(self, command: Command) -> Mapping[str, Any]:
        """A command's arguments, with what was handed over privately. Raises ``UsageError`` when that is gone."""
        if PRIVATE not in command.arguments:
            return command.arguments
        told = dict(command.arguments)
        told["args"] = private.read(self.directory, told.pop(PRIVATE))
        return told

    def forget_arguments(self, command: Command) -> None:
        """Remove the private arguments of a command that has been answered."""
        private.forget(self.directory, command.arguments.get(PRIVATE))

    def forget_old_arguments(self) -> None:
        """Remove private arguments of commands that no engine will carry out any more."""
        with self:
            sql = "SELECT CAST(arguments AS BLOB) FROM commands WHERE answered_at IS NULL"
            told = b" ".join(row[0] for row in self._rows(sql)).decode(errors="replace")
            private.sweep(self.directory, told)

    def open_command_ids(self, verb: str | None = None) -> list[int]:
        """Ids of the commands without an answer, of all verbs or of one, oldest first."""
        sql = "SELECT id FROM commands WHERE answered_at IS NULL AND (:verb IS NULL OR verb = :verb) ORDER BY id"
        return [row[0] for row in self._rows(sql, {"verb": verb})]

    def command(self, command_id: int) -> Command | None:
        """A command as it stands. Raises ``ValueError`` with what is wrong with its row."""
        rows = self._rows(f"SELECT {COMMAND_COLUMNS} FROM commands WHERE id = ?", (command_id,))
        return command_from(rows[0]) if rows else None

    def is_answered(self, command_id: int) -> bool:
        """Whether a command needs nothing more: it was answered or withdrawn."""
        return not self._rows("SELECT 1 FROM commands WHERE id = ? AND answered_at IS NULL", (command_id,))

    def carried_out(self, command_id: int, run_id: int) -> None:
        """Record which run a command has made; its answer follows."""
        self._write("UPDATE commands SET run_id = ? WHERE id = ?", (run_id, command_id))

    def answer(self, command_id: int, answer: str, message: str, now: datetime, run_id: int | None = None) -> None:
        """Answer a command: ``done`` or ``refused``, and what came of it in a sentence. The first answer stays.

        What was done goes into the shift log.
        """
        with self:
            answered = self._write(
                "UPDATE commands SET answer = ?, message = ?, answered_at = ?, run_id = coalesce(?, run_id)"
                " WHERE id = ? AND answered_at IS NULL",
                (answer, message, stamp(now), run_id, command_id),
            )
            if answered.rowcount and answer == "done":
                self._write(
                    "INSERT INTO actions (at, person, verb, job, run_id, message, reason)"
                    " SELECT answered_at, issued_by, verb, job, run_id, message, iif(json_valid(arguments),"
                    " coalesce(json_extract(arguments, '$.reason'), json_extract(arguments, '$.note')), NULL)"
                    " FROM commands WHERE id = ?",
                    (command_id,),
                )

    def log_action(self, person: str, verb: str, message: str, now: datetime, job: str | None = None) -> None:
        """Record in the shift log what a person did without a command."""
        self._write(
            "INSERT INTO actions (at, person, verb, job, message) VALUES (?, ?, ?, ?, ?)",
            (stamp(now), person, verb, job, message),
        )

    def withdraw(self, command_id: int, now: datetime) -> Command | None:
        """Refuse a command unless it has been answered; return it as it stands then, with the answer that counts.

        A command that has made a run cannot be withdrawn: it stays open, with its run, for an engine to answer.
        """
        with self:
            command = self.command(command_id)
            if command is None or command.answer is not None or (command.verb == "run" and command.run_id is not None):
                return command
            self.answer(command_id, "refused", WITHDRAWN, now)
            withdrawn = self.command(command_id)
        self.forget_arguments(command)
        return withdrawn
