"""What is doubtful about a schedule that names moments: it may not be what was meant."""

from __future__ import annotations

from peak_console.schedule.wallclock import cron_fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

_FIELDS: Final = (("minute", 60), ("hour", 24), ("day-of-month", 31), ("month", 12), ("day-of-week", 7))


def cron_doubts(expression: str) -> list[str]:
    """A sentence for each thing in a valid cron expression that seldom means what its writer thinks."""
    fields = cron_fields(expression).split()
    found: list[str] = []
    for (name, size), field in zip(_FIELDS, fields, strict=False):
        for term in field.split(","):
            start, _, step = term.partition("/")
            if start == "*" and step.isdigit() and int(step) >= size:
                found.append(
                    f"*/{step} in the {name} is its first value only: there are {size}; for a longer pace write"
                    ' schedule_type = "interval"'
                )
            elif start == "*" and step.isdigit() and size % int(step) and name in ("minute", "hour"):
                found.append(
                    f"*/{step} in the {name} begins anew at 0: the last step of each round is shorter; for an even pace"
                    ' write schedule_type = "interval"'
                )
    if len(fields) == 5 and not fields[2].startswith("*") and not fields[4].startswith("*"):
        found.append(
            f"day of the month ({fields[2]}) and weekday ({fields[4]}) are both given: it fires on each day that"
            " matches either of them; for the n-th weekday of a month write one such as mon#1"
        )
    return found
