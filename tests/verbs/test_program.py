"""The verbs as a real program: pipes, terminals and signals."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from peak_console.engine.recovery import identity
from peak_console.store.directory import run_directory
from tests.verbs.support import record_run

if TYPE_CHECKING:
    from peak_console.model.records import Run
    from peak_console.store.store import Store
    from tests.verbs.conftest import CommandLine


def words_for(peak: CommandLine, *words: str) -> list[str]:
    # The installed program, not ``python -m``: that one may die of a SIGINT that was caught, if it came in an ``exec``.
    return [str(Path(sys.executable).with_name("peak-console")), *words, "--config", str(peak.config)]


def environment(**changes: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PEAK_", "NO_COLOR"))}
    return {**kept, **changes}


@pytest.fixture
def running(peak: CommandLine, store: Store) -> Run:
    """#1 of risk_check is under way and has written to both streams."""
    run = record_run(store, outcome=None, supervisor=identity(os.getpid()))  # else it would soon count as forsaken
    folder = Path(run_directory(str(peak.directory), run.id))
    folder.mkdir(parents=True)
    (folder / "stdout.log").write_bytes(b"\x1b[32mgreen\x1b[0m \x1b]0;title\x07\n")
    (folder / "stderr.log").write_bytes(b"oops\n")
    return run


def test_json_goes_to_stdout_and_nothing_to_stderr(peak: CommandLine) -> None:
    done = subprocess.run(
        words_for(peak, "jobs", "--json"), env=environment(), capture_output=True, timeout=30, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(json.loads(done.stdout)) == 4


def test_a_reader_that_has_seen_enough_is_no_error(peak: CommandLine) -> None:
    words = words_for(peak, "next", "--count", "20000")
    process = subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    with process:
        assert (process.stderr.read(), process.wait(30)) == (b"", 0)


def test_ctrl_c_while_following_exits_130_without_a_word(peak: CommandLine, running: Run) -> None:
    words = words_for(peak, "logs", "1", "--follow")
    process = subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()  # it is at work
        process.send_signal(signal.SIGINT)
        assert (process.wait(30), process.stderr.read()) == (130, b"")


def test_on_a_terminal_stderr_is_told_apart_and_only_colours_pass(
    peak: CommandLine, store: Store, running: Run
) -> None:
    store.finish(running.id, "succeeded", 0, peak.now)
    assert on_terminal(words_for(peak, "logs", "1"), TERM="xterm") == (
        b"\x1b[32mgreen\x1b[0m \r\n\x1b[31m\xe2\x96\x8c\x1b[0m oops\r\n"
    )
    assert on_terminal(words_for(peak, "logs", "1"), TERM="xterm", NO_COLOR="1") == b"green \r\n\xe2\x96\x8c oops\r\n"


def on_terminal(words: list[str], **changes: str) -> bytes:
    """What a terminal gets from a program."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(words, env=environment(**changes), stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    read, deadline = b"", time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            data = os.read(ours, 4096)
        except OSError:  # EIO: the other side is closed
            break
        if not data:
            break
        read += data
    os.close(ours)
    assert process.wait(30) == 0
    return read
