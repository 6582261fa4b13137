"""A real Prometheus scrapes a real installation, and its answers are those of the registry."""

from __future__ import annotations

import socket
import sys
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from peak_console.verbs.setting_up.serve_metrics import address_of
from tests.docs.pages import DOCS
from tests.headless.support import shell
from tests.metrics.test_figures import dashboard_queries
from tests.support.processes import wait_until
from tests.support.prometheus import prometheus, why_not

if TYPE_CHECKING:
    from pathlib import Path

    from tests.headless.support import Program
    from tests.verbs.conftest import CommandLine

RULES = str(DOCS / "prometheus/rules.yml")


def served_at(program: Program, *flags: str) -> str:
    """The address of ``serve --metrics`` once it answers."""
    server = program.start("serve", "--metrics", "0", *flags)
    server.shows("/metrics")
    return server.out.strip().removeprefix("http://").removesuffix("/metrics")


@pytest.mark.skipif(bool(why_not()), reason=str(why_not()))
def test_a_prometheus_that_scrapes_finds_what_has_happened(program: Program, tmp_path: Path) -> None:
    gate = program.gate()
    program.jobs(shell("good", "true") + shell("bad", "exit 3") + shell("long", gate))
    engine = program.headless()
    program.finished(2)
    with prometheus(tmp_path, served_at(program), RULES) as server:
        wait_until(lambda: server.value("sum(peak_console_runs_ended_total)") == 2, "both ends")
        assert server.value("peak_console_engine_up") == 1
        assert server.value('peak_console_runs_ended_total{outcome="failed"}') == 1
        assert server.value('peak_console_runs{state="running"}') == 1
        assert server.value('peak_console_job_consecutive_failures{job_name="bad"}') == 1
        assert server.value('peak_console_job_last_success_timestamp_seconds{job_name="bad"}') is None
        assert server.value("peak_console_start_lateness_seconds_count") == 3
        for query in dashboard_queries():
            server.query(query)
        failing = 'ALERTS{alertname="PeakConsoleJobFailing",job_name="bad"}'
        wait_until(lambda: bool(server.query(failing)), "the alert of the job that fails")
        assert [each["health"] for group in server.asked("rules")["groups"] for each in group["rules"]] == ["ok"] * 11
        program.open_gate()
        assert engine.leave() == 0
        wait_until(lambda: server.value("peak_console_engine_up") == 0, "the end of the engine")
        wait_until(lambda: bool(server.query('ALERTS{alertname="PeakConsoleEngineDown"}')), "the alert of the engine")
        # A start from cron adds to what the engine had counted.
        program.jobs(shell("good", "true") + shell("bad", "exit 3") + shell("long", "true") + shell("new", "true"))
        assert program.once().code == 0
        wait_until(lambda: server.value('peak_console_runs_ended_total{outcome="succeeded"}') == 3, "the cron's run")


def test_without_an_installation_it_says_what_is_not_there_yet(program: Program) -> None:
    program.jobs(shell("good", "true"))
    with urlopen(f"http://{served_at(program)}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    assert "peak_console_registry_readable 0.0" in text
    assert "peak_console_engine_up 0.0" in text


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("here", "'here' is not [HOST:]PORT, as in 9464 or 127.0.0.1:9464"),
        ("70000", "a port is 0 (any that is free) to 65535"),
        (":1", "is not [HOST:]PORT"),
        ("0.0.0.0:9464", "--metrics 0.0.0.0 can be reached from the network"),
    ],
)
def test_addresses_that_cannot_be_served_are_refused(peak: CommandLine, address: str, told: str) -> None:
    answer = peak("serve", "--metrics", address)
    assert (answer.code, told in answer.err) == (2, True), answer.err


@pytest.mark.parametrize(("text", "address"), [("9464", ("127.0.0.1", 9464)), ("[::1]:80", ("::1", 80))])
def test_an_address_without_a_host_is_of_this_machine(text: str, address: tuple[str, int]) -> None:
    assert address_of(text) == address


def test_an_extra_that_is_missing_is_told_with_its_command(peak: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "peak_console.metrics.server", raising=False)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    answer = peak("serve", "--metrics", "0")
    told = "peak-console: metrics need what a plain installation leaves out: pip install 'peak-console[metrics]'\n"
    assert (answer.code, answer.err) == (1, told)


def test_a_port_that_is_taken_is_told(peak: CommandLine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = peak("serve", "--metrics", str(port))
    told = f"peak-console: 127.0.0.1:{port}: cannot be listened on (Address already in use); name another one with"
    assert (answer.code, answer.err) == (1, f"{told} --metrics\n")


def test_the_server_ends_at_once_when_told(program: Program) -> None:
    program.jobs(shell("good", "true"))
    server = program.start("serve", "--metrics", "127.0.0.1:0")
    server.shows("/metrics")
    assert server.leave() == 0
    assert server.err == ""
