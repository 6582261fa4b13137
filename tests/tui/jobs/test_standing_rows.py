"""Rows do not move under the fingers: they stand while the operator is at work, and the job acted on keeps its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from peak_console.decisions.job_status import Standing
from peak_console.tui.dialogs.confirm import ConfirmRun
from peak_console.tui.jobs import table as job_table
from peak_console.tui.jobs.listing import JobList
from tests.support.factories import make_job
from tests.tui.console import Console, covers, running, three_jobs
from tests.tui.harness import make_row
from tests.tui.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NAMES = "abcdef"
STATES = (Standing.OK, Standing.FAILED, Standing.RUNNING)
STATE_OF_EACH = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(STATES), min_size=1)


def listed(states: dict[str, Standing], jobs: JobList) -> None:
    jobs.take([make_row(name, states[name], next_in=10 + place) for place, name in enumerate(sorted(states))])


@given(STATE_OF_EACH, st.lists(STATE_OF_EACH, max_size=4))
def test_rows_that_stand_keep_their_order_whatever_becomes_of_their_jobs(
    first: dict[str, Standing], later: list[dict[str, Standing]]
) -> None:
    jobs = JobList()
    listed(first, jobs)
    jobs.pinned = jobs.stands = True
    for states in later:
        before = list(jobs.places)
        listed(states, jobs)
        after = list(jobs.places)
        assert after[: len([name for name in before if name in states])] == [name for name in before if name in states]
        assert sorted(after) == sorted(states)
        assert jobs.is_older == (after != _sorted_anew(states))
    last = later[-1] if later else first
    jobs.settle()
    assert list(jobs.places) == _sorted_anew(last)
    assert not jobs.is_older


def _sorted_anew(states: dict[str, Standing]) -> list[str]:
    fresh = JobList()
    listed(states, fresh)
    return list(fresh.places)


@given(STATE_OF_EACH, st.data())
def test_the_job_that_was_acted_on_stays_on_its_line_and_the_others_are_sorted(
    first: dict[str, Standing], data: st.DataObject
) -> None:
    jobs = JobList()
    listed(first, jobs)
    jobs.pinned = True
    place = data.draw(st.integers(0, len(first) - 1))
    jobs.move_cursor(place)
    name = jobs.kept = jobs.cursor
    assert name is not None
    states = {**first, name: Standing.RUNNING}
    listed(states, jobs)
    assert jobs.cursor == name
    assert jobs.cursor_place == place
    assert [each for each in jobs.places if each != name] == [each for each in _sorted_anew(states) if each != name]
    jobs.move_cursor(place + 1)
    jobs.settle()
    if jobs.cursor != name:
        assert list(jobs.places) == _sorted_anew(states)


async def test_after_a_key_the_rows_stand_and_a_sign_says_that_the_order_is_older(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_table, "STAND_SECONDS", 0.3)
    jobs = console.app.layout.jobs
    await console.press("j")
    before = [facts.name for facts in jobs._jobs.order]
    console.stage.ran("gamma", 1, outcome="failed")
    console.stage.store.finish(3, "failed", 1, console.stage.clock.now())
    console.stage.ran("alpha", 1, outcome="failed")
    await console.refresh()
    assert [facts.name for facts in jobs._jobs.order] == before
    assert jobs._jobs.is_older == ("‖ order stands" in str(jobs.border_title))
    for _ in range(100):
        if "‖" not in str(jobs.border_title):
            break
        await console.pilot.pause(0.02)
    assert not jobs._jobs.is_older
    assert console.cursor == before[1]


async def test_the_next_keys_hit_the_neighbour_of_the_job_that_was_run(tmp_path: Path) -> None:
    names = [f"job_{n}" for n in range(5)]
    stage = Stage(tmp_path, *(make_job(name, interval_seconds=3600) for name in names))
    for place, name in enumerate(names):
        stage.ran(name, 60 - place)
    async with running(stage) as console:
        jobs = console.app.layout.jobs
        order = [facts.name for facts in jobs._jobs.order]
        await console.press("j", "j", "j", "r")
        stage.running(order[3])
        await console.refresh()
        jobs._jobs.settle()  # the three seconds have passed
        jobs._arranged()
        assert console.cursor == order[3]
        assert jobs._jobs.cursor_place == 3
        assert f"‖ {order[3]} stays here" in str(jobs.border_title)
        await console.press("j", "r")
        assert [job for _, job, _, _ in stage.commands] == [order[3], order[4]]


@covers("run")
async def test_a_cursor_that_nobody_has_moved_runs_nothing_unasked(console: Console) -> None:
    await console.press("r")
    assert console.shows(ConfirmRun)
    await console.press("escape")
    assert console.stage.commands == []
    await console.press("r", "enter", "r")
    assert [(verb, job) for verb, job, _, _ in console.stage.commands] == [("run", "beta"), ("run", "beta")]


async def test_a_cursor_whose_job_has_gone_was_not_moved_by_anybody(console: Console) -> None:
    await console.press("j")
    assert console.cursor == "alpha"
    stage = console.stage
    stage.session.define(*(job for job in stage.session.jobs.values() if job.name != "alpha"))
    await console.refresh()
    assert console.cursor is not None
    await console.press("r")
    assert console.shows(ConfirmRun)


async def test_where_there_is_one_job_only_nobody_is_asked(tmp_path: Path) -> None:
    async with running(Stage(tmp_path, make_job("only"))) as console:
        await console.press("r")
        assert [(verb, job) for verb, job, _, _ in console.stage.commands] == [("run", "only")]


async def test_a_filter_and_a_mark_choose(tmp_path: Path) -> None:
    async with running(three_jobs(tmp_path)) as console:
        await console.press("space", "r")
        assert [job for _, job, _, _ in console.stage.commands] == ["beta"]
    async with running(three_jobs(tmp_path / "again")) as console:
        await console.press("slash")
        await console.write("alp")
        await console.press("enter", "r")
        assert [job for _, job, _, _ in console.stage.commands] == ["alpha"]
