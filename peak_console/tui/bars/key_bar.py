"""The last line: the keys that work where the focus is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from peak_console.tui.keys.actions import ACTION, ACTIONS, Context, keys_of, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from textual import events

    from peak_console.tui.keys.actions import ActionDef

_ALWAYS = (ACTION["help"], ACTION["quit"])
_ALL_OF_THEM = ACTION["command_palette"]
"""At the right edge, where there is room: it leads to what has no place here."""
_ALSO = {
    Context.OUTPUT: (ACTION["follow"],),
    Context.ALERTS: (ACTION["acknowledge"], ACTION["acknowledge_all"]),
}
"""What works everywhere and is wanted in one pane above all."""
_GAP = "  "


class KeyBar(Widget):
    """Keys and labels; those of the focused pane first, help and quit always. Whole entries or none."""

    def __init__(self, keymap: Mapping[str, str], without: Collection[str] = ()) -> None:
        """``without`` are the actions that are not available."""
        super().__init__()
        self._keymap = keymap
        self._without = without
        self._pane = Context.JOBS
        self._typing = ""
        self._places: list[tuple[int, int, str]] = []
        """From which cell to which an entry stands, and the action that it names."""

    @dataclass
    class Pressed(Message):
        """The operator has clicked on an entry."""

        action: str

    def on_click(self, event: events.Click) -> None:
        action = next((action for start, end, action in self._places if start <= event.x < end), None)
        if action is not None:
            self.post_message(self.Pressed(action))

    def show(self, context: Context) -> None:
        """Show what works in a context, and everywhere."""
        if (context, "") != (self._pane, self._typing):
            self._pane, self._typing = context, ""
            self.refresh()

    def show_typing(self, hint: str) -> None:
        """Show what the keys mean while something is typed, and what that is."""
        if hint != self._typing:
            self._typing = hint
            self.refresh()

    def render(self) -> Content:
        self._places = []
        if self._typing:
            return self._while_typing()
        line, last = Content(" "), self._entries(_ALWAYS)
        wanted = [action for action in ACTIONS if action.footer and action.context == self._pane]
        wanted += _ALSO.get(self._pane, ())
        taken = {self._key(action) for action in wanted}  # what the pane has a use of its own for does not get further
        wanted += [
            action
            for action in ACTIONS
            if action.footer and action.context == Context.EVERYWHERE
            if action not in (*wanted, *_ALWAYS) and self._key(action) not in taken
        ]
        for action in (each for each in wanted if each.id not in self._without):
            longer = line + self._entry(action) + Content(_GAP)
            if (longer + last).cell_length <= self.size.width:
                self._places.append((line.cell_length, longer.cell_length - len(_GAP), action.id))
                line = longer
        for action in _ALWAYS:
            entry = self._entry(action).cell_length
            self._places.append((line.cell_length, line.cell_length + entry, action.id))
            line += self._entry(action) + Content(_GAP)
        line = line[: -len(_GAP)]
        more = self._entry(_ALL_OF_THEM) + Content(" ")
        room = self.size.width - line.cell_length - more.cell_length
        if room >= len(_GAP):
            line += Content(" " * room)
            self._places.append((line.cell_length, line.cell_length + more.cell_length - 1, _ALL_OF_THEM.id))
            line += more
        return line

    def _while_typing(self) -> Content:
        keys = Content(_GAP).join([_entry("Enter", "keeps it"), _entry("Esc", "takes it back")])
        room = self.size.width - keys.cell_length - len(self._typing) - 2
        return Content(f" {self._typing}{' ' * max(len(_GAP), room)}") + keys

    def _entries(self, actions: Iterable[ActionDef]) -> Content:
        return Content(_GAP).join([self._entry(action) for action in actions])

    def _entry(self, action: ActionDef) -> Content:
        return _entry(self._key(action), action.label)

    def _key(self, action: ActionDef) -> str:
        return shown(keys_of(action, self._keymap)[0])


def _entry(key: str, label: str) -> Content:
    return Content.assemble((key, "bold $text-accent"), f" {label}")
