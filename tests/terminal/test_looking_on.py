"""A console of somebody who may read the state directory but not write there, on an engine of its owner."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from peak_console.store.store import Store
from tests.headless.support import shell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.terminal.conftest import Stage

pytestmark = [
    pytest.mark.usefixtures("_tmux"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else"),
]

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
READS_ALL = ["--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
"""Where the program is closed to others, as in root's home: he may then read everything, and still write nothing."""
DAILY = 'schedule_type = "daily"\ndaily_time = "05:00"'


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder that others may enter; pytest's own are closed to them."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.fixture
def nobody() -> list[str]:
    """What a command line begins with, so that nobody's it is."""
    if shutil.which("setpriv") is None:
        pytest.skip("there is no setpriv")
    for prefix in (NOBODY, [*NOBODY, *READS_ALL]):
        loads = [*prefix, sys.executable, "-c", "import peak_console, textual"]
        if subprocess.run(loads, capture_output=True, cwd="/", timeout=60, check=False).returncode == 0:
            return prefix
    pytest.skip("nobody but root may read the program here")


def test_somebody_else_sees_all_of_it_live_and_is_told_what_he_may_not_do(stage: Stage, nobody: list[str]) -> None:
    stage.jobs(
        shell("patient", "echo begun; until [ -e {folder}/open ]; do sleep 0.05; done; echo through; exit 7", DAILY)
    )
    engine = stage.headless()
    subprocess.run(["chmod", "-R", "go+rX", stage.state], check=True)
    then_shown = ["/bin/sh", "-c", 'trap : INT; "$@"; echo "left with $?"; exec cat', "sh"]
    tmux = stage.tmux([*then_shown, *nobody, *stage.command()])
    tmux.wait_for(lambda screen: f"attached to pid {engine.pid}" in screen and "read-only" in screen)
    tmux.wait_for("looking on only, nothing can be commanded")

    assert stage.run("run", "patient").code == 0
    tmux.wait_for(lambda screen: "▶ running   patient" in screen and "begun" in screen)
    for key in ("r", "R", "x", "d", "H", "a", "A"):
        tmux.keys(key)
    screen = tmux.wait_for("▌ looking on only, nothing can be commanded")
    assert "Esc cancels" not in screen
    store = Store.look(str(stage.state))
    assert store is not None
    assert store.command(2) is None  # the first is that of the owner
    store.close()

    engine.send(signal.SIGKILL)
    engine.wait()
    tmux.wait_for("only its owner can start one")
    engine = stage.headless()
    tmux.wait_for(f"attached to pid {engine.pid}")
    (stage.folder / "open").touch()
    tmux.wait_for(lambda screen: "✖ failed    patient" in screen and "through" in screen and "1 alert" in screen)
    tmux.keys("q")
    tmux.wait_for("left with 0")
    assert engine.leave() == 0
