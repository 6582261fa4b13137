"""A text for reading over everything else, scrolled with the keyboard."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    Written = Callable[[int], Content]
    """Makes the text for a width in cells."""

CSS = os.path.join(os.path.dirname(__file__), "answers.tcss")
WIDTH = 104
"""Cells that the box takes where the screen has them."""
EDGE = 8
"""Cells of the box left and right of its text, with a scrollbar and a gap before it."""
YES = "yes"
FRAME = 3
"""Lines of the box above and below its text."""


class Text(VerticalScroll):
    """Scrolls by lines, pages, and to both ends."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "by(-1)", "Up", show=False),
        Binding("down,j", "by(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("home", "scroll_home", "First", show=False),
        Binding("end,G", "scroll_end", "Last", show=False),
    ]

    def action_by(self, lines: int) -> None:
        self.scroll_relative(y=lines, animate=False)

    def action_page(self, pages: int) -> None:
        self.scroll_relative(y=pages * max(1, self.size.height - 1), animate=False)

    def action_scroll_home(self) -> None:
        self.scroll_home(animate=False)

    def action_scroll_end(self) -> None:
        self.scroll_end(animate=False)


class AnswerScreen(ModalScreen[str]):
    """Shows a text. Its result is ``None``, or what the operator has answered."""

    CSS_PATH = CSS
    AUTO_FOCUS = "Text"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "cancel", "Close", show=False)]

    closes_at_escape = True
    """Esc reaches it past the queue of keys, see ``ConsoleApp.on_event``."""

    def __init__(self, title: str, write: Written, keys: str = "", *, verdict: Written | None = None) -> None:
        """``write`` makes the text for a width; ``verdict`` what stands below it, always in sight.

        ``keys`` names the keys beside those that scroll and close.
        """
        super().__init__()
        self._title, self._keys = title, keys
        self._writers = {"written": write, **({"verdict": verdict} if verdict is not None else {})}

    def compose(self) -> ComposeResult:
        with Vertical(id="answer") as box:
            box.border_title = Content(self._title)
            box.border_subtitle = Content(f"{self._keys}{' · ' if self._keys else ''}↑ ↓ scroll · Esc closes")
            with Text(id="text") as body:
                body.styles.max_height = self._room()
                # Written for its width before it is mounted, so that the first frame is right.
                yield Static(self._text("written"), id="written", markup=False)
            if "verdict" in self._writers:
                yield Static(self._text("verdict"), id="verdict", markup=False)

    def _text(self, part: str) -> Content:
        return self._writers[part](max(20, min(WIDTH, self.app.size.width) - EDGE))

    def _room(self) -> int:
        """The lines that are left for the text that scrolls."""
        verdict = self._text("verdict").plain.count("\n") + 2 if "verdict" in self._writers else 0
        return max(1, self.app.size.height - FRAME - verdict)

    def on_resize(self) -> None:
        self.rewrite()

    def rewrite(self) -> None:
        """Write the text anew, if it reads otherwise."""
        for scrolled in self.query("#text"):
            scrolled.styles.max_height = self._room()
        for part in self._writers:
            for body in self.query(f"#{part}").results(Static):
                text = self._text(part)
                if not isinstance(body.content, Content) or not text.is_same(body.content):
                    body.update(text)

    def action_cancel(self) -> None:
        self.dismiss(None)


class QuestionScreen(AnswerScreen):
    """Shows a text, and asks: the result is ``YES``, or ``None``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "Yes", show=False),
        Binding("n", "cancel", "No", show=False),
    ]

    def action_yes(self) -> None:
        self.dismiss(YES)
