"""Checks of days and of times of day."""

from __future__ import annotations

from datetime import date, time

from peak_console.jobs.file.checks.wording import GOOD, described, one_fault, quoted, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from peak_console.jobs.file.checks.wording import Check, Fault, Faults
    from peak_console.jobs.file.fields import field as fields


def check_date(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        fault = _date_fault(value)
        return one_fault(f"must be {field.kind} such as {field.example}{fault}") if fault is not None else GOOD

    return check


def check_dates(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not list:
            return one_fault(wrong_type(field.kind, value))
        faults = ((index, _date_fault(item)) for index, item in enumerate(value))
        return tuple(
            ((index,), f"must hold dates such as 2026-12-24{fault}") for index, fault in faults if fault is not None
        )

    return check


def _date_fault(value: Any) -> str | None:
    """What a value is that is no date; ``None`` for one."""
    if value.__class__ is date:
        return None
    if value.__class__ is not str:
        return f", not {described(value)}"
    try:
        date.fromisoformat(value)
    except ValueError:
        return f", not {quoted(value)}"
    return None


def check_times(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        if value.__class__ is not dict:
            return one_fault(wrong_type(field.kind, value))
        faults: list[Fault] = []
        for day, at in value.items():
            if (fault := _date_fault(day)) is not None:
                faults.append(((day,), f'must hold dates such as "2026-12-31"{fault}'))
            elif not is_time(at):
                shown = quoted(at) if at.__class__ is str else described(at)
                faults.append(((day,), f'must hold times of day such as "14:00", not {shown}'))
        return tuple(faults)

    return check


def is_time(value: Any) -> bool:
    """Whether a value is a time of day: of TOML's own, or as text."""
    if value.__class__ is time:
        return True
    if value.__class__ is not str:
        return False
    from peak_console.schedule.wallclock import ScheduleError, time_of_day

    try:
        time_of_day(value)
    except ScheduleError:
        return False
    return True
