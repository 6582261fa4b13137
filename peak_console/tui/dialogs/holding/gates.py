"""The gates with their kill switches: one is closed by hand, or opened again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from peak_console.text import safe
from peak_console.tui.dialogs.base import Dialog, FormInput, buttons

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

    from peak_console.jobs.beside import Gate
    from peak_console.model.state import GateState

    Known = Sequence[tuple[Gate, GateState | None, str]]
    """Each gate, what is recorded of it, and why it is closed."""


@dataclass(frozen=True, slots=True)
class GateChoice:
    """What is to become of a gate."""

    gate: str
    closes: bool
    reason: str | None


class GatesDialog(Dialog[GateChoice]):
    """Which gate is to be closed by hand, or no longer."""

    heading = "Gates"
    hints = "↑ ↓ gate · Enter closes or opens it · Esc cancels"
    AUTO_FOCUS = "Input"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
    ]

    def __init__(self, gates: Known) -> None:
        super().__init__()
        self._gates = gates

    def contents(self) -> Iterable[Widget]:
        yield Static(Content("Nothing behind a closed gate starts. Runs under way go on."), classes="sentence")
        gates = OptionList(*(Option(self._line(place)) for place in range(len(self._gates))), compact=True)
        gates.can_focus = False  # the arrows move in it from where one types
        yield gates
        yield FormInput(placeholder="reason, if you like; shown while it is closed", id="reason", max_length=200)
        yield buttons("Close or open")

    def on_mount(self) -> None:
        self.query_one(OptionList).highlighted = 0

    def action_move(self, by: int) -> None:
        """Go to the gate above or below."""
        gates = self.query_one(OptionList)
        gates.highlighted = min(max((gates.highlighted or 0) + by, 0), len(self._gates) - 1)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._choose()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._choose()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "confirm":
            self._choose()
        else:
            self.dismiss(None)

    def _choose(self) -> None:
        gate, state, _ = self._gates[self.query_one(OptionList).highlighted or 0]
        closes = state is None or state.closed_at is None
        reason = self.query_one("#reason", Input).value.strip() if closes else ""
        self.dismiss(GateChoice(gate.name, closes, reason or None))

    def _line(self, place: int) -> Content:
        gate, state, reason = self._gates[place]
        if not reason:
            return Content.assemble(("● open    ", "$text-success"), (safe(gate.name), "bold"))
        by_hand = "  Enter opens it" if state is not None and state.closed_at is not None else ""
        return Content.assemble(
            ("■ closed  ", "bold $text-warning"), (safe(gate.name), "bold"),
            (f"  {safe(reason)}{by_hand}", "$text-muted"),
        )  # fmt: skip
