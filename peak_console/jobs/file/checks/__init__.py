"""Checks of single values of a jobs file, made from the table in ``fields``.

A check takes a value as TOML gives it and answers with its faults: for each the path inside the value (empty for
the value itself) and what is wrong, to be read after the key's name. No fault shows a value that may be secret.
"""

from __future__ import annotations

from peak_console.jobs.file.checks.dates import check_date, check_dates, check_times
from peak_console.jobs.file.checks.single import (
    check_boolean,
    check_bound,
    check_duration,
    check_integers,
    check_moment,
    check_number,
    check_text,
    check_texts,
)
from peak_console.jobs.file.checks.tables import (
    check_anything,
    check_arguments,
    check_expectations,
    check_requirements,
    check_resources,
    check_tables,
    check_variables,
)
from peak_console.jobs.file.fields import field as fields
from peak_console.jobs.file.fields import fields_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from peak_console.jobs.file.checks.wording import Check, Faults


def checks_of(table: str) -> dict[str, Check]:
    """For each key that ``table`` may hold its check."""
    return {key: _check_of(field) for key, field in fields_of(table).items()}


def _check_of(field: fields.Field) -> Check:
    makers: dict[str, Callable[[fields.Field], Check]] = {
        fields.TEXT: check_text,
        fields.BOOLEAN: check_boolean,
        fields.INTEGER: check_number,
        fields.NUMBER: check_number,
        fields.DURATION: check_duration,
        fields.EXPECTATIONS: check_expectations,
        fields.REQUIREMENTS: check_requirements,
        fields.MOMENT: check_moment,
        fields.BOUND: check_bound,
        fields.TEXTS: check_texts,
        fields.INTEGERS: check_integers,
        fields.ARGUMENTS: check_arguments,
        fields.VARIABLES: check_variables,
        fields.TABLES: check_tables,
        fields.DATE: check_date,
        fields.DATES: check_dates,
        fields.TIMES: check_times,
        fields.ANYTHING: check_anything,
        fields.RESOURCES_TABLE: check_resources,
        fields.MATRIX: _of_array,
        fields.SUCCESS_RULE: _of_array,
    }
    return makers[field.kind](field)


def _of_array(field: fields.Field) -> Check:
    def check(value: Any) -> Faults:
        from peak_console.jobs.file.checks.arrays import check_matrix, check_success_rule  # few files have arrays

        return (check_matrix if field.kind == fields.MATRIX else check_success_rule)(field)(value)

    return check
