"""Holding everything: nothing new starts; changing the reason, and releasing it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widgets import Button, Input, Static

from peak_console.text import counted, safe
from peak_console.tui.dialogs.base import Dialog, FormInput, buttons
from peak_console.tui.dialogs.choices import Choice, ChoicesDialog
from peak_console.tui.drawing.glyphs import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, tzinfo

    from textual.widget import Widget

    from peak_console.decisions.holding.backlog import Outlook
    from peak_console.model.state import Hold

LOOK_SECONDS = 1.0
"""How often the slots that wait are counted anew."""
EDIT = "edit"


class HoldDialog(Dialog[str]):
    """The reason of the hold; an empty text is a hold without one."""

    heading = "Hold"
    hints = "Enter holds · Esc cancels"

    def __init__(self, reason: str | None = None, *, edit: bool = False) -> None:
        """``edit`` is whether the reason of a hold that there is, ``reason``, is changed."""
        super().__init__()
        self._reason, self._edit = reason or "", edit
        if edit:
            self.hints = "Enter changes · Esc cancels"

    def contents(self) -> Iterable[Widget]:
        sentence = "Change the reason of the hold; it goes on." if self._edit else HOLD
        yield Static(Content(sentence), classes="sentence")
        if not self._edit:
            yield Static(Content(MEANWHILE), classes="explanation")
        yield FormInput(
            self._reason, placeholder="reason, if you like", id="reason", max_length=200, select_on_focus=False
        )
        yield buttons("Change" if self._edit else "Hold")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._hold()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "confirm":
            self._hold()
        else:
            self.dismiss(None)

    def _hold(self) -> None:
        self.dismiss(self.query_one("#reason", Input).value.strip())


HOLD = "Hold everything: nothing new starts until you release it."
MEANWHILE = "Runs under way go on. A slot that passes meanwhile starts late or is missed, as its job says."


class ReleaseDialog(ChoicesDialog[str]):
    """What becomes of the slots that wait: ``release`` as each job says, a ``Backlog``; or ``edit`` the hold."""

    heading = "Hold"
    hints = "Enter chooses · Esc keeps holding"

    def __init__(
        self, hold: Hold, look: Callable[[], Outlook], *, now: datetime, zone: tzinfo, queued: int = 0
    ) -> None:
        """``look`` counts the slots that wait; ``queued`` is how many runs wait besides."""
        super().__init__()
        self._hold, self._look, self._now, self._zone, self._queued = hold, look, now, zone, queued
        self._outlook = look()
        self.choices = choices(self._outlook)

    def contents(self) -> Iterable[Widget]:
        hold = self._hold
        reason = f': "{safe(hold.reason)}"' if hold.reason else ""
        since = moment(hold.since, self._now, self._zone)
        yield Static(Content(f"Held by {safe(hold.by)} since {since}{reason}"), classes="sentence")
        yield Static(self._waiting(), classes="explanation")
        yield self.option_list()

    def on_mount(self) -> None:
        self.set_interval(LOOK_SECONDS, self.look_again)

    def look_again(self) -> None:
        """Count the slots that wait anew."""
        found = self._look()
        if found != self._outlook:
            self._outlook = found
            self.query_one(".explanation", Static).update(self._waiting())
            self.offer(choices(found))

    def _waiting(self) -> Content:
        slots, jobs = self._outlook.slots, self._outlook.jobs
        queued = f"{counted(self._queued, 'queued run')} too" if self._queued else ""
        if not slots:
            return Content(f"No slot waits{f'; {queued[:-4]} may start' if queued else ''}.")
        waits = "waits" if slots == 1 else "wait"
        return Content(f"{counted(slots, 'slot')} of {counted(jobs, 'job')} {waits}{f', {queued}' if queued else ''}.")


def choices(outlook: Outlook) -> Sequence[Choice]:
    """What can be done with a hold, and what comes of each."""
    edit, stay = Choice(EDIT, "e", "Change the reason", "the hold goes on"), Choice("", "Esc", "Keep holding")
    if not outlook.slots:
        return (Choice("release", "r", "Release", "the next slots start as scheduled"), edit, stay)
    start, missed = outlook.starting, outlook.missed
    too_late = f", {counted(missed, 'job')} {'misses its own' if missed == 1 else 'miss theirs'}: too late"
    as_jobs_say = _starting(start) + (too_late if missed else "")
    return (
        Choice("release", "r", "Release: as each job says", as_jobs_say),
        Choice("newest", "n", "Release and run the newest of each", _starting(outlook.jobs)),
        Choice("all", "a", "Release and run all of them", _starting(outlook.slots)),
        Choice("drop", "d", "Release and drop them", "none starts; they are recorded as skipped"),
        edit,
        stay,
    )


def _starting(count: int) -> str:
    return f"{counted(count, 'run')} {'starts' if count == 1 else 'start'}" if count else "nothing starts"
