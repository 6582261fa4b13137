"""Between rows and model objects.

Every row can be read: a value that makes no sense is replaced by a harmless one, and the object says so
where people look. Code that decides by a row reads it *strictly*, and gets a ``DamagedRowError`` instead; the engine
then has it mended, see ``mending``.
"""

from __future__ import annotations

from datetime import UTC

from peak_console.errors import DamagedRowError
from peak_console.model.terms import Level, Outcome, RunState, Trigger
from peak_console.store import cells
from peak_console.store.cells import FIRST_MOMENT, LAST_MOMENT, UNKNOWN_MOMENT, or_none, read_row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any, NoReturn

    from peak_console.model.records import Alert, Command, EngineInfo, Run
    from peak_console.model.state import Hold, JobState
    from peak_console.store.cells import Cell

DAMAGED = "damaged in the registry"
"""What stands for a text that makes no sense, and begins the reason of a run with a cell that makes none."""
_EMPTY_LIST = "[]"
_EMPTY_OBJECT = "{}"


def _words(value: Any) -> Sequence[str]:
    return cells.words(value) if value is not None and value != _EMPTY_LIST else ()


def _mapping(value: Any) -> dict[str, Any]:
    return cells.mapping(value) if value is not None and value != _EMPTY_OBJECT else {}


