"""What an engine has to bear besides being killed: stops, a full disk, a jobs file saved endlessly, a dead keeper."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Outcome, RunState
from tests.faults.hardships.disk import CannotMountError, fill_up, small_disk
from tests.faults.hardships.halts import halt
from tests.faults.hardships.saves import save_storm
from tests.faults.points import kill
from tests.faults.rest import come_to_rest, take_stock
from tests.faults.tally import Tally
from tests.faults.world import NotingJob, World, looking

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from peak_console.model.records import Run

    Record = Callable[[str, object], None]


def test_an_engine_that_was_stopped_treats_what_it_missed_by_the_rules(tmp_path: Path, record_property: Record) -> None:
    tally = halt(tmp_path / "world", times=1, seconds=1.3)
    record_property("counts", f"stopped engine: {tally}")
    assert tally.problems == []
    assert tally.sums["missed"] >= 1


def test_a_jobs_file_saved_without_end_and_half_of_the_time_broken_ends_with_its_last_valid_state(
    tmp_path: Path, record_property: Record
) -> None:
    tally = save_storm(tmp_path / "world", saves=40, seconds=2.5, seed=1)
    record_property("counts", f"saves: {tally}")
    assert tally.problems == []


@pytest.mark.parametrize("crash", [False, True], ids=["lives on", "dies"])
def test_a_full_disk_is_said_and_borne(tmp_path: Path, record_property: Record, crash: bool) -> None:
    try:
        with small_disk(tmp_path / "disk") as disk:
            tally = fill_up(tmp_path / "world", disk, times=1, seconds=1.5, crash=crash)
    except CannotMountError as error:
        pytest.skip(f"a small disk cannot be mounted here: {error}")
    record_property("counts", f"full disk: {tally}")
    assert tally.problems == []


def test_the_death_of_a_keeper_loses_nothing(tmp_path: Path, record_property: Record) -> None:
    (tmp_path / "world").mkdir()
    world, tally = World(tmp_path / "world"), Tally()
    jobs = [
        NotingJob("long", every=0.7, takes=0.5, fields={"retries": 1, "retry_delay_seconds": 0.05}),
        NotingJob("plain", every=0.2),
    ]
    try:
        world.save(world.jobs_text(jobs, {}))
        engine = world.start("--headless")
        hit: set[int] = set()
        for _ in range(2):
            under_way = _wait_for_a_new(world, "long", hit)
            for pid in engine.keepers():
                kill(pid)
            hit.add(under_way.id)
            tally.kills += 1
        tally.problems += come_to_rest(world, jobs, {}, engine=engine)
        found = take_stock(world, tally, codes_can_be_lost=False)
    finally:
        world.end()
    record_property("counts", f"dead keepers: {tally}")
    assert tally.problems == []
    assert {run.outcome for run in found.runs if run.id in hit} == {Outcome.SUCCEEDED}
    assert tally.kills == len(hit) == 2


def _wait_for_a_new(world: World, job: str, known: set[int]) -> Run:
    """A first attempt under way, hardly begun, that is not known yet."""
    for _ in looking():
        for run in world.runs():
            if (run.job, run.state, run.attempt) == (job, RunState.RUNNING, 1) and run.id not in known:
                return run
    raise AssertionError(f"no new run of {job}")
