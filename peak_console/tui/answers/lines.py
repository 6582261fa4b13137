"""Lines of a text for reading: wrapped under themselves, safe for any terminal. Pure."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from textual.content import Content

from peak_console.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable

MUTED = "$text-muted"
_LONGEST = 4000
"""Characters of one sentence that are shown; more is no reading."""


def sentence(text: str, width: int, style: str = "", lead: str = "", lead_style: str = MUTED) -> Content:
    """A text below ``lead``, wrapped under itself."""
    lines = wrap(safe(text[:_LONGEST]), max(10, width - len(lead)), break_on_hyphens=False) or [""]
    return Content.assemble((lead, lead_style), (f"\n{' ' * len(lead)}".join(lines), style))


def heading(text: str) -> Content:
    return Content.styled(text, f"bold {MUTED}")


def joined(lines: Iterable[Content]) -> Content:
    return Content("\n").join(list(lines))
