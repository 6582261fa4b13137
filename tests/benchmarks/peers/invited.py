"""Which peers take part: those that can be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tests.benchmarks.peers.install import PeerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Some = TypeVar("Some")


def invited(home: Path, makers: Mapping[str, Callable[[Path], Some]], absent: list[str]) -> list[Some]:
    """Those that could be made; why the others could not goes to ``absent``."""
    home.mkdir(exist_ok=True)
    found = []
    for name, make in makers.items():
        try:
            found.append(make(home))
        except PeerError as error:
            absent.append(f"{name}: {error}")
    return found
