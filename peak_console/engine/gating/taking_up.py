"""The gates of a jobs file become those of an engine. A file without gates loads nothing of them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.engine.context import EngineContext
    from peak_console.engine.setup import EngineSetup


def take_up_gates(context: EngineContext, setup: EngineSetup, wake: Callable[[], None]) -> None:
    """Watch the gates of the jobs file that the engine works by, and what its jobs require. Raises ``StateError``."""
    served, status = context.served, context.status
    status.stale = None
    if setup.surroundings.has_outside and any(job.requires for job in served.jobs.values()):
        from peak_console.engine.dispatch.freshness import Freshness

        status.stale = Freshness(served, context.clock).stale
    if not (setup.surroundings.has_outside and served.jobset.settings.provenance):
        status.provenance = None
    elif status.provenance is None:
        from peak_console.engine.provenance.keeping import Provenance

        status.provenance = Provenance(context.served, context.store, setup.environ)
    _take_up_outlets(context, setup)
    if (
        status.on_finish is None
        and setup.surroundings.has_outside
        and any(job.on_finish for job in served.jobset.jobs.values())
    ):
        from peak_console.engine.results.on_finish import OnFinish

        status.on_finish = OnFinish(context, setup.environ)
    if status.gates is None:
        if not served.jobset.gates:
            return
        from peak_console.engine.gating.watch import GateWatch
        from peak_console.model.terms import RESIDENT_MODES

        def mask(text: str) -> str:
            return served.launcher.redactor.text(text)  # of the launcher that there is by then

        status.gates = GateWatch(
            context.store,
            context.alerts,
            context.clock,
            wake,
            mask,
            stays=context.options.mode in RESIDENT_MODES,
            asks=setup.surroundings.has_outside,
        )
    status.gates.take_up(served.jobset, served.jobs, setup.environ, served.zone_of(None))
    if not served.jobset.gates:
        status.gates = None


def _take_up_outlets(context: EngineContext, setup: EngineSetup) -> None:
    """Tell watchers outside what the jobs file says that they are to be told."""
    served, status = context.served, context.status
    jobset = served.jobset
    pings = any(job.ping_url or job.ping_url_env for job in jobset.jobs.values())
    if setup.surroundings.has_outside and (jobset.heartbeat is not None or pings):
        if status.beacon is None:
            from peak_console.engine.outside.beacon import Beacon

            status.beacon = Beacon(setup.environ, jobset.base, context.clock, context.alerts.outlets.report)
        status.beacon.heartbeat = jobset.heartbeat
    elif status.beacon is not None:
        status.beacon.heartbeat = None
    if status.metrics_file is None and setup.surroundings.has_outside and jobset.metrics.file is not None:
        from peak_console.engine.outside.metrics_file import MetricsFile, stays

        status.metrics_file = MetricsFile(
            served, context.directory, context.clock, context.alerts.outlets.report, stays=stays(context.options.mode)
        )
