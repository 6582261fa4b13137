"""Who may read a state directory but not write there sees everything, and is told what he may not do."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from peak_console.store.locks import EngineLock
from peak_console.store.store import Store
from tests.store.support import claim

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534
LOOK = """\
import json, os, pwd, sys
import peak_console.store.repair.damage, peak_console.model.records, peak_console.model.state
import peak_console.engine.commands.commander
from peak_console.jobs.file.loader import load
from peak_console.errors import StateError
from peak_console.tui.state.session import EngineSession
from argparse import Namespace
load(sys.argv[1])  # whatever that loads may lie where only its owner can read
os.setgid({nobody}); os.setuid({nobody})
options = Namespace(config=sys.argv[1], include_tags=None, exclude_tags=None)
session = EngineSession(options, load(sys.argv[1]), sys.argv[2])
session.take_over()
print([run.job for run in session.store.runs()], session.is_own)
print(session.troubles()[0].text)
print(session.engine_state)
try:
    session.command("hold")
except StateError as error:
    print("refused:", error)
session.store.close()
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that others may enter; pytest's own are closed to them."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
def test_a_console_of_somebody_else_looks_on(open_folder: Path) -> None:
    jobs, state = open_folder / "jobs.toml", open_folder / "state"
    jobs.write_text("", encoding="utf-8")
    store = Store.open(str(state))
    claim(store, "backup")
    store.close()
    state.chmod(0o755)
    lock = EngineLock(str(state))
    assert lock.acquire()
    (state / "registry.db").chmod(0o644)
    jobs.chmod(0o644)
    script = LOOK.format(nobody=NOBODY)
    done = subprocess.run(
        [sys.executable, "-c", script, str(jobs), str(state)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    lock.release()
    listed, trouble, engine, refused = done.stdout.splitlines()
    assert listed == "['backup'] False"
    assert trouble.startswith("looking on only, nothing can be commanded: ")
    assert "belongs to user" in trouble
    assert engine == "attached"
    assert refused == f"refused: {trouble}"
