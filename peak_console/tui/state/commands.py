"""Commands to the engine, and its answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

from peak_console.errors import StateError
from peak_console.tui.state.snapshot import EngineState
from peak_console.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol

    from peak_console.tui.state.interface import Session

    class Say(Protocol):
        """Tells the operator something in a toast."""

        def __call__(self, text: str, severity: Literal["information", "warning", "error"] = "information") -> None: ...


MOST_REFUSALS = 5
_MAY_BE_FORCED = re.compile(r"or use --force$")
_SHELL_WORDS = re.compile(r",? or use --force|; see: peak-console [^;]*|; start one with peak-console [^;]*")


@dataclass(frozen=True, slots=True)
class Overridable:
    """A run that was refused, and may be forced."""

    job: str
    why: str
    arguments: dict[str, Any]


class Commands:
    """Leaves commands in the registry, and shows each answer when it comes."""

    def __init__(self, session: Session, say: Say, on_sent: Callable[[], None]) -> None:
        """``on_sent`` is called after each command: its answer has to be looked for from then on."""
        self._session = session
        self._say = say
        self._on_sent = on_sent
        self.on_overridable: Callable[[Sequence[Overridable]], None] = lambda _refused: None
        """Called with runs that were refused and may be forced."""
        self._unanswered: dict[int, tuple[str, str | None, dict[str, Any]]] = {}
        """Verb, job and arguments of the commands that wait for an answer, by the command's number."""

    def send(self, verb: str, job: str | None = None, run_id: int | None = None, **arguments: Any) -> None:
        """Give the engine a command."""
        if self.are_refused():
            return
        try:
            number = self._session.command(verb, job, run_id, **arguments)
        except StateError as error:
            self._say(str(error), "error")
            return
        self._unanswered[number] = (verb, job, arguments)
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
        """Show the answers that have come since the last call, those of a batch in one toast. Raises ``StateError``."""
        answered = []
        overridable: list[Overridable] = []
        for number in list(self._unanswered):
            command = self._session.answer(number)
            if command is not None:
                verb, job, arguments = self._unanswered.pop(number)
                message = command.message or ""
                if verb == "run" and job is not None and _MAY_BE_FORCED.search(message):
                    overridable.append(Overridable(job, on_screen(message), arguments))
                else:
                    answered.append((on_screen(message), command.answer == "done"))
        if overridable:
            self.on_overridable(overridable)
        if not answered:
            return
        text = told(answered)
        self._say(text, "information" if all(is_done for _, is_done in answered) else "warning")


def told(answers: Sequence[tuple[str, bool]]) -> str:
    """Some answers in one text: how many were done, and each refusal."""
    if len(answers) == 1:
        return answers[0][0]
    done = [message for message, is_done in answers if is_done]
    refused = [message for message, is_done in answers if not is_done]
    lines = [f"{len(done)} done: {done[0]}{f' and {len(done) - 1} more' if len(done) > 1 else ''}"] if done else []
    lines += [f"refused: {message}" for message in refused[:MOST_REFUSALS]]
    if len(refused) > MOST_REFUSALS:
        lines.append(f"and {len(refused) - MOST_REFUSALS} more refused")
    return "; ".join(lines)


def on_screen(message: str) -> str:
    """An answer without what only a shell can do."""
    return _SHELL_WORDS.sub("", message)
