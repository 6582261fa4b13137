"""Running an action otherwise than by its key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peak_console.tui.keys.actions import ACTION, Context

if TYPE_CHECKING:
    from textual.app import App


async def run_action(app: App[Any], action_id: str) -> None:
    """Run an action where it lives: in its pane, or in the app."""
    pane = {Context.OUTPUT: "#output", Context.ALERTS: "#alerts"}.get(Context(ACTION[action_id].context))
    namespace = app if pane is None else app.screen_stack[0].query_one(pane)
    await app.run_action(action_id, default_namespace=namespace)
