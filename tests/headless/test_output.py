"""Whatever becomes of our output, jobs run and are recorded."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.headless.support import shell
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from tests.headless.support import Program

NOTE = "echo $PEAK_RUN_ID >> {log}"
EACH_SECOND = 'schedule_type = "interval"\ninterval_seconds = 1'


def redirected(program: Program, redirection: str, *words: str) -> subprocess.CompletedProcess[str]:
    """One start whose streams a shell has redirected."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$@" {redirection}', "sh", *program.command(*words)],
        cwd=program.folder, env=program.environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("redirection", [">/dev/full 2>/dev/full", ">&-", ">&- 2>&- <&-"])
def test_a_log_that_cannot_be_written_stops_no_run(program: Program, redirection: str) -> None:
    program.jobs(shell("note", NOTE) + shell("bad", "exit 1", 'unheard_of = "so there is a warning"'))
    done = redirected(program, redirection, "--once")
    assert done.returncode == 3, done.stderr
    assert "Traceback" not in done.stderr
    assert len(program.log) == 1
    assert sorted(str(run.outcome) for run in program.runs()) == ["failed", "succeeded"]
    assert redirected(program, redirection, "--once").returncode == 0, "and the registry is unharmed"


def test_a_reader_that_leaves_does_not_take_the_engine_along(program: Program) -> None:
    program.jobs(shell("tick", NOTE, EACH_SECOND))
    reading, writing = os.pipe()
    process = subprocess.Popen(
        program.command("--headless"), cwd=program.folder, env=program.environ, stdout=writing, stderr=subprocess.PIPE
    )
    os.close(writing)
    try:
        os.read(reading, 1)
        os.close(reading)
        program.log_has(3)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, err) == (0, b"")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has pipes of a chosen size")
def test_a_reader_that_is_stuck_holds_nothing_up(program: Program) -> None:
    program.jobs(shell("tick", f"{NOTE} # {'long ' * 1000}", EACH_SECOND))
    reading, writing = os.pipe()
    fcntl.fcntl(writing, 1031, 4096)  # F_SETPIPE_SZ: full after the first run
    process = subprocess.Popen(
        program.command("--headless", "--log-format", "json"), cwd=program.folder, env=program.environ, stdout=writing
    )
    os.close(writing)
    try:
        program.log_has(3)
        wait_until(lambda: len(program.runs()) >= 3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        os.close(reading)


def test_a_listing_that_cannot_be_written_says_so_in_a_sentence(program: Program) -> None:
    program.jobs(shell("note", NOTE))
    done = redirected(program, ">/dev/full", "jobs")
    assert (done.returncode, done.stderr) == (1, "peak-console: No space left on device\n")
    assert redirected(program, ">&-", "jobs").returncode == 0


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("words", ["", "--attach", "doctor", "status", "validate", "import-crontab -"])
def test_no_start_minds_which_of_its_streams_are_closed(program: Program, closed: str, words: str) -> None:
    program.jobs(shell("note", NOTE, EACH_SECOND))
    done = redirected(program, closed, *words.split())
    assert done.returncode in (0, 1, 2)
    assert "Traceback" not in done.stderr
    if words in ("", "--attach") and "2>&-" not in closed:
        assert "the console needs a terminal" in done.stderr


HOSTILE = "a\x9b2J\u202eb\x1b]52;c;eA==\x07c\u200b"
"""Clears the screen by a C1 control, turns the text round, writes the clipboard, and hides a character."""


def test_json_on_a_terminal_says_everything_and_commands_nothing(program: Program) -> None:
    escaped = "".join(f"\\U{ord(character):08X}" for character in HOSTILE)
    program.jobs(
        f'[[job]]\nname = "hostile"\ncommand = "sh"\nargv = ["-c", "printf \'{escaped}\' >&2; exit 3"]\n'
        f'tags = ["{escaped}"]\nmeta = {{ note = "{escaped}" }}\n'
    )
    ours, theirs = os.openpty()
    with subprocess.Popen(
        program.command("--headless", "--once", "--verbose", "--log-format", "json"), cwd=program.folder,
        env=program.environ, stdin=theirs, stdout=theirs, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # EIO: nobody has the other side any more
            while part := os.read(ours, 65536):
                shown += part
        os.close(ours)
    assert process.returncode == 3
    lines = shown.decode().splitlines()
    assert {character for character in shown.decode() if not character.isprintable()} == {"\r", "\n"}
    told = [json.loads(line) for line in lines]
    assert {"RunStarted", "RunFinished"} <= {each["event"] for each in told}
    started = next(each for each in told if each["event"] == "RunStarted")
    assert HOSTILE in " ".join(started["command"]), "and what is read from it is what there was"
