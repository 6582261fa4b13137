"""Disabling jobs, for a while or until they are enabled again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, Static

from peak_console.engine.commands.requests import LONGEST_OVERRIDE_SECONDS
from peak_console.schedule.wording.spoken_times import moment_ahead
from peak_console.text import duration, parse_duration
from peak_console.tui.dialogs.base import Dialog, FormInput, buttons, names
from peak_console.tui.drawing.glyphs import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, tzinfo

    from textual.widget import Widget

QUICK = ("", "30m", "2h", "1d")
"""Durations that take one key; empty is until the job is enabled again."""


@dataclass(frozen=True, slots=True)
class DisableChoice:
    """For how long, and why."""

    for_seconds: float | None
    """``None`` is until the job is enabled again, unless it is ``until`` a moment."""
    reason: str | None
    until: datetime | None = None


class DisableDialog(Dialog[DisableChoice]):
    """For how long the schedules of some jobs are to be ignored."""

    heading = "Disable"
    hints = "↑ ↓ durations · Enter disables · Esc cancels"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "quick(-1)", "Shorter", show=False),
        Binding("down", "quick(1)", "Longer", show=False),
    ]

    def __init__(self, jobs: Sequence[str], *, now: datetime | None = None, zone: tzinfo | None = None) -> None:
        """With ``now`` and ``zone`` it also says until when."""
        super().__init__()
        self._jobs, self._now, self._zone = jobs, now, zone

    def contents(self) -> Iterable[Widget]:
        yield Static(Content("Disable ") + names(self._jobs) + Content(": no slot starts."), classes="sentence")
        with_label = Horizontal(
            Static(Content("for"), classes="label"),
            FormInput(placeholder="until enabled again, or 2h, 18:00, tomorrow 08:00", id="duration", max_length=40),
            classes="field",
        )
        yield with_label
        chips = [
            Button(Content(quick or "until enabled"), id=f"quick-{n}", compact=True) for n, quick in enumerate(QUICK)
        ]
        for chip in chips:
            chip.can_focus = False  # the arrows choose among them from where one types
        yield Horizontal(*chips, classes="chips")
        yield Static(id="meaning")
        yield Horizontal(
            Static(Content("reason"), classes="label"),
            FormInput(placeholder="if you like; shown beside the job", id="reason", max_length=200),
            classes="field",
        )
        yield buttons("Disable")

    def on_mount(self) -> None:
        self._explain()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._explain()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._disable()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        pressed = event.button.id or ""
        if pressed.startswith("quick-"):
            self._duration.value = QUICK[int(pressed.removeprefix("quick-"))]
        elif pressed == "confirm":
            self._disable()
        else:
            self.dismiss(None)

    def action_quick(self, by: int) -> None:
        """Take the duration after, or before, the one that is written."""
        written = self._duration.value.strip()
        place = QUICK.index(written) + by if written in QUICK else 0
        self._duration.value = QUICK[place % len(QUICK)]
        self._duration.cursor_position = len(self._duration.value)

    @property
    def _duration(self) -> Input:
        return self.query_one("#duration", Input)

    def _until(self) -> datetime | None:
        """The moment that is written; ``None`` where it is a duration, or nothing. Raises ``ValueError``."""
        written = self._duration.value.strip()
        if not written or self._now is None or self._zone is None:
            return None
        try:
            parse_duration(written.removeprefix("for "))
        except ValueError:
            return moment_ahead(written, self._zone, self._now)
        return None

    def _seconds(self) -> float | None:
        """What is written as seconds. Raises ``ValueError`` with a sentence."""
        written = self._duration.value.strip()
        if not written:
            return None
        until = self._until()
        seconds = (
            (until - self._now).total_seconds() if until and self._now else parse_duration(written.removeprefix("for "))
        )
        if seconds <= 0:
            raise ValueError("that is no time at all; leave it empty for good")
        if seconds > LONGEST_OVERRIDE_SECONDS:
            raise ValueError("that is more than ten years; leave it empty for good")
        return seconds

    def _explain(self) -> None:
        """Say what the written duration means, or what is wrong with it."""
        written = self._duration.value.strip()
        for place, quick in enumerate(QUICK):
            self.query_one(f"#quick-{place}").set_class(quick == written, "-chosen")
        meaning = self.query_one("#meaning", Static)
        try:
            seconds = self._seconds()
        except ValueError as error:
            meaning.update(Content(f"✖ {error}"))
            meaning.set_class(True, "-error")
            return
        meaning.set_class(False, "-error")
        meaning.update(Content(self._meaning(seconds)))

    def _meaning(self, seconds: float | None) -> str:
        if seconds is None:
            return "off until it is enabled again, also across restarts"
        if self._now is None or self._zone is None:
            return f"on again after {duration(seconds)}"
        return f"on again at {moment(self._now + timedelta(seconds=seconds), self._now, self._zone)}"

    def _disable(self) -> None:
        try:
            seconds = self._seconds()
        except ValueError:
            self._duration.focus()
            return
        reason = self.query_one("#reason", Input).value.strip()
        until = self._until()
        self.dismiss(DisableChoice(None if until else seconds, reason or None, until))
