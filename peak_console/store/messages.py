"""What passes between people and the engine: commands, alerts with their outbox, and who serves the directory."""

from __future__ import annotations

from peak_console.store.database import Database
from peak_console.store.rows import (
    ALERT_COLUMNS,
    COMMAND_COLUMNS,
    alert_from,
    as_json,
    command_from,
    moment,
    some_moment,
    stamp,
)
from peak_console.store.terms import DRAINING, Level

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from peak_console.store.model import Alert, Command, Delivery, EngineInfo
    from peak_console.store.state import Hold

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
        """Leave a command for the engine; its id, by which the answer is found."""
        cursor = self._write(
            "INSERT INTO commands (verb, job, run_id, arguments, issued_by, issued_at) VALUES (?, ?, ?, ?, ?, ?)",
            (verb, job, run_id, as_json(arguments or {}), by, stamp(now)),
        )
        return int(cursor.lastrowid or 0)

    def open_commands(self) -> list[Command]:
        """Commands without an answer, oldest first."""
        sql = f"SELECT {COMMAND_COLUMNS} FROM commands WHERE answered_at IS NULL ORDER BY id"
        return [command_from(row) for row in self._rows(sql)]

    def command(self, command_id: int) -> Command | None:
        rows = self._rows(f"SELECT {COMMAND_COLUMNS} FROM commands WHERE id = ?", (command_id,))
        return command_from(rows[0]) if rows else None

    def is_answered(self, command_id: int) -> bool:
        """Whether there is nothing left to be done: it was answered or withdrawn."""
        return not self._rows("SELECT 1 FROM commands WHERE id = ? AND answered_at IS NULL", (command_id,))

    def carried_out(self, command_id: int, run_id: int) -> None:
        """A command has made a run; its answer follows."""
        self._write("UPDATE commands SET run_id = ? WHERE id = ?", (run_id, command_id))

    def answer(self, command_id: int, answer: str, message: str, now: datetime, run_id: int | None = None) -> None:
        """Answer a command: ``done`` or ``refused``, and what came of it in a sentence. The first answer stays."""
        self._write(
            "UPDATE commands SET answer = ?, message = ?, answered_at = ?, run_id = coalesce(?, run_id)"
            " WHERE id = ? AND answered_at IS NULL",
            (answer, message, stamp(now), run_id, command_id),
        )

    def withdraw(self, command_id: int, now: datetime) -> Command | None:
        """Refuse a command unless it has been answered; as it stands then, so that its asker learns what holds."""
        with self:
            self.answer(command_id, "refused", WITHDRAWN, now)
            return self.command(command_id)


class AlertRecords(Database):
    """The alert log and its outbox."""

    def add_alert(self, alert: Alert, channels: Sequence[str], now: datetime) -> Alert:
        """Store an alert with one delivery per channel, due at once. Information needs no acknowledgement."""
        from peak_console.values import replace

        with self:
            cursor = self._write(
                "INSERT INTO alerts (level, source, message, timestamp, context, job, run_id, acknowledged_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    alert.level, alert.source, alert.message, stamp(alert.timestamp), as_json(alert.context),
                    alert.job, alert.run_id, stamp(alert.timestamp) if alert.level == Level.INFO else None,
                ),
            )  # fmt: skip
            stored = replace(alert, id=int(cursor.lastrowid or 0))
            self.deliver(stored.id, channels, now)
        return stored

    def deliver(self, alert_id: int, channels: Sequence[str], now: datetime) -> None:
        """Put an alert into the outbox, once per channel, due at once."""
        with self:
            for channel in channels:
                self._write(
                    "INSERT INTO deliveries (alert_id, channel, next_attempt_at) VALUES (?, ?, ?)",
                    (alert_id, channel, stamp(now)),
                )

    def alert_counts(self) -> tuple[int, int]:
        """The newest alert's id (0 when there is none), and how many nobody has acknowledged."""
        newest = self._rows("SELECT coalesce(max(id), 0) FROM alerts")[0][0]
        return newest, self._rows("SELECT count(*) FROM alerts WHERE acknowledged_at IS NULL")[0][0]

    def acknowledge(self, by: str, now: datetime, alert_id: int | None = None) -> int:
        """Acknowledge one alert, or all with ``None``; how many were still open."""
        return self._write(
            "UPDATE alerts SET acknowledged_at = ?, acknowledged_by = ? WHERE acknowledged_at IS NULL"
            " AND (? IS NULL OR id = ?)",
            (stamp(now), by, alert_id, alert_id),
        ).rowcount

    def has_alert(self, alert_id: int) -> bool:
        """Whether there is such an alert."""
        return bool(self._rows("SELECT 1 FROM alerts WHERE id = ?", (alert_id,)))

    def due_deliveries(self, now: datetime, limit: int = 50) -> list[Delivery]:
        """Deliveries whose next attempt is due, oldest first."""
        from peak_console.store.model import Delivery

        self.follow()
        sql = (
            f"SELECT {ALERT_COLUMNS}, deliveries.id, channel, attempts FROM deliveries JOIN alerts "
            "ON alerts.id = alert_id WHERE next_attempt_at <= ? ORDER BY next_attempt_at, deliveries.id LIMIT ?"
        )
        return [
            Delivery(id=row[-3], alert=alert_from(row), channel=row[-2], attempts=row[-1])
            for row in self._rows(sql, (stamp(now), limit))
        ]

    def next_delivery_at(self) -> datetime | None:
        """When the outbox next has something to send; ``None`` when it is empty."""
        return moment(self._rows("SELECT min(next_attempt_at) FROM deliveries")[0][0])

    def delivered(self, delivery_id: int, now: datetime) -> None:
        self._write(
            "UPDATE deliveries SET delivered_at = ?, next_attempt_at = NULL, attempts = attempts + 1,"
            " last_error = NULL WHERE id = ?",
            (stamp(now), delivery_id),
        )

    def delivery_failed(self, delivery_id: int, error: str, retry_at: datetime | None) -> None:
        """A delivery did not work; without ``retry_at`` it is given up."""
        self._write(
            "UPDATE deliveries SET attempts = attempts + 1, last_error = ?, next_attempt_at = ? WHERE id = ?",
            (error, stamp(retry_at), delivery_id),
        )


