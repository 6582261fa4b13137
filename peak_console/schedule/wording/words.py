"""A schedule in a few words, for tables and messages."""

from __future__ import annotations

from peak_console.schedule.model import WEEKDAYS
from peak_console.schedule.slots import kind_of
from peak_console.schedule.wallclock import weekday_numbers
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
    return kind_of(schedule).words(f" {zone_name(schedule.timezone)}" if with_zone else "")


def run_at_words(schedule: JobSchedule) -> str:
    """``2026-12-01 09:00``, as clocks in the schedule's zone show ``run_at``."""
    at = schedule.run_at
    assert at is not None
    local = at if at.tzinfo is None else local_time(at, zone(schedule.timezone))
    return local.strftime("%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M")


def foreign_zone(schedule: JobSchedule, shown_in: tzinfo) -> tzinfo | None:
    """The zone of a schedule of wall-clock times, where that is not the one that times are shown in."""
    if not kind_of(schedule).is_wall_clock and schedule.run_at is None:
        return None
    own = zone(schedule.timezone)
    return None if own is shown_in or zone_name(schedule.timezone) == str(shown_in) else own


def seconds_words(seconds: float) -> str:
    """In the largest unit that leaves no rest."""
    for unit, letter in _UNITS:
        if seconds >= unit and seconds % unit == 0:
            return f"{int(seconds // unit)}{letter}"
    return f"{int(seconds)}s" if seconds == int(seconds) else f"{seconds:g}s"


def days_words(days: tuple[str, ...]) -> str:
    """``daily``, ``mon–fri`` for three or more in a row, else ``mon, wed``."""
    numbers = weekday_numbers(days)
    if len(numbers) in (0, 7):
        return "daily"
    first, last = numbers[0], numbers[-1]
    if len(numbers) > 2 and last - first == len(numbers) - 1:
        return f"{WEEKDAYS[first]}–{WEEKDAYS[last]}"
    return ", ".join(WEEKDAYS[number] for number in numbers)