RUN_CELLS: tuple[Cell, ...] = (
    ("id", cells.run_id, 0),
    ("job", cells.text, DAMAGED),
    ("triggered_by", cells.member_of(Trigger), Trigger.SCHEDULE),
    ("scheduled_for", or_none(cells.moment), None),
    ("attempt", cells.attempt, 1),
    ("state", cells.member_of(RunState), RunState.FINISHED),
    ("claimed_at", cells.moment, UNKNOWN_MOMENT),
    ("run_type", cells.text, "scheduler_job"),
    ("outcome", or_none(cells.member_of(Outcome)), None),
    ("return_code", or_none(cells.whole), None),
    ("reason", or_none(cells.text), None),
    ("not_before", or_none(cells.moment), None),
    ("started_at", or_none(cells.moment), None),
    ("finished_at", or_none(cells.moment), None),
    ("stop_reason", or_none(cells.text), None),
    ("executor", cells.text, DAMAGED),
    ("reference", or_none(cells.text), None),
    ("submitted_at", or_none(cells.moment), None),
    ("node", or_none(cells.text), None),
    ("waits_for", or_none(cells.text), None),
    ("command", _words, ()),
    ("args", _mapping, {}),
    ("tags", _words, ()),
    ("tag", or_none(cells.text), None),
    ("supervisor", or_none(cells.supervisor), None),
    ("late_because", or_none(cells.text), None),
    ("priority", cells.whole, 0),
    ("awaits", or_none(cells.text), None),
    ("round_at", or_none(cells.moment), None),
    ("stands_since", or_none(cells.moment), None),
    ("run_mode", or_none(cells.text), None),
    ("requested_by", or_none(cells.text), None),
    ("args_changed", _words, ()),
    ("array_indexes", or_none(cells.text), None),
    ("array_of", or_none(cells.run_id), None),
    ("array_index", or_none(cells.whole), None),
    ("array_values", _mapping, {}),
    ("cpu_seconds", or_none(cells.seconds), None),
    ("peak_memory_bytes", or_none(cells.count), None),
)
RUN_COLUMNS = ", ".join(name for name, _, _ in RUN_CELLS)
ALERT_CELLS: tuple[Cell, ...] = (
    ("id", cells.whole, 0),
    ("level", cells.member_of(Level), Level.CRITICAL),
    ("message", cells.text, DAMAGED),
    ("timestamp", cells.moment, UNKNOWN_MOMENT),
    ("source", cells.text, DAMAGED),
    ("context", cells.mapping, {}),
    ("job", or_none(cells.text), None),
    ("run_id", or_none(cells.whole), None),
    ("acknowledged_at", or_none(cells.moment), UNKNOWN_MOMENT),
    ("acknowledged_by", or_none(cells.text), None),
    ("cause", or_none(cells.text), None),
    ("count", cells.count, 1),
    ("last_at", or_none(cells.moment), None),
    ("told_at", or_none(cells.moment), None),
    ("resolved_at", or_none(cells.moment), UNKNOWN_MOMENT),
    ("ack_note", or_none(cells.text), None),
)
ALERT_COLUMNS = "alerts.id, " + ", ".join(name for name, _, _ in ALERT_CELLS[1:])
COMMAND_COLUMNS = (
    "id, CAST(verb AS BLOB), CAST(job AS BLOB), CASE typeof(run_id) WHEN 'integer' THEN run_id WHEN 'null' THEN NULL"
    " ELSE CAST(run_id AS BLOB) END, CAST(arguments AS BLOB), CAST(issued_by AS BLOB), CAST(issued_at AS BLOB),"
    " answer, message"
)
"""Text as its bytes: a command from another program must not fail before ``command_from`` can refuse it."""
STATE_CELLS: tuple[Cell, ...] = (
    ("job", cells.text, DAMAGED),
    ("schedule", cells.schedule, ""),
    ("decided_until", or_none(cells.moment), None),
    ("off_since", or_none(cells.moment), None),
    ("failures", cells.count, 0),
    # Whatever cannot be read keeps a job from starting rather than starting it.
    ("override", or_none(cells.one_of("enabled", "disabled")), "disabled"),
    ("override_by", or_none(cells.text), DAMAGED),
    ("override_at", or_none(cells.moment), UNKNOWN_MOMENT),
    ("override_until", or_none(cells.moment), None),
    ("override_reason", or_none(cells.text), None),
)
STATE_COLUMNS = ", ".join(name for name, _, _ in STATE_CELLS)
HOLD_CELLS: tuple[Cell, ...] = (
    # A hold of which only something can be read is a hold.
    ("hold_since", or_none(cells.moment), UNKNOWN_MOMENT),
    ("hold_by", or_none(cells.text), DAMAGED),
    ("hold_reason", or_none(cells.text), DAMAGED),
)
HOLD_COLUMNS = ", ".join(name for name, _, _ in HOLD_CELLS)
ENGINE_CELLS: tuple[Cell, ...] = (
    ("pid", or_none(cells.pid), None),
    ("host", or_none(cells.text), None),
    ("mode", or_none(cells.text), None),
    ("version", or_none(cells.text), None),
    ("jobs_file", or_none(cells.text), None),
    ("started_at", or_none(cells.moment), None),
    ("stopped_at", or_none(cells.moment), None),
    ("loaded_at", or_none(cells.moment), None),
    ("config_error", or_none(cells.text), None),
    *HOLD_CELLS,
)
SHARE_CELLS: tuple[Cell, ...] = (
    ("lock", cells.text, ""),
    ("pid", or_none(cells.pid), None),
    ("host", or_none(cells.text), None),
    ("mode", or_none(cells.text), None),
    ("version", or_none(cells.text), None),
    ("jobs_file", or_none(cells.text), None),
    ("started_at", or_none(cells.moment), None),
    ("stopped_at", or_none(cells.moment), None),
    ("include_tags", cells.words, ()),
    ("exclude_tags", cells.words, ()),
    # Whoever holds its lock and cannot be asked serves everything: nothing runs twice then.
    ("jobs", or_none(cells.words), None),
)
SHARE_COLUMNS = ", ".join(name for name, _, _ in SHARE_CELLS)
ENGINE_COLUMNS = ", ".join(name for name, _, _ in ENGINE_CELLS)


def stamp(moment: datetime | None) -> str | None:
    """An aware datetime as the registry's text."""
    if moment is None:
        return None
    if moment.tzinfo is UTC and FIRST_MOMENT.year < moment.year < LAST_MOMENT.year:  # as nearly all are
        return moment.isoformat(timespec="microseconds")[:26] + "Z"
    bounded = min(max(moment, FIRST_MOMENT), LAST_MOMENT)
    return bounded.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def moment(text: object) -> datetime | None:
    """The registry's text as an aware datetime in UTC; of anything else a moment that is long past."""
    try:
        return None if text is None else cells.moment(text)
    except cells.NONSENSE:
        return UNKNOWN_MOMENT


def as_json(value: Any) -> str:
    if not value and value.__class__ in (list, dict, tuple):  # as most are
        return _EMPTY_OBJECT if value.__class__ is dict else _EMPTY_LIST
    from json import dumps

    made = dumps(value, ensure_ascii=False, default=str)
    try:
        made.encode()
    except UnicodeEncodeError:  # half of a character, as file names and arguments have it where they are not UTF-8
        return dumps(value, default=str)
    return made


def refuse(what: str, faults: Sequence[str]) -> NoReturn:
    """Raise ``DamagedRowError``."""
    raise DamagedRowError(
        f"the registry is damaged in {what} ({', '.join(faults)}); an engine that serves it mends that"
    )


