"""Moments as the verbs read and show them."""

from __future__ import annotations

from peak_console.errors import UsageError
from peak_console.schedule.wording.spoken_times import moment_ahead, moment_back
from peak_console.schedule.zones import local_time
from peak_console.text import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, tzinfo


def moment(option: str, text: str, zone: tzinfo, now: datetime, *, ahead: bool) -> datetime:
    """The instant (UTC) that an option names: ISO 8601, ``18:00``, ``yesterday``, a duration from ``now`` (or ago).

    A time without an offset is wall clock in ``zone``. Raises ``UsageError``.
    """
    try:
        return moment_ahead(text, zone, now) if ahead else moment_back(text, zone, now)
    except ValueError as error:
        raise UsageError(f"{option}: {error}") from None


def iso(at: datetime | None, zone: tzinfo) -> str | None:
    """ISO 8601 with the offset of ``zone``."""
    return None if at is None else local_time(at, zone).isoformat()


def shown(at: datetime | None, zone: tzinfo) -> str:
    """``2026-12-01 07:30:00``; nothing for ``None``."""
    return "" if at is None else f"{local_time(at, zone):%Y-%m-%d %H:%M:%S}"


def shown_with_zone(at: datetime, zone: tzinfo) -> str:
    """``Tue 2026-12-01 07:30:00 CET``: tells the two passes of a folded hour apart."""
    return f"{local_time(at, zone):%a %Y-%m-%d %H:%M:%S %Z}"


def until(at: datetime, now: datetime) -> str:
    """``in 48s``, ``in 4m12s``, ``in 3d04h``; ``due`` once the time has come."""
    seconds = (at - now).total_seconds()
    if seconds <= 0:
        return "due"
    whole = int(seconds) + (seconds > int(seconds))
    return f"in {whole}s" if whole < 60 else f"in {duration(whole)}"
