"""The command palette: every action of the table, found by its words."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.command import CommandPalette, DiscoveryHit, Hit, Provider

from peak_console.text import safe
from peak_console.tui.app.running import run_action
from peak_console.tui.keys.actions import ACTIONS, ROOMS, keys_shown

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from textual.command import Hits

    from peak_console.tui.app.found_jobs import FoundJobs
    from peak_console.tui.app.views import Views
    from peak_console.tui.keys.actions import ActionDef

_JOB_SCORE = 0.9
_NOT_HERE = ("command_palette",)


class Palette(CommandPalette):
    """Textual's, with our commands and in our colours."""

    CSS_PATH = "palette.tcss"

    def __init__(
        self,
        keymap: Mapping[str, str],
        not_offered: Collection[str],
        views: Views | None = None,
        found: FoundJobs | None = None,
    ) -> None:
        super().__init__([offered_commands(keymap, not_offered, views, found)], placeholder="find a command or a theme")


class ActionCommands(Provider):
    """Every action that makes sense on the main screen, and the themes."""

    replaced_keys: ClassVar[Mapping[str, str]] = {}
    left_out: ClassVar[Collection[str]] = _NOT_HERE
    views: ClassVar[Mapping[str, Callable[[], None]]] = {}
    jobs: Callable[[str], Sequence[tuple[str, str, str]]] = staticmethod(lambda _query: ())
    """What can be done with the jobs that a text finds: label, job, method."""
    act: Callable[[str, str], None] = staticmethod(lambda _name, _method: None)
    """Does something with a job."""

    def _entries(self) -> Iterator[tuple[str, str, ActionDef]]:
        for action in ACTIONS:
            if action.context not in ROOMS and action.id not in self.left_out:
                yield f"{action.label} · {keys_shown(action, self.replaced_keys)}", action.help, action

    async def _run(self, action: ActionDef) -> None:
        await run_action(self.app, action.id)

    async def discover(self) -> Hits:
        for title, text, action in self._entries():
            yield DiscoveryHit(title, lambda action=action: self._run(action), help=text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for title, text, action in self._entries():
            score = max(matcher.match(title), matcher.match(text) * 0.5)
            if score > 0:
                yield Hit(score, matcher.highlight(title), lambda action=action: self._run(action), help=text)
        for label, name, method in self.jobs(query):
            title = f"{label} {safe(name)}"
            yield Hit(_JOB_SCORE, matcher.highlight(title), partial(self.act, name, method))
        for name, show in self.views.items():
            title = f"View: {safe(name)}"
            if (score := matcher.match(title)) > 0:
                yield Hit(score, matcher.highlight(title), show)
        for theme in self.app.available_themes:
            title = f"Theme: {theme}"
            if (score := matcher.match(title)) > 0:
                yield Hit(score, matcher.highlight(title), lambda theme=theme: self._set_theme(theme))

    def _set_theme(self, theme: str) -> None:
        self.app.theme = theme


def offered_commands(
    keymap: Mapping[str, str],
    not_offered: Collection[str],
    named: Views | None = None,
    found: FoundJobs | None = None,
) -> type[ActionCommands]:
    """The commands of a console: with the keys that its operator has replaced, without actions that it refuses."""

    class OfferedCommands(ActionCommands):
        replaced_keys = keymap
        left_out = frozenset({*_NOT_HERE, *not_offered})
        views: ClassVar = {name: partial(named.show, name) for name in named.names} if named is not None else {}
        jobs = staticmethod(found.search if found is not None else lambda _query: ())
        act = staticmethod(found.act if found is not None else lambda _name, _method: None)

    return OfferedCommands
