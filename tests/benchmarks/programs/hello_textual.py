"""The least that a program made with Textual can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App
from textual.widgets import Static

if TYPE_CHECKING:
    from textual.app import ComposeResult


class Hello(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("Hello, World!")


Hello().run()
