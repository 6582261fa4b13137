"""A disk that takes nothing when an engine is to begin: said once, told to the channels once, waited for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.engine.events import EngineTroubled
from peak_console.engine.upkeep.disk_trouble import DiskTrouble
from tests.support.clock import FakeClock

if TYPE_CHECKING:
    from peak_console.engine.events import EngineEvent
    from peak_console.model.records import Alert


def test_each_trouble_is_said_once_and_one_that_lasts_is_told_once() -> None:
    clock = FakeClock()
    said: list[EngineEvent] = []
    sent: list[Alert] = []
    beats: list[bool] = []
    trouble = DiskTrouble(clock, said.append, sent.append)
    began = clock.monotonic()
    for _ in range(5):
        trouble.wait("the disk is full", lambda: beats.append(True))
    assert sent == []
    for _ in range(20):
        trouble.wait("the lock cannot be written", lambda: beats.append(True))
    assert clock.monotonic() - began == len(beats) == 25
    errors = [event.error for event in said if isinstance(event, EngineTroubled)]
    assert [error.partition(" (")[0] for error in errors] == ["the disk is full", "the lock cannot be written"]
    assert all("the engine waits, and begins when that works" in error for error in errors)
    [alert] = sent
    assert "the lock cannot be written" in alert.message
