"""Enabling jobs that are disabled: what it changes, before it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from peak_console.text import safe
from peak_console.tui.dialogs.base import NAMES_SHOWN, Question, names
from peak_console.tui.drawing.glyphs import moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo


class EnableDialog(Question):
    """Asks whether these jobs are to start by their schedules again."""

    heading, yes, no = "Enable", "Enable", "Leave disabled"
    hints = "Enter enables · Esc leaves it"

    def __init__(
        self, upcoming: Mapping[str, datetime | None], why: Mapping[str, str], *, now: datetime, zone: tzinfo
    ) -> None:
        """``upcoming`` is each job's next slot once it is enabled; ``why`` is what disables it."""
        super().__init__()
        self._upcoming, self._why, self._now, self._zone = upcoming, why, now, zone

    def sentence(self) -> Content:
        return Content("Enable ") + names([*self._upcoming]) + Content("?")

    def explanation(self) -> Sequence[Content]:
        lines = []
        for name, slot in [*self._upcoming.items()][:NAMES_SHOWN]:
            what = "due at once" if slot is not None and slot <= self._now else f"next {self._moment(slot)}"
            why = f" (disabled {safe(self._why[name])})" if self._why.get(name) else ""
            lines.append(Content(f"  {safe(name)}: {what if slot is not None else 'never again'}{why}"))
        if len(self._upcoming) > NAMES_SHOWN:
            lines.append(Content(f"  and {len(self._upcoming) - NAMES_SHOWN} more"))
        return [*lines, Content(""), Content("Slots that passed while it was disabled are not made up for.")]

    def _moment(self, slot: datetime | None) -> str:
        return moment(slot, self._now, self._zone) if slot is not None else ""
