"""What an engine finds around it: this machine's locks, doorbells and processes, or those of a simulated world."""

from __future__ import annotations

import os

from peak_console.store.bell import Doorbell
from peak_console.store.locks import EngineLock
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.runs.interface import RunSpec
    from peak_console.store.bell import Bell
    from peak_console.store.locks import Lock


def _own_identity() -> str:
    from peak_console.runs.supervisors import identity  # late: a start with nothing to do needs no processes

    return identity(os.getpid())


def _is_alive(supervisor: str | None) -> bool:
    from peak_console.runs.supervisors import is_alive

    return is_alive(supervisor)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """This machine, unless something else is given."""

    make_lock: Callable[[str, str], Lock] = EngineLock
    """By state directory and name."""
    make_bell: Callable[[str | None, str], Bell] = Doorbell
    """By state directory and name; without a directory it can only be rung from inside. Raises ``StateError``."""
    identity: Callable[[], str] = _own_identity
    """Names this engine in the registry as the supervisor of its runs."""
    is_alive: Callable[[str | None], bool] = _is_alive
    """Whether the engine that an ``identity`` names still lives."""
    has_outside: bool = True
    """Whether there is anything to be asked or told: gates, files that jobs require, programs after a run."""
    make_spec: Callable[[JobDefinition, Run], RunSpec] | None = None
    """Makes what is needed to start a run; ``None``: command, environment and directory are looked up here."""
