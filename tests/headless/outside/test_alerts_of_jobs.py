"""Alerts that jobs raise, their runbooks, escalations, and the file that all are written to."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

import peak_console
from peak_console.errors import ArgumentError
from tests.headless.support import shell
from tests.support.alert_server import AlertServer
from tests.support.mail_server import MailServer
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.headless.support import Program

OURS = f"{sys.executable} -m peak_console"
RUNBOOK = "https://wiki.example.com/orders"


def channel(name: str, url: str, rest: str = "") -> str:
    return f'[[alerts.channel]]\nname = "{name}"\nurl = "{url}"\n{rest}\n'


def test_a_job_raises_an_alert_that_names_it_its_run_and_its_runbook(program: Program) -> None:
    job = shell(
        "orders", f"{OURS} alert critical order 7 rejected", f'runbook = "{RUNBOOK}"\ntags = ["live"]\nmode = "live"'
    )
    with AlertServer() as server:
        program.jobs(job + channel("desk", server.url("desk"), 'min_level = "critical"\ntags = ["live"]'))
        engine = program.headless()
        [told] = server.wait_for(1, "desk", 30)
        assert engine.leave() == 0
    assert "LIVE orders: order 7 rejected" in str(told)
    assert RUNBOOK in str(told)
    [alert] = [each for each in json.loads(program.run("alerts", "--json").out) if each["source"] == "job"]
    assert (alert["level"], alert["job"], alert["run_id"]) == ("critical", "orders", 1)
    assert alert["context"]["runbook"] == RUNBOOK


def test_an_alert_without_an_engine_is_raised_by_the_next(program: Program) -> None:
    program.jobs(shell("orders", "true"))
    assert program.run("alert", "warning", "the desk is closed").out == "the alert is left for the engine\n"
    engine = program.headless()
    wait_until(lambda: "the desk is closed" in program.run("alerts").out, "the alert")
    engine.leave()


def test_the_python_api_raises_one_from_a_run(program: Program) -> None:
    (program.folder / "job.py").write_text("import peak_console\npeak_console.alert('spread too wide', 'critical')\n")
    program.jobs(f'[[job]]\nname = "scan"\ncommand = "{sys.executable}"\nargs = {{ script = "job.py" }}\n')
    engine = program.headless()
    wait_until(lambda: "scan: spread too wide" in program.run("alerts", "--level", "critical").out, "the alert")
    engine.leave()


@pytest.mark.parametrize(("message", "level"), [("x", "loud"), (" ", "info"), (3, "info")])
def test_the_python_api_refuses_what_is_no_alert(message: str, level: str, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError):
        peak_console.alert(message, level, state_dir=tmp_path / "state")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["alert", "loud", "x"], 'alert: "loud" is no level; use one of info, warning, critical'),
        (["alert", "warnin", "x"], 'alert: "warnin" is no level; did you mean "warning"?'),
        (["alert", "info", " "], "alert: there is no message; give one, or - to read it from standard input"),
        (["alert", "info", "-"], "alert: there is no message; give one, or - to read it from standard input"),
    ],
)
def test_wrong_usage_is_said(words: list[str], error: str, program: Program) -> None:
    answer = program.run(*words)
    assert (answer.code, answer.err) == (2, f"peak-console: {error}\n")


def test_what_nobody_acknowledges_is_escalated_and_what_is_acknowledged_is_not(program: Program) -> None:
    jobs = shell("loud", "exit 1") + shell("quiet", "exit 1")
    with AlertServer() as desk, MailServer() as pager:
        escalation = channel("pager", pager.url(), 'min_level = "critical"\nescalate_after = 8')
        program.jobs(jobs + channel("desk", desk.url("desk")) + escalation)
        engine = program.headless()
        wait_until(lambda: "quiet failed" in program.run("alerts").out, "the alerts")
        alerts = json.loads(program.run("alerts", "--json", "--open").out)
        [seen] = [each["id"] for each in alerts if each["job"] == "quiet"]
        assert program.run("ack", str(seen)).code == 0
        mails = pager.wait_for(1)
        engine.leave()
    assert len(mails) == 1
    text = mails[0].get_content() if not mails[0].is_multipart() else str(mails[0])
    assert "loud failed" in text + str(mails[0]["subject"])
    assert "quiet" not in text
    assert "not acknowledged" in text + str(mails[0]["subject"])


@pytest.mark.parametrize("name", ["alerts.jsonl", "alerts.tsv"])
def test_each_alert_is_a_line_of_a_file(name: str, program: Program) -> None:
    program.jobs(shell("a b", "echo 'x\ty' >&2; exit 1") + f'[alerts]\nfile = "logs/{name}"\n')
    program.once()
    lines = (program.folder / "logs" / name).read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1
    if name.endswith("tsv"):
        cells = lines[0].split("\t")
        assert (cells[1], cells[3], cells[4], len(cells)) == ("critical", "a b", "1", 6)
    else:
        told = json.loads(lines[0])
        assert (told["level"], told["job"], told["run_id"], told["cause"]) == ("critical", "a b", 1, "failed:a b")


def test_a_file_that_cannot_be_written_keeps_nobody(program: Program) -> None:
    (program.folder / "logs").write_text("a file")
    program.jobs(shell("a", "exit 1") + '[alerts]\nfile = "logs/alerts.jsonl"\n')
    assert program.once().code == 3
    told, of_job = json.loads(program.run("alerts", "--json").out)
    assert told["message"].startswith("alerts cannot be written to the file of [alerts]: ")
    assert of_job["job"] == "a"


def test_alerts_and_runs_are_followed_as_they_come(program: Program) -> None:
    program.jobs(shell("orders", "exit 1", 'schedule_type = "daily"\ndaily_time = "00:00"') + shell("other", "true"))
    engine = program.headless()
    program.finished(1)
    alerts = program.start("alerts", "--follow", "--level", "critical")
    runs = program.start("runs", "--follow", "--json")
    wait_until(lambda: _listens(program, alerts.pid) and _listens(program, runs.pid), "the followers")
    program.run("run", "other")
    program.run("run", "orders")
    alerts.shows("orders failed with exit code 1")
    runs.shows('"outcome": "failed"')
    found = [json.loads(line) for line in runs.out.splitlines()]
    assert [run["job"] for run in found] == ["other", "orders"]
    assert "other" not in alerts.out
    for follower in (alerts, runs):
        follower.end()
    engine.leave()


def _listens(program: Program, pid: int) -> bool:
    """Whether a process has the registry open."""
    import os

    try:
        return any("registry.db" in os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return False


def told(program: Program) -> list[str]:
    return [alert["message"] for alert in json.loads(program.run("alerts", "--json").out)]


def test_a_one_shot_start_raises_what_its_runs_have_to_say(program: Program) -> None:
    say = f"{sys.executable} -m peak_console --state-dir {program.state} alert critical 'order rejected'"
    program.jobs(shell("orders", say, "alert_on_success = false"))
    assert program.once().code == 0
    assert told(program) == ["orders: order rejected"]


def test_a_one_shot_start_with_nothing_due_raises_what_was_left(program: Program) -> None:
    program.jobs(shell("nightly", "true", 'enabled = false\nschedule_type = "daily"\ndaily_time = "00:00"'))
    program.once()
    assert program.run("alert", "critical", "the desk is closed").code == 0
    assert program.once().code == 0
    assert told(program) == ["the desk is closed"]
