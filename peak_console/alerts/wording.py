"""The small phrases that alert messages are made of."""

from __future__ import annotations

from datetime import UTC

from peak_console.schedule.zones import local_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

TAIL_LINES = 10
TAIL_COLUMNS = 300
NAMES_SHOWN = 10


def count(number: int, noun: str) -> str:
    """``1 slot``, ``2 slots``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def moment(when: datetime, now: datetime, zone: tzinfo | None) -> str:
    """``when`` on the wall clock of ``zone`` (``None``: UTC); the date is left out on the day of ``now``."""
    zone = zone or UTC
    local = local_time(when, zone)
    today = local.date() == now.astimezone(zone).date()
    return f"{local:%H:%M:%S %Z}" if today else f"{local:%Y-%m-%d %H:%M:%S %Z}"


def exit_code(return_code: int | None) -> str:
    """``exit code 2``; a code that stands for a signal also names it.

    A shell reports a process killed by signal n as 128 + n, ``subprocess`` as -n.
    """
    if return_code is None:
        return "no exit code"
    number = -return_code if return_code < 0 else return_code - 128
    if number > 0:
        import signal

        try:
            return f"exit code {return_code} ({signal.Signals(number).name})"
        except ValueError:
            pass
    return f"exit code {return_code}"


def tail(lines: Sequence[str]) -> list[str]:
    """The last lines worth showing: blank ones at either end dropped, long ones cut with an ellipsis."""
    kept = [line.rstrip() for line in lines]
    while kept and not kept[-1]:
        kept.pop()
    kept = kept[-TAIL_LINES:]
    while kept and not kept[0]:
        kept.pop(0)
    return [line if len(line) <= TAIL_COLUMNS else line[: TAIL_COLUMNS - 1] + "…" for line in kept]


def names(jobs: Sequence[str], most: int | None = None) -> str:
    """The names with commas; beyond ``most``, ten by default, only how many more there are."""
    most = NAMES_SHOWN if most is None else most
    shown = ", ".join(jobs[:most])
    more = len(jobs) - most
    return f"{shown} and {more} more" if more > 0 else shown
