"""Rooms that are filled in the background: what a test waits for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tests.support.processes import DEADLINE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.pilot import Pilot


async def settled(pilot: Pilot[Any]) -> None:
    """Wait until what rooms read in the background has been painted."""
    deadline = asyncio.get_running_loop().time() + DEADLINE_SECONDS
    await pilot.pause()
    while any(room.is_reading for room in pilot.app.rooms):  # type: ignore[attr-defined]
        assert asyncio.get_running_loop().time() < deadline, "the registry is still being read"
        await asyncio.sleep(0.005)
        await pilot.pause()
    await pilot.pause()


def pressing(*keys: str) -> Callable[[Pilot[Any]], Awaitable[None]]:
    """What the operator does before a picture is taken, each step once the one before is painted."""

    async def prepare(pilot: Pilot[Any]) -> None:
        await pilot.pause()
        for key in keys:
            await pilot.press(key)
            await settled(pilot)

    return prepare
