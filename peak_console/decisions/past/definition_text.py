"""A job's definition as lines, a field each: what is kept of it with each run, and what a reload has changed. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from peak_console.jobs.model import JobDefinition

    Mask = Callable[[Mapping[str, Any]], Mapping[str, Any]]
    """A table of arguments without secrets."""

HIDDEN = ("env",)
"""Tables whose values are never written anywhere: only which names they have."""
UNSAID = "ping_url"
"""Never written anywhere either."""
MASK = "***"
_DEFAULTS: dict[type[Any], Mapping[str, Any]] = {}


def lines_of(job: JobDefinition, mask: Mask) -> dict[str, str]:
    """Each field that is not its default, as it would be written: ``daily_time`` is ``16:10``, ``args.n`` is ``5``."""
    plain = _defaults_of(job.__class__, "")
    found: dict[str, str] = {}
    for name in job.__slots__:
        value = getattr(job, name)
        if name == "schedule":
            found.update(_schedule(value))
        elif name in ("args", "meta"):
            found.update({f"{name}.{key}": _written(each) for key, each in mask(value).items()})
        elif name in HIDDEN:
            found.update({f"{name}.{key}": MASK for key in value})
        elif name == "name" or value != plain[name]:
            found[name] = MASK if name == UNSAID else _written(value)
    return found


def _schedule(schedule: Any) -> Iterator[tuple[str, str]]:
    plain = _defaults_of(schedule.__class__)
    for name in schedule.__slots__:
        value = getattr(schedule, name)
        if name == "type":
            yield "schedule_type", _written(value)
        elif value != plain[name]:
            yield name, _written(value)


def _defaults_of(kind: type[Any], *needed: str) -> Mapping[str, Any]:
    """The value of each field that says nothing; made once for each kind of value."""
    if kind not in _DEFAULTS:
        plain = kind(*needed)
        _DEFAULTS[kind] = {name: getattr(plain, name) for name in kind.__slots__}
    return _DEFAULTS[kind]


def _written(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_written, value))
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def field_changes(old: JobDefinition, new: JobDefinition, mask: Mask) -> list[str]:
    """What is different, a field each: ``daily_time 16:10 → 16:15``; of hidden and masked values only that they are."""
    before, after = lines_of(old, mask), lines_of(new, mask)
    told = []
    for name in dict.fromkeys([*before, *after]):
        was, is_now = before.get(name), after.get(name)
        if was != is_now:
            told.append(f"{name} {was if was is not None else '–'} → {is_now if is_now is not None else '–'}")
        elif was is not None and MASK in was and _raw(old, name) != _raw(new, name):
            told.append(f"{name} changed")
    return told


def _raw(job: JobDefinition, name: str) -> object:
    table, dot, key = name.partition(".")
    return getattr(job, table).get(key) if dot else getattr(job, name, None)
