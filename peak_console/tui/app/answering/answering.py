"""The answers at length of the console: each part is made when it is first asked for, and then kept up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from textual.app import App

    from peak_console.clock import Clock
    from peak_console.tui.app.answering.subjects import Subjects
    from peak_console.tui.app.answering.why_view import WhyView
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.state.interface import Session


class Answering:
    """Opens answers for what the cursor is on."""

    def __init__(
        self,
        app: App[int],
        session: Session,
        clock: Clock,
        keymap: Mapping[str, str],
        dialogs: Dialogs,
        subjects: Subjects,
    ) -> None:
        self._app = app
        self._session = session
        self._clock = clock
        self._keymap = keymap
        self._dialogs = dialogs
        self._subjects = subjects
        self._why: WhyView | None = None

    def why(self) -> None:
        """Say why the job under the cursor starts or does not, and of its run or slot why it did or will."""
        if self._why is None:
            from peak_console.tui.app.answering.why_view import WhyView

            self._why = WhyView(self._app, self._session, self._clock, self._keymap, self._dialogs)
        self._why.open(self._subjects.current())

    @property
    def _parts(self) -> list[WhyView]:
        return [part for part in (self._why,) if part is not None]

    @property
    def is_reading(self) -> bool:
        """Whether something is read or worked out in the background."""
        return any(part.is_reading for part in self._parts)

    def show(self) -> None:
        """Bring what is open up to date. Raises ``StateError``."""
        for part in self._parts:
            part.show()

    def tick(self, now: datetime) -> None:
        """Another second has passed."""
        for part in self._parts:
            part.tick(now)

    def close(self) -> None:
        for part in self._parts:
            part.close()
