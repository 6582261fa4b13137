"""From the values that a jobs file has, once they are checked, to those that definitions hold."""

from __future__ import annotations

from datetime import date, datetime, time
from math import isfinite

from peak_console.jobs.file.checks.wording import DAY_NAMES, as_text
from peak_console.jobs.file.fields import FIELDS
from peak_console.jobs.file.fields.field import (
    ANYTHING,
    ARGUMENTS,
    DURATION,
    INTEGERS,
    JOB,
    REQUIREMENTS,
    RESOURCES_TABLE,
    SCHEDULER,
    TEXTS,
    VARIABLES,
)
from peak_console.jobs.model import Requirement
from peak_console.text import parse_duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final

    from peak_console.jobs.model import Resources


def _moment(value: Any) -> datetime:
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return value if isinstance(value, datetime) else datetime.combine(value, time())


def _clock_time(value: Any) -> str:
    return value.isoformat().removesuffix(":00") if isinstance(value, time) else str(value)


def _days(value: list[str]) -> tuple[str, ...]:
    return tuple(DAY_NAMES[day.strip().lower()] for day in value)


def _arguments(value: dict[str, Any]) -> dict[str, Any]:
    for name, item in value.items():
        if isinstance(item, date | time):
            value[name] = item.isoformat()
        elif item.__class__ is list:
            value[name] = [as_text(element) if isinstance(element, date | time) else element for element in item]
    return value


def _variables(value: dict[str, Any]) -> dict[str, str]:
    return {name: item if item.__class__ is str else as_text(item) for name, item in value.items()}


def _resources(value: dict[str, Any]) -> Resources:
    from peak_console.jobs.file.sections.executors import resources_of

    return resources_of(value)


def _requirements(value: list[dict[str, str]]) -> tuple[Requirement, ...]:
    return tuple(Requirement(each["file"], each.get("newer_than")) for each in value)


def seconds_of(value: str | float) -> float:
    """A duration as it is written, in seconds."""
    return parse_duration(value) if isinstance(value, str) else value


def _anything(value: Any) -> Any:
    """As JSON could say it: moments, and numbers that are none, become text."""
    if isinstance(value, dict):
        return {name: _anything(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_anything(item) for item in value]
    if isinstance(value, date | time) or (isinstance(value, float) and not isfinite(value)):
        return as_text(value)
    return value


_BY_KIND: Final[dict[str, Callable[[Any], Any]]] = {
    TEXTS: tuple,
    INTEGERS: tuple,
    ARGUMENTS: _arguments,
    VARIABLES: _variables,
    ANYTHING: _anything,
    RESOURCES_TABLE: _resources,
    DURATION: seconds_of,
    REQUIREMENTS: _requirements,
}
CONVERSIONS: Final[dict[str, Callable[[Any], Any]]] = {
    **{
        field.key: _BY_KIND[field.kind]
        for field in FIELDS
        if field.kind in _BY_KIND and not {JOB, SCHEDULER}.isdisjoint(field.where)
    },
    "run_at": _moment,
    "daily_time": _clock_time,
    "days": _days,
    "wait_at_most": parse_duration,
    "expect_duration": lambda value: tuple(map(parse_duration, value)),
}
"""By key: makes of a checked value the one that a definition holds. Values of other keys are taken as they are."""
