"""Rounds: every contender once, right after one another, again and again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


Result = TypeVar("Result")


def interleaved(
    rounds: int, contenders: Mapping[str, Callable[[], Result]], *, warm: bool = True
) -> dict[str, list[Result]]:
    """What each contender gave in each round. Every other round goes backwards, so that nobody always comes first.

    ``warm``: one more round before the others, which counts for nothing: it fills caches and writes bytecode.
    """
    results: dict[str, list[Result]] = {name: [] for name in contenders}
    for number in range(-1 if warm else 0, rounds):
        order = list(contenders) if number % 2 else list(contenders)[::-1]
        for name in order:
            result = contenders[name]()
            if number >= 0:
                results[name].append(result)
        _show(number + 1, rounds)
    return results


def _show(done: int, rounds: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done}/{rounds} " if done < rounds else "\r" + " " * 20 + "\r")
        sys.stderr.flush()
