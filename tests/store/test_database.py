"""Transactions, connections, versions, and who may read what lies on disk."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import StateError
from peak_console.store.bell import Doorbell
from peak_console.store.database import SCHEMA_VERSION
from peak_console.store.locks import EngineLock
from peak_console.store.schema.creation import Turn
from peak_console.store.store import Store
from tests.store.support import alert, claim

if TYPE_CHECKING:
    from tests.store.conftest import Connect

REPOSITORY = Path(__file__).parents[2]


class WentWrongError(Exception):
    pass


def test_nested_transactions_are_one(connect: Connect) -> None:
    store, other = connect(), connect()
    with store:
        claim(store, "a")
        with store:
            claim(store, "b")
        assert other.runs() == [], "nothing is to be seen before all of it is done"
    assert len(other.runs()) == 2


def test_whatever_goes_wrong_undoes_all_of_it(connect: Connect) -> None:
    store, other = connect(), connect()

    def go_wrong() -> None:
        with store:
            claim(store, "a")
            with store:
                claim(store, "b")
            raise WentWrongError

    with pytest.raises(WentWrongError):
        go_wrong()
    assert other.runs() == []
    claim(store, "c")
    assert [run.job for run in other.runs()] == ["c"], "and the next one works"


def test_an_inner_failure_undoes_the_outer_too(store: Store) -> None:
    def go_wrong() -> None:
        with store:
            claim(store, "a")
            with store:
                claim(store, "b")
                raise WentWrongError

    with pytest.raises(WentWrongError):
        go_wrong()
    assert store.runs() == []


def test_a_statement_that_is_refused_says_so_in_a_sentence(store: Store) -> None:
    with pytest.raises(StateError, match=r"registry\.db: ") as refused:
        store._write("UPDATE runs SET nonsense = 1")
    assert "\n" not in str(refused.value)


def test_a_writer_that_never_ends_is_not_waited_for_forever(connect: Connect) -> None:
    store, other = connect(), connect()
    other._connection.execute("PRAGMA busy_timeout = 50")
    with store:
        claim(store, "a")
        with pytest.raises(StateError, match="another program keeps the registry locked"):
            claim(other, "b")


def test_data_version_tells_of_others_only(connect: Connect) -> None:
    store, other = connect(), connect()
    before = store.data_version()
    claim(store, "a")
    assert store.data_version() == before
    claim(other, "b")
    assert store.data_version() != before


def test_looking_creates_nothing_and_cannot_write(tmp_path: Path) -> None:
    assert Store.look(str(tmp_path / "none")) is None
    assert not (tmp_path / "none").exists()
    Store.open(str(tmp_path / "state")).close()
    reader = Store.look(str(tmp_path / "state"))
    assert reader is not None
    assert reader.runs() == []
    with pytest.raises(StateError, match="read-only"):
        claim(reader)
    reader.close()


def test_an_empty_file_is_a_registry_where_nothing_ever_happened(tmp_path: Path) -> None:
    (tmp_path / "registry.db").touch()
    assert Store.look(str(tmp_path)) is None


@pytest.mark.parametrize("name", ["plain", "with space", "per%41cent", "ques?tion", "ha#sh", "ümlaut"])
def test_a_directory_may_have_any_name(tmp_path: Path, name: str) -> None:
    store = Store.open(str(tmp_path / name))
    claim(store)
    store.close()
    assert sorted(path.name for path in (tmp_path / name).iterdir()) == [".gitignore", "registry.db"]
    reader = Store.look(str(tmp_path / name))
    assert reader is not None
    assert len(reader.runs()) == 1
    reader.close()


def test_a_claim_survives_a_power_cut(store: Store) -> None:
    assert store._rows("PRAGMA synchronous") == [(2,)]
    assert store._rows("PRAGMA journal_mode") == [("wal",)]


def test_any_client_can_read_it(store: Store) -> None:
    claim(store, "a")
    alert(store)
    client = sqlite3.connect(store.path)
    assert client.execute("SELECT job, scheduled_for FROM runs").fetchall() == [("a", "2026-11-23T06:00:00.000000Z")]
    assert client.execute("SELECT timestamp FROM alerts").fetchall() == [("2026-11-23T06:00:00.000000Z",)]
    client.close()


def test_a_newer_schema_is_refused_unchanged(tmp_path: Path) -> None:
    Store.open(str(tmp_path / "state")).close()
    path = tmp_path / "state" / "registry.db"
    client = sqlite3.connect(path)
    client.execute("PRAGMA user_version = 99")
    client.close()
    before = path.read_bytes()
    for opening in (Store.open, Store.look):
        with pytest.raises(StateError, match=rf"newer Peak Console \(schema 99, this one knows {SCHEMA_VERSION}\)"):
            opening(str(tmp_path / "state"))
    assert path.read_bytes() == before


def test_everything_is_ours_alone_whatever_the_umask(tmp_path: Path) -> None:
    directory = tmp_path / "deep" / "state"
    before = os.umask(0)
    try:
        store = Store.open(str(directory))
        claim(store)
        lock = EngineLock(str(directory))
        assert lock.acquire()
        bell = Doorbell(str(directory))
        files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
        lock.release()
        bell.close()
        store.close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert files == dict.fromkeys(
        ("registry.db", "registry.db-wal", "registry.db-shm", ".gitignore", "engine.lock", "engine.bell"), 0o600
    )


def test_git_ignores_what_we_created_but_not_what_was_there(tmp_path: Path) -> None:
    Store.open(str(tmp_path / "new")).close()
    assert (tmp_path / "new" / ".gitignore").read_text(encoding="utf-8") == "*\n"
    (tmp_path / "project").mkdir(mode=0o755)
    (tmp_path / "project" / "strategy.py").touch()
    Store.open(str(tmp_path / "project")).close()
    assert not (tmp_path / "project" / ".gitignore").exists()


def test_a_fresh_registry_does_not_reuse_the_ids_of_runs_whose_files_are_there(tmp_path: Path) -> None:
    for name in ("7", "41", "notes", "9.old", "٣"):
        (tmp_path / "state" / "runs" / name).mkdir(parents=True)
    (tmp_path / "state").chmod(0o700)
    store = Store.open(str(tmp_path / "state"))
    assert claim(store).id == 42
    store.close()


def in_processes(count: int, code: str, *words: str) -> list[str]:
    """What some processes print that begin at the same moment."""
    begin = "import sys; from peak_console.store.store import Store; from tests.store.support import claim\n"
    wait = "print(flush=True); sys.stdin.readline()\n"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", begin + wait + code, *words], cwd=REPOSITORY, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )
        for _ in range(count)
    ]  # fmt: skip
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    return [process.communicate("go\n")[0] for process in processes]


def test_many_that_create_it_at_once_agree(tmp_path: Path) -> None:
    code = """
