"""The blackouts that people have added: one is ended early, or another one is added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.text import safe
from peak_console.tui.dialogs.choices import Choice, ChoicesDialog
from peak_console.tui.dialogs.holding.hold_jobs import NEW, Purpose
from peak_console.tui.drawing.glyphs import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, tzinfo

    from textual.widget import Widget

    from peak_console.decisions.holding.blackouts import Window

BLACKOUT = Purpose(
    heading="Blackout",
    hints="Tab next line · Enter begins it · Esc cancels",
    sentence="Nothing of these jobs starts until its end, nor of any like them that are deployed meanwhile.",
    button="Begin",
    which="tags, or part of a name; empty: all jobs",
    until="18:00, tomorrow 08:00, 2h; empty: until it is ended",
    endless="until it is ended",
    has_policy=True,
)


class BlackoutsDialog(ChoicesDialog[str]):
    """Which blackout is ended early; or another one."""

    heading = "Blackouts"
    hints = "Enter chooses · Esc changes nothing"

    def __init__(self, windows: Sequence[Window], *, now: datetime, zone: tzinfo) -> None:
        """``windows`` are those that people have added."""
        super().__init__()
        self.choices = (
            *(_end(number, window, now, zone) for number, window in enumerate(windows)),
            Choice(NEW, "n", "Begin another one"),
            Choice("", "Esc", "Change nothing"),
        )

    def contents(self) -> Iterable[Widget]:
        yield self.option_list()


def _end(number: int, window: Window, now: datetime, zone: tzinfo) -> Choice:
    """The choice that ends a blackout early."""
    until = f"until {moment(window.end, now, zone)}" if window.end else f"since {moment(window.start, now, zone)}"
    reason = f': "{safe(window.reason)}"' if window.reason else ""
    key = str(number + 1) if number < 9 else ""
    what = f"{safe(window.scope)}, by {safe(window.by)} {until}{reason}"
    return Choice(str(number), key, f"End {safe(window.name)}", what)
