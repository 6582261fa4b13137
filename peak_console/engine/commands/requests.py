"""What a command asks for, as a value. Each argument is checked before anything is done: anybody may write a row."""

from __future__ import annotations

from peak_console.decisions.holding.backlog import Backlog
from peak_console.engine.commands.holding import (
    HoldJobsRequest,
    ReleaseJobsRequest,
    moment_of,
    scoped_request,
)
from peak_console.errors import UsageError
from peak_console.model.terms import Level
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from typing import Any

    from peak_console.engine.commands.blackouts import AddBlackoutRequest, EndBlackoutRequest
    from peak_console.model.records import Command

LONGEST_OVERRIDE_SECONDS = 10 * 366 * 86400
"""Ten years: a longer ``--for`` is a typing error, and far longer ones end after the calendar does."""
MOST_ALERTS = 10_000
"""Alerts that one command names at the most."""
LONGEST_ALERT = 10_000
"""Characters of an alert that a job raises."""
LARGEST_NUMBER = 2**63 - 1
"""The largest id that the registry can hold."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Start a job now, or answer for the run that was made for this command before."""

    by: str
    job: str
    force: bool
    made: int | None
    """The run that the command has made: its engine ended before it could answer."""
    arguments: Mapping[str, Any]
    """Other values for the job's arguments; ``None`` leaves one out."""
    chain: str | None = None
    """``downstream``: then every job that waits for it; ``from_here``: the same, of a job that has failed."""
    failed: bool = False
    """Only the runs of its last array that did not succeed."""


@dataclass(frozen=True, slots=True)
class StopRequest:
    """Stop the runs of a job, or one run; one of the two is named."""

    by: str
    job: str | None
    run_id: int | None


@dataclass(frozen=True, slots=True)
class OverrideRequest:
    """Enable or disable a job; this outranks the jobs file."""

    by: str
    job: str
    enabled: bool
    seconds: float | None
    """``None`` is for good, unless it is ``until`` a moment."""
    reason: str | None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """Start nothing until it is released."""

    by: str
    reason: str | None
    edit: bool
    """Change the reason of the hold that there is."""


@dataclass(frozen=True, slots=True)
class ReleaseRequest:
    """Start jobs again after a hold."""

    by: str
    slots: Backlog | None
    """What becomes of the slots that have passed meanwhile; ``None``: what each job says."""


@dataclass(frozen=True, slots=True)
class GateRequest:
    """Keep a gate closed; this outranks its check. Or let its check decide again."""

    by: str
    gate: str
    closes: bool
    reason: str | None


@dataclass(frozen=True, slots=True)
class AlertRequest:
    """Raise an alert: a job has something to say, or a person."""

    by: str
    level: Level
    message: str
    job: str | None
    run_id: int | None


@dataclass(frozen=True, slots=True)
class AcknowledgeRequest:
    """Acknowledge an alert; ``None`` is all of them."""

    by: str
    alert: int | None
    note: str | None
    newest: int | None
    """The newest alert that was seen; later ones stay open."""


@dataclass(frozen=True, slots=True)
class TakeBackRequest:
    """Have acknowledged alerts be open again."""

    by: str
    alerts: Sequence[int]


@dataclass(frozen=True, slots=True)
class ReloadRequest:
    """Read the jobs file again; ``accept`` all removals."""

    by: str
    accept: bool


if TYPE_CHECKING:
    Request = (
        RunRequest
        | StopRequest
        | OverrideRequest
        | HoldRequest
        | ReleaseRequest
        | GateRequest
        | AlertRequest
        | AcknowledgeRequest
        | TakeBackRequest
        | ReloadRequest
        | HoldJobsRequest
        | ReleaseJobsRequest
        | AddBlackoutRequest
        | EndBlackoutRequest
    )


def chain_of(command: Command) -> str | None:
    """How far a run by hand goes down its chain. Raises ``UsageError``."""
    chain = command.arguments.get("chain")
    if chain not in (None, "downstream", "from_here"):
        raise UsageError("run: chain is downstream or from_here")
    return chain if isinstance(chain, str) else None


def request_of(command: Command, arguments_of: Callable[[Command], Mapping[str, Any]]) -> Request:
    """What a command asks for. ``arguments_of`` reads private arguments too. Raises ``UsageError``."""
    by, job = command.issued_by, command.job or ""
    match command.verb:
        case "run":
            made, force = command.run_id, bool(command.arguments.get("force"))
            changes = changed_arguments(arguments_of(command).get("args")) if made is None else {}
            return RunRequest(by, job, force, made, changes, chain_of(command), bool(command.arguments.get("failed")))
        case "stop":
            if command.run_id is None and command.job is None:
                raise UsageError("stop: name a job, or a run by its number")
            return StopRequest(by, command.job, command.run_id)
        case "enable" | "disable" as verb:
            return OverrideRequest(
                by, job, verb == "enable", override_seconds(command), reason_of(command), moment_of(command)
            )
        case "hold":
            return HoldRequest(by, reason_of(command), bool(command.arguments.get("edit")))
        case "release":
            return ReleaseRequest(by, backlog_of(command))
        case "close_gate" | "open_gate" as verb:
            gate = command.arguments.get("gate")
            if not isinstance(gate, str):
                raise UsageError(f"{verb}: name a gate")
            return GateRequest(by, gate, verb == "close_gate", reason_of(command))
        case "hold_jobs" | "release_jobs" | "add_blackout" | "end_blackout":
            return _of_some_jobs(command)
        case "alert" | "ack" | "unack":
            return _of_alerts(command)
        case "reload":
            return ReloadRequest(by, bool(command.arguments.get("accept")))
    raise UsageError(f'unknown command "{command.verb}"')


