"""What the engine knows of execution: submit, adopt, stop, ended. Processes on this machine are one way to do it.

A run is named by its id. What an executor needs to find it again is its *reference*, a text that means something to
that executor alone.
"""

from __future__ import annotations

from enum import StrEnum

from peak_console.errors import StartError
from peak_console.jobs.model import Resources
from peak_console.model.terms import LOCAL
from peak_console.values import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from typing import Protocol

    from peak_console.model.terms import Outcome
    from peak_console.runs.output.of_run import RunOutput

    class RunHandle(Protocol):
        """A run that was submitted. Whoever holds the handle asks it; nothing is called back."""

        @property
        def run_id(self) -> int: ...

        @property
        def reference(self) -> str:
            """What the executor finds the run by, in this process or in a later one."""

        @property
        def waits_for(self) -> str | None:
            """Why the run has not started, in words that may be empty. ``None`` once it has started."""

        @property
        def started_at(self) -> datetime | None:
            """When the run started: aware, UTC. ``None`` before that, and when nothing recorded it."""

        @property
        def node(self) -> str | None:
            """The machine that the run is on, where that need not be this one."""

        def fileno(self) -> int | None:
            """Readable once the run has ended; ``None``: call ``poll`` after each ``pause``.

            It can be readable a moment before ``poll`` has the end, which has to be on disk; from then on it is
            ``None``.
            """

        @property
        def pause(self) -> float:
            """Where there is no ``fileno``: in how many seconds to call ``poll`` again."""

        def poll(self) -> Ended | None:
            """The end, or ``None`` while it waits or runs. Never blocks; gives the same answer for ever once ended."""

        def overdue(self) -> str | None:
            """Why the end of a run whose process is gone is not known, once that has lasted some seconds."""

        def stop(self, how: Stop) -> None:
            """Make the run end, and what it leaves behind. Nothing happens when all of it is gone."""

        def close(self) -> None:
            """Let go of what watches the run. The run goes on."""

    class Executor(Protocol):
        """Where the runs of one state directory execute. Used from one thread."""

        def prepare(self, run_ids: Sequence[int] = ()) -> None:
            """Get ready to start runs soon, without waiting for it; make room for the output of those with these ids.

            Optional: ``submit`` does it too. Raises ``StartError``.
            """

        def rest(self) -> None:
            """Give back what stands ready, as nothing is to be started soon. What runs goes on."""

        def submit(self, specs: Iterable[RunSpec]) -> Sequence[RunHandle | StartError]:
            """Start runs in their order, or hand them over to be started; each while the next is prepared.

            For each its handle, or a ``StartError`` with why it will never start. However many ask for the same run,
            whenever: it starts once. The others get ``AlreadyStartedError``.
            """

        def adopt(self, run_id: int, reference: str | None) -> RunHandle | Ended:
            """Find a run that another process submitted; its end when it is over.

            Without a ``reference``, what the run has left on the disk tells.
            """

        def remains(self, run_id: int, reference: str) -> RunHandle:
            """A handle on a run whose first process has ended, for what it has left."""

        def lingering(self, handles: Sequence[RunHandle]) -> Sequence[RunHandle]:
            """Of runs whose first process has ended those that have left other processes alive.

            Raises ``OSError`` where that cannot be told at present.
            """

        def is_started(self, run_id: int) -> bool:
            """Whether a run was started or submitted, or is about to be: then it can be adopted, and only that."""

        def fence(self, run_id: int) -> bool:
            """Make sure that a run never starts. ``False``: it was started after all, so adopt it.

            Raises ``StartError`` where that cannot be written down.
            """

        def usage(self, run_id: int, /) -> Usage | None:
            """What a run that has ended has used; ``None`` where nothing tells. It takes milliseconds at the most."""

        def outputs(self, run_id: int) -> RunOutput:
            """What a run has left on the disk."""

        def fileno(self) -> int | None:
            """Readable when something has become known of a run, so that the engine wakes up; ``None``: never."""

        def drain(self) -> None:
            """Let ``fileno`` be readable no more until something else has become known."""

        def mishaps(self) -> Sequence[str]:
            """What has befallen the executor since this was last asked, and is mended; a sentence each."""

        def troubles(self) -> Mapping[str, str]:
            """What is wrong at present, by cause, until it is mended; a sentence each."""

        def close(self) -> None:
            """Let go of everything. Runs go on, and their ends are still recorded."""


class Stop(StrEnum):
    """How a run is made to end."""

    ASK = "ask"
    """Asked to end, so that it can put things in order: TERM."""
    KILL = "kill"
    """Killed, with all that is left of it."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a run has used, by the kernel's own accounting: the run, and the processes that it has waited for."""

    cpu_seconds: float
    peak_memory_bytes: int
    """The most that one of its processes has held at once."""


@dataclass(frozen=True, slots=True)
class RunSpec:
    """All that is needed to start a run."""

    run_id: int
    argv: Sequence[str]
    """``argv[0]`` is an absolute path. Nothing passes through a shell."""
    env: Mapping[str, str]
    """The whole environment, exactly."""
    cwd: str | None
    """``None``: where the engine was started."""
    max_output_bytes: int
    """Per stream; 0 means no limit."""
    executor: str = LOCAL
    job: str = ""
    timeout_seconds: float = 0
    """How long it may take from its start; 0: as long as it likes. The engine sees to it too."""
    kill_grace_seconds: float = 10
    resources: Resources = field(default_factory=Resources)
    """What it asks a cluster for."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended."""

    return_code: int | None
    """The process's number; 128 + n when signal n killed it, as shells say; ``None``: it left no trace."""
    at: datetime | None
    """When its end was recorded, aware and UTC; ``None`` when nothing recorded it."""
    reference: str | None = None
    """The run's reference as its files have it: for a run whose start was never recorded."""
    started_at: datetime | None = None
    outcome: Outcome | None = None
    """What the executor itself knows of the end; ``None``: the return code tells."""
    reason: str | None = None
    """Why it ended so, in words of the executor."""
    usage: Usage | None = None
    """What it has used, where that comes with the end; else ``Executor.usage`` may tell."""


class AlreadyStartedError(StartError):
    """Somebody else has started this run; the process that was asked for did not begin."""
