from __future__ import annotations

from dataclasses import MISSING, fields

import pytest
import tomli

from peak_console.jobs.beside import AlertChannel
from peak_console.jobs.file.checks import checks_of
from peak_console.jobs.file.checks.wording import GOOD
from peak_console.jobs.file.fields import FIELDS, fields_of
from peak_console.jobs.file.fields.field import (
    ALERTS,
    CATCH_UPS,
    CHANNEL,
    EXECUTOR,
    IF_STALE,
    JOB,
    LEVELS,
    MODES,
    OVERLAPS,
    RESOURCES,
    SCHEDULE_TYPES,
    SCHEDULER,
    Field,
)
from peak_console.jobs.model import Array, CatchUp, IfStale, JobDefinition, Mode, Overlap, SchedulerSettings
from peak_console.model.records import Level
from peak_console.schedule.model import JobSchedule, ScheduleType, SessionRule


def name_of(field: Field) -> str:
    return f"{field.where[-1]}-{field.key}"


@pytest.mark.parametrize("field", FIELDS, ids=name_of)
def test_example_of_each_field_passes_its_own_check(field: Field) -> None:
    value = tomli.loads(f"value = {field.example}")["value"]
    for table in field.where:
        assert checks_of(table)[field.key](value) == GOOD


@pytest.mark.parametrize("field", FIELDS, ids=name_of)
def test_default_of_each_field_passes_its_own_check(field: Field) -> None:
    if field.default is not None:
        for table in field.where:
            assert checks_of(table)[field.key](field.default) == GOOD


def defaults_of(model: type) -> dict[str, object]:
    found = {}
    for field in fields(model):
        default = field.default
        if default is MISSING and field.default_factory is not MISSING:
            default = field.default_factory()
        found[field.name] = None if default is MISSING else default
    return found


def plain(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def test_defaults_are_those_of_the_model() -> None:
    schedule = defaults_of(JobSchedule)
    model = {**defaults_of(JobDefinition), **schedule, "schedule_type": schedule["type"]}
    model |= {"from": None, "until": None, **defaults_of(SessionRule)}
    model |= {"matrix": None, "array_at_once": None, "array_succeeds": Array(()).succeeds}
    for key, field in fields_of(JOB).items():
        assert plain(model[key]) == field.default, key
    settings = defaults_of(SchedulerSettings)
    for key, field in fields_of(SCHEDULER).items():
        if key in settings:
            assert plain(settings[key]) == field.default, key
    assert fields_of(CHANNEL)["min_level"].default == defaults_of(AlertChannel)["min_level"]


def test_every_part_of_a_job_can_be_said_in_the_file() -> None:
    said = set(fields_of(JOB)) - {"schedule_type"}
    said -= {"matrix", "array_at_once", "array_succeeds"}  # they are parts of the array
    computed = {"follows", "type", "last_run_at", "next_run_at", "schedule", "sessions", "jitter_seed", "member"}
    parts = {field.name for model in (JobDefinition, JobSchedule, SessionRule) for field in fields(model)}
    parts = parts - {"begin", "end"} | {"from", "until"}
    assert said == parts - computed
    assert {field.name for field in fields(SchedulerSettings)} <= set(fields_of(SCHEDULER))


def test_scheduler_holds_nothing_but_its_settings_and_defaults_of_jobs() -> None:
    settings = {field.name for field in fields(SchedulerSettings)}
    assert set(fields_of(SCHEDULER)) - settings <= set(fields_of(JOB))


def test_choices_are_those_of_the_model() -> None:
    assert tuple(Overlap) == OVERLAPS
    assert tuple(CatchUp) == CATCH_UPS
    assert tuple(Level) == LEVELS
    assert tuple(Mode) == MODES
    assert tuple(IfStale) == IF_STALE
    assert tuple(ScheduleType) == SCHEDULE_TYPES


@pytest.mark.parametrize("table", [JOB, SCHEDULER, ALERTS, CHANNEL, EXECUTOR, RESOURCES])
def test_no_key_stands_twice_in_a_table(table: str) -> None:
    keys = [field.key for field in FIELDS if table in field.where]
    assert len(keys) == len(set(keys))
