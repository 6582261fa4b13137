"""What is known of the code behind a run, asked of git and of the script itself. It may take a moment."""

from __future__ import annotations

import os

from peak_console.runs.side_command import run_command

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from peak_console.jobs.model import JobDefinition

GIT_SECONDS = 5.0
"""How long git may take: in a very large repository its status is not worth more."""
MOST_SCRIPT_BYTES = 64 * 1024 * 1024


def code_facts(job: JobDefinition, cwd: str, environ: Mapping[str, str], previous: Mapping[str, Any]) -> dict[str, Any]:
    """Commit, branch and state of the repository that a job works in, and the digest of its script.

    ``previous`` are the facts of the run before, from which the commits since then are counted.
    """
    facts: dict[str, Any] = {"commit": None, "branch": None, "dirty": None, "commits_since": None}
    env = {**environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    facts.update(_git_facts(cwd, env))
    before, commit = previous.get("commit"), facts["commit"]
    if isinstance(before, str) and commit and before != commit:
        counted = _git(cwd, env, "rev-list", "--count", f"{before}..{commit}")
        facts["commits_since"] = int(counted) if counted is not None and counted.strip().isdigit() else None
    facts["script"], facts["script_sha256"] = _script(job, cwd)
    return facts


def _git(cwd: str, env: Mapping[str, str], *words: str) -> str | None:
    ended = run_command(["git", "-C", cwd, *words], env=env, cwd=None, seconds=GIT_SECONDS)
    return ended.out if ended.code == 0 and not ended.fault else None


def _git_facts(cwd: str, env: Mapping[str, str]) -> dict[str, Any]:
    told = _git(cwd, env, "status", "--porcelain=v2", "--branch", "--untracked-files=no")
    if told is None:  # no repository, no git, or one that does not answer
        return {}
    facts: dict[str, Any] = {"dirty": False}
    for line in told.splitlines():
        if line.startswith("# branch.oid "):
            commit = line.removeprefix("# branch.oid ")
            facts["commit"] = None if commit.startswith("(") else commit
        elif line.startswith("# branch.head "):
            branch = line.removeprefix("# branch.head ")
            facts["branch"] = None if branch.startswith("(") else branch
        elif not line.startswith("#"):
            facts["dirty"] = True
    return facts


def _script(job: JobDefinition, cwd: str) -> tuple[str | None, str | None]:
    """The script that a job executes, or else the program, and the SHA-256 of it."""
    from hashlib import sha256

    words = list(job.argv or ())
    name = job.args.get("script") or (words[0] if words and not words[0].startswith("-") else None) or job.command
    path = os.path.join(cwd, os.path.expanduser(str(name)))
    try:
        with open(path, "rb", opener=lambda where, flags: os.open(where, flags | os.O_NONBLOCK)) as file:
            raw = file.read(MOST_SCRIPT_BYTES + 1)
    except (OSError, ValueError):
        return None, None
    return str(name), sha256(raw).hexdigest() if len(raw) <= MOST_SCRIPT_BYTES else None


def definition_digest(job: JobDefinition) -> str:
    """The SHA-256 of a definition: two runs with the same had the same arguments, environment and policies."""
    from hashlib import sha256
    from json import dumps

    fields = {name: getattr(job, name) for name in job.__match_args__}
    return sha256(dumps(fields, sort_keys=True, default=repr).encode(errors="surrogateescape")).hexdigest()
