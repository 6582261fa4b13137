"""Placeholders in the arguments of a job and in the names of its files: ``{slot:%Y%m%d}``, ``{run_id}``, ``{job}``.

One run of an array has ``{index}`` too, and ``{matrix.window}`` for each axis of a matrix. Only these words are
placeholders; braces around anything else stay as they are, so that JSON and templates of others pass through.
``{{slot}}`` is the text ``{slot}``.
"""

from __future__ import annotations

import re

from peak_console.jobs.file.checks.wording import as_text
from peak_console.schedule.zones import local_time, zone
from peak_console.text import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from typing import Any, Final

    from peak_console.jobs.model import Array, JobDefinition

WITH_FORMAT: Final = ("slot", "date")
"""Those after which a format of ``strftime`` may follow."""
NAMES: Final = (*WITH_FORMAT, "run_id", "attempt", "job")
INDEX: Final = "index"
MATRIX: Final = "matrix."
_PLACEHOLDER: Final = re.compile(r"(\{\{|\{)(" + "|".join(NAMES) + r"|index|matrix\.\w+)(:[^{}]*)?(\}\}|\})", re.ASCII)
_LIKE: Final = re.compile(r"\{((?:matrix\.\w+)|[a-z_]+)(?::[^{}]*)?\}", re.ASCII)


class Moment:
    """What the placeholders of one run stand for."""

    __slots__ = ("_values",)

    def __init__(self, job: JobDefinition, *, run_id: int, attempt: int, slot: datetime) -> None:
        """``slot`` is aware: the moment by which the run is due, or at which somebody asked for it."""
        local = local_time(slot, zone(job.schedule.timezone))
        self._values: dict[str, Any] = {
            "slot": local, "date": local.date(), "run_id": run_id, "attempt": attempt, "job": job.name
        }  # fmt: skip
        if job.member is not None:
            self._values["job"], self._values[INDEX] = job.member.array, job.member.index
            for axis, value in job.member.values.items():
                self._values[MATRIX + axis] = as_text(value)

    def fill(self, text: str) -> str:
        """A text with what its placeholders stand for."""
        return _PLACEHOLDER.sub(self._filled, text) if "{" in text else text

    def _filled(self, found: re.Match[str]) -> str:
        opening, name, form, closing = found.groups()
        if len(opening) != len(closing):
            return found[0]
        if name not in self._values:  # of an array, and this is none
            return found[0]
        if len(opening) == 2:
            return found[0][1:-1]
        value = self._values[name]
        if name not in WITH_FORMAT:
            return found[0] if form else str(value)
        return str(value.strftime(form[1:]) if form and len(form) > 1 else value.isoformat())


def filled(argv: Sequence[str], moment: Moment) -> list[str]:
    """An argument list with what its placeholders stand for; the program itself has none."""
    return [*argv[:1], *(moment.fill(word) for word in argv[1:])]


def has_any(words: Iterable[str]) -> bool:
    """Whether a word may hold a placeholder: most commands do not, and pay nothing."""
    return any("{" in word for word in words)


def doubts(texts: Iterable[str], array: Array | None = None) -> Iterator[str]:
    """What looks like a placeholder and is none, a sentence for each; ``array`` is that of the job, if it has one."""
    told: set[str] = set()
    known = (*NAMES, *_of_array(array))
    for text in texts:
        for found in _LIKE.finditer(text):
            name, whole = found[1], found[0]
            if whole in told:
                continue
            told.add(whole)
            if name in known and name not in WITH_FORMAT and ":" in whole:
                yield f"{whole} stays as it is: {{{name}}} takes no format"
            elif name not in known and (guess := nearest(name, known)):
                yield f"{whole} is no placeholder and stays as it is; did you mean {{{guess}}}?"
            elif name not in known and name.startswith(MATRIX):
                yield f"{whole} is no placeholder and stays as it is: the job has no axis of that name"


def _of_array(array: Array | None) -> list[str]:
    return [INDEX, *(MATRIX + axis for axis in array.axes)] if array is not None else []
