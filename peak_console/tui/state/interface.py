"""What the console needs of the engine and the registry that it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import tzinfo

    from peak_console.clock import Clock
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.records import Command, Run
    from peak_console.store.store import Store
    from peak_console.tui.state.permissions import Permissions
    from peak_console.tui.state.snapshot import Trouble
    from peak_console.tui.state.succession import Succession


class Session(Protocol):
    """One state directory, and the engine that serves it. Used by the thread that draws."""

    permissions: Permissions
    keymap: Mapping[str, str]
    """The keys that the operator has replaced, as in ``ConsoleConfig``: messages name those."""
    directory: str
    clock: Clock
    store: Store
    """The registry; reading it may raise ``StateError``."""
    succession: Succession
    """The engine that goes on when this console has left, if the operator wants one."""

    def start(self, on_change: Callable[[], None]) -> None:
        """Begin to serve the directory, or to look at the engine that does. ``on_change`` is called from any thread."""

    def take_over(self) -> None:
        """Start an engine in this process; not where we may only look, or attach."""

    def rival(self) -> str | None:
        """Which engine serves some of the jobs that are ours to serve already; ``None`` where we may take them over."""

    def serves_elsewhere(self) -> str | None:
        """The other process whose engine serves the directory: ``pid 4712``; ``None`` where none does."""

    @property
    def jobs_file(self) -> str:
        """The jobs file, as the operator has named it."""

    @property
    def jobset(self) -> JobSet:
        """The definitions that are in force."""

    @property
    def jobs(self) -> Mapping[str, JobDefinition]:
        """The jobs that the command line's tags select, by name."""

    @property
    def tag_doubts(self) -> Sequence[str]:
        """What is doubtful about the command line's tags, a sentence each."""

    @property
    def zone(self) -> tzinfo:
        """The zone in which times are shown."""

    @property
    def is_own(self) -> bool:
        """Whether the engine is a thread of this process."""

    @property
    def has_served(self) -> bool:
        """Whether the engine is a thread of this process, or was."""

    @property
    def engine_state(self) -> str:
        """An ``EngineState``."""

    def troubles(self) -> list[Trouble]:
        """What is wrong with what is shown, most serious first."""

    @property
    def no_engine(self) -> str:
        """What is said, and what to do, while no engine serves the directory."""

    @property
    def refusal(self) -> str | None:
        """Why nothing can be commanded from here; ``None`` where it can."""

    def command(self, verb: str, job: str | None = None, run_id: int | None = None, **arguments: Any) -> int:
        """Leave a command for the engine, and ring; its number. Raises ``StateError``."""

    def answer(self, number: int) -> Command | None:
        """A command with its answer; ``None`` until there is one. Raises ``StateError``."""

    def wake(self) -> None:
        """Have our own engine look at the registry now: it cannot be read."""

    def reload(self) -> None:
        """Have the jobs file read again now, changed or not."""

    @property
    def error_line(self) -> int | None:
        """The line of the first mistake in the jobs file, while it is rejected."""

    @property
    def wants_consent(self) -> bool:
        """Whether a jobs file is held back until the operator consents to what it removes."""

    @property
    def offered(self) -> JobSet | None:
        """The definitions that are held back until the operator consents; ``None`` where none are."""

    def accept_jobs(self) -> None:
        """Show the jobs file as it is now, whatever it removes."""

    def drain(self) -> None:
        """Nothing new starts; the engine ends with its last run. Safe in a signal handler."""

    def stop_runs(self) -> None:
        """Have every run stopped, then end. Safe in a signal handler."""

    def leave_runs(self) -> None:
        """End at once; the next engine supervises the runs."""

    def prepare_successor(self) -> None:
        """Start a headless engine that stands by until ours has ended. Raises ``StateError``."""

    def active(self) -> list[Run]:
        """The runs that the engine would leave behind if it ended now. Raises ``StateError``."""

    def running(self) -> list[str]:
        """The runs that our engine supervises: ``backup #12``. From any thread."""

    def wait(self, seconds: float) -> bool:
        """Wait until our engine has ended, at most ``seconds``; whether it has ended. From any thread."""

    def close(self) -> None:
        """After ``wait``: send the alerts that are left, and close everything."""
