"""A few worlds at each test run; ``python -m tests.simulation`` lives through as many as there is time for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from peak_console.decisions.capacity import Capacity
from peak_console.engine.state.engine_status import EngineStatus
from peak_console.store.records import RunRecords
from tests.simulation.runner import account_of, live_through_seeds
from tests.simulation.shrink import breaks, shrunk
from tests.simulation.stories import story
from tests.simulation.world import World, live_through

FEW = 8


@pytest.mark.parametrize("first", range(0, 3 * FEW, FEW))
def test_whatever_goes_wrong_between_two_steps_the_promises_hold(first: int) -> None:
    tally = live_through_seeds(first, FEW)
    assert not tally.failed, "\n".join(account_of(seed) for seed in tally.failed)
    assert tally.crashes > FEW
    assert tally.starts > FEW


def test_a_seed_tells_the_same_story_each_time() -> None:
    worlds = [World(story(7)) for _ in range(2)]
    for world in worlds:
        world.live()
    first, second = (world.store.peek("SELECT * FROM runs ORDER BY id") for world in worlds)
    assert first == second
    assert worlds[0].clock.now() == worlds[1].clock.now()


def test_an_engine_that_acts_before_it_records_is_found_and_told_in_a_few_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(RunRecords, "take_from_queue", lambda *_arguments: True)
    seed = next(seed for seed in range(200) if live_through(story(seed))[1] is not None)
    _, broken = live_through(story(seed))
    assert broken is not None
    assert broken.rule == "no slot twice"
    kept = shrunk(story(seed), broken.rule, attempts=60)
    assert len(kept) < len(story(seed).actions)
    assert breaks(story(seed), kept, broken.rule)
    assert f"replay: python -m tests.simulation --seed {seed} --only" in account_of(seed, kept)


@pytest.mark.parametrize(
    ("owner", "name", "answer", "rule"),
    [(EngineStatus, "may_start", True, "no start under a hold"), (Capacity, "is_full", False, "places")],
)
def test_an_engine_that_passes_over_a_rule_is_found(
    monkeypatch: pytest.MonkeyPatch, owner: type, name: str, answer: bool, rule: str
) -> None:
    monkeypatch.setattr(owner, name, property(lambda _self: answer))
    found = (live_through(story(seed))[1] for seed in range(200))
    assert next(broken.rule for broken in found if broken is not None) == rule


def test_the_clock_of_the_machine_leaps_and_sleeps() -> None:
    world = World(story(0))
    before = world.clock.now(), world.clock.monotonic()
    world.clock.leap(-60)
    world.clock.suspend(100)
    world.clock.sleep(1)
    assert world.clock.now() - before[0] == timedelta(seconds=41)
    assert world.clock.monotonic() - before[1] == 1
    assert world.clock.asleep() == 100
