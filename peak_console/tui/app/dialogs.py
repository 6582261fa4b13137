"""Toasts and dialogs."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.notifications import SeverityLevel
    from textual.screen import Screen

    from peak_console.tui.state.interface import Session

BRIEFLY, LONGER = 4, 8
"""Seconds that a toast stays: good news, and warnings and errors."""


@runtime_checkable
class ClosedByEscape(Protocol):
    """A screen over the others that Esc closes at once."""

    closes_at_escape: bool

    def action_cancel(self) -> None:
        """Close it, without an answer."""


class Dialogs:
    """Tells the operator something in a toast, or asks in a dialog."""

    def __init__(self, app: App[int]) -> None:
        self._app = app

    def say(self, text: str, severity: SeverityLevel = "information") -> None:
        """Show a toast."""
        from peak_console.text import safe

        timeout = BRIEFLY if severity == "information" else LONGER
        self._app.notify(safe(text), severity=severity, markup=False, timeout=timeout)

    def is_refused(self, reason: str | None) -> bool:
        """Whether there is a ``reason`` not to do what a key asks for; the operator is told it."""
        if reason is not None:
            self.say(reason, "warning")
        return reason is not None

    def ask(self, screen: Screen[Any], callback: Callable[[Any], None] | None = None) -> None:
        """Open a dialog, unless one of its kind is open already (``Ctrl+C`` in the one that asks about leaving)."""
        if not isinstance(self._app.screen, type(screen)):
            self._app.push_screen(screen, callback)


class Acts(Protocol):
    """A part of the app whose methods change something: it knows whether this console may."""

    session: Session
    dialogs: Dialogs


AnActor = TypeVar("AnActor", bound=Acts)


def acting(method: Callable[[AnActor], None]) -> Callable[[AnActor], None]:
    """Guard a method that changes something: where nothing may be commanded it only says why."""

    @wraps(method)
    def guarded(actor: AnActor) -> None:
        if not actor.dialogs.is_refused(actor.session.refusal):
            method(actor)

    return guarded
