"""What an engine does about a registry that was damaged: say so, and run nothing twice that may have run."""

from __future__ import annotations

from peak_console.engine.events import AlertRaised, EngineTroubled
from peak_console.schedule.model import ScheduleType
from peak_console.schedule.slots import fingerprint
from peak_console.store.damage import SOURCE, STATES_WHOLE, notices
from peak_console.store.model import Alert, Level

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.engine.context import EngineContext
    from peak_console.jobs.model import JobSet
    from peak_console.store.store import Store


def settle_after_damage(store: Store, jobset: JobSet, now: datetime) -> Sequence[Alert]:
    """On a registry that has just taken a damaged one's place: what has to be told.

    ``once`` jobs of which nothing is remembered any more may have run, so they count as decided; a ``run_at`` that is
    still to come is not touched. Daily and cron jobs begin anew of themselves, interval jobs run now.
    """
    found = notices(store)
    if not found or all(alert.context.get(STATES_WHOLE, True) for alert in found):
        return found
    known = store.job_states()
    once = [
        job
        for job in jobset.jobs.values()
        if job.schedule.type == ScheduleType.ONCE and (job.name not in known or not known[job.name].schedule)
    ]
    if not once:
        return found
    names = [job.name for job in once]
    text = (
        f"{len(names)} once job{'s' if len(names) > 1 else ''} may have run before the registry was damaged and will"
        f" not run by schedule: {', '.join(names)}\nRun by hand what has not run."
    )
    with store:
        for job in once:
            store.decided(job.name, fingerprint(job.schedule), now, None)
        store.add_alert(Alert(Level.WARNING, text, now, source=SOURCE, context={"jobs": names}), [], now)
    return notices(store)


def tell_of_damage(context: EngineContext, alerts: Sequence[Alert], now: datetime) -> None:
    """Report, and send, alerts that are in the log but that nobody has heard of; inside ``with context``."""
    from peak_console.alerts.routing import channels_for

    for alert in alerts:
        if alert.level == Level.CRITICAL:
            context.emit(EngineTroubled(at=now, error=alert.message.splitlines()[0]))
        channels = channels_for(alert, (), context.channels) if context.options.send_alerts else []
        context.store.deliver(alert.id, channels, now)
        context.news.append((AlertRaised(at=alert.timestamp, alert=alert), bool(channels)))
