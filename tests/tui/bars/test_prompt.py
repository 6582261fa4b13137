"""The line to type into: shown when it is asked for, heard while it is typed, kept or taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from peak_console.tui.bars.prompt import Prompt
from tests.tui.harness import Posted, WidgetApp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot


class Other(Static, can_focus=True):
    """Where the focus may go."""


class Typing:
    """A prompt that asks, somewhere else to go, and what it posts."""

    def __init__(self, prompt: Prompt, pilot: Pilot[None], posted: Posted) -> None:
        self.prompt, self.pilot, self._posted = prompt, pilot, posted

    async def ask(self, text: str = "") -> None:
        self.prompt.ask("filter", text, "a hint")
        await self.pilot.pause()
        self._posted.clear()

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    @property
    def edits(self) -> list[tuple[str, str]]:
        return [(message.purpose, message.text) for message in self._posted.of(Prompt.Edited)]

    @property
    def cancels(self) -> list[tuple[str, str]]:
        return [(message.purpose, message.text) for message in self._posted.of(Prompt.Cancelled)]

    @property
    def leaves(self) -> list[str]:
        return [message.purpose for message in self._posted.of(Prompt.Left)]


@pytest.fixture
async def typing() -> AsyncIterator[Typing]:
    prompt, posted = Prompt(), Posted()
    async with WidgetApp(Other(), prompt).run_test(size=(40, 5), message_hook=posted) as pilot:
        yield Typing(prompt, pilot, posted)


async def test_it_takes_no_room_until_it_asks(typing: Typing) -> None:
    assert not typing.prompt.display
    await typing.ask()

    assert typing.prompt.has_focus
    assert typing.prompt.region.height == 1
    assert typing.prompt.placeholder == "a hint"


async def test_every_change_is_posted_and_enter_keeps_the_last(typing: Typing) -> None:
    await typing.ask()
    await typing.press("a", "b", "backspace", "enter")

    assert typing.edits == [("filter", "a"), ("filter", "ab"), ("filter", "a")]
    assert typing.leaves == ["filter"]
    assert not typing.prompt.display


async def test_escape_takes_back_what_was_typed(typing: Typing) -> None:
    await typing.ask("before")
    await typing.press("x", "escape")

    assert typing.edits == [("filter", "x")]  # what held was selected, so typing replaces it
    assert typing.cancels == [("filter", "before")]
    assert typing.leaves == ["filter"]


async def test_what_holds_can_be_added_to(typing: Typing) -> None:
    await typing.ask("before")
    await typing.press("end", "x", "enter")

    assert typing.edits == [("filter", "beforex")]


async def test_to_go_elsewhere_keeps_the_text_and_takes_no_focus(typing: Typing) -> None:
    await typing.ask()
    await typing.press("a")
    typing.pilot.app.query_one(Other).focus()
    await typing.pilot.pause()

    assert typing.edits == [("filter", "a")]
    assert typing.leaves == []
    assert not typing.prompt.display


async def test_it_can_ask_again_for_something_else(typing: Typing) -> None:
    await typing.ask()
    await typing.press("a", "enter")
    typing.prompt.ask("search", "needle", "another hint")
    await typing.press("escape")

    assert typing.edits[-1] == ("search", "needle")
    assert typing.leaves == ["filter", "search"]
