"""What is kept with a run that has ended: the numbers of its result, and from what it was made."""

from __future__ import annotations

from peak_console.values import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from peak_console.engine.provenance.keeping import Provenance
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.engine.supervision.ends import End
    from peak_console.store.store import Store


@dataclass(frozen=True, slots=True)
class Notes:
    """Recorded in the transaction of the end."""

    numbers: Mapping[str, float] = field(default_factory=dict)
    provenance: Mapping[str, Any] | None = None

    def keep(self, store: Store, run_id: int) -> None:
        """Record it."""
        if self.provenance is not None:
            from peak_console.store.tables.provenance import keep_provenance

            keep_provenance(store, run_id, self.provenance)
        if self.numbers:
            from peak_console.store.tables.metrics import keep_metrics

            keep_metrics(store, run_id, self.numbers)


def note(
    end: End, directory: str, served: ServedJobs, provenance: Provenance | None, *, has_result: bool
) -> tuple[End, Notes]:
    """The end of a run as its result makes it, and what is kept with it."""
    numbers: Mapping[str, float] = {}
    if has_result:
        from peak_console.engine.results.judge import judged

        end, numbers = judged(end, directory, served.jobset.base, served.launcher.redactor.text)
    return end, Notes(numbers, provenance.take(end.run.id) if provenance is not None else None)
