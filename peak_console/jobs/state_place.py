"""Where the state directory is."""

from __future__ import annotations

import os

ENVIRONMENT_VARIABLE = "PEAK_CONSOLE_STATE_DIR"

_chosen: list[str] = []


def choose(directory: str | None) -> None:
    """Take the directory that the command line names for this process, which serves or shows one."""
    _chosen[:] = [] if directory is None else [directory]


def chosen() -> str | None:
    """The directory that the command line names."""
    return _chosen[0] if _chosen else None


def state_directory(jobs_file: str, chosen: str | None, configured: str | None) -> str:
    """The state directory's absolute path.

    ``chosen`` (``--state-dir``) outranks the environment, which outranks ``configured`` (``[scheduler]
    state_dir``, relative to the jobs file). The default lies beside the jobs file, so that cron, systemd and a
    shell agree on it whatever their working directory or HOME.
    """
    beside = os.path.dirname(os.path.abspath(jobs_file))
    if chosen:
        return os.path.abspath(os.path.expanduser(chosen))
    if from_environment := os.environ.get(ENVIRONMENT_VARIABLE):
        return os.path.abspath(os.path.expanduser(from_environment))
    if configured:
        return os.path.normpath(os.path.join(beside, os.path.expanduser(configured)))
    return os.path.join(beside, ".peak_console")
