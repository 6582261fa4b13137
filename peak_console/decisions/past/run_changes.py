"""What is different between two runs: what is recorded of them, their arguments, and their definitions. Pure."""

from __future__ import annotations

from peak_console.text import duration
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from peak_console.model.records import Run

ORIGINS = ("commit", "branch", "dirty", "script", "script_sha256", "host", "user", "directory", "version")
"""What is compared of the code and the place behind two runs."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is recorded of two runs."""

    what: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        return self.before != self.after


def facts(before: Run, after: Run) -> list[Change]:
    """What is recorded of both, whether it differs or not."""
    return [
        Change("job", before.job, after.job),
        Change("outcome", _outcome(before), _outcome(after)),
        Change("took", _seconds(before.duration_seconds), _seconds(after.duration_seconds)),
        Change("late", _late(before), _late(after)),
        Change("by", _by(before), _by(after)),
        Change("reason", before.reason or "", after.reason or ""),
        *arguments(before.args, after.args),
    ]


def arguments(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """The arguments that differ."""
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield Change(f"args.{name}", _value(before, name), _value(after, name))


def origins(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What is different of the code, host and person behind two runs, where that is known of both."""
    if not before or not after:
        return []
    return [
        Change(name, _value(before, name), _value(after, name))
        for name in ORIGINS
        if before.get(name) != after.get(name)
    ]


def definitions(before: str | None, after: str | None) -> list[Change]:
    """The fields that differ between two definitions as they were kept: a line ``name = value`` for each."""
    if before is None or after is None:
        return []
    one, other = _fields(before), _fields(after)
    return [
        Change(name, one.get(name, "–"), other.get(name, "–"))
        for name in dict.fromkeys([*one, *other])
        if one.get(name) != other.get(name)
    ]


def _fields(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(" = ")
        found[name] = value
    return found


def _outcome(run: Run) -> str:
    code = f" ({run.return_code})" if run.return_code else ""
    return str(run.outcome or run.state).replace("_", " ") + code


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else duration(seconds)


def _late(run: Run) -> str:
    late = run.lateness_seconds
    return f"{duration(max(0.0, late))}: {run.late_because}" if run.late_because and late is not None else ""


def _by(run: Run) -> str:
    return str(run.triggered_by).replace("_", " ") + (f" {run.requested_by}" if run.requested_by else "")


def _value(table: Mapping[str, Any], name: str) -> str:
    return str(table[name]) if name in table else "–"
