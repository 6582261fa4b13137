"""A command is told of each run; whatever becomes of it, the run stays as it is."""

from __future__ import annotations

import csv
import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from peak_console.bridge import COLUMNS, append, main
from peak_console.store.directory import DATABASE
from tests.headless.support import shell

if TYPE_CHECKING:
    from pathlib import Path

    from tests.headless.support import Program


def test_the_command_gets_the_run_as_json_once_it_is_recorded(program: Program) -> None:
    rest = "on_finish = ['/bin/sh', '-c', 'cat >told.json']\nexpect = {}"
    program.jobs(shell("scan", "echo '{\"rows\": 3}'", rest))
    assert program.once().code == 0
    told = json.loads((program.folder / "told.json").read_text())
    [recorded] = json.loads(program.run("runs", "--json", "--metrics").out)
    assert told == recorded
    assert (told["outcome"], told["metrics"]) == ("succeeded", {"rows": 3.0})


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        ("['/bin/sh', '-c', 'echo no disk >&2; exit 4']", "exit code 4: no disk"),
        ("['/nowhere/at/all']", 'command "/nowhere/at/all" not found'),
    ],
)
def test_its_failure_is_an_alert_and_never_touches_the_run(command: str, fault: str, program: Program) -> None:
    program.jobs(shell("scan", "true", f"on_finish = {command}\nalert_on_success = false"))
    assert program.once().code == 0
    assert [run.outcome for run in program.runs()] == ["succeeded"]
    [alert] = json.loads(program.run("alerts", "--json").out)
    assert alert["level"] == "warning"
    assert alert["message"].startswith(f"scan: its on_finish command failed: {fault}")


def test_a_command_that_hangs_holds_up_no_run(program: Program) -> None:
    program.gate()
    every = 'schedule_type = "interval"\ninterval_seconds = 0.3'
    program.jobs(shell("scan", "true", f"{every}\non_finish = ['/bin/sh', '-c', 'cat gate >/dev/null']"))
    engine = program.headless()
    program.finished(4)
    program.open_gate()
    assert engine.leave() == 0


def test_runs_become_rows_of_an_experiments_table(program: Program) -> None:
    bridge = f"on_finish = ['{sys.executable}', '-m', 'peak_console.bridge', 'reports/experiments.csv']"
    args = 'args = { strategy = "ma_crossover", symbol = "EUR/USD" }\nexpect = {}'
    (program.folder / "s.py").write_text('print(\'{"sharpe": 1.25, "other": 2}\')\n')
    text = f'[[job]]\nname = "scan"\ncommand = "{sys.executable}"\n{args}\n{bridge}\n'.replace(
        "{ strategy", '{ script = "s.py", strategy'
    )
    program.jobs(text)
    assert program.once().code == 0
    with (program.folder / "reports" / "experiments.csv").open(newline="") as file:
        [row] = list(csv.DictReader(file))
    assert list(row) == list(COLUMNS)
    assert (row["run_type"], row["run_name"], row["strategy_key"], row["sharpe"]) == (
        "scheduler_job", "scan", "ma_crossover", "1.25"
    )  # fmt: skip
    assert json.loads(row["metadata_json"])["outcome"] == "succeeded"
    assert json.loads(row["params_json"])["symbol"] == "EUR/USD"


def test_a_table_keeps_the_columns_that_it_has(tmp_path: Path) -> None:
    table = tmp_path / "experiments.csv"
    table.write_text("timestamp,run_name,mine\n2026-01-01,old,1\n")
    append(str(table), {"id": 7, "job": "scan", "finished_at": "2026-11-23T06:00:00+00:00"})
    assert table.read_text().splitlines() == [
        "timestamp,run_name,mine", "2026-01-01,old,1", "2026-11-23T06:00:00+00:00,scan,"
    ]  # fmt: skip


def test_many_at_once_lose_no_row(tmp_path: Path) -> None:
    table = tmp_path / "new" / "experiments.csv"
    command = [sys.executable, "-m", "peak_console.bridge", str(table)]
    writers = [subprocess.Popen(command, stdin=subprocess.PIPE, text=True) for _ in range(6)]
    for number, writer in enumerate(writers):
        writer.communicate(json.dumps({"id": number, "job": "x"}), timeout=60)
    assert len(table.read_text().splitlines()) == 7


def test_the_bridge_refuses_what_is_no_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err


def _owed(program: Program) -> list[int]:
    with closing(sqlite3.connect(program.state / DATABASE)) as registry:
        return [row[0] for row in registry.execute("SELECT run_id FROM on_finish_owed ORDER BY run_id")]


def test_what_an_engine_that_dies_has_not_come_to_the_next_one_does(program: Program) -> None:
    program.gate()
    told = "cat gate >/dev/null; cat >>told.jsonl"
    program.jobs(
        shell("scan", "exit 3", f"retries = 2\nretry_delay_seconds = 0\non_finish = ['/bin/sh', '-c', '{told}']")
    )
    engine = program.headless()
    program.finished(3)
    assert _owed(program) == [1, 2, 3], "the command of the first hangs, and the others wait for it"
    engine.send(signal.SIGKILL)
    engine.wait()
    program.open_gate()
    assert program.once().code == 0
    objects = [json.loads(line) for line in (program.folder / "told.jsonl").read_text().splitlines()]
    made_up = [each for each in objects if each]
    assert [each["id"] for each in made_up][-3:] == [1, 2, 3]
    assert {each["outcome"] for each in made_up} == {"failed"}
    assert _owed(program) == []
    assert program.once().code == 0
    assert len((program.folder / "told.jsonl").read_text().splitlines()) == len(objects), "once made up is enough"


def test_what_is_owed_to_a_job_that_has_gone_is_forgotten(program: Program) -> None:
    program.gate()
    program.jobs(shell("scan", "true", "on_finish = ['/bin/sh', '-c', 'cat gate']") + shell("other", "true"))
    engine = program.headless()
    program.finished(2)
    engine.send(signal.SIGKILL)
    engine.wait()
    program.jobs(shell("other", "true", "on_finish = ['/bin/true']"))
    assert program.once().code == 0
    assert _owed(program) == []
    program.open_gate()
