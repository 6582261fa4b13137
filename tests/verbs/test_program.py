"""The verbs as a real program: pipes, terminals and signals."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import peak_console
from peak_console.runs.supervisors import identity
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


HOSTILE = r"\033]0;title\007\033]52;c;aGk=\007\033[2J\033[6n\033[?1049h\033c\302\2335n\342\200\256\033[31mred\033[0m\n"


@pytest.mark.parametrize("with_engine", [False, True])
def test_a_run_that_is_waited_for_cannot_command_the_terminal(tmp_path: Path, with_engine: bool) -> None:
    config = tmp_path / "jobs.toml"
    (tmp_path / "evil.sh").write_text(f"printf '{HOSTILE}'; printf '{HOSTILE}' >&2\n", encoding="ascii")
    config.write_text(
        f"[[job]]\nname = 'evil'\ncommand = 'sh'\nargv = ['{tmp_path}/evil.sh']\nenabled = false\n"
        'tags = ["\\u009b2J\\u202e"]\n',
        encoding="utf-8",
    )
    program = [sys.executable, "-m", "peak_console", "--config", str(config)]
    engine = (
        subprocess.Popen([*program, "--headless"], stdout=subprocess.PIPE, env=environment()) if with_engine else None
    )
    try:
        if engine is not None:
            assert engine.stdout is not None
            assert b"engine started" in engine.stdout.readline()
        written = on_terminal([*program, "run", "evil", "--wait"], TERM="xterm")
        assert written.count(b"\x1b[31mred\x1b[0m") == 2
        written += on_terminal([*program, "jobs", "--json"], TERM="xterm")
        written += on_terminal([*program, "runs", "--json"], TERM="xterm")
        written += on_terminal([*program, "logs", "1"], TERM="xterm")
    finally:
        if engine is not None:
            engine.terminate()
            engine.communicate()
    assert set(re.findall(rb"\x1b\[?[0-9;?]*.", written)) <= {b"\x1b[31m", b"\x1b[0m"}
    assert not set(written.decode()) & set("\x9b\u202e\x07")


WRITERS = {
    "cli.py", "tui/app/main.py", "verbs/shared/output.py", "verbs/run.py", "verbs/command.py", "verbs/past/logs.py",
    "outlet.py", "headless/dry_run.py",
    "jobs/watching/answering.py",
    "bridge.py",  # a program of its own: its usage, and what a JSON parser says
    "runs/slurm/wrapper.py",  # a constant sentence, on the node, into the cluster's own log
}  # fmt: skip
"""The modules that write to our own streams. Each makes what it writes harmless: with ``text.safe``, ``safe_lines``,
``safe_json`` or ``TerminalOutput``; whoever adds one sees to the same."""


def test_no_other_module_writes_to_our_streams() -> None:
    package = Path(peak_console.__file__).parent
    writing = re.compile(r"\bprint\(|std(out|err)\.(buffer\.)?write|os\.write\([12],|stream\.buffer\.write")
    found = {
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if writing.search(re.sub(r"\w*fingerprint\(", "", path.read_text(encoding="utf-8")))
    }
    assert found <= WRITERS
    for name in found - {"bridge.py", "cli.py", "runs/slurm/wrapper.py"}:
        assert re.search(
            r"\bsafe\b|safe_lines|safe_json|TerminalOutput", (package / name).read_text(encoding="utf-8")
        ), name


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
