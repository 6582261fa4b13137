"""The engine's events: facts in the past tense, complete enough that no listener has to look anything up."""

from __future__ import annotations

from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.model.records import Alert, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineEvent:
    """Something that happened, at an aware UTC moment."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStarted(EngineEvent):
    """An engine serves the state directory now."""

    directory: str
    jobs: int
    enabled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStandingBy(EngineEvent):
    """Another engine serves the state directory; this one waits for it to leave."""

    directory: str
    holder: int | None
    selection: str = ""
    """The other engine's tags."""
    overlap: Sequence[str] = ()
    """The jobs that both select, where the tags are not the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineDraining(EngineEvent):
    """Nothing new starts; the engine waits for its runs."""

    running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineStopped(EngineEvent):
    """The engine has left, everything it had to record recorded."""

    succeeded: int
    failed: int
    left_running: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(EngineEvent):
    """A run has its process. ``command`` is the resolved command line, masked."""

    run: Run
    command: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSubmitted(EngineEvent):
    """A run was handed to an executor that starts it when it has room."""

    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAdopted(EngineEvent):
    """A run that outlived its engine is looked after again."""

    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQueued(EngineEvent):
    """A slot waits for its turn."""

    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStopping(EngineEvent):
    """A run has been asked to end, or, with ``killed``, been made to."""

    run: Run
    reason: str
    killed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(EngineEvent):
    """A run's process is gone, or never was, and its result is in the registry."""

    run: Run
    retry_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotPassed(EngineEvent):
    """A slot was missed or skipped; ``run.outcome`` and ``run.reason`` say which and why."""

    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised(EngineEvent):
    """An alert is in the log."""

    alert: Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class JobsReloaded(EngineEvent):
    """The engine works by a new set of definitions."""

    added: Sequence[str]
    removed: Sequence[str]
    changed: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadRejected(EngineEvent):
    """The jobs file as it stands cannot be used; the engine goes on with the one before."""

    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadHeldBack(EngineEvent):
    """The jobs file as it stands does not count yet; the engine goes on with the one before."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandAnswered(EngineEvent):
    """A front end's command was carried out or refused."""

    verb: str
    answer: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineTroubled(EngineEvent):
    """Something the engine needs does not work; it goes on and tries again."""

    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineMended(EngineEvent):
    """What the engine needs works again, after trouble since that moment."""

    since: datetime
