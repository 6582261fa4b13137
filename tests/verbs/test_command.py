"""Commands from a shell, without an engine: recorded for the next one, or refused with why."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from peak_console.cli import main
from peak_console.model.records import Claim, Trigger
from peak_console.store.bell import Doorbell
from peak_console.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path
    from typing import Any

    from peak_console.model.records import Command

JOBS = """
[[job]]
name = "nightly"
command = "sleep"
argv = ["60"]
schedule_type = "daily"
daily_time = "03:00"
kill_grace_seconds = 2

[[job]]
name = "quick"
command = "sh"
argv = ["-c", "echo to stdout; echo to stderr >&2; exit 7"]
schedule_type = "daily"
daily_time = "03:00"
"""


@pytest.fixture
def jobs_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("PEAK_CONSOLE_STATE_DIR", raising=False)
    path = tmp_path / "jobs.toml"
    path.write_text(JOBS, encoding="utf-8")
    return path


@pytest.fixture
def engine(jobs_file: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "peak_console", "--headless", "--config", str(jobs_file)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "engine started" in process.stdout.readline()
    yield process
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)


def peak(jobs_file: Path, *words: str) -> int:
    return main([*words, "--config", str(jobs_file)])


def store_of(jobs_file: Path) -> Store:
    store = Store.look(str(jobs_file.parent / ".peak_console"))
    assert store is not None
    return store


def test_disable_and_hold_are_recorded_for_the_next_engine(jobs_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert peak(jobs_file, "disable", "nightly", "--for", "2h", "--reason", "maintenance") == 0
    assert capsys.readouterr().out.startswith("nightly is disabled until ")
    assert peak(jobs_file, "hold", "--reason", "release day") == 0
    store = store_of(jobs_file)
    override, hold = store.job_states()["nightly"].override, store.hold()
    assert override is not None
    assert hold is not None
    assert (override.enabled, override.reason, hold.reason) == (False, "maintenance", "release day")
    assert peak(jobs_file, "run", "quick") == 1
    assert "held by" in capsys.readouterr().err
    assert peak(jobs_file, "release") == 0
    assert peak(jobs_file, "release") == 1
    assert "nothing is held" in capsys.readouterr().err
    assert peak(jobs_file, "enable", "nightly") == 0
    assert store.job_states()["nightly"].override is None
    store.close()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("stop", "nightly"), 1, "no engine serves"),
        (("reload",), 1, "no engine serves"),
        (("enable", "nightyl"), 1, 'did you mean "nightly"?'),
        (("disable", "nightly", "--for", "soon"), 2, "--for"),
        (("stop", "#x"), 2, "write #123"),
        (("ack", "x"), 2, "is no alert"),
        (("disable", "nightly", "--include-tags", "none"), 1, "left out by the tags"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    jobs_file: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, message: str
) -> None:
    assert peak(jobs_file, *words) == code
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_run_without_an_engine_executes_here_and_exits_with_its_code(
    jobs_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert peak(jobs_file, "run", "quick", "--wait") == 7
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("to stdout\n", "to stderr\n")
    assert peak(jobs_file, "run", "quick") == 3
    assert capfd.readouterr().out.startswith("quick #2 failed with exit code 7 after")


def test_a_living_engine_answers_within_a_second(
    engine: subprocess.Popen[str], jobs_file: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for words, answer in (
        (("run", "nightly"), "nightly #1 started"),
        (("stop", "#1"), "stopping nightly #1"),
        (("hold",), "held"),
        (("release",), "released"),
        (("disable", "nightly"), "nightly is disabled"),
        (("ack",), "acknowledged"),
    ):
        began = time.monotonic()
        assert peak(jobs_file, *words) == 0
        assert time.monotonic() - began < 1
        assert answer in capfd.readouterr().out
    assert peak(jobs_file, "reload") == 0  # which waits until the file has stood for a while
    assert "the jobs file has been read again" in capfd.readouterr().out
    assert peak(jobs_file, "run", "quick", "--wait") == 7
    assert capfd.readouterr().out == "to stdout\n"


def test_an_engine_that_does_not_answer_is_reported_and_the_command_withdrawn(
    engine: subprocess.Popen[str],
    jobs_file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("peak_console.verbs.shared.asking.ANSWER_SECONDS", 0.3)
    os.kill(engine.pid, signal.SIGSTOP)
    try:
        assert peak(jobs_file, "run", "quick") == 1
        assert "has not answered" in capsys.readouterr().err
    finally:
        os.kill(engine.pid, signal.SIGCONT)
    store = store_of(jobs_file)
    assert [command.answer for command in [store.command(1)] if command] == ["refused"]
    store.close()


def test_a_run_that_was_made_by_an_engine_that_died_before_its_answer_is_told_of(
    jobs_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever hears that nothing was done runs it once more."""
    monkeypatch.setattr("peak_console.verbs.shared.asking.ANSWER_SECONDS", 0.2)
    directory = str(jobs_file.parent / ".peak_console")
    Store.open(directory).close()
    bell = Doorbell(directory)
    issue = Store.issue

    def claimed(store: Store, verb: str, by: str, now: datetime, job: str | None, *others: Any) -> int:
        """The engine claims the run, and is killed."""
        number = issue(store, verb, by, now, job, *others)
        runs = store.claim([Claim(job=job or "", scheduled_for=now, triggered_by=Trigger.MANUAL)], now, "4711 gone")
        store.carried_out(number, runs[0].id)
        return number

    monkeypatch.setattr(Store, "issue", claimed)
    assert peak(jobs_file, "run", "quick") == 0
    assert capsys.readouterr().out == "quick #1 is about to start; see: peak-console runs\n"
    bell.close()
    store = store_of(jobs_file)
    assert store.open_command_ids() == [1]
    store.close()


@pytest.mark.parametrize("when", ["before it is asked for", "before it is withdrawn"])
def test_a_registry_that_another_program_locks_is_said_in_a_sentence(
    jobs_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], when: str
) -> None:
    monkeypatch.setattr("peak_console.verbs.shared.asking.ANSWER_SECONDS", 0.05)
    directory = str(jobs_file.parent / ".peak_console")
    Store.open(directory).close()
    bell = Doorbell(directory)  # an engine that does nothing but listen
    client = sqlite3.connect(f"{directory}/registry.db", isolation_level=None)
    if when == "before it is asked for":
        client.execute("BEGIN IMMEDIATE")
    else:
        look = Store.command

        def look_and_lock(store: Store, number: int) -> Command | None:
            if not client.in_transaction:
                client.execute("BEGIN IMMEDIATE")
            return look(store, number)

        monkeypatch.setattr(Store, "command", look_and_lock)
    assert peak(jobs_file, "hold") == 1
    said = capsys.readouterr().err
    assert "another program keeps the registry locked; see who has it open, and try again" in said
    assert ("may still do what it was asked for" in said) == (when == "before it is withdrawn")
    assert said.count("\n") == 1
    client.close()
    bell.close()
