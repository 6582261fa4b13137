"""What is different between two runs of a job, in words. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_DIFFERENT = (
    ("branch", "another branch"),
    ("script_sha256", "the script has changed"),
    ("definition_sha256", "the definition has changed"),
    ("arguments", "other arguments"),
    ("directory", "another directory"),
    ("host", "another host"),
)


def changes(before: Mapping[str, Any], facts: Mapping[str, Any]) -> list[str]:
    """What has changed since the run before: ``code changed: 3 commits``; nothing where all is the same."""
    found = []
    old, new = before.get("commit"), facts.get("commit")
    if old != new and old and new:
        count = facts.get("commits_since")
        words = f"{count} commit{'' if count == 1 else 's'}" if isinstance(count, int) and count else "another commit"
        found.append(f"code changed: {words}")
    if facts.get("dirty"):
        found.append("changes that are not committed")
    found += [words for key, words in _DIFFERENT if key in before and before[key] != facts.get(key)]
    return found


def in_words(facts: Mapping[str, Any]) -> str:
    """Commit, branch and state of the code behind a run: ``3f2a9c1 on main, not committed``; empty without any."""
    commit = facts.get("commit")
    if not isinstance(commit, str):
        return ""
    branch = facts.get("branch")
    return commit[:10] + (f" on {branch}" if branch else "") + (", with changes" if facts.get("dirty") else "")
