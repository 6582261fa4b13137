"""Keys by their names: what is one, what may not be bound, and who gets a key that two actions want."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from peak_console.tui.keys.actions import ACTION, ACTIONS, IN_ROOMS, ON_A_JOB, ROOMS, TITLES, Context, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peak_console.tui.keys.actions import ActionDef

__all__ = ["key_name", "refusal", "resolve", "shown"]

_MODIFIERS = ("ctrl", "alt", "shift", "super", "hyper", "meta")
_ALIASES = {"esc": "escape", "return": "enter", "del": "delete", "pgup": "pageup", "pgdn": "pagedown", "ins": "insert"}
_MOVING = ("up", "down", "left", "right", "pageup", "pagedown", "home", "end", "j", "k", "G")
_REFUSED: dict[str, str] = {
    "ctrl+a": "screen takes it for itself",
    "ctrl+b": "tmux takes it for itself",
    "ctrl+s": "it freezes many terminals",
    "ctrl+q": "it belongs to the terminal's flow control",
    "ctrl+c": "it asks the program to end",
    "ctrl+z": "it suspends the program",
    "ctrl+i": "terminals send it as Tab",
    "ctrl+m": "terminals send it as Enter",
    "ctrl+j": "terminals send it as Enter",
    "ctrl+h": "terminals send it as Backspace",
    "escape": "it closes and clears",
    **dict.fromkeys(_MOVING, "it moves the cursor"),
    **{f"f{number}": "function keys differ between terminals" for number in range(1, 25)},
}
_FUNCTION_KEYS = frozenset(name for name in _REFUSED if name[0] == "f" and name[1:].isdecimal())


def key_name(written: str) -> str | None:
    """A key as Textual calls it (``question_mark``, ``ctrl+r``, ``R``), however it is written; ``None``: no key."""
    word = written.strip() or written[:1]
    if word == "+" or word.endswith("++"):
        word = word[:-1] + "plus"
    *modifiers, last = word.split("+")
    modifiers = sorted({modifier.strip().lower() for modifier in modifiers})
    if not last or any(modifier not in _MODIFIERS for modifier in modifiers):
        return None
    last = _long(last) if len(last) == 1 else _ALIASES.get(last.lower(), last.lower())
    if modifiers == ["shift"] and len(last) == 1:
        modifiers, last = [], last.upper()  # a terminal sends the capital letter
    if "ctrl" in modifiers and len(last) == 1:
        last = last.lower()
    return "+".join([*modifiers, last]) if _is_known(last) else None


def _long(character: str) -> str:
    """The name of a single character's key."""
    if character.isalnum():
        return character
    name = unicodedata.name(character, "").lower().replace("-", "_").replace(" ", "_")
    return KEY_NAME_REPLACEMENTS.get(name, name)


def _is_known(name: str) -> bool:
    if len(name) == 1 or name in KEY_NAME_REPLACEMENTS.values() or name in {key.value for key in Keys}:
        return True
    try:
        return len(unicodedata.lookup(name.replace("_", " "))) == 1
    except KeyError:
        return False


def refusal(key: str) -> str | None:
    """Why a key may not be bound; ``None`` if it may."""
    last = key.rpartition("+")[2]
    return _REFUSED.get(last if last in _FUNCTION_KEYS else key)


def resolve(wanted: Mapping[str, tuple[str, ...]]) -> tuple[dict[str, tuple[str, ...]], list[str]]:
    """The replaced keys that can all hold at once, by action, and a sentence for each that cannot.

    An action whose new key another one has keeps its default keys; of two replaced ones the later gives way. Two
    actions that swap their keys both get what they want.
    """
    accepted = dict(wanted)
    conflicts: list[str] = []
    while clash := _clash(accepted):
        loser, winner, key = clash
        del accepted[loser]
        place = "" if ACTION[winner].context == Context.EVERYWHERE else f" in {TITLES[ACTION[winner].context]}"
        conflicts.append(f'{loser}: {shown(key)} is "{winner}"{place} already; {loser} keeps {_defaults(loser)}')
    return accepted, conflicts


def _clash(accepted: Mapping[str, tuple[str, ...]]) -> tuple[str, str, str] | None:
    """The last replaced action with a key that another one has: its id, the other's, and the key."""
    for name in reversed([*accepted]):
        for other in ACTIONS:
            if other.id == name or not _meet(ACTION[name], other):
                continue
            theirs = accepted.get(other.id, other.default_keys)
            for key in accepted[name]:
                meant = key in ACTION[name].default_keys and key in other.default_keys
                if key in theirs and not meant:
                    return name, other.id, key
    return None


def _meet(one: ActionDef, other: ActionDef) -> bool:
    """Whether the keys of both can be pressed at the same moment."""
    if one.context == other.context:
        return True
    for each, room in ((one, other.context), (other, one.context)):
        if each.context == Context.EVERYWHERE:
            return room not in ROOMS or each.id in (ON_A_JOB if room == Context.DETAILS else IN_ROOMS)
    return False


def _defaults(action: str) -> str:
    return " ".join(map(shown, ACTION[action].default_keys))
