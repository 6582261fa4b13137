"""What an engine may do at present, and how many runs have ended under it."""

from __future__ import annotations

from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.engine.gating.watch import GateWatch
    from peak_console.engine.outside.beacon import Beacon
    from peak_console.engine.outside.metrics_file import MetricsFile
    from peak_console.engine.provenance.keeping import Provenance
    from peak_console.engine.results.on_finish import OnFinish
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.state import Hold


@dataclass(slots=True)
class EngineStatus:
    """Changed by commands, signals and ends of runs."""

    hold: Hold | None = None
    """The hold on all jobs, as this engine last read it."""
    gates: GateWatch | None = None
    """The gates of its jobs; ``None`` where the jobs file has none."""
    stale: Callable[[JobDefinition, datetime], str | None] | None = None
    """Tells why a job's slot may not start for the files that it requires; ``None`` where no job requires any."""
    provenance: Provenance | None = None
    """Notes from what runs are made; ``None`` where they are not kept."""
    on_finish: OnFinish | None = None
    """Tells commands of runs that have ended; ``None`` where no job has one."""
    beacon: Beacon | None = None
    """Tells watchers outside; ``None`` where there are none."""
    metrics_file: MetricsFile | None = None
    """Writes figures for Prometheus; ``None`` where nobody asks for them."""
    draining: bool = False
    """Whether it starts nothing more and leaves once its runs have ended."""
    succeeded: int = 0
    """How many runs have ended with success."""
    failed: int = 0
    """How many runs have failed for good, with no attempt to follow."""

    def why_gated(self, job: JobDefinition) -> str | None:
        """The gate that keeps a job from starting now, with its reason; ``None`` where none does."""
        return self.gates.why_closed(job) if self.gates is not None else None

    def awaits_gate(self, job: JobDefinition) -> bool:
        """Whether a gate of a job was not asked yet, so that its slots wait for the answer."""
        return self.gates is not None and self.gates.is_unknown(job)

    @property
    def may_start(self) -> bool:
        """Whether runs may start at all."""
        return self.hold is None and not self.draining
