"""Between rows and model objects."""

from __future__ import annotations

from datetime import UTC, datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from peak_console.model.records import Alert, Command, Run
    from peak_console.model.state import JobState

RUN_COLUMNS = (
    "id, job, triggered_by, scheduled_for, attempt, state, claimed_at, run_type, outcome, return_code, reason, "
    "not_before, started_at, finished_at, stop_reason, pid, pid_started, command, args, tags, tag, supervisor"
)
ALERT_COLUMNS = (
    "alerts.id, level, message, timestamp, source, context, job, run_id, acknowledged_at, acknowledged_by, cause, "
    "count, last_at, resolved_at"
)
COMMAND_COLUMNS = (
    "id, CAST(verb AS BLOB), CAST(job AS BLOB), CASE typeof(run_id) WHEN 'integer' THEN run_id WHEN 'null' THEN NULL"
    " ELSE CAST(run_id AS BLOB) END, CAST(arguments AS BLOB), CAST(issued_by AS BLOB), CAST(issued_at AS BLOB),"
    " answer, message"
)
"""Text as its bytes: a command that somebody else has written must not fail before ``command_from`` can refuse it."""
STATE_COLUMNS = (
    "job, schedule, decided_until, off_since, failures, override, override_by, override_at, override_until, "
    "override_reason"
)


def stamp(moment: datetime | None) -> str | None:
    """An aware datetime as the registry's text."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def moment(text: str | None) -> datetime | None:
    """The registry's text as an aware datetime in UTC."""
    return None if text is None else datetime.fromisoformat(text)


def some_moment(text: str) -> datetime:
    """As ``moment``, for columns that are never NULL."""
    return datetime.fromisoformat(text)


def as_json(value: Any) -> str:
    from json import dumps

    return dumps(value, ensure_ascii=False, default=str)


def run_from(row: tuple[Any, ...]) -> Run:
    """A ``Run`` from its ``RUN_COLUMNS``."""
    from json import loads

    from peak_console.model.records import Run

    return Run(
        id=row[0],
        job=row[1],
        triggered_by=row[2],
        scheduled_for=moment(row[3]),
        attempt=row[4],
        state=row[5],
        claimed_at=some_moment(row[6]),
        run_type=row[7],
        outcome=row[8],
        return_code=row[9],
        reason=row[10],
        not_before=moment(row[11]),
        started_at=moment(row[12]),
        finished_at=moment(row[13]),
        stop_reason=row[14],
        pid=row[15],
        pid_started=row[16],
        command=loads(row[17]) if row[17] else (),
        args=loads(row[18]) if row[18] else {},
        tags=loads(row[19]) if row[19] else (),
        tag=row[20],
        supervisor=row[21],
    )


def alert_from(row: tuple[Any, ...]) -> Alert:
    """An ``Alert`` from its ``ALERT_COLUMNS``."""
    from json import loads

    from peak_console.model.records import Alert

    return Alert(
        id=row[0],
        level=row[1],
        message=row[2],
        timestamp=some_moment(row[3]),
        source=row[4],
        context=loads(row[5]),
        job=row[6],
        run_id=row[7],
        acknowledged_at=moment(row[8]),
        acknowledged_by=row[9],
        cause=row[10],
        count=row[11],
        last_at=moment(row[12]),
        resolved_at=moment(row[13]),
    )


def command_from(row: tuple[Any, ...]) -> Command:
    """A ``Command`` from its ``COMMAND_COLUMNS``. Raises ``ValueError`` with what is wrong with the row."""
    from peak_console.model.records import Command

    if row[3].__class__ not in (int, None.__class__):
        raise ValueError("its run_id is no whole number")
    return Command(
        id=row[0],
        verb=_decoded("verb", row[1]),
        job=None if row[2] is None else _decoded("job", row[2]),
        run_id=row[3],
        arguments=_table("arguments", row[4]),
        issued_by=_decoded("issued_by", row[5]),
        issued_at=some_moment(_decoded("issued_at", row[6])),
        answer=row[7],
        message=row[8],
    )


def _decoded(column: str, raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise ValueError(f"its {column} is no text in UTF-8") from None


def _table(column: str, raw: bytes) -> dict[str, Any]:
    from json import loads

    try:
        value = loads(_decoded(column, raw))
        as_json(value).encode()  # JSON can spell text that nothing can hold
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return value
    raise ValueError(f"its {column} are no JSON object")


def state_from(row: tuple[Any, ...]) -> JobState:
    """A ``JobState`` from its ``STATE_COLUMNS``."""
    from peak_console.model.state import JobState, Override

    override = None
    if row[5] is not None:
        override = Override(
            enabled=row[5] == "enabled",
            by=row[6],
            at=some_moment(row[7]),
            until=moment(row[8]),
            reason=row[9],
        )
    return JobState(
        job=row[0],
        schedule=row[1],
        decided_until=moment(row[2]),
        off_since=moment(row[3]),
        failures=row[4],
        override=override,
    )
