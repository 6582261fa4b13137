"""Holding some of the jobs, by tags or words, until a moment; and releasing them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, Static

from peak_console.decisions.holding.holds import covers, scope
from peak_console.decisions.job_words import job_words
from peak_console.errors import UsageError
from peak_console.model.state import Hold
from peak_console.schedule.wording.spoken_times import moment_ahead
from peak_console.text import counted, safe
from peak_console.tui.dialogs.base import Dialog, FormInput, buttons
from peak_console.tui.dialogs.choices import Choice, ChoicesDialog
from peak_console.tui.drawing.glyphs import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, tzinfo

    from textual.widget import Widget

    from peak_console.jobs.model import JobDefinition

NEW = "new"
NAMES_SHOWN = 4
_LONGEST_WAY_OFF = "tags, or part of a name: live risk"


@dataclass(frozen=True, slots=True)
class HoldChoice:
    """Which jobs, until when, and why."""

    tags: Sequence[str]
    words: str
    until: datetime | None
    reason: str | None
    policy: str = "skip"
    """Of a blackout: what becomes of the slots inside."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """For what jobs are named, and how the dialog words it."""

    heading: str
    hints: str
    sentence: str
    button: str
    which: str
    """What to write for the jobs."""
    until: str
    """What to write for the end."""
    endless: str
    """How it ends where none is written."""
    has_policy: bool = False
    """Whether it is asked what becomes of slots; then no words mean all jobs."""


HOLD = Purpose(
    heading="Hold some jobs",
    hints="Tab next line · Enter holds · Esc cancels",
    sentence="Nothing new of these jobs starts, nor of any like them that are deployed meanwhile.",
    button="Hold",
    which=_LONGEST_WAY_OFF,
    until="18:00, tomorrow 08:00, 2h; empty: until released",
    endless="until released",
)


class HoldJobsDialog(Dialog[HoldChoice]):
    """Which jobs are held. A word that is a tag means the jobs that have it; any other one is part of a name."""

    heading = HOLD.heading
    hints = HOLD.hints

    def __init__(
        self, jobs: Iterable[JobDefinition], written: str, *, now: datetime, zone: tzinfo, purpose: Purpose = HOLD
    ) -> None:
        """``written`` are the words to begin with."""
        super().__init__()
        self.heading, self.hints, self._purpose = purpose.heading, purpose.hints, purpose
        self._jobs, self._written, self._now, self._zone = list(jobs), written, now, zone
        self._known = {tag for job in self._jobs for tag in job.tags}

    def contents(self) -> Iterable[Widget]:
        yield Static(
            Content(self._purpose.sentence),
            classes="sentence",
        )
        lines = [("which", "jobs", self._purpose.which), ("until", "until", self._purpose.until)]
        if self._purpose.has_policy:
            lines.append(("policy", "slots", "skip, or defer: the newest runs at the end; empty: skip"))
        for name, label, placeholder in (*lines, ("reason", "reason", "if you like; shown beside the jobs")):
            written = self._written if name == "which" else ""
            field = FormInput(written, placeholder=placeholder, id=name, max_length=200, select_on_focus=False)
            yield Horizontal(Static(Content(label), classes="label"), field, classes="field")
        yield Static(id="meaning")
        yield buttons(self._purpose.button)

    def on_mount(self) -> None:
        self._explain()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self._explain()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._hold()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "confirm":
            self._hold()
        else:
            self.dismiss(None)

    def _value(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()

    def _choice(self) -> HoldChoice:
        """What is written. Raises ``ValueError``, ``UsageError`` with a sentence."""
        words = self._value("which").split()
        if not words and not self._purpose.has_policy:
            raise ValueError("name tags, or part of a name; H holds everything")
        tags = [word.removeprefix("#") for word in words if word.startswith("#") or word in self._known]
        rest = " ".join(word for word in words if not word.startswith("#") and word not in self._known)
        job_words(rest)
        until = self._value("until")
        end = moment_ahead(until, self._zone, self._now) if until else None
        if end is not None and end <= self._now:
            raise ValueError(f'"{safe(until)}" is over; name a later end')
        return HoldChoice(tags, rest, end, self._value("reason") or None, self._policy())

    def _policy(self) -> str:
        """What becomes of slots. Raises ``ValueError``."""
        written = self._value("policy").lower() if self._purpose.has_policy else ""
        if written not in ("", "skip", "defer"):
            raise ValueError(f'"{safe(written)}" is neither skip nor defer')
        return written or "skip"

    def _explain(self) -> None:
        """Say which jobs are meant and until when, or what is wrong."""
        meaning = self.query_one("#meaning", Static)
        try:
            choice = self._choice()
        except (ValueError, UsageError) as error:
            meaning.update(Content(f"✖ {error}"))
            meaning.set_class(True, "-error")
            return
        meaning.set_class(False, "-error")
        hold = Hold(self._now, "", tags=tuple(choice.tags), words=choice.words)
        found = [safe(job.name) for job in self._jobs if covers(hold, job)]
        listed = ", ".join(found[:NAMES_SHOWN]) + (" …" if len(found) > NAMES_SHOWN else "")
        until = f"until {moment(choice.until, self._now, self._zone)}" if choice.until else self._purpose.endless
        number = counted(len(found), "job") if found else "no job now"
        meaning.update(Content(f"{number} {until}" + (f": {listed}" if found else "")))

    def _hold(self) -> None:
        try:
            choice = self._choice()
        except (ValueError, UsageError):
            wrong = "#policy" if self._purpose.has_policy and self._value("policy") else "#until"
            self.query_one("#which" if not self._value("which") and wrong == "#until" else wrong, Input).focus()
            return
        self.dismiss(choice)


class HoldsDialog(ChoicesDialog[str]):
    """Which of the holds on some jobs is released; or another one."""

    heading = "Holds on some jobs"
    hints = "Enter chooses · Esc keeps holding"

    def __init__(self, holds: Sequence[Hold], *, now: datetime, zone: tzinfo) -> None:
        super().__init__()
        self.choices = (
            *(_release(number, hold, now, zone) for number, hold in enumerate(holds)),
            Choice(NEW, "n", "Hold other jobs", "a hold of its own"),
            Choice("", "Esc", "Keep holding"),
        )

    def contents(self) -> Iterable[Widget]:
        yield self.option_list()


def _release(number: int, hold: Hold, now: datetime, zone: tzinfo) -> Choice:
    """The choice that releases a hold."""
    until = f"until {moment(hold.until, now, zone)}" if hold.until else f"since {moment(hold.since, now, zone)}"
    reason = f': "{safe(hold.reason)}"' if hold.reason else ""
    key = str(number + 1) if number < 9 else ""
    return Choice(str(number), key, f"Release {safe(scope(hold))}", f"held by {safe(hold.by)} {until}{reason}")
