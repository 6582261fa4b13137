"""Whenever an engine dies, its chains are run once and in order."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Run, RunState
from peak_console.store.database import Database
from tests.engine.chains.test_chains import after, at, begin, daily, go_to

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from tests.engine.conftest import MakeBench


class Crash(BaseException):
    """The engine dies at this very write."""


ROUNDS = 3
WORLD = (
    daily("fetch", "07:00")
    + daily("check", "07:00", "retries = 1")
    + daily("report", "07:10", 'after = ["fetch", "check"]')
    + after("mail", '["report"]')
    + after("store", '["fetch"]', 'round = "run"')
)


@pytest.mark.parametrize("step", [*range(1, 40), *range(40, 120, 5)])
def test_whenever_the_engine_dies_the_chain_is_run_once_and_in_order(
    bench: MakeBench, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    engine = begin(bench, WORLD)
    writes = 0
    write = Database._write

    def counted(store: Database, sql: str, values: Sequence[Any] = ()) -> Any:
        nonlocal writes
        writes += 1
        if writes == step:
            raise Crash
        return write(store, sql, values)

    monkeypatch.setattr(Database, "_write", counted)
    has_failed = False
    for minute in range(6 * 60 + 55, 8 * 60):
        for _ in range(3):
            try:
                go_to(engine, at(minute // 60, minute % 60))
                for run_id in engine.live:
                    fails = not has_failed and engine.store.run(run_id).job == "check"  # type: ignore[union-attr]
                    has_failed = has_failed or fails
                    engine.end(run_id, code=int(fails))
                engine.turn()
                break
            except Crash:
                engine.close(crash=True)
                engine.begin()
    monkeypatch.undo()
    _expect_each_once(engine.runs(), {"fetch": 1, "check": 1, "report": 1, "mail": 1, "store": 1})


def _expect_each_once(runs: Sequence[Run], wanted: Mapping[str, int]) -> None:
    good = {name: [run for run in runs if run.job == name and run.outcome == "succeeded"] for name in wanted}
    assert {name: len(found) for name, found in good.items()} == wanted, runs
    assert [run for run in runs if run.state != RunState.FINISHED] == []

    def ends(name: str) -> datetime:
        return good[name][0].finished_at or at(0)

    def starts(name: str) -> datetime:
        return good[name][0].started_at or at(0)

    assert starts("report") >= max(ends("fetch"), ends("check"))
    assert starts("mail") >= ends("report")
    assert starts("store") >= ends("fetch")
    assert good["report"][0].scheduled_for == at(7, 10)
    assert (good["mail"][0].scheduled_for or at(0)) - ends("report") < timedelta(seconds=1)
