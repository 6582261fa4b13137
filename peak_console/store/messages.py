"""What passes between people and the engine: commands, alerts with their outbox, and who serves the directory."""

from __future__ import annotations

from datetime import UTC, datetime

from peak_console.model.terms import DRAINING, LOCK, Counted, Level
from peak_console.store import cells, private
from peak_console.store.database import Database
from peak_console.store.locks import holds_removed, is_held
from peak_console.store.rows import (
    ALERT_COLUMNS,
    COMMAND_COLUMNS,
    ENGINE_COLUMNS,
    HOLD_COLUMNS,
    SHARE_COLUMNS,
    alert_from,
    as_json,
    command_from,
    engine_from,
    hold_from,
    moment,
    share_from,
    stamp,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from peak_console.jobs.blackouts import Blackout
    from peak_console.model.records import Alert, AlertCounts, Command, Delivery, EngineInfo
    from peak_console.model.state import Hold

NO_ROW = (b"",) * 9 + (None,) * 3
"""Stands for the row about the engine when it is gone: nothing in it makes sense, and nothing is held."""
MOST_ATTEMPTS = 10_000
"""No delivery is tried more often."""
PRIVATE = "private"
"""The argument of a command that names the file with the other ones."""
ENGINES_SINCE = 4
"""The version of the registry that has brought the table of engines."""
WITHDRAWN = "withdrawn: no engine answered in time"
_WANTED = (
    "(only_if_open = 0 OR EXISTS (SELECT 1 FROM alerts AS told WHERE told.id = alert_id"
    " AND told.acknowledged_at IS NULL AND told.resolved_at IS NULL))"
)
"""Of an escalation: nobody has acknowledged its alert yet, and its cause is not gone."""
_DUE = f"next_attempt_at <= :early AND (attempts = 0 OR next_attempt_at <= :now) AND {_WANTED}"
_RANK: dict[str, int] = {level: rank for rank, level in enumerate(Level)}


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
        """Record a command for the engine; its id, by which its answer is found.

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
        """Whether there is nothing left to be done: it was answered or withdrawn."""
        return not self._rows("SELECT 1 FROM commands WHERE id = ? AND answered_at IS NULL", (command_id,))

    def carried_out(self, command_id: int, run_id: int) -> None:
        """A command has made a run; its answer follows."""
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
        """Note in the shift log what was done without a command."""
        self._write(
            "INSERT INTO actions (at, person, verb, job, message) VALUES (?, ?, ?, ?, ?)",
            (stamp(now), person, verb, job, message),
        )

    def withdraw(self, command_id: int, now: datetime) -> Command | None:
        """Refuse a command unless it has been answered; as it stands then, so that its asker learns what holds.

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


class AlertRecords(Database):
    """The alert log, the incidents in it, and their outbox."""

    def add_alert(self, alert: Alert, channels: Sequence[str], due: datetime) -> Alert:
        """Store an alert with one delivery per channel, due at ``due``. Information needs no acknowledgement."""
        from peak_console.values import replace

        at = stamp(alert.timestamp)
        with self:
            cursor = self._write(
                "INSERT INTO alerts (level, source, message, timestamp, context, job, run_id, acknowledged_at, cause,"
                " last_at, told_at, resolved_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    alert.level, alert.source, alert.message, at, as_json(alert.context), alert.job, alert.run_id,
                    at if alert.level == Level.INFO else None, alert.cause, at if alert.cause else None,
                    at if alert.cause else None, stamp(alert.resolved_at),
                ),
            )  # fmt: skip
            told = alert.timestamp if alert.cause else None
            stored = replace(alert, id=int(cursor.lastrowid or 0), last_at=told, told_at=told)
            self.deliver(stored.id, channels, due)
            self.count(Counted.RAISED, alert.level)
        return stored

    def open_incident(
        self, alert: Alert, channels: Sequence[str], due: datetime, realert_seconds: float
    ) -> tuple[Alert, bool]:
        """Store an alert under its cause; where an incident is open, it has happened again.

        The channels are told of a new incident, of one that is worse than before, and of one that goes on
        ``realert_seconds`` after they were last told; an acknowledged one is open again then. The incident, and
        whether they are told.
        """
        with self:
            known = self._rows("SELECT id, level, told_at FROM alerts WHERE cause = ? AND resolved_at IS NULL",
                               (alert.cause,))  # fmt: skip
            if not known:
                return self.add_alert(alert, channels, due), True
            incident, level, told_at = known[0]
            silent_for = (alert.timestamp - (moment(told_at) or cells.UNKNOWN_MOMENT)).total_seconds()
            level = level if level in _RANK else Level.INFO
            again = _RANK[alert.level] > _RANK[level] or not 0 <= silent_for < realert_seconds
            self._write(
                # Its newest run, in whichever order they ended: retention removes a resolved incident with that run.
                "UPDATE alerts SET level = ?, message = ?, context = ?, count = count + 1,"
                " run_id = NULLIF(MAX(COALESCE(run_id, 0), COALESCE(?, 0)), 0), last_at = ? WHERE id = ?",
                (
                    max(alert.level, level, key=_RANK.__getitem__), alert.message, as_json(alert.context),
                    alert.run_id, stamp(alert.timestamp), incident,
                ),
            )  # fmt: skip
            if again:
                self._write(
                    "UPDATE alerts SET told_at = ?, acknowledged_at = NULL, acknowledged_by = NULL, ack_note = NULL"
                    " WHERE id = ?",
                    (stamp(alert.timestamp), incident),
                )
                self.deliver(incident, channels, due)
            return self._incidents("id = ?", (incident,))[0], again

    def incident(self, cause: str) -> Alert | None:
        """The incident that is open for a cause."""
        return next(iter(self._incidents("cause = ? AND resolved_at IS NULL", (cause,))), None)

    def incidents(self) -> list[Alert]:
        """The incidents whose cause is not gone, oldest first."""
        return self._incidents("cause IS NOT NULL AND resolved_at IS NULL", ())

    def resolve(self, causes: Sequence[str], now: datetime, until: datetime | None = None) -> list[Alert]:
        """The cause of some incidents is gone; those that were open. ``until`` spares what has happened since."""
        marks = ", ".join("?" * len(causes))
        sql = f"cause IN ({marks}) AND resolved_at IS NULL AND last_at <= ?"
        with self:
            found = self._incidents(sql, (*causes, stamp(until or datetime.max.replace(tzinfo=UTC))))
            for alert in found:
                self._write("UPDATE alerts SET resolved_at = ? WHERE id = ?", (stamp(now), alert.id))
        return found

    def _incidents(self, where: str, values: Sequence[Any]) -> list[Alert]:
        # By ``id`` alone SQLite would walk the whole log in that order instead of looking into the index of incidents.
        sql = f"SELECT {ALERT_COLUMNS} FROM alerts WHERE {where} ORDER BY +id"
        return [alert_from(row) for row in self._rows(sql, values)]

    def channels_told(self, alerts: Sequence[Alert]) -> list[str]:
        """The channels that some alerts went to, or are on their way to."""
        marks = ", ".join("?" * len(alerts))
        sql = f"SELECT DISTINCT channel FROM deliveries WHERE alert_id IN ({marks})"
        sql += " AND (only_if_open = 0 OR attempts > 0) ORDER BY channel"
        return [row[0] for row in self._rows(sql, [alert.id for alert in alerts])]

    def deliver(self, alert_id: int, channels: Sequence[str], due: datetime, *, only_if_open: bool = False) -> None:
        """Put an alert into the outbox, once per channel, unless it already waits there for that channel.

        ``only_if_open`` is an escalation: it is not sent once the alert is acknowledged or resolved.
        """
        with self:
            for channel in channels:
                self._write(
                    "INSERT INTO deliveries (alert_id, channel, next_attempt_at, only_if_open)"
                    " SELECT :alert, :channel, :due, :only_if_open"
                    " WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE alert_id = :alert AND channel = :channel"
                    " AND next_attempt_at IS NOT NULL)",
                    {"alert": alert_id, "channel": channel, "due": stamp(due), "only_if_open": int(only_if_open)},
                )

    def alert_counts(self) -> AlertCounts:
        """How the alert log stands, in numbers."""
        from peak_console.model.records import AlertCounts

        sql = (
            "SELECT (SELECT coalesce(max(id), 0) FROM alerts),"
            " (SELECT count(*) FROM alerts WHERE acknowledged_at IS NULL AND resolved_at IS NULL),"
            " count(*), coalesce(sum(count), 0) FROM alerts WHERE cause IS NOT NULL AND resolved_at IS NULL"
        )
        newest, is_open, incidents, occurrences = self._rows(sql)[0]
        return AlertCounts(newest, is_open, incidents, occurrences)

    def open_by_level(self) -> dict[str, int]:
        """How many alerts of each level need attention."""
        sql = "SELECT level, count(*) FROM alerts WHERE acknowledged_at IS NULL AND resolved_at IS NULL GROUP BY level"
        return {**{str(level): 0 for level in Level}, **{str(level): count for level, count in self._rows(sql)}}

    def acknowledge(
        self,
        by: str,
        now: datetime,
        alert_id: int | None = None,
        *,
        note: str | None = None,
        newest: int | None = None,
    ) -> int:
        """Acknowledge one alert, or all up to the ``newest`` that was seen; how many were still open.

        A note of one that is acknowledged already is kept, too.
        """
        with self:
            count = self._write(
                "UPDATE alerts SET acknowledged_at = :at, acknowledged_by = :by, ack_note = :note"
                " WHERE acknowledged_at IS NULL"
                " AND resolved_at IS NULL AND (:alert IS NULL OR id = :alert) AND (:newest IS NULL OR id <= :newest)",
                {"at": stamp(now), "by": by, "note": note, "alert": alert_id, "newest": newest},
            ).rowcount
            if note is not None and alert_id is not None and not count:
                self._write("UPDATE alerts SET ack_note = ? WHERE id = ?", (note, alert_id))
        return count

    def take_back(self, alert_ids: Sequence[int]) -> int:
        """Reopen acknowledged alerts; how many were reopened."""
        marks = ", ".join("?" * len(alert_ids))
        return self._write(
            "UPDATE alerts SET acknowledged_at = NULL, acknowledged_by = NULL, ack_note = NULL"
            f" WHERE acknowledged_by IS NOT NULL AND id IN ({marks})",
            tuple(alert_ids),
        ).rowcount

    def has_alert(self, alert_id: int) -> bool:
        """Whether there is such an alert."""
        return bool(self._rows("SELECT 1 FROM alerts WHERE id = ?", (alert_id,)))

    def due_channels(self, now: datetime, early: datetime) -> list[str]:
        """The channels with something that is due, the longest waiting first; what is new is due by ``early``."""
        self.follow()
        sql = f"SELECT channel FROM deliveries WHERE {_DUE} GROUP BY channel ORDER BY min(next_attempt_at)"
        return [row[0] for row in self._rows(sql, {"now": stamp(now), "early": stamp(early)})]

    def due_deliveries(
        self, now: datetime, limit: int = 50, *, channel: str | None = None, early: datetime | None = None
    ) -> list[Delivery]:
        """Deliveries that are due, of one channel or all, oldest first; what is new is due by ``early``."""
        from peak_console.model.records import Delivery

        sql = (
            f"SELECT {ALERT_COLUMNS}, only_if_open, deliveries.id, channel, attempts FROM deliveries JOIN alerts"
            f" ON alerts.id = alert_id WHERE {_DUE} AND (:channel IS NULL OR channel = :channel)"
            " ORDER BY next_attempt_at, deliveries.id LIMIT :limit"
        )
        values = {"now": stamp(now), "early": stamp(early or now), "channel": channel, "limit": limit}
        return [
            Delivery(
                id=row[-3],
                alert=_escalated(alert_from(row), row[-4]),
                channel=str(row[-2]),
                attempts=_attempts(row[-1]),
            )
            for row in self._rows(sql, values)
        ]

    def undelivered(self) -> int:
        """How many deliveries are still to be made."""
        return int(self._rows(f"SELECT count(*) FROM deliveries WHERE next_attempt_at IS NOT NULL AND {_WANTED}")[0][0])

    def next_delivery_at(self) -> datetime | None:
        """When the outbox next has something to send; ``None`` when it is empty."""
        return moment(self._rows(f"SELECT min(next_attempt_at) FROM deliveries WHERE {_WANTED}")[0][0])

    def delivered(self, delivery_id: int, now: datetime) -> None:
        """A channel has taken a delivery."""
        with self:
            self._write(
                "UPDATE deliveries SET delivered_at = ?, next_attempt_at = NULL, attempts = attempts + 1,"
                " last_error = NULL WHERE id = ?",
                (stamp(now), delivery_id),
            )
            self._count_delivery(Counted.DELIVERED, delivery_id)

    def delivery_failed(self, delivery_id: int, error: str, retry_at: datetime | None) -> None:
        """A delivery did not work; without ``retry_at`` it is given up."""
        with self:
            self._write(
                "UPDATE deliveries SET attempts = attempts + 1, last_error = ?, next_attempt_at = ? WHERE id = ?",
                (error, stamp(retry_at), delivery_id),
            )
            self._count_delivery(Counted.NOT_DELIVERED, delivery_id)
            if retry_at is None:
                self._count_delivery(Counted.GIVEN_UP, delivery_id)

    def _count_delivery(self, name: str, delivery_id: int) -> None:
        for (channel,) in self._rows("SELECT channel FROM deliveries WHERE id = ?", (delivery_id,)):
            self.count(name, str(channel))


