"""A damaged registry makes room for a fresh one, which holds what could still be read."""

from __future__ import annotations

import os
import random
import time
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import DamagedError, StateError
from peak_console.model.records import EngineInfo
from peak_console.model.state import Hold
from peak_console.store.locks import EngineLock
from peak_console.store.repair.damage import SOURCE, STATES_WHOLE, is_damaged, notices, open_sound, set_aside
from peak_console.store.store import Store
from tests.store.support import NOW, alert, claim, finished

if TYPE_CHECKING:
    from pathlib import Path

PAGE = 4096


def filled(directory: Path, runs: int = 400) -> Path:
    """A registry with a past; the path of its file."""
    store = Store.open(str(directory))
    with store:
        store.set_hold(Hold(NOW, "alice", "year end"))
        store.decided("migrate", "once", NOW, None)
        for number in range(runs):
            finished(store, f"job{number}")
        claim(store, "alive")
        alert(store, message="look")
    store.close()
    return directory / "registry.db"


def pages_of(path: Path, table: str) -> list[int]:
    """The pages that a table's rows lie on, found by the rows' text."""
    content = path.read_bytes()
    mark = {"runs": b"4711 boot", "job_state": b"migrateonce"}[table]
    return [n for n in range(1, len(content) // PAGE) if mark in content[n * PAGE : (n + 1) * PAGE]]


def overwrite(path: Path, pages: list[int]) -> None:
    with path.open("r+b") as file:
        for page in pages:
            file.seek(page * PAGE)
            file.write(random.Random(page).randbytes(PAGE))


def replaced(directory: Path) -> Store:
    set_aside(str(directory), NOW)
    return Store.open(str(directory))


def test_what_can_be_read_is_carried_over(tmp_path: Path) -> None:
    path = filled(tmp_path / "state")
    damaged = pages_of(path, "runs")
    overwrite(path, damaged[len(damaged) // 2 :][:1])
    before = path.read_bytes()
    store = replaced(tmp_path / "state")
    runs = store.runs()
    assert 300 < len(runs) < 401
    assert {run.id for run in runs} >= {1, 400, 401}, "both sides of the damage"
    assert [run.job for run in store.unfinished()] == ["alive"]
    assert store.job_states()["migrate"].decided_until == NOW
    hold = store.hold()
    assert hold is not None
    assert (hold.by, hold.reason) == ("alice", "year end")
    assert claim(store, "next").id == 402
    [notice] = notices(store)
    assert notice.level == "critical"
    assert notice.context[STATES_WHOLE] is True
    assert (tmp_path / "state" / str(notice.context["set_aside"])).read_bytes() == before
    assert "hold" not in notice.message
    store.close()


def test_no_word_is_given_for_states_that_are_damaged(tmp_path: Path) -> None:
    path = filled(tmp_path / "state")
    overwrite(path, pages_of(path, "job_state")[:1])
    store = replaced(tmp_path / "state")
    assert store.job_states() == {}
    assert notices(store)[0].context[STATES_WHOLE] is False
    assert len(store.runs()) == 401
    store.close()


@pytest.mark.parametrize("content", [b"nothing of the kind " * 1000, b"SQLite format 3\0" + b"\xff" * 9000])
def test_of_something_else_nothing_is_kept_but_the_file(tmp_path: Path, content: bytes) -> None:
    path = filled(tmp_path / "state", 3)
    (tmp_path / "state" / "runs" / "77").mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(DamagedError, match="an engine that starts sets it aside"):
        Store.open(str(tmp_path / "state"))
    store = replaced(tmp_path / "state")
    assert store.runs() == []
    assert claim(store).id == 78, "no run gets another one's files"
    [notice] = notices(store)
    assert "Whether a hold was in force could not be read" in notice.message
    assert notice.context[STATES_WHOLE] is False
    assert [p.read_bytes() for p in (tmp_path / "state").glob("registry.db.damaged-20261123T060000Z")] == [content]
    store.close()


def test_any_damage_leaves_a_registry_that_works(tmp_path: Path) -> None:
    lot = random.Random(4)
    path = filled(tmp_path / "state", 60)
    sound = path.read_bytes()
    for number in range(25):
        content = bytearray(sound)
        for _ in range(lot.randint(1, 4)):
            start, length = lot.randrange(len(content)), lot.choice([1, 40, 5000])
            content[start : start + length] = lot.randbytes(len(content[start : start + length]))
        path.write_bytes(bytes(content[: lot.choice([len(content), len(content), lot.randrange(len(content))])]))
        store = replaced(tmp_path / "state")
        assert store._rows("PRAGMA integrity_check") == [("ok",)], number
        assert claim(store, "next").id > 0
        store.runs(), store.job_states(), store.hold()
        store.close()
        for each in (tmp_path / "state").glob("registry.db*"):
            each.unlink()


def test_two_of_one_second_keep_apart(tmp_path: Path) -> None:
    filled(tmp_path / "state", 3)
    names = {set_aside(str(tmp_path / "state"), NOW) for _ in range(3)}
    assert len(names) == 3
    assert all(os.path.exists(name) for name in names)


def test_open_connections_follow(tmp_path: Path) -> None:
    filled(tmp_path / "state", 3)
    viewer, reader = Store.open(str(tmp_path / "state")), Store.look(str(tmp_path / "state"))
    assert reader is not None
    seen = viewer.data_version(), reader.data_version()
    store = replaced(tmp_path / "state")
    claim(store, "new")
    for each, version in ((viewer, seen[0]), (reader, seen[1])):
        assert each.data_version() != version
        assert each.runs(jobs=["new"]), "it shows what is written now"
        assert not each.follow(), "once is enough"
        each.close()
    assert store.runs(jobs=["new"])
    store.close()


def test_while_another_serves_it_a_damaged_registry_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled(tmp_path / "state", 3)
    path.write_bytes(b"x" * 9000)
    monkeypatch.setattr("peak_console.store.repair.damage.OTHER_SECONDS", 0.05)
    other, mine = EngineLock(str(tmp_path / "state")), EngineLock(str(tmp_path / "state"))
    assert other.acquire()
    with pytest.raises(StateError, match="not a registry"):
        open_sound(str(tmp_path / "state"), mine, lambda: NOW)
    assert path.read_bytes() == b"x" * 9000
    other.release()
    store = open_sound(str(tmp_path / "state"), mine, lambda: NOW)
    assert [each.source for each in store.alerts()] == [SOURCE]
    store.close()
    mine.release()


def test_damage_is_looked_for_only_after_a_crash(tmp_path: Path) -> None:
    path = filled(tmp_path / "state")
    damaged = pages_of(path, "runs")
    overwrite(path, damaged[len(damaged) // 2 :][:1])
    store = Store.open(str(tmp_path / "state"))
    assert not is_damaged(store)
    store.engine_started(EngineInfo(pid=1, mode="headless", started_at=NOW))
    assert is_damaged(store)
    store.close()


def test_a_large_registry_is_looked_at_for_a_moment_only(tmp_path: Path) -> None:
    filled(tmp_path / "state", 10)
    store = Store.open(str(tmp_path / "state"))
    store.engine_started(EngineInfo(pid=1, mode="headless", started_at=NOW))
    with store:
        for number in range(20):
            alert(store, message="x" * 1_000_000, source=str(number))
        store._write(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)"
            " INSERT INTO runs (job, triggered_by, state, outcome, claimed_at)"
            " SELECT 'many' || i, 'manual', 'finished', 'succeeded', '2026' FROM n"
        )
    began = time.process_time()
    assert not is_damaged(store)
    assert time.process_time() - began < 0.5, "0.1 where nobody else needs the processor"
    store.close()
