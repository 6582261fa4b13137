"""What is said: commands to the engine and its answers, toasts and dialogs to the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peak_console.errors import StateError
from peak_console.tui.app.panes import Panes
from peak_console.tui.state.snapshot import EngineState

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.notifications import Notify, SeverityLevel
    from textual.screen import Screen

    from peak_console.tui.state.session import Session

BRIEFLY, LONGER = 4, 8
"""Seconds that a toast stays: good news, and what wants to be read."""
MOST_SAID = 3
"""So many toasts are seen at a time; the oldest makes room."""


class Dialogue(Panes, inherit_bindings=False):
    """Says and asks. Nothing here touches the engine but through commands."""

    session: Session

    def __init__(self) -> None:
        super().__init__()
        self._asked: dict[int, str] = {}
        """The commands that wait for an answer, by number."""

    def expect_news(self) -> None:
        """Somebody is going to change the registry."""
        raise NotImplementedError

    # Commands to the engine, and their answers.

    def send(self, verb: str, job: str | None = None, run_id: int | None = None, **arguments: Any) -> None:
        """Give the engine a command; its answer is shown when it comes."""
        if self.session.engine_state == EngineState.STOPPED:
            self.say(self.session.no_engine, "error")
            return
        try:
            number = self.session.command(verb, job, run_id, **arguments)
        except StateError as error:
            self.say(str(error), "error")
            return
        self._asked[number] = verb
        self.expect_news()

    @property
    def waiting_for_answers(self) -> bool:
        return bool(self._asked)

    def hear_answers(self) -> None:
        """Show the answers that have come. Raises ``StateError``."""
        for number in list(self._asked):
            command = self.session.answer(number)
            if command is not None:
                del self._asked[number]
                self.say(command.message or "", "information" if command.answer == "done" else "warning")

    def say(self, text: str, severity: SeverityLevel = "information") -> None:
        """Tell the operator something in passing."""
        from peak_console.text import safe

        self.notify(
            safe(text), severity=severity, markup=False, timeout=BRIEFLY if severity == "information" else LONGER
        )

    def _on_notify(self, event: Notify) -> None:
        """Make room for what is said: it is not shown twice, and a pile higher than the screen leaves remains there."""
        shown = list(self._notifications)
        staying = [each for each in shown if each.message != event.notification.message][1 - MOST_SAID :]
        for each in shown:
            if each not in staying:
                self._unnotify(each, refresh=False)

    def is_refused(self, reason: str | None) -> bool:
        """Whether there is a reason not to do what a key asks for; it is said then."""
        if reason is not None:
            self.say(reason, "warning")
        return reason is not None

    def ask(self, screen: Screen[Any], callback: Callable[[Any], None] | None = None) -> None:
        """Open a dialog, unless it is open already (``Ctrl+C`` in the one that asks about leaving)."""
        if not isinstance(self.screen, type(screen)):
            self.push_screen(screen, callback)
