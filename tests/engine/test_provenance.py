"""From what a run was made, with a real repository."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.decisions.past.provenance import changes, in_words
from peak_console.engine.provenance.facts import code_facts, definition_digest
from tests.support.factories import make_job

if TYPE_CHECKING:
    from pathlib import Path

IDENTITY = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}


class Repository:
    """A git repository with a script in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {**os.environ, **IDENTITY, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        self.git("init", "-q", "-b", "main")
        self.commit("one")

    def git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.folder), *words], env=self.environ, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, text: str) -> str:
        (self.folder / "scan.py").write_text(f"print({text!r})\n")
        self.git("add", "scan.py")
        self.git("commit", "-q", "-m", text)
        return self.git("rev-parse", "HEAD")

    def facts(self, previous: dict[str, Any] | None = None) -> dict[str, Any]:
        job = make_job("scan", args={"script": "scan.py"})
        return code_facts(job, str(self.folder), self.environ, previous or {})


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    folder = tmp_path / "desk"
    folder.mkdir()
    return Repository(folder)


def test_commit_branch_and_state_are_those_of_the_repository(repository: Repository) -> None:
    first = repository.facts()
    assert (first["commit"], first["branch"], first["dirty"]) == (repository.git("rev-parse", "HEAD"), "main", False)
    assert first["script"] == "scan.py"
    (repository.folder / "scan.py").write_text("print('changed')\n")
    changed = repository.facts()
    assert changed["dirty"] is True
    assert changed["script_sha256"] != first["script_sha256"]
    assert in_words(changed) == f"{first['commit'][:10]} on main, with changes"
    (repository.folder / "untracked.csv").touch()
    repository.git("checkout", "-q", "--", "scan.py")
    assert repository.facts()["dirty"] is False, "files that git does not know are data"


def test_commits_since_the_run_before_are_counted_and_told(repository: Repository) -> None:
    before = {**repository.facts(), "host": "desk-1"}
    for number in range(3):
        repository.commit(f"change {number}")
    after = {**repository.facts(before), "host": "desk-1"}
    assert after["commits_since"] == 3
    assert changes(before, after) == ["code changed: 3 commits", "the script has changed"]
    repository.git("checkout", "-q", "-b", "fix")
    assert "another branch" in changes(after, {**repository.facts(after), "host": "desk-1"})
    repository.git("checkout", "-q", "--detach")
    assert repository.facts()["branch"] is None


def test_without_a_repository_or_git_the_rest_is_known(tmp_path: Path, repository: Repository) -> None:
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "scan.py").write_text("x")
    job = make_job("scan", args={"script": "scan.py"})
    facts = code_facts(
        job, str(tmp_path / "plain"), {**repository.environ, "GIT_CEILING_DIRECTORIES": str(tmp_path)}, {}
    )
    assert (facts["commit"], facts["dirty"], len(facts["script_sha256"])) == (None, None, 64)
    assert in_words(facts) == ""
    assert code_facts(job, str(repository.folder), {"PATH": "/nowhere"}, {})["commit"] is None


def test_an_empty_repository_has_no_commit(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert code_facts(make_job("scan"), str(tmp_path), dict(os.environ), {})["commit"] is None


def test_the_digest_of_a_definition_changes_with_any_of_its_fields() -> None:
    job = make_job("scan", args={"top_n": 3})
    assert definition_digest(job) == definition_digest(make_job("scan", args={"top_n": 3}))
    others = [make_job("scan", args={"top_n": 4}), make_job("scan", retries=1), make_job("scan", daily_time="07:30")]
    assert len({definition_digest(each) for each in (job, *others)}) == 4
    json.dumps(definition_digest(job))