import os
from concurrent.futures import ThreadPoolExecutor
def begin(number):
    store = Store.open(sys.argv[1])
    claim(store, f"job{number} of {os.getpid()}")
    store.close()
    return number
with ThreadPoolExecutor(4) as pool:
    print(list(pool.map(begin, range(4))))
"""
    assert in_processes(3, code, str(tmp_path / "state")) == ["[0, 1, 2, 3]\n"] * 3
    store = Store.open(str(tmp_path / "state"))
    assert sorted(run.id for run in store.runs()) == list(range(1, 13))
    store.close()


def test_another_opening_in_our_process_leaves_us_our_locks(tmp_path: Path) -> None:
    """Without them a process that closes its connection takes ours to be gone, and removes the log that we write to."""
    mine = Store.open(str(tmp_path / "state"))
    claim(mine, "a")
    Store.open(str(tmp_path / "state"))._connection.close()
    assert in_processes(1, "Store.open(sys.argv[1]).close()", str(tmp_path / "state")) == [""]
    claim(mine, "b")
    seen = "store = Store.look(sys.argv[1]); print([run.job for run in store.runs()])"
    assert in_processes(1, seen, str(tmp_path / "state")) == ["['b', 'a']\n"]
    mine.close()


def test_who_creates_it_is_waited_for_but_not_forever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    directory = tmp_path / "state"
    directory.mkdir(mode=0o700)
    monkeypatch.setattr("peak_console.store.database.BUSY_SECONDS", 0.05)
    with Turn(str(directory), 1), pytest.raises(StateError, match="another program has been creating the registry"):
        Store.open(str(directory))
    assert sorted(path.name for path in directory.iterdir()) == [".gitignore"]
    Store.open(str(directory)).close()
