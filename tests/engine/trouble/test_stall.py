"""A hanging engine is said to hang once, and to work again once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.engine.upkeep.stall import LOOKS, StallWatch
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

LOOK_SECONDS = 0.01


class Told:
    """What a watch says, and the engine's turns between its looks."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        self.watch = StallWatch("/srv/state", lambda *line: self.said.append(line), look_seconds=LOOK_SECONDS)

    def looks(self, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
        """Let it look once for each character: ``.`` after a turn of the engine, ``-`` after none."""
        looks: Iterator[str] = iter(script)

        def wait(_seconds: float) -> bool:
            look = next(looks, None)
            if look == ".":
                self.watch.count_turn()
            return look is None

        monkeypatch.setattr(self.watch._leaving, "wait", wait)
        self.watch.start()
        self.watch._thread.join()


def test_a_hang_is_told_once_and_its_end_once(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    told.looks(monkeypatch, "..---------..-.")
    levels = [level for level, _ in told.said]
    assert levels == ["critical", "info"]
    assert "/srv/state" in told.said[0][1]
    assert "works again" in told.said[1][1]


def test_fewer_looks_in_vain_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    told.looks(monkeypatch, "." + ("-" * (LOOKS - 1) + ".") * 5)
    assert told.said == []


def test_each_hang_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told()
    told.looks(monkeypatch, ("-" * LOOKS + ".") * 3)
    assert [level for level, _ in told.said] == ["critical", "info"] * 3


def test_the_watch_looks_by_itself_and_stops() -> None:
    told = Told()
    told.watch.start()
    wait_until(lambda: told.said)
    told.watch.count_turn()
    wait_until(lambda: len(told.said) == 2)
    told.watch.stop()
    told.watch._thread.join(5)
    assert not told.watch._thread.is_alive()
