"""A heartbeat, a ping, a file of alerts or of metrics that takes nothing is told: since when, and what it answered."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from peak_console.alerts.outlets import silences
from peak_console.store.directory import DATABASE
from peak_console.store.store import Store
from tests.headless.outside.test_outside import Sink
from tests.headless.support import shell
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from tests.headless.support import Program

OUTLETS = """
[heartbeat]
every = 1
url = "http://127.0.0.1:9/hush"
[metrics]
every = 1
file = "gone/peak.prom"
[alerts]
file = "taken/alerts.jsonl"
"""
PING = 'ping_url_env = "ORDERS_PING"\nschedule_type = "interval"\ninterval_seconds = 1'


def undelivered(program: Program) -> dict[str, str]:
    """By outlet: what it answered."""
    store = Store.look(str(program.state))
    if store is None:
        return {}
    with closing(store):
        return {each.name: each.answer for each in silences(store.incidents())}


def test_what_takes_nothing_is_told_until_it_does(program: Program) -> None:
    taken = program.folder / "taken"
    taken.write_text("no directory")
    program.jobs(shell("orders", "exit 3", PING) + OUTLETS)
    engine = program.headless()
    wait_until(lambda: len(undelivered(program)) == 4, "all four outlets")
    assert undelivered(program) == {
        "heartbeat": "Connection refused",
        "ping of orders": "the variable ORDERS_PING is not set, neither in the environment nor in .env",
        "alert file": f"{taken}/alerts.jsonl: File exists",
        "metrics file": f"{program.folder}/gone/peak.prom: No such file or directory",
    }
    told = program.run("status")
    assert "problem   heartbeats do not get out since " in told.out
    assert "✖ " in program.run("status", "--line").out
    assert "metrics cannot be written to the file of [metrics]" in program.run("doctor").out
    alerts = program.run("alerts", "--open").out
    assert "pings of orders do not get out: the variable ORDERS_PING is not set" in alerts
    with Sink() as sink:
        (program.folder / ".env").write_text(f"ORDERS_PING={sink.url('uuid')}\n")
        (program.folder / "gone").mkdir()
        taken.unlink()
        program.jobs(shell("orders", "exit 3", PING) + OUTLETS.replace("http://127.0.0.1:9/hush", sink.url("beat")))
        wait_until(lambda: undelivered(program) == {}, "all four outlets work again")
        assert engine.leave() == 0
        sink.shutdown()
    assert "heartbeats get out again, after" in program.run("alerts").out
    text = (program.folder / "gone" / "peak.prom").read_text()
    assert "peak_console_engine_up 0.0" in text, "the last write is made once the engine has signed off"
    assert 'peak_console_channel_failing{channel="heartbeat"} 0.0' in text
    with closing(sqlite3.connect(program.state / DATABASE)) as registry:
        assert "hush" not in "".join(str(row) for row in registry.execute("SELECT message, context FROM alerts"))


def test_starts_from_cron_are_counted_in_the_file(program: Program) -> None:
    program.jobs(
        shell("orders", "true", 'schedule_type = "interval"\ninterval_seconds = 0.1')
        + '\n[metrics]\nfile = "peak_console.prom"'
    )
    for _ in range(2):
        program.once()
    text = (program.folder / "peak_console.prom").read_text()
    assert 'peak_console_runs_ended_total{outcome="succeeded"} 2.0' in text
    assert "peak_console_engine_up 0.0" in text


def test_the_extra_that_is_missing_is_told_with_its_command(program: Program) -> None:
    hidden = program.folder / "hidden" / "prometheus_client"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ModuleNotFoundError(name='prometheus_client')")
    program.jobs(shell("orders", "true") + '\n[metrics]\nfile = "peak_console.prom"')
    assert program.once(PYTHONPATH=str(hidden.parent)).code == 0
    assert undelivered(program) == {
        "metrics file": "metrics need what a plain installation leaves out: pip install 'peak-console[metrics]'"
    }
    assert [run.outcome for run in program.runs()] == ["succeeded"]


@pytest.mark.parametrize("answer", [404, 500])
def test_a_service_that_refuses_is_quoted(answer: int) -> None:
    from email.message import Message
    from urllib.error import HTTPError

    from peak_console.engine.outside.beacon import _fault

    refusal = HTTPError("http://x/hush", answer, "hush", Message(), None)
    assert _fault(refusal) == f"the service answered HTTP {answer}"
    assert _fault(ValueError("unknown url type: 'hush'")) == "sending failed with ValueError"


def test_an_outlet_that_has_left_the_jobs_file_is_told_of_no_more(program: Program) -> None:
    program.jobs(shell("orders", "true") + '\n[metrics]\nfile = "gone/peak.prom"')
    assert program.once().code == 0
    assert list(undelivered(program)) == ["metrics file"]
    program.jobs(shell("orders", "true"))
    os.utime(program.config, (time.time() - 60,) * 2)  # it has stood: no program is still writing it
    assert program.once().code == 0
    assert undelivered(program) == {}