class EngineRecords(Database):
    """Who serves the directory, and whether anything may start."""

    def engine_info(self) -> EngineInfo:
        from peak_console.store.model import EngineInfo
        from peak_console.store.state import Hold

        row = self._rows(
            "SELECT pid, host, mode, version, jobs_file, started_at, stopped_at, loaded_at, config_error,"
            " hold_since, hold_by, hold_reason FROM engine"
        )[0]
        return EngineInfo(
            pid=row[0],
            host=row[1],
            mode=row[2],
            version=row[3],
            jobs_file=row[4],
            started_at=moment(row[5]),
            stopped_at=moment(row[6]),
            loaded_at=moment(row[7]),
            config_error=row[8],
            hold=Hold(some_moment(row[9]), row[10], row[11]) if row[9] else None,
        )

    def engine_started(self, info: EngineInfo) -> None:
        """An engine has taken the directory over."""
        self._write(
            "UPDATE engine SET pid = ?, host = ?, mode = ?, version = ?, jobs_file = ?, started_at = ?,"
            " stopped_at = NULL, loaded_at = ?, config_error = NULL",
            (
                info.pid, info.host, info.mode, info.version, info.jobs_file, stamp(info.started_at),
                stamp(info.loaded_at),
            ),
        )  # fmt: skip

    def engine_drains(self) -> None:
        """The engine starts nothing more, and leaves with its last run."""
        self._write("UPDATE engine SET mode = ?", (DRAINING,))

    def engine_stopped(self, now: datetime) -> None:
        """The engine has left the directory in order."""
        self._write("UPDATE engine SET pid = NULL, stopped_at = ?", (stamp(now),))

    def loaded(self, now: datetime) -> None:
        """The engine works by the jobs file as it stands."""
        self._write("UPDATE engine SET loaded_at = ?, config_error = NULL", (stamp(now),))

    def rejected(self, error: str) -> None:
        """The jobs file as it stands cannot be used; the engine goes on with the one before."""
        self._write("UPDATE engine SET config_error = ?", (error,))

    def hold(self) -> Hold | None:
        """The hold in force, if there is one."""
        from peak_console.store.state import Hold

        since, by, reason = self._rows("SELECT hold_since, hold_by, hold_reason FROM engine")[0]
        return Hold(some_moment(since), by, reason) if since else None

    def set_hold(self, hold: Hold | None) -> None:
        """Set or, with ``None``, release the hold."""
        values = (stamp(hold.since), hold.by, hold.reason) if hold else (None, None, None)
        self._write("UPDATE engine SET hold_since = ?, hold_by = ?, hold_reason = ?", values)
