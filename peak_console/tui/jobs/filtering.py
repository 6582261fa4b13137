"""The language of the jobs' filter: a text becomes a question that each row is asked. Pure.

Words that stand beside each other must all hold, ``|`` separates alternatives, ``!`` negates. ``/regex/`` is searched
in name and tags; ``state:``, ``tag:``, ``zone:`` and ``late:`` ask for one thing; commas separate what it may be.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from peak_console import regexes
from peak_console.errors import UsageError
from peak_console.text import nearest, parse_duration
from peak_console.tui.drawing.glyphs import STANDING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.tui.jobs.cells import Facts

    Test = Callable[[Facts, datetime | None], bool]

_TOKEN = re.compile(r'\||!?(?:[a-z]+:)?(?:"[^"]*"?|/(?:\\.|[^/\\])+/(?=[\s|]|$)|[^\s|"]+)', re.IGNORECASE)
_LATE = re.compile(r"(>=|>|<=|<)?(.+)")
KEYS = ("state", "tag", "zone", "late")
MISSING = "missing"
"""The state that is asked for with ``state:missing``: the last slot of a job has passed without a success."""


class FilterError(ValueError):
    """What is wrong with a filter, in a sentence."""


def compiled(text: str) -> Test:
    """The question that ``text`` asks. Raises ``FilterError``."""
    alternatives: list[list[Test]] = [[]]
    for word in _TOKEN.findall(text):
        if word == "|":
            alternatives.append([])
        else:
            alternatives[-1].append(_term(word))
    asked = [terms for terms in alternatives if terms]  # while one types, a last | stands for nothing yet
    if not asked:
        return lambda _facts, _now: True
    return lambda facts, now: any(all(term(facts, now) for term in terms) for terms in asked)


def _term(word: str) -> Test:
    if word.startswith("!"):
        if word == "!":
            return lambda _facts, _now: True
        term = _term(word[1:])
        return lambda facts, now: not term(facts, now)
    key, colon, value = word.partition(":")
    if colon and key.casefold() in KEYS:
        return _keyed(key.casefold(), value.strip('"'))
    if len(word) > 2 and word[0] == word[-1] == "/":
        return _regex(word[1:-1])
    plain = word.strip('"').casefold()
    return lambda facts, _now: plain in facts.haystack


def _regex(pattern: str) -> Test:
    try:
        found = regexes.compiled(pattern, ignore_case=True)
    except UsageError as error:
        raise FilterError(str(error)) from None
    return lambda facts, _now: found.search(facts.name) is not None or found.search(facts.tags) is not None


def _keyed(key: str, value: str) -> Test:
    values = [each.casefold() for each in value.split(",") if each]
    if not values:  # while one types
        return lambda _facts, _now: True
    match key:
        case "state":
            return _state(values)
        case "tag":
            return lambda facts, _now: any(tag.casefold() in values for tag in facts.row.view.job.tags)
        case "zone":
            return lambda facts, _now: any(each in facts.zone for each in values)
        case _:
            return _late(value)


def _state(values: list[str]) -> Test:
    words = sorted({look.word for look in STANDING.values()} | {MISSING})
    for value in values:
        if not any(word.startswith(value) for word in words):
            near = nearest(value, words)
            hint = f"did you mean {near}?" if near else f"known: {', '.join(words)}"
            raise FilterError(f"no state is called {value}; {hint}")
    wants_missing = any(MISSING.startswith(value) for value in values)
    return lambda facts, _now: (
        any(facts.state_word.startswith(value) for value in values)
        or (wants_missing and facts.row.view.missing_since is not None)
    )


def _late(value: str) -> Test:
    found = _LATE.fullmatch(value)
    sign, amount = (found[1] or ">", found[2]) if found else (">", "")
    if value in (">", "<", ">=", "<="):  # while one types
        return lambda _facts, _now: True
    try:
        limit = parse_duration(amount)
    except ValueError:
        raise FilterError(f"late:{value}: write for example late:>1m") from None
    over = sign.startswith(">")
    return lambda facts, now: (lateness := facts.lateness(now)) is not None and (lateness > limit) == over
