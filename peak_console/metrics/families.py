"""The metrics: their names, what they mean, and their values. The only module that loads prometheus-client for them.

Names follow Prometheus' conventions: seconds and bytes, and ``_total`` for what only ever grows.
"""

from __future__ import annotations

from itertools import accumulate

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from peak_console.model.records import Outcome
from peak_console.model.terms import BEYOND_BOUNDS, LATENESS_BOUNDS, Counted, Level
from peak_console.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from peak_console.metrics.figures import Figures, JobFigures

PREFIX = "peak_console_"


def families(figures: Figures) -> Iterator[Metric]:
    """Every metric with its values."""
    yield from _engine(figures)
    yield from _runs(figures)
    yield from _alerts(figures)
    yield from _jobs(figures)


def _engine(figures: Figures) -> Iterator[Metric]:
    yield _labelled("build_info", "The version that these figures come from.", "version", {__version__: 1})
    yield _gauge("engine_up", "Whether an engine serves, gives signs of life, and can record.", figures.engines > 0)
    yield _gauge("engines", "Engines that serve the state directory and work.", figures.engines)
    if figures.last_sign is not None:
        at = figures.last_sign.timestamp()
        yield _gauge("engine_last_sign_timestamp_seconds", "The last sign of life of the engine.", at)
    text = "For how long the oldest slot that is due has not been decided."
    yield _gauge("engine_lag_seconds", text, figures.lag_seconds)
    yield _gauge("hold", "Whether a hold on all jobs keeps everything from starting.", figures.is_held)
    yield _labelled("gate_closed", "Whether a gate keeps its jobs from starting.", "gate", figures.closed_gates)
    text = "Whether the jobs file as it stands was rejected, so that the engine goes on with the one before."
    yield _gauge("jobs_file_rejected", text, figures.is_file_rejected)


def _runs(figures: Figures) -> Iterator[Metric]:
    totals = figures.totals
    yield CounterMetricFamily(PREFIX + "runs_started", "Runs that have started.", _sum(totals.get(Counted.STARTED)))
    ended = {str(outcome): 0.0 for outcome in Outcome} | dict(totals.get(Counted.ENDED, {}))
    yield _labelled("runs_ended", "Runs that have ended, and slots that never ran.", "outcome", ended, total=True)
    yield _lateness(totals.get(Counted.LATE, {}), _sum(totals.get(Counted.LATE_SECONDS)))
    yield _labelled("runs", "Runs that have not ended.", "state", figures.states)
    yield _gauge("slots_waiting", "Slots whose time has come and that wait for their turn.", figures.waiting)
    yield _gauge("longest_wait_seconds", "How long the longest of them has waited.", figures.longest_wait)
    yield _gauge("places_taken", "Runs that have a process or are about to.", figures.places_taken)
    if figures.places_limit:
        yield _gauge("places_limit", "How many runs may go on at once.", figures.places_limit)


def _lateness(by_bound: Mapping[str, float], seconds: float) -> Metric:
    names = [*(format(bound, "g") for bound in LATENESS_BOUNDS), BEYOND_BOUNDS]
    below = accumulate(by_bound.get(name, 0.0) for name in names)
    # Every bound is written as a float, as the client's own histograms have it.
    shown = [*(str(bound) for bound in LATENESS_BOUNDS), BEYOND_BOUNDS]
    text = "From the slot to the start, of first attempts."
    return HistogramMetricFamily(PREFIX + "start_lateness_seconds", text, list(zip(shown, below, strict=True)), seconds)


def _alerts(figures: Figures) -> Iterator[Metric]:
    totals = figures.totals
    none = {str(level): 0.0 for level in Level}
    yield _labelled("alerts_open", "Alerts that need attention.", "level", none | dict(figures.open_alerts))
    raised = none | dict(totals.get(Counted.RAISED, {}))
    yield _labelled("alerts_raised", "Alerts that were raised.", "level", raised, total=True)
    for name, key, text in (
        ("deliveries", Counted.DELIVERED, "Alerts that a channel has taken."),
        ("delivery_attempts_failed", Counted.NOT_DELIVERED, "Attempts that a channel has not taken."),
        ("deliveries_given_up", Counted.GIVEN_UP, "Alerts that were never delivered to a channel."),
    ):
        channels = dict.fromkeys(figures.failing, 0.0) | dict(totals.get(key, {}))
        yield _labelled(name, text, "channel", channels, total=True)
    yield _gauge("deliveries_waiting", "Deliveries that are still to be made.", figures.undelivered)
    yield _labelled("channel_failing", "Whether a channel takes nothing at present.", "channel", figures.failing)


def _jobs(figures: Figures) -> Iterator[Metric]:
    yield _labelled("jobs", "How many jobs stand how.", "standing", figures.standings)
    text = "Jobs without series of their own: there are more than max_jobs."
    yield _gauge("jobs_without_series", text, figures.jobs_left_out)
    yield _of_jobs(
        "job_last_success_timestamp_seconds", "When the job last succeeded.", figures.jobs,
        lambda job: job.last.succeeded_at.timestamp() if job.last is not None and job.last.succeeded_at else None,
    )  # fmt: skip
    yield _of_jobs(
        "job_last_end_timestamp_seconds", "When the job's last run ended, however it did.", figures.jobs,
        lambda job: job.last.ended_at.timestamp() if job.last is not None and job.last.ended_at else None,
    )  # fmt: skip
    yield _of_jobs(
        "job_last_duration_seconds", "How long the job's last run took.", figures.jobs,
        lambda job: job.last.duration_seconds if job.last is not None else None,
    )  # fmt: skip
    yield _of_jobs(
        "job_last_cpu_seconds", "Processor time of the job's last run.", figures.jobs,
        lambda job: job.last.cpu_seconds if job.last is not None else None,
    )  # fmt: skip
    yield _of_jobs(
        "job_last_peak_memory_bytes", "The most memory that a process of the job's last run has held.", figures.jobs,
        lambda job: job.last.peak_memory_bytes if job.last is not None else None,
    )  # fmt: skip
    yield _of_jobs(
        "job_consecutive_failures", "How often in a row the job has failed for good.", figures.jobs,
        lambda job: job.failures,
    )  # fmt: skip
    yield _of_jobs(
        "job_next_slot_timestamp_seconds", "When the job is next due.", figures.jobs,
        lambda job: job.next_slot.timestamp() if job.next_slot is not None else None,
    )  # fmt: skip


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(PREFIX + name, text, float(value))


def _labelled(name: str, text: str, label: str, values: Mapping[str, float], *, total: bool = False) -> Metric:
    make = CounterMetricFamily if total else GaugeMetricFamily
    metric = make(PREFIX + name, text, labels=[label])
    for key, value in values.items():
        metric.add_metric([key], float(value))
    return metric


def _of_jobs(
    name: str, text: str, jobs: Iterable[JobFigures], value_of: Callable[[JobFigures], float | None]
) -> Metric:
    metric = GaugeMetricFamily(PREFIX + name, text, labels=["job_name"])
    for job in jobs:
        value = value_of(job)
        if value is not None:
            metric.add_metric([job.name], value)
    return metric


def _sum(by_label: Mapping[str, float] | None) -> float:
    return sum((by_label or {}).values())
