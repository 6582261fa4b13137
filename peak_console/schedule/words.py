"""A schedule in a few words, for tables and messages."""

from __future__ import annotations

from peak_console.schedule.model import WEEKDAYS
from peak_console.schedule.wallclock import time_of_day, weekday_numbers
from peak_console.schedule.zones import local_time, zone, zone_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import tzinfo

    from peak_console.schedule.model import JobSchedule

_UNITS = ((86400, "d"), (3600, "h"), (60, "m"))


def in_words(schedule: JobSchedule, *, with_zone: bool = False) -> str:
    """``every 1h``, ``mon–fri 07:30``, ``cron */5 9-17 * * mon-fri``, ``once, 2026-12-01 09:00``.

    Takes a schedule that ``slots.validate`` accepts. ``with_zone`` appends the zone's name where the words hold
    a wall-clock time.
    """
    place = f" {zone_name(schedule.timezone)}" if with_zone else ""
    if schedule.type == "interval":
        return f"every {_every(schedule.interval_seconds or 0)}"
    if schedule.type == "cron":
        return f"cron {' '.join(str(schedule.cron).split())}{place}"
    if schedule.type == "daily":
        at = time_of_day(str(schedule.daily_time)).isoformat().removesuffix(":00")
        return f"{_days(tuple(schedule.days))} {at}{place}"
    if schedule.run_at is None:
        return "once"
    at_local = (
        schedule.run_at if schedule.run_at.tzinfo is None else local_time(schedule.run_at, zone(schedule.timezone))
    )
    pattern = "%Y-%m-%d %H:%M:%S" if at_local.second else "%Y-%m-%d %H:%M"
    return f"once, {at_local.strftime(pattern)}{place}"


def foreign_zone(schedule: JobSchedule, shown_in: tzinfo) -> tzinfo | None:
    """The zone of a schedule of wall-clock times, where that is not the one that times are shown in."""
    if schedule.type not in ("daily", "cron") and not (schedule.type == "once" and schedule.run_at):
        return None
    own = zone(schedule.timezone)
    return None if own is shown_in or zone_name(schedule.timezone) == str(shown_in) else own


def _every(seconds: float) -> str:
    """In the largest unit that leaves no rest."""
    for unit, letter in _UNITS:
        if seconds >= unit and seconds % unit == 0:
            return f"{int(seconds // unit)}{letter}"
    return f"{int(seconds)}s" if seconds == int(seconds) else f"{seconds:g}s"


def _days(days: tuple[str, ...]) -> str:
    """``daily``, ``mon–fri`` for three or more in a row, else ``mon, wed``."""
    numbers = weekday_numbers(days)
    if len(numbers) in (0, 7):
        return "daily"
    first, last = numbers[0], numbers[-1]
    if len(numbers) > 2 and last - first == len(numbers) - 1:
        return f"{WEEKDAYS[first]}–{WEEKDAYS[last]}"
    return ", ".join(WEEKDAYS[number] for number in numbers)
