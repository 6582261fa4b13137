"""What a jobs file changes: told when it lands, and shown before one is accepted that is held back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.errors import StateError
from peak_console.forecast import aside
from peak_console.forecast.plan import changes_of
from peak_console.forecast.plan_words import in_short
from peak_console.tui.answers import plan as plan_text
from peak_console.tui.answers.screen import YES, AnswerScreen, QuestionScreen
from peak_console.tui.keys.actions import key_shown
from peak_console.values import dataclass, replace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from textual.content import Content

    from peak_console.clock import Clock
    from peak_console.forecast.plan import Plan
    from peak_console.jobs.model import JobSet
    from peak_console.store.store import Store
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.state.background import BackgroundReader
    from peak_console.tui.state.interface import Session


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan as far as it is known."""

    plan: Plan
    before: JobSet
    after: JobSet
    is_foreseen: bool = False
    trouble: str = ""


class PlanView:
    """Keeps the plan of the last file that has landed, and shows it, or that of one that is held back."""

    def __init__(self, session: Session, clock: Clock, keymap: Mapping[str, str], dialogs: Dialogs) -> None:
        self._session = session
        self._clock = clock
        self._keymap = keymap
        self._dialogs = dialogs
        self._landed: Shown | None = None
        self._open: tuple[AnswerScreen, Shown] | None = None
        self._reader: BackgroundReader | None = None

    @property
    def is_reading(self) -> bool:
        """Whether the forecast is being asked."""
        return self._reader is not None and self._reader.is_reading

    def landed(self, before: JobSet, after: JobSet) -> None:
        """Say in short what a file changes that has just been taken up."""
        found = self._changes(before, after)
        if found is None or found.plan.is_empty:
            return
        self._landed = found
        self._foresee(found, self._tell)

    def _tell(self, found: Shown) -> None:
        """Say that a file has landed, once it is known what it starts."""
        self._landed = found
        key = key_shown("plan", self._keymap)
        warned = "".join(f"; {name} starts at once" for name in found.plan.at_once[:1])
        if len(found.plan.at_once) > 1:
            warned = f"; {len(found.plan.at_once)} jobs start at once"
        if found.plan.broken:
            warned += f"; {found.plan.broken[0].job} misses a deadline"
        self._dialogs.say(
            f"jobs file taken up: {in_short(found.plan)}{warned}; {key} says what has changed",
            "warning" if warned else "information",
        )

    def show_landed(self) -> None:
        """Show what the last file has changed that was taken up; of one that is held back what it would."""
        if self._session.offered is not None:
            self.ask()
        elif self._landed is None:
            self._dialogs.say("the jobs file has not changed since this console began")
        else:
            self._show(self._landed, "What the jobs file has changed", AnswerScreen)

    def ask(self, accept: Callable[[], None] | None = None) -> None:
        """Show what a file would change that is held back; with ``accept`` ask whether it is to count."""
        offered = self._session.offered
        if offered is None:
            return
        found = self._changes(self._session.jobset, offered)
        if found is None:
            return
        title = "What the jobs file would change that is held back"

        def answered(answer: str | None) -> None:
            if answer != YES or accept is None:
                return
            if self._session.offered is not offered:
                self._dialogs.say("the jobs file has changed again meanwhile: look at it once more", "warning")
                return
            accept()

        self._show(found, title, QuestionScreen if accept is not None else AnswerScreen, answered)

    def _changes(self, before: JobSet, after: JobSet) -> Shown | None:
        try:
            return Shown(changes_of(before, after, self._session.store, self._clock.now()), before, after)
        except StateError as error:
            self._dialogs.say(str(error), "error")
            return None

    def _show(
        self,
        found: Shown,
        title: str,
        kind: type[AnswerScreen],
        answered: Callable[[str | None], None] = lambda _answer: None,
    ) -> None:
        removed = sum(job.kind == "removed" for job in found.plan.jobs)
        asks = kind is QuestionScreen
        screen = kind(
            title, self._write, "y loads it" if asks else "",
            verdict=(lambda _width: plan_text.question(removed)) if asks else None,
        )  # fmt: skip
        self._open = (screen, found)

        def closed(answer: str | None) -> None:
            self._open = None
            answered(answer)

        self._dialogs.ask(screen, closed)
        if not found.is_foreseen:
            self._foresee(found, self._repaint)

    def _write(self, width: int) -> Content:
        assert self._open is not None
        shown = self._open[1]
        return plan_text.written(
            shown.plan, shown.after, self._session.zone, width, is_foreseen=shown.is_foreseen, trouble=shown.trouble
        )

    def _repaint(self, found: Shown) -> None:
        if self._open is not None and self._open[1].after is found.after:
            self._open = (self._open[0], found)
            self._open[0].rewrite()

    def _foresee(self, found: Shown, take: Callable[[Shown], None]) -> None:
        """Ask the forecast in the background; ``take`` gets the whole plan."""
        import asyncio

        from peak_console.tui.state.background import BackgroundReader

        if self._reader is None:
            self._reader = BackgroundReader(self._session.directory, asyncio.get_running_loop())
        now, directory = self._clock.now(), self._session.directory

        def ask(_store: Store) -> Plan:
            return aside.ask(aside.foresee_plan, directory, now, (found.before, found.after), found.plan)

        def taken(plan: Plan) -> None:
            take(replace(found, plan=plan, is_foreseen=True))

        def refused(error: StateError) -> None:
            take(replace(found, is_foreseen=True, trouble=str(error)))

        self._reader.ask("plan", ask, taken, refused)

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()
