"""Registries of earlier versions open, are brought up to date in one step, and lose nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import StateError
from peak_console.store import database
from peak_console.store.store import Store
from tests.store.support import NOW, after, claim

if TYPE_CHECKING:
    from pathlib import Path

    from tests.store.conftest import Connect

SAVED = os.path.join(os.path.dirname(__file__), "registries")


NEWEST = database.SCHEMA_VERSION


def put(tmp_path: Path, version: int) -> str:
    """A directory with the saved registry of a schema."""
    directory = tmp_path / f"state {version}"
    directory.mkdir(mode=0o700)
    shutil.copy(os.path.join(SAVED, f"schema-{version}.db"), directory / "registry.db")
    return str(directory)


@pytest.fixture
def saved(tmp_path: Path) -> str:
    """A directory with a registry of the newest schema."""
    return put(tmp_path, NEWEST)


def test_there_is_a_saved_registry_of_every_schema() -> None:
    assert sorted(os.listdir(SAVED)) == [f"schema-{n}.db" for n in range(1, database.SCHEMA_VERSION + 1)]
    assert sorted(database.MIGRATIONS) == list(range(1, database.SCHEMA_VERSION))


@pytest.mark.parametrize("version", range(1, NEWEST + 1))
def test_a_registry_of_every_schema_opens(version: int, tmp_path: Path) -> None:
    store = Store.open(put(tmp_path, version))
    assert [(run.id, run.job, run.outcome) for run in store.runs()] == [(2, "report", None), (1, "backup", "succeeded")]
    assert store.job_states()["backup"].decided_until == NOW
    hold = store.hold()
    assert hold is not None
    assert hold.reason == "year end"
    assert [delivery.channel for delivery in store.due_deliveries(after(1))] == ["desk"]
    assert claim(store, "next").id == 3
    store.close()


def test_what_is_brought_up_to_date_is_as_if_made_anew(tmp_path: Path) -> None:
    def schema(directory: str) -> set[tuple[str, str, str]]:
        with Store.open(directory) as store:
            rows = store._rows("SELECT type, name, coalesce(sql, '') FROM sqlite_master")
        store.close()
        return {(kind, name, " ".join(sql.split())) for kind, name, sql in rows}

    assert schema(put(tmp_path, 1)) == schema(str(tmp_path / "new"))


def test_who_only_looks_finds_everything_in_an_older_registry(tmp_path: Path) -> None:
    reader = Store.look(put(tmp_path, 1))
    assert reader is not None
    assert [run.id for run in reader.runs(jobs=["backup"], outcome="succeeded", since=after(-9), limit=5)] == [1]
    assert [run.id for run in reader.last_runs(["backup"]).values()] == [1]
    reader.close()


def test_steps_are_taken_in_order_and_once(saved: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SCHEMA_VERSION", NEWEST + 2)
    steps = {
        NEWEST: ["ALTER TABLE runs ADD COLUMN cost INTEGER"],
        NEWEST + 1: ["UPDATE runs SET cost = id * 10", "CREATE INDEX runs_of_cost ON runs (cost)"],
    }
    monkeypatch.setattr(database, "MIGRATIONS", steps)
    for _ in range(2):
        store = Store.open(saved)
        assert store._rows("SELECT cost FROM runs ORDER BY id") == [(10,), (20,)]
        assert store._version() == NEWEST + 2
        store.close()


def test_a_step_that_fails_undoes_all_of_them(saved: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SCHEMA_VERSION", NEWEST + 2)
    steps = {NEWEST: ["CREATE TABLE new (id)"], NEWEST + 1: ["INSERT INTO nowhere VALUES (1)"]}
    monkeypatch.setattr(database, "MIGRATIONS", steps)
    with pytest.raises(StateError, match="nowhere"):
        Store.open(saved)
    client = sqlite3.connect(os.path.join(saved, "registry.db"))
    assert client.execute("PRAGMA user_version").fetchone() == (NEWEST,)
    assert client.execute("SELECT count(*) FROM sqlite_master WHERE name = 'new'").fetchone() == (0,)
    assert client.execute("SELECT count(*) FROM runs").fetchone() == (2,)
    client.close()


def test_who_only_looks_changes_no_version(saved: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SCHEMA_VERSION", NEWEST + 1)
    monkeypatch.setattr(database, "MIGRATIONS", {NEWEST: ["CREATE TABLE new (id)"]})
    reader = Store.look(saved)
    assert reader is not None
    assert reader._version() == NEWEST
    reader.close()


def test_a_writer_that_takes_its_time_is_waited_for(connect: Connect) -> None:
    mine, other = connect(), connect()
    client = sqlite3.connect(other.path, isolation_level=None, check_same_thread=False)
    client.execute("BEGIN IMMEDIATE")
    threading.Timer(1.0, lambda: client.execute("COMMIT")).start()
    began = time.monotonic()
    assert mine.runs() == [], "readers do not wait"
    assert time.monotonic() - began < 0.5
    assert claim(mine).id == 1
    assert time.monotonic() - began > 0.5
    client.close()
