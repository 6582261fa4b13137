"""What the doctor says: one sentence for each thing looked at, and what to do where it is not well."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    """How much a finding matters, least first."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing; works all the same."""
    WARNING = "warning"
    """Will go wrong some day, or puts something at risk."""
    PROBLEM = "problem"
    """Something does not work."""


@dataclass(frozen=True, slots=True)
class Finding:
    area: str
    grade: str
    message: str
    remedy: str = ""
    """What to do, in one line; empty when there is nothing to do."""


def from_sentence(area: str, grade: str, sentence: str, remedy: str = "") -> Finding:
    """A finding made of another module's message, whose last part, after a semicolon, says what to do."""
    message, _, advice = sentence.rpartition("; ")
    return Finding(area, grade, message, advice) if message else Finding(area, grade, sentence, remedy)
