"""What an engine does about a damaged registry, or an older one: say so, and run nothing twice that may have run."""

from __future__ import annotations

from datetime import UTC, datetime

from peak_console.engine.events import EngineTroubled
from peak_console.model.records import Alert, Level
from peak_console.runs.output.of_run import output_of
from peak_console.schedule.slots import fingerprint, kind_of, next_slot
from peak_console.store.repair.damage import SOURCE, STATES_WHOLE, notices
from peak_console.text import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from peak_console.engine.alerting.alert_log import AlertLog
    from peak_console.engine.events import EngineEvent
    from peak_console.jobs.model import JobSet
    from peak_console.store.repair.restore import EngineMemory
    from peak_console.store.store import Store


def settle_after_damage(store: Store, jobset: JobSet, now: datetime) -> Sequence[Alert]:
    """Have a registry that has just replaced a damaged one run nothing twice; the alerts that say so.

    ``once`` jobs of which nothing is remembered any more may have run, so they count as decided; a ``run_at`` that is
    still to come is not touched. Daily and cron jobs wait for their next slot, interval jobs run now.
    """
    found = notices(store)
    if not found or all(alert.context.get(STATES_WHOLE, True) for alert in found):
        return found
    known = store.job_states()
    once = [
        job
        for job in jobset.jobs.values()
        if kind_of(job.schedule).is_once and (job.name not in known or not known[job.name].schedule)
    ]
    if not once:
        return found
    names = [job.name for job in once]
    text = (
        f"{counted(len(names), 'once job')} may have run before the registry was damaged and will"
        f" not run by schedule: {', '.join(names)}\nRun by hand what has not run."
    )
    with store:
        for job in once:
            store.decided(job.name, fingerprint(job.schedule), now, None)
        store.add_alert(Alert(Level.WARNING, text, now, source=SOURCE, context={"jobs": names}), [], now)
    return notices(store)


def settle_after_older_copy(
    store: Store, directory: str, jobset: JobSet, unknown: Sequence[int], now: datetime
) -> Alert:
    """Have a registry that is older than the runs on disk run nothing twice; the alert that says so, recorded.

    A copy that was put back is such a registry. New runs get numbers that are free. Slots up to the last sign of life
    of those ``unknown`` runs count as decided.
    """
    until = min(now, max((_changed(directory, run_id) for run_id in unknown), default=now))
    known = store.job_states()
    once = []
    with store:
        store.pass_over(unknown[-1])
        for job in jobset.jobs.values():
            state = known.get(job.name)
            before = state.decided_until if state is not None else None
            if before is not None and before >= until:
                continue
            if kind_of(job.schedule).is_once and before is None and not next_slot(job.schedule, until, now):
                once.append(job.name)
            store.decided(job.name, fingerprint(job.schedule), until, state.off_since if state is not None else None)
        some = f"#{unknown[0]}" if len(unknown) == 1 else f"{len(unknown)} runs, #{unknown[0]} to #{unknown[-1]},"
        text = (
            f"the registry is older than what has run: {some} began without its knowing\n"
            "An older copy was put in its place, or the disk lost what had been written. What they wrote is in"
            f" {directory}/runs; processes of theirs that still run are not looked after. So that nothing runs twice,"
            f" every slot up to {until:%Y-%m-%d %H:%M:%S} UTC counts as decided."
        )
        if once:
            text += f"\nBy schedule these once jobs will not run; run by hand what has not run: {', '.join(once)}"
        return store.add_alert(Alert(Level.CRITICAL, text, now, context={"runs": list(unknown[-100:])}), [], now)


MOST_LINES = 20
"""How many places an alert about them names."""


def mend_rows(
    store: Store, memory: EngineMemory, jobset: JobSet, is_started: Callable[[int], bool], now: datetime
) -> Alert | None:
    """Mend the rows that make no sense; the alert about them, recorded. ``None`` if there are none."""
    from peak_console.store.repair.mending import Mender

    schedules = {job.name: fingerprint(job.schedule) for job in jobset.jobs.values()}
    with store:
        places = Mender(store, memory, schedules, is_started, now).mend()
        if not places:
            return None
        what = "a place" if len(places) == 1 else f"{len(places)} places"
        more = [f"and {len(places) - MOST_LINES} more"] if len(places) > MOST_LINES else []
        text = "\n".join([f"the registry was damaged in {what}, and has been mended", *places[:MOST_LINES], *more])
        return store.add_alert(Alert(Level.CRITICAL, text, now, source=SOURCE), [], now)


def _changed(directory: str, run_id: int) -> datetime:
    """When a run's files last changed; long ago where they are being removed at this moment."""
    return datetime.fromtimestamp(output_of(directory, run_id).changed_at() or 0, UTC)


def report_alerts(log: AlertLog, emit: Callable[[EngineEvent], None], alerts: Sequence[Alert], now: datetime) -> None:
    """Report and deliver alerts that were recorded without being announced; inside ``with log``."""
    for alert in alerts:
        if alert.level == Level.CRITICAL:
            emit(EngineTroubled(at=now, error=alert.message.splitlines()[0]))
        log.announce(alert)
