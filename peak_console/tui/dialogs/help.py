"""Every key by where it works, what the signs mean, and the few words one has to know."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from peak_console.decisions.ahead.day_view import SIGNS
from peak_console.tui.dialogs.base import Dialog
from peak_console.tui.drawing.glyphs import (
    CHANGED,
    CURSOR,
    FAST,
    LEVEL,
    MARKED,
    MISSING,
    OUTCOME,
    SLOW,
    SLOW_FACTOR,
    STANDING,
    Look,
)
from peak_console.tui.keys.actions import ACTION, ACTIONS, TITLES, Context, keys_of, keys_shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from textual import events
    from textual.app import ComposeResult
    from textual.geometry import Size


WIDE = 132
"""From this width on, keys stand in two columns."""
_KEYS_WIDTH = 11
_LEGEND_LENGTH = 5
_MOVING = (
    ("↑ ↓ j k", "Move the cursor, or scroll by a line."),
    ("PgUp PgDn", "Move by a page."),
    ("Home End", "Go to the first or the last; also G for the last."),
    ("Esc", "Close a dialog; in the jobs, clear filter, then marks."),
)
_CONCEPTS = (
    "A job is a definition in the jobs file. Its schedule names slots, the moments at which it is due; a run is one "
    "attempt to execute it, for a slot or by hand, and has a number such as #123. A slot that passes while no engine "
    "runs is caught up or missed, as the job says. Disabling a job here is an override: it outlives restarts and "
    "outranks the jobs file until it lapses or is taken back. A hold stops every new start at once. Runs outlive this "
    "program: the next engine takes them over."
)


class HelpScreen(ModalScreen[None]):
    """The whole help, to be scrolled."""

    CSS_PATH = Dialog.CSS_PATH
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "Close", show=False),
        Binding("j", "scroll(1)", "Down", show=False),
        Binding("k", "scroll(-1)", "Up", show=False),
    ]

    def __init__(self, keymap: Mapping[str, str] | None = None) -> None:
        """``keymap`` holds the keys that the operator has replaced, as in ``ConsoleConfig``."""
        super().__init__()
        self._keymap = keymap or {}

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help") as box:
            box.border_title = Content("Help")
            box.border_subtitle = Content("↑ ↓ scrolls · Esc closes")
            with Horizontal(classes="columns"):
                with Vertical():
                    yield from self._keys_of(Context.EVERYWHERE)
                with Vertical():
                    for context in TITLES:
                        if context != Context.EVERYWHERE:
                            yield from self._keys_of(context)
                    yield from _keys("In lists and texts", _MOVING)
            yield from _section("Signs", _signs())
            yield from _section("In a few words", [Content(_CONCEPTS)])

    def on_key(self, event: events.Key) -> None:
        if event.key in keys_of(ACTION["help"], self._keymap):  # the operator may have replaced it
            event.stop()
            self.dismiss()

    def action_scroll(self, by: int) -> None:
        self.query_one("#help").scroll_relative(y=by, animate=False)

    def _keys_of(self, context: str) -> Iterator[Widget]:
        actions = [action for action in ACTIONS if action.context == context]
        yield from _keys(TITLES[context], [(keys_shown(action, self._keymap), action.help) for action in actions])


class KeyTable(Widget):
    """Keys and what they do; a sentence that is too long goes on below its beginning."""

    def __init__(self, rows: Sequence[tuple[str, str]]) -> None:
        super().__init__(classes="body")
        self._rows = rows

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual gives them
        return len(self._lines(width))

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.content_size.width))

    def _lines(self, width: int) -> list[Content]:
        lines = []
        for keys, text in self._rows:
            for part in wrap(text, max(1, width - _KEYS_WIDTH)):
                lines.append(Content.assemble((f"{keys:<{_KEYS_WIDTH}}", "bold $text-accent"), part))
                keys = ""  # noqa: PLW2901 - they stand in the first line
        return lines


def _keys(title: str, rows: Sequence[tuple[str, str]]) -> Iterator[Widget]:
    yield Static(Content(title), classes="title")
    yield KeyTable(rows)


def _section(title: str, lines: Sequence[Content]) -> Iterator[Static]:
    yield Static(Content(title), classes="title")
    yield Static(Content("\n").join(lines), classes="body")


def _signs() -> list[Content]:
    """Every glyph with its word, in its colour."""
    also = [(CURSOR, "accent", "cursor"), (MARKED, "accent", "marked"), (CURSOR, "error", "stderr, in the output")]
    pace = [
        Content.assemble((f"{'':<{_KEYS_WIDTH}}{sign}", "$text-warning"), f" {text}")
        for sign, text in (
            (SLOW, f"takes more than {SLOW_FACTOR:g} times its usual time, and at least a second more"),
            (FAST, "ended as much sooner than usual: did it do its work?"),
            (CHANGED, "arguments were changed for this run"),
            (MISSING, "its last slot has passed without a success since"),
        )
    ]
    return [
        *_legend("jobs", list(STANDING.values())),
        *_legend("runs", [look for look in OUTCOME.values() if look.word not in _words(STANDING.values())]),
        *_legend("alerts", list(LEVEL.values())),
        *_legend("day view", [Look(glyph, word, style) for glyph, word, style in SIGNS]),
        *_legend("also", [Look(glyph, word, style) for glyph, style, word in also]),
        *pace,
    ]


def _words(looks: Iterable[Look]) -> set[str]:
    return {look.word for look in looks}


def _legend(what: str, looks: Sequence[Look]) -> Iterator[Content]:
    for first in range(0, len(looks), _LEGEND_LENGTH):
        line = Content.styled(f"{'' if first else what:<{_KEYS_WIDTH}}", "$text-muted")
        for look in looks[first : first + _LEGEND_LENGTH]:
            line += Content.styled(look.glyph, look.colour) + Content(f" {look.word}".ljust(13))
        yield line