def _of_some_jobs(
    command: Command,
) -> HoldJobsRequest | ReleaseJobsRequest | AddBlackoutRequest | EndBlackoutRequest:
    if command.verb in ("hold_jobs", "release_jobs"):
        return scoped_request(command, reason_of(command))
    from peak_console.engine.commands.blackouts import blackout_request

    return blackout_request(command, reason_of(command))


def _of_alerts(command: Command) -> AlertRequest | AcknowledgeRequest | TakeBackRequest:
    if command.verb == "alert":
        return _alert_request(command)
    if command.verb == "unack":
        return TakeBackRequest(command.issued_by, alert_numbers(command))
    newest = alert_number(command, "newest")
    return AcknowledgeRequest(command.issued_by, alert_number(command), reason_of(command, "note"), newest)


def _alert_request(command: Command) -> AlertRequest:
    level, message = command.arguments.get("level"), command.arguments.get("message")
    if level not in tuple(Level):
        raise UsageError(f"alert: the level must be one of {', '.join(Level)}")
    if not isinstance(message, str) or not message.strip():
        raise UsageError("alert: the message must be a text")
    job = command.arguments.get("of_job")
    told = job if isinstance(job, str) and job else None
    return AlertRequest(command.issued_by, Level(level), message[:LONGEST_ALERT], told, command.run_id)


def override_seconds(command: Command) -> float | None:
    """How long an override is to last; ``None`` is for good. Raises ``UsageError``."""
    seconds = command.arguments.get("for_seconds")
    if seconds is None:
        return None
    if not _is_number(seconds) or not 0 < seconds <= LONGEST_OVERRIDE_SECONDS:
        raise UsageError(f"{command.verb}: for_seconds must be a number above 0 and at most ten years")
    return float(seconds)


def reason_of(command: Command, name: str = "reason") -> str | None:
    """The reason that a person gives, or their note, in their words. Raises ``UsageError``."""
    reason = command.arguments.get(name)
    if reason is not None and not isinstance(reason, str):
        raise UsageError(f"{command.verb}: the {name} must be a text")
    return reason


def backlog_of(command: Command) -> Backlog | None:
    """What becomes of slots that wait; ``None`` is what each job says. Raises ``UsageError``."""
    choice = command.arguments.get("slots")
    if choice is None:
        return None
    if choice not in [*Backlog]:
        raise UsageError(f"{command.verb}: slots must be one of {', '.join(Backlog)}")
    return Backlog(choice)


def alert_number(command: Command, name: str = "alert") -> int | None:
    """Which alert is meant; ``None`` is all of them. Raises ``UsageError``."""
    number = command.arguments.get(name)
    return None if number is None else _alert(command, number)


def alert_numbers(command: Command) -> list[int]:
    """Which alerts are meant, at least one. Raises ``UsageError``."""
    numbers = command.arguments.get("alerts")
    if not isinstance(numbers, list) or not 0 < len(numbers) <= MOST_ALERTS:
        raise UsageError(f"{command.verb}: name up to {MOST_ALERTS} alerts by their numbers")
    return [_alert(command, number) for number in numbers]


def _alert(command: Command, number: Any) -> int:
    if isinstance(number, bool) or not isinstance(number, int):
        raise UsageError(f"{command.verb}: an alert is named by its number; see: peak-console alerts")
    if not 0 < number <= LARGEST_NUMBER:
        raise UsageError(f"there is no alert #{number if abs(number) <= LARGEST_NUMBER else '…'}")
    return number


def changed_arguments(changes: Any) -> dict[str, Any]:
    """Other values for a job's arguments, ``None`` for one that is left out. Raises ``UsageError``."""
    if not changes:
        return {}
    if not isinstance(changes, dict):
        raise UsageError("run: the arguments must be a table of names and values")
    from peak_console.jobs.file.checks import checks_of
    from peak_console.jobs.file.fields.field import JOB

    faults = checks_of(JOB)["args"]({name: value for name, value in changes.items() if value is not None})
    if faults:
        raise UsageError(f"the arguments of a run {faults[0][1]}")
    return changes


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
