"""The last line: which keys it names, for which pane, and what it leaves out where there is no room."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from peak_console.tui.bars.key_bar import KeyBar
from peak_console.tui.keys.actions import ACTION, ACTIONS, Context, keys_of, shown
from tests.tui.harness import WidgetApp

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping


@asynccontextmanager
async def key_bar(
    width: int, context: Context = Context.JOBS, keymap: Mapping[str, str] | None = None
) -> AsyncIterator[str]:
    """What it says."""
    bar = KeyBar(keymap or {})
    async with WidgetApp(bar).run_test(size=(width, 3)) as pilot:
        bar.show(context)
        await pilot.pause()
        yield bar.render_line(0).text


@pytest.mark.parametrize("context", [Context.JOBS, Context.OUTPUT, Context.ALERTS])
async def test_with_room_it_names_every_key_of_the_pane_and_of_everywhere(context: Context) -> None:
    wanted = [a for a in ACTIONS if a.footer and a.context in (context, Context.EVERYWHERE)]
    if context == Context.ALERTS:  # there Enter reads an alert
        wanted.remove(ACTION["details"])
    async with key_bar(240, context) as line:
        assert all(f" {shown(keys_of(a, {})[0])} {a.label} " in line for a in wanted)
        assert line.rstrip().endswith("Ctrl+P Commands")
        assert len(line.rstrip()) == 239


async def test_the_keys_of_the_pane_come_first() -> None:
    async with key_bar(140, Context.OUTPUT) as line:
        assert line.startswith(" / Search  [ Earlier run  ] Later run  l Wrap  f Follow  r Run")


@pytest.mark.parametrize("width", range(30, 141, 11))
async def test_entries_are_whole_or_not_there_and_help_and_quit_always(width: int) -> None:
    entries = {f"{shown(keys_of(a, {})[0])} {a.label}" for a in ACTIONS}
    async with key_bar(width) as line:
        assert {entry.strip() for entry in line.split("  ")} <= entries | {""}
        assert "? Help  q Quit" in line


async def test_it_names_the_keys_that_the_operator_has_chosen() -> None:
    async with key_bar(140, keymap={"run": "ctrl+r,r", "quit": "Z"}) as line:
        assert "Ctrl+R Run" in line
        assert "Z Quit" in line


async def test_the_keys_for_alerts_are_there_even_on_a_small_screen() -> None:
    async with key_bar(80, Context.ALERTS) as line:
        assert line.startswith(" Enter Read alert  a Acknowledge  A Acknowledge all")


async def test_a_key_that_the_pane_has_a_use_for_is_named_once() -> None:
    async with key_bar(240, Context.ALERTS) as line:
        assert line.count(" Enter ") == 1
    async with key_bar(240, Context.ALERTS, keymap={"details": "5"}) as line:
        assert " Enter Read alert " in line
        assert " 5 Details " in line


async def test_while_something_is_typed_it_says_what_and_how_to_end() -> None:
    bar = KeyBar({})
    async with WidgetApp(bar).run_test(size=(80, 3)) as pilot:
        bar.show_typing("search in the output")
        await pilot.pause()
        assert bar.render_line(0).text.startswith(" search in the output  ")
        assert bar.render_line(0).text.endswith("Enter keeps it  Esc takes it back")

        bar.show(Context.JOBS)
        await pilot.pause()
        assert "r Run" in bar.render_line(0).text
