"""An engine that finds a row which makes no sense mends it, says so, starts nothing by it, and serves on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.cli import main
from peak_console.runs.interface import Ended, RunSpec
from peak_console.runs.simulated import SimulatedExecutor, SimulatedProcess
from peak_console.store.store import Store
from tests.store.test_rows import cells_of, fill, spoil
from tests.support.engine import Bench
from tests.support.factories import make_job

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.engine.conftest import MakeBench

VALUES = ("nonsense", b"\xff", 2**63 - 1)
JOBS = [make_job(name, interval_seconds=60) for name in ("past", "queued", "claimed", "running")]
JOBS_FILE = '[[job]]\nname = "past"\ncommand = "true"\n[[job]]\nname = "migrate"\ncommand = "true"\n'
VERBS = {
    "runs": ("jobs", "runs", "runs --json"),
    "job_state": ("status", "jobs --json", "next"),
    "alerts": ("alerts", "alerts --json"),
    "engine": ("status", "status --json", "jobs"),
}


def test_an_engine_begins_and_serves_whatever_a_cell_holds(tmp_path: Path) -> None:
    state = tmp_path / "state"
    fill(state)
    sound = (state / "registry.db").read_bytes()
    for number, (table, column) in enumerate(cells_of(state)):
        value = VALUES[number % len(VALUES)]
        (state / "registry.db").write_bytes(sound)
        store = Store.open(str(state))
        spoil(store, table, column, value)
        store.close()
        try:
            serve_a_while(state)
        except BaseException as error:
            error.add_note(f"{table}.{column} = {value!r}")
            raise


def serve_a_while(state: Path) -> None:
    executor = SimulatedExecutor()
    spec = RunSpec(4, ["true"], {}, None, 0)
    executor.processes[4] = SimulatedProcess(spec, ended=Ended(0, None))
    bench = Bench(state, *JOBS, make_job("migrate"), executor=executor)
    bench.engine.work()
    assert bench.control.trouble is None
    assert bench.store.open_command_ids() in ([], [1]), "only what is said to be answered"
    assert not bench.runs("migrate"), "it is decided, and disabled"
    bench.clock.advance(60)
    bench.engine.work()
    bench.close()


def test_a_cell_that_is_spoilt_under_an_engine_is_put_back_as_the_engine_knows_it(bench: MakeBench) -> None:
    engine = bench(make_job("long", interval_seconds=60, args={"a": 1}, retries=1), make_job("off", interval_seconds=9))
    engine.command("disable", "off", reason="audit")
    engine.turn()
    [run] = engine.runs("long")
    store = engine.store
    states = store.job_states()
    for table, column in [("runs", "args"), ("runs", "scheduled_for"), ("job_state", "decided_until")]:
        spoil(store, table, column, "nonsense")
    spoil(store, "job_state", "override", "nonsense")
    engine.control.offer(engine.jobset(*engine.jobs))
    engine.engine.work()
    assert engine.control.trouble is None
    assert store.job_states(strict=True) == states
    assert store.unfinished(strict=True) == [run]
    [alert] = engine.alerts("critical")
    assert alert.message.startswith("the registry was damaged in 3 places, and has been mended\n")
    assert f"long #{run.id} (scheduled_for, args): the engine knew it" in alert.message


def test_a_run_with_a_damaged_row_is_looked_after_and_not_repeated(bench: MakeBench) -> None:
    engine = bench(make_job("long", interval_seconds=3600, args={"a": 1}, retries=3))
    engine.turn()
    engine.close(crash=True)
    store = Store.open(str(engine.directory))
    spoil(store, "runs", "args", "nonsense")
    store.close()
    engine.begin()
    engine.turn()
    assert engine.live == [1]
    engine.end(1, 7)
    [run] = engine.runs("long")
    assert (run.outcome, run.return_code) == ("failed", 7)
    assert "it is looked after; should it fail, it is not repeated" in engine.alerts("critical")[0].message


def test_no_cell_gives_a_verb_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs.toml").write_text(JOBS_FILE)
    state = tmp_path / "state"
    fill(state)
    sound = (state / "registry.db").read_bytes()
    for number, (table, column) in enumerate(cells_of(state)):
        value = VALUES[number % len(VALUES)]
        (state / "registry.db").write_bytes(sound)
        store = Store.open(str(state))
        spoil(store, table, column, value)
        store.close()
        for verb in VERBS.get(table, ("status",)):
            try:
                code = main(["--config", "jobs.toml", "--state-dir", str(state), *verb.split()])
            except BaseException as error:
                error.add_note(f"{verb}: {table}.{column} = {value!r}")
                raise
            shown = capsys.readouterr()
            assert code in (0, 1), shown.err
            assert code == 0 or shown.err.count("\n") == 1, (verb, table, column, shown.err)
