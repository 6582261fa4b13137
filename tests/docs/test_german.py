"""The German guide has tables of its own; what they say of names, types and defaults is the program's."""

from __future__ import annotations

import re

from peak_console.jobs.file.fields import FIELDS
from peak_console.jobs.file.fields import field as fields
from peak_console.jobs.file.fields.field import JOB
from tests.docs import reference
from tests.docs.pages import DOCS

TEXT = (DOCS / "de" / "scheduler.md").read_text(encoding="utf-8")
TYPES = {
    fields.TEXT: "string",
    fields.BOOLEAN: "bool",
    fields.INTEGER: "int",
    fields.NUMBER: "number",
    fields.MOMENT: "datetime",
    fields.TEXTS: "list of strings",
    fields.INTEGERS: "list of ints",
    fields.ARGUMENTS: "dict",
    fields.VARIABLES: "dict",
    fields.ANYTHING: "dict",
    fields.REQUIREMENTS: "list of dicts",
    fields.RESOURCES_TABLE: "dict",
    fields.MATRIX: "dict",
    fields.SUCCESS_RULE: "string or dict",
    fields.EXPECTATIONS: "dict",
}


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    part = re.split(r"^#", TEXT.partition(f"{heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))] for line in lines[2:]]


def test_every_field_of_a_job_stands_there_with_its_type_and_default() -> None:
    told = [tuple(row[:3]) for row in rows("### Felder")]
    meant = [
        (
            f"`{field.key}`",
            TYPES[field.kind],
            "" if field.default is None else f"`{reference._toml(field.default)}`",
        )
        for field in FIELDS
        if field.where[0] == JOB
    ]
    assert told == meant
    assert all(row[3] for row in rows("### Felder"))


def test_every_flag_stands_there() -> None:
    told = [re.findall(r"`(-[\w-]+)", row[0]) for row in rows("### Argumente")]
    parser = reference.parser()
    meant = [
        action.option_strings for action in parser._actions if reference.is_shown(action) and action.option_strings
    ]
    assert told == meant


def test_its_chapters_are_those_of_a_guide_to_the_scheduler() -> None:
    assert re.findall(r"^## (.*)$", TEXT, re.MULTILINE) == [
        "Konzept",
        "Installation & Quick Start",
        "CLI-Referenz",
        "Job-Konfiguration (TOML)",
        "Beispiel-Jobs",
        "Integration",
        "Deployment-Optionen",
        "Graceful Shutdown",
        "Troubleshooting",
        "API-Referenz",
        "Siehe auch",
    ]
