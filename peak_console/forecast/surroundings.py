"""What an engine finds around it that runs alone in memory: locks that nobody wants, a doorbell that never rings."""

from __future__ import annotations

from peak_console.engine.surroundings import Surroundings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.runs.interface import RunSpec


class LonelyLock:
    """A lock that is free."""

    def __init__(self, directory: str, name: str) -> None:
        self.path = f"{directory}/{name}"
        self.is_held = False

    def acquire(self) -> bool:
        self.is_held = True
        return True

    def is_in_place(self) -> bool:
        return True

    def renew(self) -> bool:
        return True

    def give_sign(self, trouble: str = "") -> None:
        pass

    def release(self) -> None:
        self.is_held = False

    def holder(self) -> int | None:
        return None


class SilentBell:
    """A doorbell that nobody rings."""

    def is_in_place(self) -> bool:
        return True

    def fileno(self) -> int:
        return -1

    def ring(self) -> None:
        pass

    def drain(self) -> None:
        pass

    def close(self) -> None:
        pass


def alone(identity: str, make_spec: Callable[[JobDefinition, Run], RunSpec]) -> Surroundings:
    """The surroundings of an engine whose state directory is nowhere; no other engine lives there."""
    return Surroundings(
        make_lock=LonelyLock,
        make_bell=lambda _directory, _name: SilentBell(),
        identity=lambda: identity,
        is_alive=lambda supervisor: supervisor == identity,
        has_outside=False,
        make_spec=make_spec,
    )
