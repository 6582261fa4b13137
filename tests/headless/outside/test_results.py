"""Exit code 0 is not enough: what a run leaves is held against what its job expects."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from peak_console.engine.results import judge, reading
from tests.headless.support import shell

if TYPE_CHECKING:
    from tests.headless.support import Program

EXPECT = 'expect = { rows = ">0", status = "ok" }'


@pytest.mark.parametrize(
    ("script", "outcome", "reason"),
    [
        ("echo begin; echo '{\"rows\": 3, \"status\": \"ok\"}'", "succeeded", None),
        ("echo '{\"rows\": 0, \"status\": \"ok\"}'", "unexpected", "rows is 0, expected >0"),
        ("echo '{\"rows\": 9, \"status\": \"ok\"}'; echo '{\"rows\": 0, \"status\": \"bad\"}'; echo done",
         "unexpected", "rows is 0, expected >0; status is bad, expected ok"),
        ("true", "unexpected", "it has printed nothing"),
        ("echo finished", "unexpected", "it has printed no JSON object"),
        ("echo '[1]'; echo '{broken'", "unexpected", "it has printed no JSON object"),
        ("echo '{\"rows\": 3, \"status\": \"ok\"}' >&2", "unexpected", "it has printed nothing"),
        ("echo '{\"rows\": 0}'; exit 4", "failed", None),
    ],
)  # fmt: skip
def test_the_last_line_of_json_decides(script: str, outcome: str, reason: str | None, program: Program) -> None:
    program.jobs(shell("scan", script, EXPECT))
    assert program.once().code == (0 if outcome == "succeeded" else 3)
    [run] = program.runs()
    assert (run.outcome, run.reason) == (outcome, reason)
    alerts = json.loads(program.run("alerts", "--json").out)
    if outcome == "unexpected":
        assert alerts[0]["level"] == "critical"
        headline, _, details = alerts[0]["message"].partition("\n")
        assert headline == "scan ended well, but its result is not as expected"
        assert (reason or "") in details


@pytest.mark.parametrize(
    ("script", "outcome", "reason"),
    [
        ("mkdir -p out; echo '{\"rows\": 3, \"status\": \"ok\"}' >out/scan.json", "succeeded", None),
        ("true", "unexpected", "its result out/scan.json cannot be read (No such file or directory)"),
        ("mkdir -p out; : >out/scan.json", "unexpected", "its result out/scan.json is empty"),
        ("mkdir -p out; echo 3 >out/scan.json", "unexpected", "its result out/scan.json is no JSON object"),
        ("mkdir -p out; touch -d yesterday out/scan.json", "unexpected",
         "its result out/scan.json is older than the run"),
        ("mkdir -p out/scan.json", "unexpected", "its result out/scan.json cannot be read (Is a directory)"),
        ("mkdir -p out; mkfifo out/scan.json", "unexpected", "its result out/scan.json is empty"),
    ],
)  # fmt: skip
def test_a_declared_file_decides_and_yesterdays_does_not_count(
    script: str, outcome: str, reason: str | None, program: Program
) -> None:
    program.jobs(shell("scan", script, f'{EXPECT}\nresult = "out/{{job}}.json"'))
    program.once()
    [run] = program.runs()
    assert (run.outcome, run.reason) == (outcome, reason)


def test_an_unexpected_run_is_tried_again_and_a_later_success_resolves_it(program: Program) -> None:
    script = 'n=$(wc -l <{log} 2>/dev/null || echo 0); echo x >>{log}; echo "{\\"rows\\": $n, \\"status\\": \\"ok\\"}"'
    program.jobs(shell("scan", script, f"{EXPECT}\nretries = 2\nretry_delay_seconds = 0"))
    assert program.once().code == 0
    assert [run.outcome for run in program.runs()] == ["unexpected", "succeeded"]
    assert not any(
        each["cause"] and not each["resolved_at"] for each in json.loads(program.run("alerts", "--json").out)
    )
    found = json.loads(program.run("runs", "--json", "--metrics").out)
    assert [each["metrics"] for each in found] == [{"rows": 1.0}, {"rows": 0.0}]
    assert "rows 1" in program.run("runs", "--metrics").out
    assert "metrics" not in json.loads(program.run("runs", "--json").out)[0]
    assert program.run("runs", "--csv", "--metrics").out.splitlines()[0].endswith(",metrics")


def test_without_expectations_nothing_is_read_and_with_empty_ones_json_is_enough(program: Program) -> None:
    program.jobs(shell("plain", "echo '{\"rows\": 1}'") + shell("any", "echo '{\"rows\": 1}'", "expect = {}"))
    program.once()
    found = {each["job"]: each["metrics"] for each in json.loads(program.run("runs", "--json", "--metrics").out)}
    assert found == {"plain": {}, "any": {"rows": 1.0}}


def test_numbers_leave_with_their_run(program: Program) -> None:
    job = shell("scan", "echo '{\"rows\": 1}'", 'expect = {}\nschedule_type = "interval"\ninterval_seconds = 0.2')
    program.jobs(job, 'timezone = "UTC"\nkeep_runs = 2')
    engine = program.headless()
    program.finished(3)
    engine.leave()
    from peak_console.store.store import Store

    with Store.open(str(program.state)) as store:
        store.forget([run.id for run in store.runs()])
        assert store._rows("SELECT count(*) FROM metrics") == [(0,)]
    store.close()


def test_a_result_on_a_file_system_that_does_not_answer_holds_nobody_up(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support.engine import Bench
    from tests.support.factories import make_job

    monkeypatch.setattr(judge, "PATIENCE_SECONDS", 0.05)
    gate_r, gate_w = os.pipe()
    monkeypatch.setattr(judge, "read_result", lambda *_: os.read(gate_r, 1))
    engine = Bench(program.folder / "bench", make_job("scan", expect={}))
    try:
        engine.turn()
        engine.end(1)
        assert engine.runs()[0].outcome == "unexpected"
        assert "does not answer within" in (engine.runs()[0].reason or "")
    finally:
        os.write(gate_w, b"x")
        engine.close()
    assert reading.MOST_BYTES > 0


@pytest.mark.parametrize("how", ["schedule", "by hand"])
def test_a_job_that_fails_on_old_data_does_not_start(how: str, program: Program) -> None:
    program.jobs(shell("orders", "echo traded >>{log}", 'requires = [{ file = "q.csv" }]\nif_stale = "fail"'))
    if how == "schedule":
        assert program.once().code == 3
    else:
        assert program.run("run", "orders").code == 3
    run = program.runs()[0]
    assert (run.outcome, program.log) == ("not_started", [])
    assert run.reason == "requires q.csv, which is not there (No such file or directory)"
    (program.folder / "q.csv").touch()
    assert program.run("run", "orders").code == 0
    assert program.log == ["traded"]


def test_a_run_by_hand_of_a_job_that_would_wait_is_refused_for_its_file(program: Program) -> None:
    program.jobs(shell("orders", "echo traded >>{log}", 'requires = [{ file = "q.csv", newer_than = "1h" }]'))
    assert program.run("run", "orders").code == 3
    assert program.runs()[0].outcome == "not_started"
    assert program.log == []


def test_a_slot_that_waits_for_a_file_is_told_of_in_a_sentence(program: Program) -> None:
    program.jobs(shell("orders", "true", 'requires = [{ file = "q.csv" }]'))
    assert "orders #1 waits: it requires q.csv, which is not there" in program.once().out
