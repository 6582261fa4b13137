"""Which alerts are listed, in which order, and how many are left out. Pure."""

from __future__ import annotations

from enum import StrEnum

from peak_console.model.records import Level
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from peak_console.model.records import Alert


class Scope(StrEnum):
    """How much of the log is listed."""

    NEWS = "news"
    """What is open, acknowledged while its cause goes on, or says of the engine what it has done."""
    RESOLVED = "with resolved"
    ALL = "everything"
    """Also that runs have succeeded."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is listed, and what is not."""

    alerts: Sequence[Alert]
    """Open ones first, of those the critical ones; else newest first."""
    resolved: int
    """How many resolved ones are folded away."""
    successes: int
    other: int
    """How many a filter leaves out."""


def chosen(alerts: Sequence[Alert], scope: Scope, text: str = "") -> Chosen:
    """Of the log, newest first, what a scope and a filter list."""
    matches = _matching(text)
    listed: list[Alert] = []
    resolved = successes = other = 0
    for alert in alerts:
        if not matches(alert):
            other += 1
        elif is_success(alert):
            if scope == Scope.ALL:
                listed.append(alert)
            else:
                successes += 1
        elif alert.resolved_at is not None and scope == Scope.NEWS:
            resolved += 1
        else:
            listed.append(alert)
    listed.sort(key=_urgency)  # stable: newest first among equals
    return Chosen(listed, resolved, successes, other)


def is_success(alert: Alert) -> bool:
    """Whether it only says that a run has ended as it should."""
    return alert.level == Level.INFO and alert.run_id is not None


def _urgency(alert: Alert) -> int:
    if not alert.is_open:
        return 2
    return 0 if alert.level == Level.CRITICAL else 1


def _matching(text: str) -> Callable[[Alert], bool]:
    """The question that a filter asks: words, ``!`` before one negates; ``level:``, ``job:`` and ``unread``."""
    terms = [_term(word) for word in text.casefold().split()]
    return lambda alert: all(term(alert) for term in terms)


def _term(word: str) -> Callable[[Alert], bool]:
    if word.startswith("!") and len(word) > 1:
        term = _term(word[1:])
        return lambda alert: not term(alert)
    key, _, value = word.partition(":")
    if key == "level" and value:
        levels = [each for each in value.split(",") if each]
        return lambda alert: any(alert.level.value.startswith(each) for each in levels)
    if key == "job" and value:
        return lambda alert: value in (alert.job or "").casefold()
    if word in ("unread", "open"):
        return lambda alert: alert.is_open
    return lambda alert: word in f"{alert.job or ''} {alert.level.value} {alert.message}".casefold()


def left_out(found: Chosen) -> str:
    """``12 resolved, 768 successes``; empty where everything is listed."""
    parts = [(found.resolved, "resolved"), (found.successes, "successes"), (found.other, "filtered out")]
    return ", ".join(f"{count} {what}" for count, what in parts if count)
