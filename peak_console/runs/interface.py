"""What the engine knows of execution: start, adopt, stop, ended. Processes on this machine are one way to do it."""

from __future__ import annotations

from peak_console.errors import StartError
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Protocol

    class RunHandle(Protocol):
        """A run under way. Whoever holds the handle asks it; nothing is called back."""

        @property
        def pid(self) -> int:
            """The run's first process; also its process group and its session."""

        @property
        def pid_started(self) -> str:
            """Tells the process from a later one with the same pid, across reboots too."""

        @property
        def started_at(self) -> datetime | None:
            """When the process was started: aware, UTC. ``None`` when nothing recorded it."""

        def fileno(self) -> int | None:
            """Readable once the run has ended; ``None``: call ``poll`` after each ``pause``.

            It can be readable a moment before ``poll`` has the end, which has to be on disk; from then on it is
            ``None``.
            """

        @property
        def pause(self) -> float:
            """Where there is no ``fileno``: in how many seconds to call ``poll`` again."""

        def poll(self) -> Ended | None:
            """The end, or ``None`` while it runs. Never blocks; gives the same answer for ever once ended."""

        def overdue(self) -> str | None:
            """Why the end of a run whose process is gone is not known, once that has lasted some seconds."""

        def terminate(self) -> None:
            """Ask the process group to end. Nothing happens when it is gone."""

        def kill(self) -> None:
            """Kill the process group and all that is left in the session, also after the run's own end."""

        def close(self) -> None:
            """Let go of what watches the run. The run goes on."""

    class Executor(Protocol):
        """Where runs execute. Used from one thread."""

        def prepare(self) -> None:
            """Get ready to start runs soon, without waiting for it. Optional: ``start`` does it too."""

        def rest(self) -> None:
            """Give back what stands ready, as nothing is to be started soon. What runs goes on."""

        def start(self, spec: RunSpec) -> RunHandle:
            """Start a run. Raises ``StartError`` when there will be no process, with why.

            However many ask for the same run, whenever: it starts once. The others get ``AlreadyStartedError``.
            """

        def start_many(self, specs: Iterable[RunSpec]) -> Sequence[RunHandle | StartError]:
            """Start runs in their order, each while the next is prepared; for each what ``start`` gives or raises."""

        def adopt(self, run_id: int, directory: str, pid: int | None, pid_started: str | None) -> RunHandle | Ended:
            """Find a run that another process started; its end when it is over.

            Without a ``pid``, what the run wrote into its directory tells.
            """

        def remains(self, directory: str, pid: int, pid_started: str) -> RunHandle:
            """A handle on a run whose first process has ended, for what it has left."""

        def lingering(self, handles: Sequence[RunHandle]) -> Sequence[RunHandle]:
            """Of runs whose first process has ended those that have left other processes alive.

            Raises ``OSError`` where that cannot be told at present.
            """

        def is_started(self, directory: str) -> bool:
            """Whether somebody has started a run, or is about to: then it can be adopted, and only that."""

        def seize(self, directory: str) -> bool:
            """Make sure that a run never starts. ``False``: it was started after all, so adopt it.

            Raises ``StartError`` where that cannot be written down.
            """

        def mishaps(self) -> Sequence[str]:
            """What has befallen the executor since this was last asked, and is mended; a sentence each."""

        def close(self) -> None:
            """Let go of everything. Runs go on, and their ends are still recorded."""


@dataclass(frozen=True, slots=True)
class RunSpec:
    """All that is needed to start a run."""

    run_id: int
    directory: str
    """Absolute; created with mode 0700 by the start."""
    argv: Sequence[str]
    """``argv[0]`` is an absolute path. Nothing passes through a shell."""
    env: Mapping[str, str]
    """The whole environment, exactly."""
    cwd: str | None
    """``None``: where the engine was started."""
    max_output_bytes: int
    """Per stream; 0 means no limit."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended."""

    return_code: int | None
    """The process's number; 128 + n when signal n killed it, as shells say; ``None``: it left no trace."""
    at: datetime | None
    """When its end was recorded, aware and UTC; ``None`` when nothing recorded it."""
    pid: int | None = None
    """The process, where what the run left tells of it; for whoever adopts a run that nobody knew to have begun."""
    pid_started: str | None = None
    started_at: datetime | None = None


class AlreadyStartedError(StartError):
    """Somebody else has started this run; the process that was asked for did not begin."""
