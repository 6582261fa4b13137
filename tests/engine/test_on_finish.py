"""What engines before have not come to is made up for, within bounds, and never what another engine is about to do."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.engine.results import on_finish
from peak_console.engine.results.on_finish import OnFinish
from peak_console.store.store import Store
from peak_console.store.tables.on_finish import OwedCommands
from tests.store.support import NOW, after, finished
from tests.support.factories import make_job

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from peak_console.model.records import Alert

ME, DEAD, ALIVE = "1 me", "2 dead", "3 alive"


class Alerts:
    """Takes alerts."""

    def __init__(self) -> None:
        self.raised: list[Alert] = []
        self.raise_alert = self.raised.append

    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(str(tmp_path / "state"))
    yield opened
    opened.close()


def made_up(store: Store, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], Alerts]:
    """The runs whose commands are made up for, and the alerts about others."""
    jobs = {"scan": make_job("scan", on_finish=("true",)), "plain": make_job("plain")}
    jobset = SimpleNamespace(jobs={**jobs, "another's": make_job("another's", on_finish=("true",))})
    served: Any = SimpleNamespace(jobset=jobset, jobs=jobs)
    alerts = Alerts()
    context: Any = SimpleNamespace(
        store=store, served=served, identity=ME, alerts=alerts, is_alive=lambda name: name == ALIVE
    )
    told: list[int] = []
    monkeypatch.setattr(OnFinish, "tell", lambda _self, run, _job, _notes: told.append(run.id))
    OnFinish(context, {}).make_up(NOW)
    return told, alerts


def test_only_what_nobody_else_is_about_to_do_is_made_up_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    owed = OwedCommands(store)
    jobs = ["scan", "scan", "another's", "plain", "gone"]
    ids = [finished(store, job, after(number)) for number, job in enumerate(jobs)]
    for run_id, supervisor in zip(ids, [DEAD, ALIVE, DEAD, DEAD, DEAD], strict=True):
        owed.owe(run_id, supervisor)
    told, alerts = made_up(store, monkeypatch)
    assert told == [ids[0]]
    assert owed.owed() == [(ids[0], ME), (ids[1], ALIVE), (ids[2], DEAD)], "what concerns nobody any more is forgotten"
    assert alerts.raised == []


def test_of_very_many_the_newest_are_made_up_for_and_the_others_told_of(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(on_finish, "MOST_OWED", 2)
    ids = [finished(store, "scan", after(number)) for number in range(5)]
    for run_id in ids:
        OwedCommands(store).owe(run_id, DEAD)
    told, alerts = made_up(store, monkeypatch)
    assert told == ids[-2:]
    [alert] = alerts.raised
    assert alert.message.startswith(f"the on_finish commands of 3 runs, #{ids[0]} to #{ids[2]}, are not made up for")
    assert [run_id for run_id, _ in OwedCommands(store).owed()] == ids[-2:]


def test_a_run_that_is_removed_owes_nothing(store: Store) -> None:
    run_id = finished(store, "scan")
    OwedCommands(store).owe(run_id, DEAD)
    store.forget([run_id])
    assert OwedCommands(store).owed() == []
