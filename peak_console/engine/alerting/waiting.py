"""Slots that wait too long for their turn: a warning that is resolved once they run, or wait no more."""

from __future__ import annotations

from peak_console.alerts.judge import judge_waiting
from peak_console.decisions.places import PlacesTaken
from peak_console.engine.alerting.incidents import cause_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from peak_console.engine.context import EngineContext
    from peak_console.model.records import Run

KIND = "waiting"


class Waiting:
    """Looks at the queue of one engine whenever it works."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._told: set[str] = set()
        self._resolved_old = False

    def seconds_left(self, now: datetime) -> float | None:
        """Until the next waiting slot has waited too long; ``None`` where none waits, or nobody wants to know."""
        limit = self._context.jobset.settings.queue_warning_seconds
        since = [run.not_before or run.claimed_at for run in self._context.queue if run.job not in self._told]
        return max(0.05, limit - (now - min(since)).total_seconds()) if since and limit else None

    def look(self, now: datetime) -> None:
        """Tell of what has waited too long, once for each job. Raises ``StateError``; then tries again later."""
        context = self._context
        limit = context.jobset.settings.queue_warning_seconds
        runs = [*context.queue, *(live.run for live in context.supervisor), *context.foreign]
        places = PlacesTaken(runs, context.jobset.settings.max_concurrent_runs, now)
        late: dict[str, Run] = {}
        if limit and context.hold is None and not context.draining:
            for run in places.waiting:
                if run.job in context.jobs and places.waited_seconds(run) >= limit:
                    late.setdefault(run.job, run)
        over = self._told - late.keys()
        if not self._resolved_old:
            known = [alert.cause or "" for alert in context.alerts.incidents()]
            old = {cause.partition(":")[2] for cause in known if cause.startswith(f"{KIND}:")}
            over |= (old & context.jobs.keys()) - late.keys()
            self._resolved_old = True
        new = late.keys() - self._told
        if not (over or new):
            return
        with context.alerts:
            for name in sorted(new):
                run = late[name]
                alert = judge_waiting(run, places.waited_seconds(run), places.behind(run), len(places.waiting), now=now)
                context.alerts.open_incident(cause_of(KIND, name), alert, context.jobs[name].tags)
            if over:
                context.alerts.resolve(*(cause_of(KIND, name) for name in sorted(over)))
        self._told = set(late)
