"""What a person has to confirm by name, and what happens without it: nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.support.factories import make_job

if TYPE_CHECKING:
    from tests.engine.conftest import MakeBench

ORDERS = make_job("orders", interval_seconds=60, confirm=True)
TAGGED = make_job("hedge", interval_seconds=60, tags=("live",), enabled=False)
OTHER = make_job("backup", interval_seconds=60)


@pytest.mark.parametrize("confirm", [None, [], "orders", ["order"], ["ORDERS"], [1], {"orders": 1}])
def test_without_the_very_name_nothing_is_run(confirm: object, bench: MakeBench) -> None:
    engine = bench(make_job("orders", daily_time="12:00", confirm=True))
    arguments: dict[str, Any] = {} if confirm is None else {"confirm": confirm}
    answer = "refused: orders: to be confirmed by name; give --confirm orders"
    assert engine.command("run", "orders", **arguments) == answer
    assert engine.command("run", "orders", force=True, args={"top_n": 3}, **arguments) == answer
    assert engine.runs() == []


def test_with_its_name_it_runs(bench: MakeBench) -> None:
    engine = bench(make_job("orders", daily_time="12:00", confirm=True))
    assert engine.command("run", "orders", confirm=["orders"]) == "done: orders #1 started"


def test_an_enabling_is_confirmed_and_a_disabling_is_not(bench: MakeBench) -> None:
    engine = bench(TAGGED, OTHER, confirm_tags=["live"])
    assert engine.command("enable", "hedge").startswith("refused: hedge: to be confirmed by name")
    assert engine.command("enable", "hedge", confirm=["hedge"]) == "done: hedge is enabled"
    assert engine.command("disable", "hedge") == "done: hedge is disabled"
    assert engine.command("run", "backup", force=True).endswith(" started")


def test_a_release_that_starts_something_is_confirmed_and_one_that_does_not_is_not(bench: MakeBench) -> None:
    engine = bench(ORDERS, make_job("hedge", interval_seconds=60, tags=("live",)), OTHER, confirm_tags=["live"])
    engine.command("hold")
    answer = (
        "refused: the release would start orders, hedge: to be confirmed by name; give --confirm orders --confirm hedge"
    )
    assert engine.command("release") == answer
    assert engine.command("release", confirm=["orders"]).startswith("refused: the release would start hedge: ")
    assert engine.runs() == []
    assert engine.command("release", confirm=["hedge", "orders"]) == "done: released"
    for run in engine.runs():
        engine.end(run.id)
    engine.command("hold")
    assert engine.command("release") == "done: released", "nothing is due before a minute has passed"


def test_a_release_of_some_jobs_is_confirmed_too(bench: MakeBench) -> None:
    engine = bench(make_job("hedge", interval_seconds=60, tags=("live",), confirm=True), OTHER)
    engine.command("hold_jobs", tags=["live"])
    assert engine.command("release_jobs", tags=["live"]).startswith("refused: the release would start hedge: ")
    assert engine.runs("hedge") == []
    assert engine.command("release_jobs", tags=["live"], confirm=["hedge"]).startswith("done: ")
    assert len(engine.runs("hedge")) == 1


def test_what_follows_the_schedule_asks_nobody(bench: MakeBench) -> None:
    engine = bench(ORDERS)
    engine.turn()
    assert engine.live == [1]
