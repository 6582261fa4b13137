"""Which deadlines a forecast meets, and by how much."""

from __future__ import annotations

from dataclasses import dataclass

from peak_console.decisions.ahead.deadlines import rules_of
from peak_console.model.terms import Outcome
from peak_console.schedule.deadline_times import moment_of
from peak_console.schedule.zones import zone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.forecast.forecast import Forecast, ForecastRun
    from peak_console.jobs.model import JobSet


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One deadline of one slot, and what the forecast says of it."""

    name: str
    """Whose it is: the job's, or a set's."""
    job: str
    slot: datetime
    at: datetime
    starts: bool
    """Whether the start counts, and not the end."""
    expected: datetime | None
    """``None``: it does not come to pass within the forecast."""

    @property
    def is_met(self) -> bool:
        return self.expected is not None and self.expected <= self.at

    @property
    def slack_seconds(self) -> float | None:
        """How much is left; negative is too late."""
        return None if self.expected is None else (self.at - self.expected).total_seconds()


def foreseen(jobset: JobSet, forecast: Forecast) -> list[Foreseen]:
    """Every deadline of the slots in a forecast that falls within it, or is missed in it, in their order."""
    slots: dict[tuple[str, datetime], list[ForecastRun]] = {}
    for run in forecast.runs:
        moment = run.round_at or run.slot
        if moment is not None and run.triggered_by != "manual":
            slots.setdefault((run.job, moment), []).append(run)
    found = [each for (job, slot), runs in slots.items() for each in _of_slot(jobset, job, slot, runs)]
    return sorted(
        (each for each in found if each.expected is not None or each.at <= forecast.end), key=lambda each: each.at
    )


def _of_slot(jobset: JobSet, name: str, slot: datetime, runs: Sequence[ForecastRun]) -> list[Foreseen]:
    job = jobset.jobs.get(name)
    if job is None:
        return []
    where = zone(job.schedule.timezone or jobset.settings.timezone)
    starts = [run.starts_at for run in runs if run.starts_at is not None]
    ends = [run.ends_at for run in runs if run.outcome == Outcome.SUCCEEDED and run.ends_at is not None]
    return [
        Foreseen(whose, name, slot, moment_of(text, slot, where, job.schedule.sessions), counts_start,
                 min(starts if counts_start else ends, default=None))
        for whose, text, counts_start in rules_of(jobset, job)
    ]  # fmt: skip


def missed(jobset: JobSet, forecast: Forecast) -> list[Foreseen]:
    """The deadlines that are missed."""
    return [each for each in foreseen(jobset, forecast) if not each.is_met]


def earliest_end(jobset: JobSet, name: str, slot: datetime) -> datetime | None:
    """By when a slot of a job has to have ended; ``None`` where nobody minds."""
    job = jobset.jobs.get(name)
    if job is None:
        return None
    where = zone(job.schedule.timezone or jobset.settings.timezone)
    rule = job.schedule.sessions
    ends = (moment_of(text, slot, where, rule) for _, text, starts in rules_of(jobset, job) if not starts)
    return min(ends, default=None)
