"""How an installation stands at one moment, as plain numbers. All of it comes from the state directory.

Counts are those of the registry: they go on across restarts, and whichever process reads them reads the same.
"""

from __future__ import annotations

from peak_console.alerts.outlets import PING, outlets_of, silences
from peak_console.decisions.gates import recorded_reason
from peak_console.decisions.job_status import counts, views
from peak_console.decisions.places import PlacesTaken
from peak_console.decisions.planner import Planner
from peak_console.model.records import RunState
from peak_console.schedule.zones import zone
from peak_console.store.heartbeat import signs_of_life
from peak_console.store.past.last_ends import last_ends
from peak_console.store.tables.totals import totals
from peak_console.values import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from peak_console.decisions.job_status import JobView
    from peak_console.jobs.model import JobSet
    from peak_console.model.records import JobState, Run
    from peak_console.store.past.last_ends import LastEnd
    from peak_console.store.store import Store

MOST_CHANNELS = 50
OTHERS = "(others)"
"""The label of all channels beyond ``MOST_CHANNELS`` together."""


@dataclass(frozen=True, slots=True)
class JobFigures:
    """One job."""

    name: str
    last: LastEnd | None
    failures: int
    """Final failures in a row."""
    next_slot: datetime | None


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that is exported."""

    engines: int = 0
    """How many engines serve, give signs of life, and can record."""
    last_sign: datetime | None = None
    """The oldest of the last signs of life of the engines that serve."""
    lag_seconds: float = 0
    """For how long the oldest slot that is due has not been decided."""
    totals: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    states: Mapping[str, int] = field(default_factory=dict)
    """By state: the runs that have not ended."""
    waiting: int = 0
    """Slots that wait for their turn."""
    longest_wait: float = 0
    places_limit: int = 0
    """0 is no limit."""
    places_taken: int = 0
    is_held: bool = False
    closed_gates: Mapping[str, bool] = field(default_factory=dict)
    open_alerts: Mapping[str, int] = field(default_factory=dict)
    undelivered: int = 0
    failing: Mapping[str, bool] = field(default_factory=dict)
    """By channel: whether it takes nothing at present."""
    standings: Mapping[str, int] = field(default_factory=dict)
    """How many jobs stand how."""
    jobs: Sequence[JobFigures] = ()
    jobs_left_out: int = 0
    """How many jobs have no series of their own."""
    is_file_rejected: bool = False


def figures_of(store: Store, jobset: JobSet, now: datetime) -> Figures:
    """The figures of a state directory, with series of their own for the first jobs of the file."""
    engines = [each for each in store.engines() if each.serves]
    info = store.engine_info()
    signs = [sign for each in engines if (sign := signs_of_life(store.directory, each.lock)) is not None]
    found = views(jobset.jobs.values(), store, now, gates=jobset.gates, blackouts=jobset.blackouts)
    not_served = [each.job.name for each in found if each.not_served is not None]
    unfinished = store.unfinished()
    places = PlacesTaken(unfinished, jobset.settings.max_concurrent_runs, now, not_served=not_served)
    shown = [each.job.name for each in found[: jobset.metrics.max_jobs]]
    states, last = store.job_states(), last_ends(store, shown)
    gates = store.gate_states() if jobset.gates else {}
    where = zone(jobset.settings.timezone)
    counted = totals(store)
    return Figures(
        engines=sum(not sign.complaint(now) for sign in signs),
        last_sign=min((sign.at for sign in signs), default=None),
        lag_seconds=_lag(found, states, now),
        totals=_with_few_channels(counted),
        states=_states(unfinished),
        waiting=len(places.waiting),
        longest_wait=places.longest_wait,
        places_limit=places.limit,
        places_taken=len(places.active),
        is_held=info.hold is not None,
        closed_gates={
            gate.name: bool(recorded_reason(gate, gates.get(gate.name), where, is_served=bool(engines)))
            for gate in jobset.gates
        },
        open_alerts=store.open_by_level(),
        undelivered=store.undelivered(),
        failing=_failing(store, jobset),
        standings=counts(found),
        jobs=[
            JobFigures(
                each.job.name, last.get(each.job.name),
                state.failures if (state := states.get(each.job.name)) is not None else 0, each.next_slot,
            )
            for each in found[: jobset.metrics.max_jobs]
        ],
        jobs_left_out=max(0, len(found) - jobset.metrics.max_jobs),
        is_file_rejected=info.config_error is not None,
    )  # fmt: skip


def _lag(found: Sequence[JobView], states: Mapping[str, JobState], now: datetime) -> float:
    """How long the oldest due slot of the jobs that engines serve has waited for a decision.

    A job of which nothing is remembered yet was never seen by an engine.
    """
    seen = (each.job for each in found if each.not_served is None and each.job.name in states)
    slot = Planner(seen, states, now).next_at()
    return max(0.0, (now - slot).total_seconds()) if slot is not None else 0.0


def _states(unfinished: Sequence[Run]) -> dict[str, int]:
    found = {str(state): 0 for state in RunState if state != RunState.FINISHED}
    for run in unfinished:
        found[str(run.state)] = found.get(str(run.state), 0) + 1
    return found


def _failing(store: Store, jobset: JobSet) -> dict[str, bool]:
    outlets = sorted(name for name in outlets_of(jobset) if not name.startswith(PING))
    found = dict.fromkeys([*(channel.name for channel in jobset.channels), *outlets], False)
    found |= {each.name: True for each in silences(store.incidents())}
    return dict(list(found.items())[:MOST_CHANNELS])


def _with_few_channels(counted: Mapping[str, Mapping[str, float]]) -> dict[str, dict[str, float]]:
    """The totals, with a bounded number of labels: whoever renames channels each day must not fill Prometheus."""
    found = {}
    for name, by_label in counted.items():
        kept = dict(sorted(by_label.items(), key=lambda item: -item[1])[:MOST_CHANNELS])
        rest = sum(by_label.values()) - sum(kept.values())
        found[name] = {**kept, OTHERS: rest} if len(kept) < len(by_label) else kept
    return found
