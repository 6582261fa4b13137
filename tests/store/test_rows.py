"""Whatever a cell holds: rows are read, and those by which an engine acts are refused and mended."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.errors import DamagedRowError
from peak_console.model.records import Alert, Claim, Level
from peak_console.model.state import Hold, JobState, Override
from peak_console.store.database import storable
from peak_console.store.repair.mending import Mender
from peak_console.store.repair.restore import NO_MEMORY
from peak_console.store.rows import DAMAGED
from peak_console.store.store import Store
from peak_console.store.tables.definitions import definition_of
from tests.store.support import NOW, after, claim, finished
from tests.support.properties import examples

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = [
    None, "", "no time", "2026-11-23T06:00:00", "0001-01-01T00:00:00Z", "[1]", '{"a": 1}', "[" * 5000, "9" * 400,
    b"\xff\xfe", 0, -1, 2**63 - 1, float("inf"),
]  # fmt: skip
STRANGE = [
    "2026-11-23", "9999-12-31T23:59:59Z", "2026-11-23T06:00:00+00:00:00.000001", "[", "[]", "{}", "null", "1e400",
    "NaN", '"\\ud800"', '["\\ud800"]', "enabled", "finished", "\0", "\x1b[2J", "4711", "4711 mark", "\u0663 mark",
    b"", b"2026", 1, 2**31, -(2**63), 0.5, float("-inf"), 1e300,
]  # fmt: skip
TABLES = ("runs", "job_state", "commands", "alerts", "deliveries", "engine", "sqlite_sequence")


def fill(directory: Path) -> None:
    """A registry with a row of every kind that an engine acts by."""
    store = Store.open(str(directory))
    with store:
        finished(store, "past")
        claim(store, "queued", queued=True, not_before=after(60), args={"a": 1}, tags=["t"], command=["true"])
        claim(store, "claimed", args={"a": 1})
        running = claim(store, "running", args={"a": 1}, tags=["t"], command=["true"], tag="x")
        store.started(running.id, NOW, "4711 mark")
        store.decided("migrate", "once", NOW, NOW)
        store.set_override("migrate", Override(enabled=False, by="alice", at=NOW, until=after(60), reason="audit"))
        store.set_hold(Hold(NOW, "alice", "year end"))
        store.issue("run", "alice", NOW, "queued", arguments={"args": {"a": 1}})
        store.add_alert(Alert(Level.WARNING, "look", NOW, job="past", run_id=1), ["ops"], NOW)
    store.close()


def cells_of(directory: Path) -> list[tuple[str, str]]:
    store = Store.open(str(directory))
    found = [(table, row[1]) for table in TABLES for row in store._rows(f"PRAGMA table_info({table})")]
    store.close()
    return found


def spoil(store: Store, table: str, column: str, value: object) -> bool:
    """Write a value into a cell of every row, or of the last; whether SQLite let it. No constraint keeps damage out."""
    store._connection.execute("PRAGMA foreign_keys = OFF")
    store._connection.execute("PRAGMA ignore_check_constraints = ON")
    try:
        for where in ("", " WHERE rowid = (SELECT max(rowid) FROM {table})"):
            try:
                store._connection.execute(f"UPDATE {table} SET {column} = ?{where.format(table=table)}", (value,))
            except (sqlite3.Error, UnicodeError, OverflowError):
                continue
            return True
        return False
    finally:
        store._connection.execute("PRAGMA foreign_keys = ON")
        store._connection.execute("PRAGMA ignore_check_constraints = OFF")


def look_at_everything(store: Store) -> None:
    """Every question that a front end asks, with what is done with the answers."""
    for run in [*store.runs(), *store.unfinished(), *store.last_runs(["past", "running"]).values()]:
        assert run.lateness_seconds is None or isinstance(run.lateness_seconds, float)
        assert (run.state == "finished") == (run.outcome is not None)
        assert [run.claimed_at.astimezone(), [*run.args], " ".join(run.command), " ".join(run.tags)]
    for alert in store.alerts():
        assert alert.timestamp.astimezone().year
        assert alert.message + alert.source
    for delivery in store.due_deliveries(after(1)):
        assert delivery.attempts + 1
    for state in store.job_states().values():
        assert state.failures + 1
    assert store.last_run_id() >= 0
    assert [store.engine_info(), store.hold(), store.incidents(), store.alert_counts(), store.next_delivery_at()]
    assert store.unfinished_of_jobs() or not store.unfinished()


def decide_by_everything(store: Store) -> None:
    """What an engine reads to act by it."""
    store.engine_info(strict=True)
    store.last_run_id(strict=True)
    store.job_states(strict=True)
    store.unfinished(strict=True)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("state")
    directory.chmod(0o700)
    fill(directory)
    return directory


def test_no_cell_of_any_row_keeps_anybody_from_looking_or_an_engine_from_going_on(filled: Path) -> None:
    store = Store.open(str(filled))
    looked = [check(store, *cell, value) for cell in cells_of(filled) for value in HOSTILE]
    store.close()
    assert looked.count("mended") > 200
    assert looked.count("refused by SQLite") < 200


@examples(50)
@given(
    place=st.integers(0, 10_000),
    value=st.one_of(
        st.sampled_from(STRANGE),
        st.text(max_size=30),
        st.binary(max_size=30),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(),
    ),
)
def test_nor_does_any_other_value(filled: Path, place: int, value: Any) -> None:
    cells = cells_of(filled)
    store = Store.open(str(filled))
    check(store, *cells[place % len(cells)], value)
    store.close()


def check(store: Store, table: str, column: str, value: Any) -> str:
    """Spoil a cell, look, mend, and put everything back; what became of it."""
    store._connection.execute("BEGIN")
    store._depth += 1
    try:
        if not spoil(store, table, column, value):
            return "refused by SQLite"
        look_at_everything(store)
        what = mended(store)
        decide_by_everything(store)
        look_at_everything(store)
        claim(store, "next", by="1 mark")  # the registry serves on
    except BaseException as error:
        error.add_note(f"{table}.{column} = {value!r:.60}")
        raise
    else:
        return what
    finally:
        store._depth -= 1
        store._connection.execute("ROLLBACK")


def mended(store: Store) -> str:
    try:
        decide_by_everything(store)
    except DamagedRowError:
        pass
    else:
        return "sound"
    return "mended" if Mender(store, NO_MEMORY, {"migrate": "once"}, lambda run: run == 4, NOW).mend() else "left"


def test_what_cannot_be_read_starts_nothing(filled: Path, tmp_path: Path) -> None:
    fill(tmp_path / "state")
    store = Store.open(str(tmp_path / "state"))
    for table, column in [
        ("runs", "args"),
        ("job_state", "decided_until"),
        ("job_state", "override"),
        ("engine", "hold_since"),
    ]:
        spoil(store, table, column, "nonsense")
    lines = Mender(store, NO_MEMORY, {}, lambda run: run == 4, after(5)).mend()
    assert len(lines) == 5, lines
    by_job = {run.job: run for run in store.runs()}
    assert (by_job["queued"].outcome, by_job["claimed"].outcome) == ("not_started", "not_started")
    assert (by_job["running"].state, by_job["running"].reference) == ("running", "4711 mark")
    assert all((by_job[job].reason or "").startswith(DAMAGED) for job in ("queued", "claimed", "running"))
    migrate = store.job_states(strict=True)["migrate"]
    assert migrate.decided_until == after(5)
    assert migrate.override is not None
    assert not migrate.override.enabled
    hold = store.hold()
    assert hold is not None
    assert (hold.since, hold.by) == (after(5), "alice")
    store.close()


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("m\udcfcller", "m\\xfcller"),
        ("\ud800", "\\ud800"),
        (10**30, 2**63 - 1),
        (-(10**30), -(2**63)),
        ("ü", "ü"),
        (None, None),
    ],
)
def test_values_that_sqlite_cannot_hold_are_stored_as_near_as_can_be(value: object, stored: object) -> None:
    assert storable(value) == stored


def test_of_a_burst_with_a_name_that_is_no_utf8_each_slot_is_claimed_once_and_in_order(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "state"))
    names = ["first", "m\udcfcller", "last"]
    claims = [Claim(name, NOW, definition=f"name = {name[:1]}") for name in names]
    runs = store.claim([*claims, claims[0]], NOW, "me")
    assert [(run.id, run.job) for run in runs] == [(1, "first"), (2, "m\\xfcller"), (3, "last")]
    assert [definition_of(store, run.id) for run in runs] == ["name = f", "name = m", "name = l"]
    assert store.claim(claims, NOW, "me") == []
    store.remember([JobState(name, "once", NOW) for name in names])
    assert list(store.job_states()) == [run.job for run in runs]
    store.close()


def test_a_name_that_is_no_utf8_is_no_damage(tmp_path: Path) -> None:
    store = Store.open(str(tmp_path / "state"))
    run = claim(store, "m\udcfcller", args={"s": "\udcff"}, reason="\ud800")
    assert store.run(run.id) == run
    assert run.args == {"s": "\udcff"}
    assert run.job == "m\\xfcller"
    assert [found.id for found in store.runs(jobs=["m\udcfcller"])] == [run.id]
    assert not store.has_alert(10**30)
    assert len(store.runs(limit=10**30)) == 1
    assert len(store.runs(since=datetime.min.replace(tzinfo=UTC))) == 1
    store.close()
