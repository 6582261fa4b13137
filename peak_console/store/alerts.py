"""The alert log with its incidents, and the outbox from which alerts are delivered."""

from __future__ import annotations

from datetime import UTC, datetime

from peak_console.model.terms import Counted, Level
from peak_console.store import cells
from peak_console.store.database import Database
from peak_console.store.rows import (
    ALERT_COLUMNS,
    alert_from,
    as_json,
    moment,
    stamp,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from peak_console.model.records import Alert, AlertCounts, Delivery

MOST_ATTEMPTS = 10_000
"""No delivery is tried more often."""
_WANTED = (
    "(only_if_open = 0 OR EXISTS (SELECT 1 FROM alerts AS told WHERE told.id = alert_id"
    " AND told.acknowledged_at IS NULL AND told.resolved_at IS NULL))"
)
"""True for every delivery but an escalation whose alert is acknowledged or resolved by now."""
_DUE = f"next_attempt_at <= :early AND (attempts = 0 OR next_attempt_at <= :now) AND {_WANTED}"
_RANK: dict[str, int] = {level: rank for rank, level in enumerate(Level)}


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
        """Resolve the open incidents of these causes; return them. One that has occurred after ``until`` stays."""
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
        """Count the alerts that need attention, the open incidents, and how often those have occurred."""
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
        """Acknowledge one alert, or all up to the ``newest`` that was seen; return how many were still open.

        An alert that is acknowledged already keeps the new note.
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
        """Reopen acknowledged alerts; return how many were reopened."""
        marks = ", ".join("?" * len(alert_ids))
        return self._write(
            "UPDATE alerts SET acknowledged_at = NULL, acknowledged_by = NULL, ack_note = NULL"
            f" WHERE acknowledged_by IS NOT NULL AND id IN ({marks})",
            tuple(alert_ids),
        ).rowcount

    def has_alert(self, alert_id: int) -> bool:
        """Whether an alert has this id."""
        return bool(self._rows("SELECT 1 FROM alerts WHERE id = ?", (alert_id,)))

    def due_channels(self, now: datetime, early: datetime) -> list[str]:
        """Channels with due deliveries, longest waiting first. First tries are due by ``early``, retries by ``now``."""
        self.follow()
        sql = f"SELECT channel FROM deliveries WHERE {_DUE} GROUP BY channel ORDER BY min(next_attempt_at)"
        return [row[0] for row in self._rows(sql, {"now": stamp(now), "early": stamp(early)})]

    def due_deliveries(
        self, now: datetime, limit: int = 50, *, channel: str | None = None, early: datetime | None = None
    ) -> list[Delivery]:
        """Due deliveries of one channel or all, oldest first. First tries are due by ``early``, retries by ``now``."""
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
        """Record that a channel has accepted a delivery."""
        with self:
            self._write(
                "UPDATE deliveries SET delivered_at = ?, next_attempt_at = NULL, attempts = attempts + 1,"
                " last_error = NULL WHERE id = ?",
                (stamp(now), delivery_id),
            )
            self._count_delivery(Counted.DELIVERED, delivery_id)

    def delivery_failed(self, delivery_id: int, error: str, retry_at: datetime | None) -> None:
        """Record that a delivery failed; without ``retry_at`` it is given up."""
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
    """The alert as it is sent: an escalation says that nobody has acknowledged it."""
    if not is_escalation:
        return alert
    from peak_console.values import replace

    return replace(alert, message=f"not acknowledged yet: {alert.message}")


def _attempts(value: Any) -> int:
    try:
        return min(cells.count(value), MOST_ATTEMPTS)
    except cells.NONSENSE:
        return 0
