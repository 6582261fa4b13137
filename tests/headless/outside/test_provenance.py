"""Provenance as it stands in the registry after real runs."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from tests.headless.support import shell

if TYPE_CHECKING:
    from tests.headless.support import Program


def test_runs_say_from_what_they_were_made_and_what_has_changed(program: Program) -> None:
    subprocess.run(["git", "init", "-q", "-b", "main", str(program.folder)], check=True)
    git = ["git", "-C", str(program.folder), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "one"], check=True)
    program.jobs(
        shell("scan", "echo ok", "args = {}").replace("args = {}\n", ""), 'timezone = "UTC"\nprovenance = true'
    )
    assert program.run("run", "scan").code == 0
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "two"], check=True)
    assert program.run("run", "scan").code == 0
    newest, first = (run["provenance"] for run in json.loads(program.run("runs", "--json").out))
    assert (first["branch"], first["dirty"], first["changes"]) == ("main", False, [])
    assert first["arguments"] == ["-c", "echo ok"]
    assert newest["changes"] == ["code changed: 1 commit"]
    assert newest["previous_run"] == 1
    assert newest["commit"] != first["commit"]


def test_nothing_is_noted_where_nobody_asks(program: Program) -> None:
    program.jobs(shell("scan", "echo ok"))
    program.once()
    assert json.loads(program.run("runs", "--json").out)[0]["provenance"] is None
