"""What an engine is made with: its jobs, its options, and the means to reach the world."""

from __future__ import annotations

from peak_console.engine.surroundings import Surroundings
from peak_console.store.store import Store
from peak_console.values import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from peak_console.clock import Clock
    from peak_console.engine.events import EngineEvent
    from peak_console.jobs.beside import AlertChannel
    from peak_console.jobs.model import JobSet
    from peak_console.model.records import Alert
    from peak_console.runs.executors import Executors


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How an engine was asked to work."""

    mode: str = "headless"
    """``headless``, ``console``, ``once`` or ``run``."""
    poll_interval: float = 30
    """Seconds; the longest sleep, against clocks that are set."""
    include_tags: Sequence[str] = ()
    exclude_tags: Sequence[str] = ()
    keep_registry: bool = True
    send_alerts: bool = True
    keeps_house: bool = True
    """Whether a resident engine looks after the state directory's files: lays out, prunes and sweeps up."""
    claims_ahead: bool = False
    """Whether a resident engine claims slots a moment before they come, so that they start on time."""
    judges: bool = True
    """Whether what happens is judged, and becomes alerts."""


@dataclass(frozen=True, slots=True)
class EngineSetup:
    """What an engine gets from outside, and keeps for as long as it lives."""

    jobset: JobSet
    """The jobs file as it was at the start."""
    directory: str
    """The state directory."""
    options: EngineOptions
    clock: Clock
    executors: Executors
    environ: Mapping[str, str]
    channels_of: Callable[[JobSet], Sequence[AlertChannel]] = lambda jobset: jobset.channels
    """Names the channels that alerts go to, by a jobs file. Raises ``StateError``."""
    emit: Callable[[EngineEvent], None] = lambda _event: None
    """Hears of every event, in the engine's thread."""
    on_alert: Callable[[], None] = lambda: None
    """Called once alerts that have to be sent are in the outbox."""
    on_emergency: Callable[[Alert], None] = lambda _alert: None
    """Sends an alert that the registry cannot take, past the outbox."""
    beat: Callable[[], float | None] = lambda: None
    """Gives a sign of life between the steps of the work; in how many seconds at most the next is due."""
    reload: Callable[[bool], str] = lambda _accept: "this engine does not reload"
    """Reads the jobs file again and offers it; why it does not, or nothing. Told whether to accept what it removes."""
    open_store: Callable[[str], Store] = Store.open
    """Opens the registry of a state directory for writing. Raises ``StateError``."""
    surroundings: Surroundings = field(default_factory=Surroundings)
    checks_registry: bool = True
    """Whether the registry is looked through for damage: after an end in disorder, and now and then while it serves."""
