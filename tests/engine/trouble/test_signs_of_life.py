"""An engine shows that it lives, and what keeps it from recording, past the registry; the channels hear of it once."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from peak_console.errors import StateError
from peak_console.store.heartbeat import complaints, signs_of_life
from tests.support.factories import make_job

if TYPE_CHECKING:
    import pytest

    from tests.engine.conftest import MakeBench
    from tests.support.engine import Bench

REFUSAL = "registry.db: the disk is full; free some space"


def refuse(engine: Bench, patch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StateError(REFUSAL)

    patch.setattr(engine.engine.duties, "turn", full)


def complaint(engine: Bench, later: float = 0) -> str:
    signs = signs_of_life(str(engine.directory))
    assert signs is not None
    return signs.complaint(datetime.now(UTC) + timedelta(seconds=later))


def step(engine: Bench, seconds: float = 0) -> None:
    engine.clock.advance(seconds)
    engine.engine.work()
    engine.engine.give_sign()


def test_an_engine_that_works_is_not_complained_of_until_it_is_silent(bench: MakeBench) -> None:
    engine = bench(make_job("a", interval_seconds=60))
    step(engine)
    assert complaint(engine) == ""
    assert complaint(engine, 29) == ""
    assert complaint(engine, 95) == (
        "the engine has given no sign of life for 1m35s: it hangs, or its disk does; see its log"
    )
    os.utime(engine.directory / "engine.lock", (0, 0))
    step(engine, 11)
    assert complaint(engine) == ""


def test_trouble_with_the_registry_can_be_seen_and_is_told_once(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = bench(make_job("a", interval_seconds=60))
    told = engine.emergencies
    step(engine)
    with monkeypatch.context() as patch:
        refuse(engine, patch)
        step(engine)
        assert complaint(engine).startswith(f"the engine can record nothing, and starts nothing: {REFUSAL} (since ")
        step(engine, 9)
        assert not told, "it may be over in a moment"
        for _ in range(3):
            step(engine, 5)
    [alert] = told
    assert (alert.level, alert.source) == ("critical", "registry")
    assert REFUSAL in alert.message
    step(engine, 5)
    assert complaint(engine) == ""
    assert engine.place.lock.holder() == os.getpid()
    with monkeypatch.context() as patch:
        refuse(engine, patch)
        step(engine)
        step(engine, 30)
    assert len(told) == 2, "another trouble is told again"


def test_whoever_may_not_read_the_lock_still_sees_that_it_lives(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = bench(make_job("a", interval_seconds=60))
    step(engine)

    def forbidden(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr("builtins.open", forbidden)
    assert complaint(engine) == ""
    assert "no sign of life" in complaint(engine, 60)


def test_there_is_nothing_to_be_seen_where_nobody_serves(bench: MakeBench) -> None:
    engine = bench(make_job("a", interval_seconds=60))
    (engine.directory / "engine.lock").unlink()
    assert signs_of_life(str(engine.directory)) is None
    engine.place.lock.give_sign("whatever")


def test_a_read_only_disk_is_named_where_the_engine_can_give_no_sign(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = bench(make_job("a", interval_seconds=60))
    step(engine)
    monkeypatch.setattr("peak_console.store.heartbeat.is_mounted_read_only", lambda _directory: True)
    monkeypatch.setattr("peak_console.store.directory.is_mounted_read_only", lambda _directory: True)
    assert complaint(engine) == "", "it has just given one"
    where = f"{engine.directory} is on a file system that is mounted read-only; mount that for writing"
    assert complaint(engine, 95) == f"the engine can record nothing, and starts nothing: {where}"


def test_for_a_console_the_words_stand_and_the_last_sign_is_told_apart(bench: MakeBench) -> None:
    engine = bench(make_job("a", interval_seconds=60))
    step(engine)
    now = datetime.now(UTC)
    assert complaints(str(engine.directory), now) == []
    [(words, since)] = complaints(str(engine.directory), now + timedelta(seconds=95))
    assert words == "the engine has given no sign of life: it hangs, or its disk does; see its log"
    assert abs(since - now) < timedelta(seconds=20)
