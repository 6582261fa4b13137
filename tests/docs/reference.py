"""The table of fields in docs/jobs.md, written from the loader's own: ``python -m tests.docs.reference``."""

from __future__ import annotations

from pathlib import Path

from peak_console.jobs.fields import ALERTS, CHANNEL, FIELDS, JOB, SCHEDULER, Field

PAGE = Path(__file__).parents[2] / "docs" / "jobs.md"
BEGIN, END = "<!-- fields: begin -->\n", "<!-- fields: end -->\n"
TITLES = {JOB: "`[[job]]`", SCHEDULER: "`[scheduler]`", ALERTS: "`[alerts]`", CHANNEL: "`[[alerts.channel]]`"}


def table() -> str:
    """Every field, a table for each place it may stand in; those of both job and scheduler under the job."""
    parts = []
    for place, title in TITLES.items():
        fields = [field for field in FIELDS if field.where[0] == place]
        rows = "".join(_row(field) for field in fields)
        parts.append(f"### {title}\n\n| key | type | default | meaning |\n| --- | --- | --- | --- |\n{rows}")
    shared = ", ".join(f"`{field.key}`" for field in FIELDS if field.where == (JOB, SCHEDULER))
    return "\n".join(parts) + f"\nIn `[scheduler]`, these are the defaults of every job: {shared}.\n"


def _row(field: Field) -> str:
    default = "" if field.default is None else f"`{_toml(field.default)}`"
    meaning = field.text.replace("|", "\\|")
    return f"| `{field.key}` | {field.kind} | {default} | {meaning} |\n"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml, value))}]"
    return str(value)


def page() -> str:
    """The page as it should be."""
    head, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return f"{head}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
