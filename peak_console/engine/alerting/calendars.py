"""Calendars that draw to their end, and calendars that are no longer what they were."""

from __future__ import annotations

from datetime import timedelta

from peak_console.alerts.calendars import judge_calendar_changed, judge_calendar_end
from peak_console.calendars import cache
from peak_console.schedule.offsets import EPOCH
from peak_console.schedule.sessions.changes import SLOTS_NAMED, changed_days, moved_slots
from peak_console.schedule.sessions.ends import ends_soon
from peak_console.schedule.sessions.rule import end_of
from peak_console.schedule.slots import ScheduleError
from peak_console.schedule.zones import local_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.engine.alerting.alert_log import AlertLog
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.schedule.sessions.table import Calendar

END = "calendar_end"
LOOK_SECONDS = 3600.0


class CalendarWatch:
    """Looks at the calendars of the jobs that an engine serves, with each new set of jobs and every hour."""

    def __init__(self, served: ServedJobs, alerts: AlertLog, directory: str) -> None:
        self._served = served
        self._alerts = alerts
        self._directory = directory
        self._looked_at: JobSet | None = None
        self._again_at: datetime | None = None

    def look(self, now: datetime) -> None:
        """Tell of calendars that end or have changed. Raises ``StateError``; then it looks again."""
        jobset = self._served.jobset
        if jobset is self._looked_at and self._again_at is not None and now < self._again_at:
            return
        calendars: dict[str, Calendar] = {}
        users: dict[str, list[JobDefinition]] = {}
        bounded: dict[str, list[str]] = {}
        for job in self._served.jobs.values():
            rule = job.schedule.sessions
            if rule is not None and rule.calendar is not None:
                calendars[rule.calendar.name] = rule.calendar
                users.setdefault(rule.calendar.name, []).append(job)
        for blackout in jobset.blackouts:
            for name in blackout.calendars:
                calendars[name] = jobset.calendars[name]
                bounded.setdefault(name, []).append(f"those of the blackout {blackout.name}")
        for name, calendar in calendars.items():
            jobs = users.get(name, [])
            self._tell_of_end(calendar, [*(job.name for job in jobs), *bounded.get(name, [])], now)
            self._tell_of_changes(name, calendar, jobs, now)
        self._looked_at, self._again_at = jobset, now + timedelta(seconds=LOOK_SECONDS)

    def _tell_of_end(self, calendar: Calendar, jobs: Sequence[str], now: datetime) -> None:
        cause = f"{END}:{calendar.name}"
        left = end_of(calendar) - now
        known = [alert for alert in self._alerts.incidents() if alert.cause == cause]
        with self._alerts:
            if not ends_soon(calendar, now):
                if known:
                    self._alerts.resolve(cause)
                return
            alert = judge_calendar_end(calendar, jobs, left.days if left >= timedelta(0) else -1, now=now)
            if not any(each.level == alert.level for each in known):
                if known:
                    self._alerts.resolve(cause)
                self._alerts.open_incident(cause, alert)

    def _tell_of_changes(self, name: str, calendar: Calendar, jobs: Sequence[JobDefinition], now: datetime) -> None:
        """Compare with what an engine knew before. It is known from here on, once the alert is recorded."""
        before = cache.read_reference(self._directory, name)
        if before is not None and before == calendar:
            return
        if before is not None:
            days = changed_days(before, calendar, (now - EPOCH).days)
            if days:
                alert = judge_calendar_changed(name, days, self._moved(jobs, before, calendar, now), now=now)
                tags = sorted({tag for job in jobs for tag in job.tags})
                with self._alerts:
                    self._alerts.raise_alert(alert, tags)
        cache.keep(self._directory, calendar)
        cache.keep_reference(self._directory, calendar)

    def _moved(self, jobs: Sequence[JobDefinition], before: Calendar, after: Calendar, now: datetime) -> list[str]:
        until = min(end_of(before), end_of(after))
        found = []
        for job in jobs:
            try:
                gone, new = moved_slots(job.schedule, before, now, until)
            except ScheduleError:  # by the former calendar it never happened
                continue
            zone = self._served.zone_of(job)
            words = [
                f"{word} {', '.join(f'{local_time(slot, zone):%a %Y-%m-%d %H:%M}' for slot in slots[:SLOTS_NAMED])}"
                + (f" and {len(slots) - SLOTS_NAMED} more" if len(slots) > SLOTS_NAMED else "")
                for word, slots in (("no longer", gone), ("now", new))
                if slots
            ]
            if words:
                found.append(f"{job.name}: {'; '.join(words)}")
        return found
