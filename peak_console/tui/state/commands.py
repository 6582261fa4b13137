"""Commands to the engine, and its answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from peak_console.errors import StateError
from peak_console.tui.state.snapshot import EngineState

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from peak_console.tui.state.interface import Session

    class Say(Protocol):
        """Tells the operator something in a toast."""

        def __call__(self, text: str, severity: Literal["information", "warning", "error"] = "information") -> None: ...


class Commands:
    """Leaves commands in the registry, and shows each answer when it comes."""

    def __init__(self, session: Session, say: Say, on_sent: Callable[[], None]) -> None:
        """``on_sent`` is called after each command: its answer has to be looked for from then on."""
        self._session = session
        self._say = say
        self._on_sent = on_sent
        self._unanswered: dict[int, str] = {}
        """The verbs of the commands that wait for an answer, by the command's number."""

    def send(self, verb: str, job: str | None = None, run_id: int | None = None, **arguments: Any) -> None:
        """Give the engine a command."""
        if self.are_refused():
            return
        try:
            number = self._session.command(verb, job, run_id, **arguments)
        except StateError as error:
            self._say(str(error), "error")
            return
        self._unanswered[number] = verb
        self._on_sent()

    def are_refused(self) -> bool:
        """Whether no engine is there to carry commands out; the operator is told. Ask before a question is asked."""
        if self._session.engine_state != EngineState.STOPPED:
            return False
        self._say(self._session.no_engine, "error")
        return True

    @property
    def are_waiting(self) -> bool:
        """Whether a command has no answer yet."""
        return bool(self._unanswered)

    def show_answers(self) -> None:
        """Show the answers that have come since the last call. Raises ``StateError``."""
        for number in list(self._unanswered):
            command = self._session.answer(number)
            if command is not None:
                del self._unanswered[number]
                self._say(command.message or "", "information" if command.answer == "done" else "warning")
