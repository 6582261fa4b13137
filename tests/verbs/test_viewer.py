"""Somebody else, who may look at a state directory but not write there: verbs show the truth, and what may not be."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from peak_console.store.store import Store
from tests.headless.support import Program, shell
from tests.store.support import claim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Look = Callable[..., subprocess.CompletedProcess[str]]

NOBODY = 65534
BECOME = f"""
import contextlib, importlib, io, json, os, pkgutil, sys
import peak_console
for module in pkgutil.walk_packages(peak_console.__path__, "peak_console."):
    if not module.name.startswith(("peak_console.tui", "peak_console.web", "peak_console.runs.local.keeper")):
        if module.name != "peak_console.__main__":
            importlib.import_module(module.name)
from peak_console.cli import main
with contextlib.redirect_stdout(io.StringIO()):
    main(["validate", "--config", sys.argv[-1]])
os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})
"""
"""All that is needed is loaded before: nobody else may read the program where it is root's own."""
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")


@pytest.fixture
def program() -> Iterator[Program]:
    """In a folder that others may enter; pytest's own are closed to them."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        program = Program(Path(name))
        yield program
        program.end()


@pytest.fixture
def look(program: Program) -> Look:
    """A verb as the user "nobody" starts it."""

    def look(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", f"{BECOME}sys.exit(main(sys.argv[1:]))", *words, "--config", str(program.config)],
            cwd="/", env=program.environ,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    return look


def test_a_viewer_sees_everything_and_is_told_that_nothing_can_be_commanded(program: Program, look: Look) -> None:
    program.jobs(shell("hello", "echo hello; exec sleep 1000", 'schedule_type = "interval"\ninterval_seconds = 900'))
    Store.open(str(program.state)).close()
    subprocess.run(["chmod", "-R", "go+rX", program.state], check=True)
    engine = program.headless()
    engine.shows("hello #1 started")
    state = look("status")
    assert f"headless, pid {engine.pid}" in state.stdout, state.stderr
    assert "hello" in look("runs").stdout
    assert look("logs", "hello").stdout == "hello\n"
    assert look("jobs").returncode == look("next").returncode == look("alerts").returncode == 0
    for words in (["hold"], ["disable", "hello"], ["run", "hello"], ["stop", "hello"], ["ack", "all"], ["reload"]):
        refused = look(*words)
        assert refused.returncode == 1
        assert "you may look at this but not write there, so nothing can be commanded" in refused.stderr
        assert refused.stderr.count("\n") == 1
    engine.send(9)
    engine.wait()
    assert "none: nothing is dispatched" in look("status").stdout


def test_what_may_not_be_looked_at_is_said(program: Program, look: Look) -> None:
    program.jobs(shell("hello", "echo hello"))
    assert program.once().code == 0
    for verb in (["runs"], ["status"], ["logs", "hello"]):
        refused = look(*verb)
        assert refused.returncode == 1
        assert "you may not look at this; ask its owner" in refused.stderr


def test_a_file_that_nobody_could_change_is_looked_at_anew_once_somebody_does(program: Program) -> None:
    """A viewer keeps no place in a registry that has no log; he must not go on looking at what it was."""
    store = Store.open(str(program.state))
    claim(store, "first")
    store.close()
    program.state.chmod(0o755)
    (program.state / "registry.db").chmod(0o644)
    program.jobs(shell("hello", "echo hello"))
    code = """
from peak_console.store.store import Store
store = Store.look(sys.argv[1])
for line in sys.stdin:
    store.data_version()
    print([run.job for run in store.runs()], flush=True)
store.close()
"""
    with subprocess.Popen(
        [sys.executable, "-c", BECOME + code, str(program.state), str(program.config)], text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as viewer:  # fmt: skip

        def seen() -> str:
            assert viewer.stdin is not None
            assert viewer.stdout is not None
            viewer.stdin.write("\n")
            viewer.stdin.flush()
            return viewer.stdout.readline().strip()

        assert seen() == "['first']"
        store = Store.open(str(program.state))
        claim(store, "second")
        assert seen() == "['second', 'first']"
        store.close()
        store = Store.open(str(program.state))
        claim(store, "third")
        assert seen() == "['third', 'second', 'first']"
        store.close()
