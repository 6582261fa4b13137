"""Rounds: every contender once, right after one another, again and again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

from tests.benchmarks.peers.install import PeerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Result = TypeVar("Result")


def interleaved(
    rounds: int,
    contenders: Mapping[str, Callable[[], Result]],
    *,
    warm: bool = True,
    guests: Mapping[str, Callable[[], Result]] | None = None,
    guest_rounds: int = 3,
    absent: list[str] | None = None,
) -> dict[str, list[Result]]:
    """What each contender gave in each round. Every other round goes backwards, so that nobody always comes first.

    ``warm``: one more round before the others, which counts for nothing: it fills caches and writes bytecode.
    ``guests`` take part in the first ``guest_rounds`` only, as they may be slow. One that fails leaves, and the reason
    goes to ``absent``.
    """
    everybody = {**contenders, **(guests or {})}
    results: dict[str, list[Result]] = {name: [] for name in everybody}
    for number in range(-1 if warm else 0, rounds):
        order = list(everybody) if number % 2 else list(everybody)[::-1]
        for name in order:
            if name not in results or (name not in contenders and not 0 <= number < guest_rounds):
                continue
            try:
                result = everybody[name]()
            except PeerError as error:
                if name in contenders or absent is None:
                    raise
                absent.append(f"{name}: {error}")
                del results[name]
                continue
            if number >= 0:
                results[name].append(result)
        _show(number + 1, rounds)
    return results


def _show(done: int, rounds: int) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done}/{rounds} " if done < rounds else "\r" + " " * 20 + "\r")
        sys.stderr.flush()
