"""Esc closes a dialog before the next key is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual import events

from peak_console.tui.dialogs.holding.hold import HoldDialog

if TYPE_CHECKING:
    from tests.tui.console import Console


@pytest.mark.parametrize("dialog", ["H", "d", "R", "t"])
async def test_no_key_that_is_typed_after_it_lands_in_a_form_that_closes(console: Console, dialog: str) -> None:
    await console.go_to("alpha")
    await console.press(dialog)
    assert len(console.app.screen_stack) == 2
    for key in ("escape", "j"):  # both at once, as somebody types who does not wait
        console.app.post_message(events.Key(key, key if len(key) == 1 else None))
    await console.pilot.pause()
    assert len(console.app.screen_stack) == 1
    assert console.cursor == "gamma"
    assert console.stage.commands == []


async def test_a_dialog_of_a_dialog_closes_alone(console: Console) -> None:
    console.stage.hold("x")
    await console.refresh()
    await console.press("H", "e")
    assert console.shows(HoldDialog)
    await console.press("escape")
    assert len(console.app.screen_stack) == 1
    assert console.stage.commands == []
