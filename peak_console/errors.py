"""Our exceptions. Each message is one sentence for the user: what, where, what next.

Only ``peak_console.cli`` turns them into exit codes.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class PeakConsoleError(Exception):
    """Something the user can act on; ``str()`` is the whole message, without secrets."""


class JobsFileError(PeakConsoleError, ValueError):
    """The jobs file cannot be used. One line per problem, each with its place in the file."""

    problems: Sequence[Any] = ()
    """The ``jobs.model.Problem`` of each line (that module lies above this one)."""


class JobsFileNotFoundError(JobsFileError, FileNotFoundError):
    """There is no jobs file at that path."""

    def __str__(self) -> str:  # OSError would show an errno tuple
        return str(self.args[0])


class UnknownJobError(PeakConsoleError, LookupError):
    """No job of that name; the message names the nearest one."""


class UnknownTagError(PeakConsoleError, LookupError):
    """The tags that were asked for select no job."""


class StateError(PeakConsoleError):
    """The state directory or its database cannot be used."""


class DiskError(StateError):
    """The disk of the state directory is full, read-only or failing; what is refused now may work later."""


class DamagedError(StateError):
    """The registry is damaged; an engine that starts sets it aside."""


class DamagedRowError(DamagedError):
    """A row of the registry makes no sense, though SQLite can read it; the engine mends it."""


class TakenAwayError(StateError):
    """The state directory was taken away from the engine that served it."""


class StartError(PeakConsoleError):
    """A run's process could not be started (no such command, no such directory, …)."""


class ArgumentError(PeakConsoleError, TypeError):
    """A function of the Python API was given something of the wrong type."""


class UsageError(PeakConsoleError):
    """The command line asks for something that makes no sense."""
