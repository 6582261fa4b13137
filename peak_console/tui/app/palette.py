"""The command palette: every action of the table, found by its words."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Provider

from peak_console.tui.keys.actions import ACTIONS, Context, keys_shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.command import Hits

    from peak_console.tui.app.viewing import Viewing
    from peak_console.tui.keys.actions import ActionDef

_NOT_HERE = ("command_palette",)


class Palette(CommandPalette):
    """Textual's, with our commands and in our colours."""

    CSS_PATH = "palette.tcss"

    def __init__(self) -> None:
        super().__init__([ActionCommands], placeholder="find a command or a theme")


class ActionCommands(Provider):
    """Every action that makes sense on the main screen, and the themes."""

    def _entries(self) -> Iterator[tuple[str, str, ActionDef]]:
        console = cast("Viewing", self.app)
        keymap, without = console.config.keymap, {*_NOT_HERE, *console.session.limits.not_offered}
        for action in ACTIONS:
            if action.context != Context.DETAILS and action.id not in without:
                yield f"{action.label} · {keys_shown(action, keymap)}", action.help, action

    async def _run(self, action: ActionDef) -> None:
        pane = {Context.OUTPUT: "#output", Context.ALERTS: "#alerts"}.get(Context(action.context))
        namespace = self.app if pane is None else self.app.screen_stack[0].query_one(pane)
        await self.app.run_action(action.id, default_namespace=namespace)

    async def discover(self) -> Hits:
        for title, text, action in self._entries():
            yield DiscoveryHit(title, lambda action=action: self._run(action), help=text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for title, text, action in self._entries():
            score = max(matcher.match(title), matcher.match(text) * 0.5)
            if score > 0:
                yield Hit(score, matcher.highlight(title), lambda action=action: self._run(action), help=text)
        for theme in self.app.available_themes:
            title = f"Theme: {theme}"
            if (score := matcher.match(title)) > 0:
                yield Hit(score, matcher.highlight(title), lambda theme=theme: self._set_theme(theme))

    def _set_theme(self, theme: str) -> None:
        self.app.theme = theme
