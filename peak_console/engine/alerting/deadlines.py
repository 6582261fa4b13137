"""Deadlines under an engine's eyes: a warning as soon as one is likely to be missed, a critical alert when it is."""

from __future__ import annotations

from peak_console.engine.alerting.durations import flag_long_runs
from peak_console.engine.alerting.incidents import cause_of
from peak_console.model.records import Alert, Level

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from peak_console.decisions.ahead.deadlines import Prospect
    from peak_console.engine.context import EngineContext

LOOK_SECONDS = 5.0
"""How often deadlines are looked at, at the most."""
RISK_KIND, MISSED_KIND = "deadline", "deadline_missed"


class DeadlineWatch:
    """Looks at the deadlines of the jobs that one engine serves, and keeps an incident for each that is in danger."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._looked_at: float | None = None
        self._open: set[str] | None = None
        """The causes of the incidents that are open; ``None`` before the log was asked."""
        self._long: set[int] = set()
        """Ids of the runs that have been flagged because they go on for too long."""
        self._next_at: datetime | None = None
        """The next deadline that has not come."""

    def seconds_left(self, now: datetime) -> float | None:
        """Until they have to be looked at again; ``None`` where there is nothing to look at."""
        if self._next_at is None:
            return None
        return max(LOOK_SECONDS, min((self._next_at - now).total_seconds(), 60.0))

    def look(self, now: datetime) -> None:
        """Open and resolve incidents by what is expected now. Raises ``StateError``; then tries again later."""
        context, monotonic = self._context, self._context.clock.monotonic()
        if not context.options.judges:
            return
        is_due = self._next_at is not None and self._next_at <= now
        if self._looked_at is not None and monotonic - self._looked_at < LOOK_SECONDS and not is_due:
            return
        self._looked_at = monotonic
        served = context.served
        flag_long_runs(context.runs.supervisor, served, context.alerts, self._long, now)
        if not served.jobset.has_deadlines:
            self._next_at = None
            if self._open:
                self._tell({}, now)
            return
        from peak_console.decisions.ahead.deadlines import Risk, recorded

        found = recorded(
            served.jobset, served.jobs.values(), context.store, context.chains.state_of, now, context.blackouts.all
        )
        self._next_at = min((each.at for each in found if each.at > now and each.risk != Risk.MET), default=None)
        wanted: dict[str, Prospect] = {}
        for prospect in found:  # the worst one first
            if prospect.risk == Risk.MISSED and not prospect.is_over:
                wanted.setdefault(_cause(MISSED_KIND, prospect), prospect)
            elif prospect.risk in (Risk.LATE, Risk.BLOCKED):
                wanted.setdefault(_cause(RISK_KIND, prospect), prospect)
        self._tell(wanted, now)

    def _tell(self, wanted: dict[str, Prospect], now: datetime) -> None:
        context = self._context
        if self._open is None:
            known = [alert.cause or "" for alert in context.alerts.incidents()]
            self._open = {cause for cause in known if cause.partition(":")[0] in (RISK_KIND, MISSED_KIND)}
        new, over = wanted.keys() - self._open, self._open - wanted.keys()
        if not (new or over):
            return
        with context.alerts:
            for cause in sorted(new):
                job = context.served.jobs[wanted[cause].job]
                alert = judge_deadline(wanted[cause], now=now, zone=context.served.zone_of(job))
                context.alerts.open_incident(cause, alert, job.tags)
            context.alerts.resolve(*sorted(over))
        self._open = set(wanted)


def _cause(kind: str, prospect: Prospect) -> str:
    of_set = "" if prospect.name == prospect.job else f"{prospect.name}:"
    return cause_of(kind, f"{of_set}{prospect.job}{':start' if prospect.starts else ''}")


def judge_deadline(prospect: Prospect, *, now: datetime, zone: tzinfo) -> Alert:
    """The alert of a deadline that was missed, or that is likely to be."""
    from peak_console.decisions.ahead.deadlines import Risk, in_words

    lines = [in_words(prospect, zone)]
    if len(prospect.path) > 1:
        lines.append(f"It depends on {', '.join(prospect.path[:-1])}.")
    context = {
        "job_name": prospect.job,
        "deadline": prospect.name,
        "at": prospect.at.isoformat(),
        "expected": prospect.expected.isoformat() if prospect.expected is not None else None,
        "slack_seconds": prospect.slack_seconds,
        "because": prospect.because,
        "path": list(prospect.path),
    }
    level = Level.CRITICAL if prospect.risk == Risk.MISSED else Level.WARNING
    return Alert(level, "\n".join(lines), now, context=context, job=prospect.job)
