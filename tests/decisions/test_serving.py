"""Which engine serves which job: no job has two, and what nobody serves is seen."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as some

from peak_console.decisions.serving import Coverage, Share, serves
from peak_console.engine.setup import EngineOptions
from peak_console.jobs.model import JobSet
from peak_console.model.records import EngineInfo
from peak_console.store.bell import bell_of
from peak_console.store.locks import EngineLock, lock_of
from peak_console.store.store import Store
from tests.support.clock import MONDAY_MORNING
from tests.support.factories import make_job

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TAGS = some.lists(some.sampled_from("abc"), max_size=2, unique=True)
SELECTIONS = some.tuples(TAGS, TAGS)


def file_of(*tags: Sequence[str]) -> JobSet:
    jobs = [make_job(f"job{number}", tags=list(each)) for number, each in enumerate(tags)]
    return JobSet("/jobs.toml", {job.name: job for job in jobs})


def options(include: Sequence[str] = (), exclude: Sequence[str] = (), mode: str = "headless") -> EngineOptions:
    return EngineOptions(mode=mode, include_tags=include, exclude_tags=exclude)


def share_of(jobset: JobSet, how: EngineOptions, engines: Sequence[EngineInfo] = ()) -> Share:
    return Share(jobset, how.include_tags, how.exclude_tags, engines)


def row(share: Share, how: EngineOptions, pid: int = 1) -> EngineInfo:
    return EngineInfo(
        pid=pid, mode=how.mode, jobs_file="/jobs.toml", lock=lock_of(how.include_tags, how.exclude_tags),
        include_tags=how.include_tags, exclude_tags=how.exclude_tags, jobs=share.names(),
    )  # fmt: skip


@given(some.lists(TAGS, max_size=5), some.lists(SELECTIONS, max_size=4))
def test_no_job_has_two_engines_and_none_that_is_selected_has_none(
    tags: Sequence[Sequence[str]], selections: Sequence[tuple[Sequence[str], Sequence[str]]]
) -> None:
    jobset = file_of(*tags)
    engines: list[EngineInfo] = []
    for pid, (include, exclude) in enumerate(selections):
        how = options(include, exclude)
        if lock_of(include, exclude) not in {each.lock for each in engines}:
            engines.append(row(share_of(jobset, how, engines), how, pid))
    for name, job in jobset.jobs.items():
        wanted = any(
            (not include or set(include) & set(job.tags)) and not set(exclude) & set(job.tags)
            for include, exclude in selections
        )
        assert sum(serves(each, name) for each in engines) == wanted


@given(some.lists(TAGS, max_size=5), SELECTIONS, SELECTIONS)
def test_engines_that_stay_begin_only_where_they_are_disjoint(
    tags: Sequence[Sequence[str]], first: tuple[list[str], list[str]], second: tuple[list[str], list[str]]
) -> None:
    jobset = file_of(*tags)
    there = row(share_of(jobset, options(*first)), options(*first))
    share = share_of(jobset, options(*second), [there])
    blocked = share.blocked_by("headless")
    assert (blocked is None) == (not share.contested)
    assert blocked is None or share.overlap(blocked) == list(share.contested)


def test_once_serves_what_an_engine_that_stays_leaves() -> None:
    jobset = file_of("a", "b")
    there = row(share_of(jobset, options("a")), options("a"))
    share = share_of(jobset, options(mode="once"), [there])
    assert share.blocked_by("once") is None
    assert list(share.jobs) == ["job1"]
    assert share_of(jobset, options("a", mode="once"), [there]).blocked_by("once") is there


def test_once_waits_for_another_once_that_has_its_jobs() -> None:
    jobset = file_of("a", "b")
    passing = row(share_of(jobset, options("a", mode="once")), options("a", mode="once"))
    assert share_of(jobset, options(mode="once"), [passing]).blocked_by("once") is passing


def test_another_jobs_file_is_not_served_beside_ours() -> None:
    elsewhere = EngineInfo(pid=1, mode="headless", jobs_file="/other.toml", include_tags=["x"], jobs=["none of ours"])
    share = share_of(file_of("a"), options("a"), [elsewhere])
    assert share.blocked_by("headless") is elsewhere


def test_the_same_tags_compete_for_one_lock() -> None:
    assert lock_of(["b", "a"], []) == lock_of(["a", "b", "a"], []) != lock_of([], ["a", "b"])
    assert lock_of([], []) == "engine.lock"
    assert bell_of("engine.lock") == "engine.bell"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(str(tmp_path / "state"))


def test_who_does_not_hold_its_lock_does_not_serve(store: Store) -> None:
    how = options("a")
    info = row(share_of(file_of("a", "b"), how), how, os.getpid())
    store.engine_started(info)
    assert not any(each.serves for each in store.engines())
    lock = EngineLock(store.directory, info.lock)
    assert lock.acquire()
    assert [each.pid for each in store.engines() if each.serves] == [os.getpid()]
    coverage = Coverage(store.engines(), MONDAY_MORNING)
    assert coverage.why_not_served("job0") is None
    assert coverage.why_not_served("job1") == f"no engine selects it (pid {os.getpid()}, --include-tags a)"
    lock.release()
    assert Coverage(store.engines(), MONDAY_MORNING).why_not_served("job1") is None, "no engine at all"


def test_what_cron_serves_every_few_minutes_counts_as_served(store: Store) -> None:
    how, passing = options("a"), options("b", mode="once")
    jobset = file_of("a", "b")
    names = share_of(jobset, passing).names()
    store.engine_started(EngineInfo(pid=2, mode="once", started_at=MONDAY_MORNING, lock=lock_of("b", ()), jobs=names))
    store.engine_stopped(MONDAY_MORNING, lock_of("b", ()))
    info = row(share_of(jobset, how), how)
    store.engine_started(info)
    lock = EngineLock(store.directory, info.lock)
    assert lock.acquire()
    assert Coverage(store.engines(), MONDAY_MORNING).why_not_served("job1") is None
    assert Coverage(store.engines(), MONDAY_MORNING.replace(hour=23)).why_not_served("job1") is not None
    lock.release()
