"""Keys one at a time, each once the one before it has had its whole effect.

Textual hands every key to whatever has the focus at that moment, without waiting for what the key before it does: of
"/risk", typed quickly or sent on by a slow line in one piece, the "r" would still go to the table, and run a job.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from textual import events

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode
    from textual.message import Message

PATIENCE_SECONDS = 1.0
"""How long the next key waits at most for the effect of the one before it."""


class TypeAhead:
    """What the operator does, in its order. Belongs to the loop that draws."""

    def __init__(self, app: App[object]) -> None:
        self._app = app
        self._waiting: deque[Message] = deque()
        self._task: asyncio.Task[None] | None = None

    def add(self, message: Message) -> None:
        """Hand it over as soon as everything before it has been dealt with."""
        self._waiting.append(message)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._hand_over())

    async def _hand_over(self) -> None:
        while self._waiting:
            message = self._waiting.popleft()
            screen = self._app.screen_stack[-1] if self._app.screen_stack else None
            self._app.post_message(message)
            if isinstance(message, (events.Key, events.Paste)):
                try:
                    async with asyncio.timeout(PATIENCE_SECONDS):
                        await self._settle(screen)
                except TimeoutError:
                    continue  # something takes long; the operator is not to wait for ever

    async def _settle(self, before: DOMNode | None) -> None:
        """Return when the key's way, and that of what it has set in motion, has been gone to its end."""
        app = self._app
        await self._passed(app)
        for _ in ("the key", "what it has posted"):
            node: DOMNode | None = self._focus()
            while node is not None:
                await self._passed(node)
                node = node.parent
        now = app.screen_stack[-1] if app.screen_stack else None
        if now is not None and now is not before:
            painted = asyncio.Event()
            if now.call_after_refresh(painted.set):
                await painted.wait()
            await self._passed(app)

    def _focus(self) -> DOMNode | None:
        if not self._app.screen_stack:
            return None
        screen = self._app.screen_stack[-1]
        return screen.focused or screen

    async def _passed(self, node: DOMNode) -> None:
        """Wait until a node has dealt with everything that is in its queue now."""
        reached = asyncio.Event()
        if node.call_later(reached.set):
            await reached.wait()
