"""Every key by where it works, what the signs mean, and the few words one has to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from peak_console.tui.actions import ACTION, ACTIONS, TITLES, keys_of, keys_shown
from peak_console.tui.dialogs.base import Dialog
from peak_console.tui.glyphs import CURSOR, LEVEL, MARKED, OUTCOME, STANDING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from textual.app import ComposeResult

    from peak_console.tui.actions import ActionDef
    from peak_console.tui.glyphs import Look

_KEYS_WIDTH = 11
_LABEL_WIDTH = 17
_MOVING = (
    ("↑ ↓ j k", "Move", "Move the cursor, or scroll by a line."),
    ("PgUp PgDn", "Page", "Move by a page."),
    ("Home End", "Ends", "Go to the first or the last; also g and G in lists."),
    ("Esc", "Back", "Close a dialog; in the jobs, clear the filter, then the marks."),
)
_CONCEPTS = (
    "A job is a definition in the jobs file. Its schedule names slots, the moments at which it is due; a run is one "
    "attempt to execute it, for a slot or by hand, and has a number such as #123. A slot that passes while nobody is "
    "there is caught up or missed, as the job says. Disabling a job here is an override: it outlives restarts and "
    "outranks the jobs file until it lapses or is taken back. A hold stops every new start at once. Runs outlive this "
    "program: whoever comes next finds them and goes on."
)


class HelpScreen(ModalScreen[None]):
    """The whole help, to be scrolled."""

    CSS_PATH = Dialog.CSS_PATH

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
            for title, content in self._sections():
                yield Static(Content(title), classes="title")
                yield Static(content, classes="body")

    def on_mount(self) -> None:
        # The help's own key may be another one by now.
        for key in keys_of(ACTION["help"], self._keymap):
            self._bindings.bind(key, "dismiss", show=False)

    def action_scroll(self, by: int) -> None:
        self.query_one("#help").scroll_relative(y=by, animate=False)

    def _sections(self) -> Iterator[tuple[str, Content]]:
        for context, title in TITLES.items():
            yield title, self._keys(action for action in ACTIONS if action.context == context)
        yield "In lists and texts", _lines(_line(*row) for row in _MOVING)
        yield (
            "Signs",
            _lines(
                [
                    _legend("jobs", list(STANDING.values())),
                    _legend("runs", [look for look in OUTCOME.values() if look.glyph not in "✖■"]),
                    _legend("alerts", list(LEVEL.values())),
                    Content.assemble(
                        (f"{'also':<{_KEYS_WIDTH}}", "$text-muted"),
                        (CURSOR, "$text-accent"),
                        " cursor   ",
                        (MARKED, "$text-accent"),
                        " marked   ",
                        ("▌", "$text-error"),
                        " stderr, in the output",
                    ),
                ]
            ),
        )
        yield "In a few words", Content(_CONCEPTS)

    def _keys(self, actions: Iterable[ActionDef]) -> Content:
        return _lines(_line(keys_shown(action, self._keymap), action.label, action.help) for action in actions)


def _line(keys: str, label: str, text: str) -> Content:
    return Content.assemble(
        (f"{keys:<{_KEYS_WIDTH}}", "bold $text-accent"), f"{label:<{_LABEL_WIDTH}}", (text, "$text-muted")
    )


def _legend(what: str, looks: Sequence[Look]) -> Content:
    """Glyphs with their words, in their colours."""
    text = Content.styled(f"{what:<{_KEYS_WIDTH}}", "$text-muted")
    for look in looks:
        colour = "$text-muted" if look.style == "muted" else f"$text-{look.style}"
        text += Content.styled(look.glyph, colour) + Content(f" {look.word}   ")
    return text


def _lines(lines: Iterable[Content]) -> Content:
    return Content("\n").join(list(lines))
