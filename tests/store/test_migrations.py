"""Registries of earlier versions open, are brought up to date in one step, and lose nothing."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import threading
import time
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import StateError
from peak_console.store import database
from peak_console.store.schema import migrations
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
    saved = sorted(name for name in os.listdir(SAVED) if name.endswith(".db"))
    assert saved == [f"schema-{n}.db" for n in range(1, database.SCHEMA_VERSION + 1)]
    assert sorted(migrations.MIGRATIONS) == list(range(1, database.SCHEMA_VERSION))


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
        # A table that was renamed stands in quotes.
        # A column that was added stands after the blank at the end of the column before it.
        return {
            (kind, name, re.sub(r"\s+(?=[,)])", "", " ".join(sql.split()).replace('"', ""))) for kind, name, sql in rows
        }

    assert schema(put(tmp_path, 1)) == schema(str(tmp_path / "new"))


FAILED = (
    "INSERT INTO runs (id, job, triggered_by, scheduled_for, state, outcome, claimed_at, finished_at)"
    " VALUES (?, ?, 'schedule', ?, 'finished', ?, ?, ?)"
)
ALERT = (
    "INSERT INTO alerts (level, message, timestamp, job, run_id, acknowledged_at) VALUES ('critical', ?, ?, ?, ?, ?)"
)


def test_alerts_from_before_there_were_incidents_become_incidents(tmp_path: Path) -> None:
    directory = put(tmp_path, 2)
    at = [f"2026-11-23T07:0{minute}:00.000000Z" for minute in range(6)]
    outcomes = [("good", "failed"), ("good", "succeeded"), ("bad", "failed"), ("bad", "failed"), ("bad", "missed")]
    with sqlite3.connect(os.path.join(directory, "registry.db")) as client:
        client.execute("UPDATE alerts SET run_id = NULL")
        for number, (job, outcome) in enumerate(outcomes):
            client.execute(FAILED, (10 + number, job, at[number], outcome, at[number], at[number]))
            if outcome != "succeeded":
                client.execute(ALERT, (f"alert {number}", at[number], job, 10 + number, at[5] if number == 3 else None))
        client.execute(ALERT, ("its run has gone", at[4], "old", 5, None))
    client.close()
    store = Store.open(directory)
    found = {alert.message: alert for alert in store.alerts()}
    good = found["alert 0"]
    assert (good.cause, good.resolved_at, good.is_open) == (None, datetime.fromisoformat(at[1]), False)
    assert not found["alert 2"].is_open, "the newest stands for it"
    assert [(alert.cause, alert.count) for alert in store.incidents()] == [("failed:bad", 2), ("missed:bad", 1)]
    assert found["alert 3"].acknowledged_at is not None, "who has seen it has seen it"
    assert {message for message, alert in found.items() if alert.is_open} == {"m", "alert 4", "its run has gone"}
    assert [alert.message for alert in store.resolve(["failed:bad"], NOW)] == ["alert 3"]
    store.close()


def test_who_only_looks_finds_everything_in_an_older_registry(tmp_path: Path) -> None:
    reader = Store.look(put(tmp_path, 1))
    assert reader is not None
    assert [run.id for run in reader.runs(jobs=["backup"], outcome="succeeded", since=after(-9), limit=5)] == [1]
    assert [run.id for run in reader.last_runs(["backup"]).values()] == [1]
    assert [(alert.message, alert.count, alert.is_open) for alert in reader.alerts(open_only=True)] == [("m", 1, True)]
    assert (reader.alert_counts().open, reader.incidents()) == (1, [])
    reader.close()


def test_steps_are_taken_in_order_and_once(saved: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SCHEMA_VERSION", NEWEST + 2)
    steps = {
        NEWEST: ["ALTER TABLE runs ADD COLUMN cost INTEGER"],
        NEWEST + 1: ["UPDATE runs SET cost = id * 10", "CREATE INDEX runs_of_cost ON runs (cost)"],
    }
    monkeypatch.setattr(migrations, "MIGRATIONS", steps)
    for _ in range(2):
        store = Store.open(saved)
        assert store._rows("SELECT cost FROM runs ORDER BY id") == [(10,), (20,)]
        assert store._version() == NEWEST + 2
        store.close()


def test_a_step_that_fails_undoes_all_of_them(saved: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SCHEMA_VERSION", NEWEST + 2)
    steps = {NEWEST: ["CREATE TABLE new (id)"], NEWEST + 1: ["INSERT INTO nowhere VALUES (1)"]}
    monkeypatch.setattr(migrations, "MIGRATIONS", steps)
    with pytest.raises(StateError, match="nowhere"):
        Store.open(saved)
    client = sqlite3.connect(os.path.join(saved, "registry.db"))
    assert client.execute("PRAGMA user_version").fetchone() == (NEWEST,)
    assert client.execute("SELECT count(*) FROM sqlite_master WHERE name = 'new'").fetchone() == (0,)
    assert client.execute("SELECT count(*) FROM runs").fetchone() == (2,)
    client.close()


def test_who_only_looks_changes_no_version(saved: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "SCHEMA_VERSION", NEWEST + 1)
    monkeypatch.setattr(migrations, "MIGRATIONS", {NEWEST: ["CREATE TABLE new (id)"]})
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


def test_a_process_id_becomes_a_reference_and_numbers_go_on(tmp_path: Path) -> None:
    directory = put(tmp_path, 4)
    with sqlite3.connect(os.path.join(directory, "registry.db")) as client:
        client.execute("UPDATE runs SET pid = 4711, pid_started = 'boot/17' WHERE id = 1")
        client.execute("UPDATE runs SET pid = NULL, pid_started = NULL WHERE id = 2")
        client.execute("UPDATE sqlite_sequence SET seq = 40 WHERE name = 'runs'")
        client.execute("PRAGMA ignore_check_constraints = ON")
        client.execute("UPDATE runs SET state = 'odd' WHERE id = 2")
    client.close()
    reader = Store.look(directory)
    assert reader is not None
    seen = {run.id: (run.executor, run.reference, run.submitted_at, run.waits_for) for run in reader.runs()}
    reader.close()
    store = Store.open(directory)
    runs = {run.id: (run.executor, run.reference, run.submitted_at, run.waits_for) for run in store.runs()}
    assert runs == seen == {1: ("local", "4711 boot/17", None, None), 2: ("local", None, None, None)}
    assert store._rows("SELECT state FROM runs WHERE id = 2") == [("odd",)], "what is damaged is mended later"
    assert claim(store, "next").id == 41
    store.close()
