"""What a command may ask for. Each value is checked before anything is done: anybody may have written the row."""

from __future__ import annotations

from peak_console.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from peak_console.model.records import Command

LONGEST_OVERRIDE_SECONDS = 10 * 366 * 86400
"""Ten years: a longer ``--for`` is a typing error, and far longer ones end after the calendar does."""
LARGEST_NUMBER = 2**63 - 1
"""The largest id that the registry can hold."""


def override_seconds(command: Command) -> float | None:
    """How long an override is to last; ``None`` is for good. Raises ``UsageError``."""
    seconds = command.arguments.get("for_seconds")
    if seconds is None:
        return None
    if not _is_number(seconds) or not 0 < seconds <= LONGEST_OVERRIDE_SECONDS:
        raise UsageError(f"{command.verb}: for_seconds must be a number above 0 and at most ten years")
    return float(seconds)


def reason_of(command: Command) -> str | None:
    """Why somebody gives the command, in their words. Raises ``UsageError``."""
    reason = command.arguments.get("reason")
    if reason is not None and not isinstance(reason, str):
        raise UsageError(f"{command.verb}: the reason must be a text")
    return reason


def alert_number(command: Command) -> int | None:
    """Which alert is meant; ``None`` is all of them. Raises ``UsageError``."""
    number = command.arguments.get("alert")
    if number is None:
        return None
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
    from peak_console.jobs.checks import checks_of
    from peak_console.jobs.fields import JOB

    faults = checks_of(JOB)["args"]({name: value for name, value in changes.items() if value is not None})
    if faults:
        raise UsageError(f"the arguments of a run {faults[0][1]}")
    return changes


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
