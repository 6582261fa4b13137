"""What was found wrong while a jobs file was read; places in the text are looked up only if there is any."""

from __future__ import annotations

from peak_console.jobs.file.checks import checks_of
from peak_console.jobs.file.checks.wording import did_you_mean, quoted
from peak_console.jobs.file.fields import fields_of
from peak_console.jobs.file.fields.field import (
    ALERTS,
    BLACKOUT,
    CALENDAR,
    CHANNEL,
    DEADLINE,
    EXECUTOR,
    GATE,
    HEARTBEAT,
    JOB,
    METRICS,
    RESOURCES,
    SAFETY,
    SCHEDULER,
)
from peak_console.jobs.model import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Final

    Path = tuple[str | int, ...]

UNKNOWN_SHOWN: Final = 5
"""How many of the jobs that share an unknown key are named; the others are counted."""

MAX_ERRORS: Final = 200
"""How many errors of a file are recorded: more are not read at once, and each costs time."""
MAX_UNKNOWN: Final = 200
"""How many unknown keys are reported with place and hint; further ones are counted."""

_HEADERS: Final = {
    JOB: "[[job]]",
    SCHEDULER: "[scheduler]",
    ALERTS: "[alerts]",
    CHANNEL: "[[alerts.channel]]",
    GATE: "[[gate]]",
    BLACKOUT: "[[blackout]]",
    DEADLINE: "[[deadline]]",
    SAFETY: "[safety]",
    HEARTBEAT: "[heartbeat]",
    METRICS: "[metrics]",
    EXECUTOR: "[executors.NAME]",
    RESOURCES: "resources",
    CALENDAR: "[calendars.NAME]",
}


class Findings:
    """Collects errors and warnings by their path in the document."""

    def __init__(self) -> None:
        self._entries: list[tuple[Path, str, bool, Path | None]] = []
        self._strange: dict[str, str] = {}
        """By its message each unknown key that resembles no known key."""
        self._unknown: dict[str, int] = {}
        self._named = 0
        """How many warnings of unknown keys there are."""
        self._unnamed = 0
        """How many unknown keys are counted only."""
        self._errors = 0

    @property
    def has_errors(self) -> bool:
        return self._errors > 0

    @property
    def is_full(self) -> bool:
        """Whether as many errors are recorded as will be: there is no use in looking for more."""
        return self._errors > MAX_ERRORS

    def error(self, path: Path, message: str, elsewhere: Path | None = None) -> None:
        """Record what forbids to use the file. The line of ``elsewhere`` is put at the end of ``message``."""
        self._errors += 1
        if self._errors <= MAX_ERRORS:
            self._entries.append((path, message, True, elsewhere))
        elif self._errors == MAX_ERRORS + 1:
            self._entries.append(((), f"there are more than {MAX_ERRORS} errors; mend these first", True, None))

    def warning(self, path: Path, message: str) -> None:
        """Record what the user should know although the file can be used."""
        self._entries.append((path, message, False, None))

    def unknown_key(self, path: Path, label: str, table: str) -> None:
        """Record a key that ``table`` does not know: a warning, since real files carry keys of their own."""
        key = str(path[-1])
        if table == JOB:
            count = self._unknown[key] = self._unknown.get(key, 0) + 1
            if count > UNKNOWN_SHOWN:
                return
        self._named += 1
        if self._named > MAX_UNKNOWN:
            self._unnamed += 1
            return
        known = fields_of(table)
        hint = did_you_mean(key, known)
        for other, header in _HEADERS.items():
            if not hint and key in fields_of(other):
                hint = f"; it belongs in {header}"
        message = f"{label}: unknown key {quoted(key)}{hint}"
        if not hint:
            self._strange[message] = key
        self.warning(path, message)

    def good_values(self, table: dict[str, Any], kind: str, path: Path, label: str) -> dict[str, Any]:
        """The values of ``table`` (one of those in ``fields``, at ``path``) that pass; what is wrong is recorded."""
        checks = checks_of(kind)
        good: dict[str, Any] = {}
        for key, value in table.items():
            if key not in checks:
                self.unknown_key((*path, key), label, kind)
            elif faults := checks[key](value):
                for inner, fault in faults:
                    self.error((*path, key, *inner), f"{label}: {key} {fault}")
            else:
                good[key] = value
        return good

    def placed(self, path: str, text: str) -> tuple[Problem, ...]:
        """Every finding with its place in ``text``, in the order of the file; those without a place last."""
        entries = self._entries + [
            ((), f"unknown key {quoted(key)} in {count - UNKNOWN_SHOWN:,} more jobs", False, None)
            for key, count in self._unknown.items()
            if count > UNKNOWN_SHOWN
        ]
        if self._unnamed:
            entries.append(((), f"unknown keys in {self._unnamed:,} more places", False, None))
        strange = {
            f"unknown key {quoted(key)} in {count - UNKNOWN_SHOWN:,} more jobs": key
            for key, count in self._unknown.items()
            if count > UNKNOWN_SHOWN and key in self._strange.values()
        }
        strange |= self._strange
        if not entries:
            return ()
        from peak_console.jobs.file.locate import Positions

        positions = Positions(text)
        problems: list[Problem] = []
        for where, message, is_error, elsewhere in entries:
            line, column = positions.place(where) if where else (0, 0)
            if elsewhere is not None:
                message += str(positions.place(elsewhere)[0])  # noqa: PLW2901
            problems.append(Problem(path, line, column, message, is_error, strange.get(message, "")))
        return tuple(sorted(problems, key=lambda problem: (not problem.line, problem.line, problem.column)))
