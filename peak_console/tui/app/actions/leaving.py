"""What is said after the console has left: what goes on without it, and what does not. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.text import countdown, safe
from peak_console.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.tui.state.snapshot import Snapshot

NAMES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Departure:
    """How things stood when the console left."""

    directory: str
    served_here: bool
    """Whether its own engine served."""
    served_by: str | None = None
    """The other process whose engine serves; ``None``: none does."""
    successor: int | None = None
    """The process id of the headless engine that goes on."""
    successor_failure: str | None = None
    """Why that one does not serve."""
    left: Sequence[str] = ()
    """The runs that go on: ``backup #12``."""
    upcoming: str = ""
    """What comes next, as ``next_up`` says it."""


def next_up(snapshot: Snapshot | None, now: datetime) -> str:
    """``next: limit_check in 56m``; empty where nothing is scheduled."""
    if snapshot is None:
        return ""
    rows = [row for row in snapshot.rows if row.next_at is not None and row.view.not_served is None]
    row = min(rows, key=lambda each: each.next_at, default=None)  # type: ignore[arg-type,return-value]
    if row is None or row.next_at is None:
        return ""
    left = (row.next_at - now).total_seconds()
    return f"next: {safe(row.name)} {'now' if left <= 0 else f'in {countdown(left)}'}"


def farewell(departure: Departure) -> str:
    """What happened, in a sentence."""
    upcoming = f"; {departure.upcoming}" if departure.upcoming else ""
    if departure.successor is not None and departure.successor_failure is None:
        return (
            f"scheduling goes on in the background (pid {departure.successor}){upcoming}; "
            f"peak-console shows it again, kill {departure.successor} ends it"
        )
    if departure.successor is not None:
        return (
            f"nothing is scheduled any more: the engine in the background has not begun "
            f"({departure.successor_failure}); start one with peak-console --headless"
        )
    if departure.served_here:
        runs = f"; {listed(departure.left)} {'goes' if len(departure.left) == 1 else 'go'} on" if departure.left else ""
        late = f" ({departure.upcoming})" if departure.upcoming else ""
        return f"the scheduler has ended{runs}; nothing starts until an engine serves {departure.directory}{late}"
    if departure.served_by is not None:
        return f"scheduling goes on: {departure.served_by} serves {departure.directory}{upcoming}"
    return f"no engine serves {departure.directory}: nothing starts"


def listed(runs: Sequence[str]) -> str:
    """``a #1, b #2 and 7 more``."""
    more = f" and {len(runs) - NAMES_SHOWN} more" if len(runs) > NAMES_SHOWN else ""
    return ", ".join(runs[:NAMES_SHOWN]) + more
