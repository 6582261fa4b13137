"""An error of one run or job in a sentence. It concerns that run or job and no other."""

from __future__ import annotations

from peak_console.errors import PeakConsoleError
from peak_console.text import safe

LONGEST = 300
"""In characters; what an error repeats of a job's own data may be long."""


def sentence(error: Exception) -> str:
    """What happened, on one line."""
    if isinstance(error, MemoryError):
        return "the machine has no memory left for it"
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    elif isinstance(error, PeakConsoleError):
        text = str(error)
    else:
        text = f"unexpected {type(error).__name__}: {error}"
    return safe(" ".join(text.split()))[:LONGEST]
