"""A registry on disk, and further connections to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from peak_console.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Connect(Protocol):
    """Opens one more connection to the registry of a test."""

    def __call__(self) -> Store: ...


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    opened: list[Store] = []

    def one_more() -> Store:
        opened.append(Store.open(str(tmp_path / "state")))
        return opened[-1]

    yield one_more
    for store in opened:
        store.close()


@pytest.fixture
def store(connect: Connect) -> Store:
    return connect()
