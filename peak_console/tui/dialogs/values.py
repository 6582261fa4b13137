"""Arguments as one types them: TOML, with plain text for what is none."""

from __future__ import annotations

from datetime import date, time
from typing import Any

from peak_console.jobs.file.checks.wording import as_text
from peak_console.jobs.toml_writing import toml_string

OMITTED = None
"""The value of an argument that is left out."""


def written(value: Any) -> str:
    """``value`` as ``read`` gives it back, type and all."""
    if value is OMITTED:
        return ""
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_string(item) if isinstance(item, str) else as_text(item) for item in value)}]"
    if not isinstance(value, str):
        return as_text(value)
    plain = value.isprintable() and value == value.strip() != ""
    return value if plain and read(value) == value else toml_string(value)


def read(text: str) -> Any:
    """What ``text`` says in TOML (``10``, ``["a", "b"]``); any other text is itself, no text is ``OMITTED``."""
    import tomli

    text = text.strip()
    if not text:
        return OMITTED
    try:
        found = tomli.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    value = found["value"]
    return value if len(found) == 1 and _is_argument(value) else text


def same(one: Any, other: Any) -> bool:
    """Whether two values are alike in type as well: 1, 1.0, true and "1" all differ."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def _is_argument(value: Any) -> bool:
    items = value if isinstance(value, list) else [value]
    return all(isinstance(item, str | int | float | date | time) for item in items)
