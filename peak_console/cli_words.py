"""The words that an engine is started with by cron and systemd, understood without a parser."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from typing import Any

DEFAULT_CONFIG = "config/scheduler/jobs.toml"
_PLAIN_VALUES = ("--config", "--state-dir", "--include-tags", "--exclude-tags")
_PLAIN_SWITCHES = (
    "--headless", "--once", "--dry-run", "--verbose", "--quiet", "--no-registry", "--no-alerts", "--no-wait",
    "--attach", "--read-only",
)  # fmt: skip
_PLAIN_DEFAULTS: dict[str, object] = {
    "config": DEFAULT_CONFIG, "state_dir": None, "include_tags": None, "exclude_tags": None, "version": False,
    "headless": False, "once": False, "poll_interval": 30, "dry_run": False, "verbose": False, "quiet": False,
    "no_registry": False, "no_alerts": False, "no_wait": False, "attach": False, "read_only": False,
    "in_browser": False, "successor": False, "wallboard": False, "log_format": "text",
}  # fmt: skip
"""What the parser makes of no words at all; a test holds the two against each other."""


def plain_options(words: Sequence[str]) -> Namespace | None:
    """The options of words that cron and systemd start an engine with; ``None`` where the parser has to look at them.

    argparse takes a third of a start with nothing due. It stays the one that says what is wrong with a command line:
    here only whole words are known, each value a word of its own that cannot be a flag.
    """
    known = dict(_PLAIN_DEFAULTS)
    rest = iter(words)
    for word in rest:
        name = word[2:].replace("-", "_")
        if word in _PLAIN_SWITCHES:
            known[name] = True
        elif word in _PLAIN_VALUES and (value := next(rest, "-"))[:1] not in ("-", ""):
            known[name] = value
        else:
            return None
    from types import SimpleNamespace

    options: Any = SimpleNamespace(**known)
    return options  # type: ignore[no-any-return]
