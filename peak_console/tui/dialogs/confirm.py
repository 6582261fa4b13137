"""Questions that are answered by yes or no."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from peak_console.model.records import RunState
from peak_console.text import duration, safe
from peak_console.tui.dialogs.base import NAMES_SHOWN, Question, strong

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.model.records import Run


class ConfirmStop(Question):
    """Whether these runs are to be stopped."""

    heading, yes, no = "Stop", "Stop", "Keep running"
    hints = "Enter stops · Esc keeps running"

    def __init__(self, runs: Sequence[Run], *, now: datetime | None = None, kill_grace_seconds: float = 10) -> None:
        super().__init__()
        self._runs, self._now, self._grace = runs, now, kill_grace_seconds

    def sentence(self) -> Content:
        if len(self._runs) == 1:
            return Content("Stop ") + described(self._runs[0], self._now) + Content("?")
        return Content(f"Stop these {len(self._runs)} runs?")

    def explanation(self) -> Sequence[Content]:
        listed = [*run_lines(self._runs, self._now), Content("")] if len(self._runs) > 1 else []
        if all(run.state == RunState.QUEUED for run in self._runs):
            return [
                *listed,
                Content(
                    "It has not started yet, and will not."
                    if not listed
                    else "They have not started yet, and will not."
                ),
            ]
        grace = duration(self._grace).removesuffix(".0s").removesuffix("s")
        return [*listed, Content(f"Asked to end by SIGTERM; whatever is left after {grace} s is killed.")]


class ConfirmRun(Question):
    """Asks whether a job is to run that the cursor is on, though nobody has moved it there."""

    heading, yes, no = "Run", "Run", "Not this one"
    hints = "Enter runs · Esc does not"

    def __init__(self, job: str) -> None:
        super().__init__()
        self._job = job

    def sentence(self) -> Content:
        return Content("Run ") + strong(self._job) + Content(" now?")

    def explanation(self) -> Sequence[Content]:
        return [Content("The cursor is on it, but you have not moved it there.")]


class ConfirmForce(Question):
    """Asks whether runs are to start all the same that were refused; what that overrides is named. Enter is no."""

    heading, yes, no = "Refused", "Run all the same", "Leave it"
    hints = "y runs all the same · Enter and Esc leave it"
    AUTO_FOCUS = "#cancel"

    def __init__(self, why: Sequence[str]) -> None:
        super().__init__()
        self._why = why

    def sentence(self) -> Content:
        return Content("Run it all the same?" if len(self._why) == 1 else f"Run these {len(self._why)} all the same?")

    def explanation(self) -> Sequence[Content]:
        lines = [Content(f"  {safe(why)}") for why in self._why[:NAMES_SHOWN]]
        if len(self._why) > NAMES_SHOWN:
            lines.append(Content(f"  and {len(self._why) - NAMES_SHOWN} more"))
        return [
            *lines,
            Content(""),
            Content("What is named here would be overridden, for this run alone."),
        ]


class TakeOverDialog(Question):
    """Asks whether this console is to run the engine, now that no process does."""

    heading, yes, no = "No engine", "Take over", "Only look on"
    hints = "Enter takes over · Esc looks on"

    def __init__(self, last: str = "", *, elsewhere: bool = False) -> None:
        """``last`` says who served the directory before, in a sentence; ``elsewhere``: an engine serves other jobs."""
        super().__init__()
        self._last = last
        self._elsewhere = elsewhere

    def sentence(self) -> Content:
        if self._elsewhere:
            return Content("No engine serves these jobs, so none of them starts. Serve them here?")
        return Content("No engine serves this directory, so nothing starts. Take over here?")

    def explanation(self) -> Sequence[Content]:
        lines = [
            Content("Runs that are still under way are adopted; slots that were missed are treated as each job says.")
        ]
        return [Content(safe(self._last)), *lines] if self._last else lines


def described(run: Run, now: datetime | None) -> Content:
    """``backup #12, running for 3m04s``."""
    text = strong(f"{run.job} #{run.id}")
    if run.state == RunState.QUEUED:
        return text + Content(", which waits for its turn")
    if now is None or run.started_at is None:
        return text
    return text + Content(f", running for {duration(max(0.0, (now - run.started_at).total_seconds()))}")


def run_lines(runs: Sequence[Run], now: datetime | None) -> list[Content]:
    """A line for each run, at most ``NAMES_SHOWN`` of them, so that the box stays small."""
    lines = [Content("  ") + described(run, now) for run in runs[:NAMES_SHOWN]]
    if len(runs) > NAMES_SHOWN:
        lines.append(Content(f"  and {len(runs) - NAMES_SHOWN} more"))
    return lines
