"""Moments as the verbs read and show them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from peak_console.errors import UsageError
from peak_console.schedule.zones import instant_of, local_time
from peak_console.text import duration, parse_duration, safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import tzinfo


def moment(option: str, text: str, zone: tzinfo, now: datetime, *, ahead: bool) -> datetime:
    """The instant (UTC) that an option names: ISO 8601, or a duration from ``now`` (``ahead``, or ago).

    A time without an offset is wall clock in ``zone``. Raises ``UsageError``.
    """
    try:
        return _instant(text.strip(), zone)
    except ValueError:
        pass
    except OverflowError:
        raise UsageError(f"{option}: {safe(text)} is too far away; name a time between the years 1 and 9999") from None
    try:
        delta = timedelta(seconds=parse_duration(text))
        return now + delta if ahead else now - delta
    except OverflowError:
        raise UsageError(f"{option}: {safe(text)} is too far away; name a time between the years 1 and 9999") from None
    except ValueError:
        raise UsageError(
            f'{option}: "{safe(text[:100])}" is neither a time nor a duration; write for example '
            f"{now.astimezone(zone):%Y-%m-%dT%H:%M}, {now.astimezone(zone):%Y-%m-%d} or 2h"
        ) from None


def _instant(text: str, zone: tzinfo) -> datetime:
    parsed = datetime.fromisoformat(text)
    return instant_of(parsed, zone) if parsed.tzinfo is None else parsed.astimezone(UTC)


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