def run_from(row: Sequence[Any], *, strict: bool = False) -> Run:
    """A ``Run`` from its ``RUN_COLUMNS``."""
    return run_and_faults(row, strict=strict)[0]


def run_and_faults(row: Sequence[Any], *, strict: bool = False) -> tuple[Run, Sequence[str]]:
    """As ``run_from``, and the fields that make no sense."""
    from peak_console.model.records import Run

    found, faults = read_row(row, RUN_CELLS)
    _settle_state(found, faults)
    if faults:
        if strict:
            refuse(f"run #{row[0]}", faults)
        found["reason"] = f"{DAMAGED}: {', '.join(faults)}" + (f"; {found['reason']}" if found["reason"] else "")
    return Run(**found), faults


def _settle_state(found: dict[str, Any], faults: list[str]) -> None:
    """Make a run's state, outcome and end agree."""
    finished, outcome = found["state"] == RunState.FINISHED, found["outcome"]
    if finished and outcome is None:
        found["outcome"] = Outcome.LOST
        faults += ["outcome"] if "outcome" not in faults else []
    elif not finished and outcome is not None:
        found["state"], finished = RunState.FINISHED, True
        faults += ["state"]
    if finished and found["finished_at"] is None:
        found["finished_at"] = found["started_at"] or found["claimed_at"]
        faults += ["finished_at"] if "finished_at" not in faults else []


def alert_from(row: Sequence[Any]) -> Alert:
    """An ``Alert`` from its ``ALERT_COLUMNS``; a value that makes no sense is replaced and named in the message."""
    from peak_console.model.records import Alert

    found, faults = read_row(row, ALERT_CELLS)
    if faults and found["message"] != DAMAGED:
        found["message"] += f"\n({DAMAGED}: {', '.join(faults)})"
    return Alert(**found)


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
        issued_at=cells.moment(_decoded("issued_at", row[6])),
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
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict):
        return value
    raise ValueError(f"its {column} are no JSON object")


def state_from(row: Sequence[Any], *, strict: bool = False) -> JobState:
    """A ``JobState`` from its ``STATE_COLUMNS``."""
    return state_and_faults(row, strict=strict)[0]


def state_and_faults(row: Sequence[Any], *, strict: bool = False) -> tuple[JobState, Sequence[str]]:
    """As ``state_from``, and the fields that make no sense."""
    from peak_console.model.state import JobState, Override

    found, faults = read_row(row, STATE_CELLS)
    if faults and strict:
        refuse(f'what is remembered of the job "{found["job"]}"', faults)
    override = None
    if found["override"] is not None:
        override = Override(
            # An enabling whose end cannot be read has ended.
            enabled=found["override"] == "enabled" and "override_until" not in faults,
            by=found["override_by"] or DAMAGED,
            at=found["override_at"] or UNKNOWN_MOMENT,
            until=found["override_until"],
            reason=found["override_reason"],
        )
    return JobState(
        job=found["job"],
        schedule=found["schedule"],
        decided_until=found["decided_until"],
        off_since=found["off_since"],
        failures=found["failures"],
        override=override,
    ), faults


def engine_from(row: Sequence[Any], *, strict: bool = False) -> EngineInfo:
    """An ``EngineInfo`` from its ``ENGINE_COLUMNS``."""
    from peak_console.model.records import EngineInfo

    found, faults = read_row(row, ENGINE_CELLS)
    if faults and strict:
        refuse("what it says of the engine", faults)
    hold = _hold(found)
    for name, _, _ in HOLD_CELLS:
        del found[name]
    return EngineInfo(**found, hold=hold)


def hold_from(row: Sequence[Any]) -> Hold | None:
    """A ``Hold`` from its ``HOLD_COLUMNS``."""
    return _hold(read_row(row, HOLD_CELLS)[0])


def _hold(found: dict[str, Any]) -> Hold | None:
    from peak_console.model.state import Hold

    since = found["hold_since"]
    return Hold(since, found["hold_by"] or DAMAGED, found["hold_reason"]) if since is not None else None


def share_from(row: Sequence[Any]) -> EngineInfo:
    """An ``EngineInfo`` from its ``SHARE_COLUMNS``; a value that makes no sense is replaced."""
    from peak_console.model.records import EngineInfo

    return EngineInfo(**read_row(row, SHARE_CELLS)[0])