def _escalated(alert: Alert, is_escalation: Any) -> Alert:
    """An alert as a channel for escalations gets it."""
    if not is_escalation:
        return alert
    from peak_console.values import replace

    return replace(alert, message=f"not acknowledged yet: {alert.message}")


def _attempts(value: Any) -> int:
    try:
        return min(cells.count(value), MOST_ATTEMPTS)
    except cells.NONSENSE:
        return 0


class EngineRecords(Database):
    """Who serves the directory, and whether anything may start."""

    def engine_info(self, *, strict: bool = False) -> EngineInfo:
        """The engine that last served. ``strict``: raises ``DamagedRowError`` where what is recorded makes no sense."""
        rows = self._rows(f"SELECT {ENGINE_COLUMNS} FROM engine")
        return engine_from(rows[0] if rows else NO_ROW, strict=strict)

    def engines(self) -> list[EngineInfo]:
        """The engine that last served each selection of tags. An engine that does not hold its lock does not serve."""
        if self.version_read < ENGINES_SINCE:  # who only looks may find an older registry
            return []
        from peak_console.values import replace

        found = [share_from(row) for row in self._rows(f"SELECT {SHARE_COLUMNS} FROM engines ORDER BY started_at")]
        return [replace(each, serves=each.stopped_at is None and self._holds_lock(each)) for each in found]

    def _holds_lock(self, engine: EngineInfo) -> bool:
        return is_held(self.directory, engine.lock) or holds_removed(self.directory, engine.lock, engine.pid)

    def engine_started(self, info: EngineInfo) -> None:
        """An engine has taken the directory over, or the part of it that its tags select."""
        who = (info.pid, info.host, info.mode, info.version, info.jobs_file, stamp(info.started_at))
        with self:
            self._write(
                "UPDATE engine SET pid = ?, host = ?, mode = ?, version = ?, jobs_file = ?, started_at = ?,"
                " stopped_at = NULL, loaded_at = ?, config_error = NULL",
                (*who, stamp(info.loaded_at)),
            )
            self._write(
                "INSERT OR REPLACE INTO engines (pid, host, mode, version, jobs_file, started_at, lock, include_tags,"
                " exclude_tags, jobs) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *who, info.lock, as_json(list(info.include_tags)), as_json(list(info.exclude_tags)),
                    None if info.jobs is None else as_json(list(info.jobs)),
                ),
            )  # fmt: skip

    def engine_serves(self, lock: str, jobs: Sequence[str] | None) -> None:
        """An engine serves other jobs than before."""
        self._write("UPDATE engines SET jobs = ? WHERE lock = ?", (None if jobs is None else as_json(list(jobs)), lock))

    def engine_drains(self, lock: str = LOCK) -> None:
        """The engine starts nothing more, and leaves with its last run."""
        with self:
            self._write("UPDATE engine SET mode = ?", (DRAINING,))
            self._write("UPDATE engines SET mode = ? WHERE lock = ?", (DRAINING, lock))

    def engine_stopped(self, now: datetime, lock: str = LOCK) -> None:
        """The engine has left the directory in order."""
        with self:
            self._write("UPDATE engine SET pid = NULL, stopped_at = ?", (stamp(now),))
            self._write("UPDATE engines SET stopped_at = ? WHERE lock = ?", (stamp(now), lock))

    def loaded(self, now: datetime) -> None:
        """The engine works by the jobs file as it stands."""
        self._write("UPDATE engine SET loaded_at = ?, config_error = NULL", (stamp(now),))

    def rejected(self, error: str | None) -> None:
        """The jobs file as it stands is not used, and why; the engine goes on with the one before. ``None``: it is."""
        self._write("UPDATE engine SET config_error = ?", (error,))

    def hold(self) -> Hold | None:
        """The hold in force, if there is one."""
        rows = self._rows(f"SELECT {HOLD_COLUMNS} FROM engine")
        return hold_from(rows[0]) if rows else None

    def holds(self) -> list[Hold]:
        """Every hold that is not on all jobs, oldest first; one that is over stays until an engine removes it."""
        from peak_console.store.tables.holds import holds_of

        return holds_of(self)

    def blackouts(self) -> list[Blackout]:
        """Every blackout that a person has added, those that are over included for some time."""
        if self.version_read < 5 or not self._rows("SELECT 1 FROM blackouts LIMIT 1"):  # a start loads no more then
            return []
        from peak_console.store.tables.blackouts import blackouts_of

        return blackouts_of(self)

    def set_hold(self, hold: Hold | None) -> None:
        """Set or, with ``None``, release the hold."""
        values = (stamp(hold.since), hold.by, hold.reason) if hold else (None, None, None)
        self._write("UPDATE engine SET hold_since = ?, hold_by = ?, hold_reason = ?", values)
