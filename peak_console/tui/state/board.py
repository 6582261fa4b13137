"""The one bridge from the registry to the screen: what has changed is read, and becomes a new ``Snapshot``.

Belongs to the thread that draws. Reads only what is new since the last look, so that a look costs the same with one
job and with a thousand, with ten runs and with a million.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from peak_console.alerts.outlets import silences
from peak_console.decisions.gates import recorded_gating, recorded_reason
from peak_console.decisions.holding.blackouts import Blackouts
from peak_console.decisions.holding.holds import is_over
from peak_console.decisions.job_status import counts, view
from peak_console.decisions.places import PlacesTaken
from peak_console.decisions.serving import Coverage, listed
from peak_console.errors import StateError
from peak_console.model.records import AlertCounts, Level, RunState
from peak_console.model.terms import DRAINING, Outcome
from peak_console.tui.state.snapshot import HISTORY_RUNS, EngineState, JobRow, Snapshot, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import tzinfo

    from peak_console.decisions.ahead.deadlines import Prospect
    from peak_console.decisions.holding.blackouts import Window
    from peak_console.decisions.job_status import JobView
    from peak_console.forecast.outlook import Outlook
    from peak_console.jobs.beside import Gate
    from peak_console.jobs.blackouts import Blackout
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.progress import Progress
    from peak_console.model.records import Alert, EngineInfo, JobState, Run
    from peak_console.model.state import GateState, Hold
    from peak_console.schedule.sessions.table import Calendar
    from peak_console.store.store import Store

ALERTS_SHOWN = 1000
ALERTS_AT_A_TIME = 50
DEADLINES_EVERY = timedelta(seconds=5)
"""How often it is worked out what is expected of deadlines."""
HISTORIES_AT_A_TIME = 8
"""How many alerts, and histories of jobs, are read at a time: the first paint does not wait for a thousand."""


class Board:
    """Every job's row as the registry has it, brought up to date by ``look``."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows: dict[str, JobRow] = {}
        self._gates: Sequence[tuple[Gate, GateState | None, str]] = ()
        self._gating: Callable[[JobDefinition], str | None] = lambda _job: None
        self._successes: dict[str, Run] = {}
        """By job, its last successful run, where its last run is another one."""
        self._states: dict[str, JobState] = {}
        self._known_states: dict[tuple[Any, ...], JobState] = {}
        self._unfinished: dict[int, Run] = {}
        self._newest = -1
        self._changed: dict[str, None] = {}
        """The jobs whose runs have to be read again; a look that fails leaves them here."""
        self._without_history: dict[str, None] = {}
        self._alerts: Sequence[Alert] = ()
        self._shown_alerts: Sequence[Alert] | None = None
        self._alert_counts = AlertCounts()
        self._undelivered: Sequence[Trouble] = ()
        self._has_older_alerts = False
        """Whether some that are to be shown have not been read yet."""
        self._version = -1
        self._replacements = store.replacements
        self.engine_info: EngineInfo = store.engine_info()
        self.coverage = Coverage((), datetime.max.replace(tzinfo=UTC))
        self.holds: Sequence[Hold] = ()
        """The holds that are not on all jobs."""
        self._blackouts: Blackouts | None = None
        """Every blackout that there is; ``None`` where there is none."""
        self._active: Sequence[Window] = ()
        """The blackouts around the moment of the last look."""
        self._unserved_since: datetime | None = None
        self._deadlines: Sequence[Prospect] = ()
        self._deadlines_at: datetime | None = None
        self._outlook: Outlook | None = None
        """What the deadlines were last looked at with."""

    @property
    def is_complete(self) -> bool:
        """Whether every job's past, and every alert, has been read; otherwise another look is due at once."""
        return not self._without_history and not self._has_older_alerts

    @property
    def is_superseded(self) -> bool:
        """Whether another registry is in the place of the one that has been read. Raises ``StateError``."""
        self._store.follow()
        return self._store.replacements != self._replacements

    def has_news(self) -> bool:
        """Whether another connection has changed the registry since the last time this was asked."""
        version = self._store.data_version()
        changed, self._version = version != self._version, version
        return changed

    def look(self, jobs: Mapping[str, JobDefinition], now: datetime) -> Sequence[JobRow]:
        """The rows of ``jobs``, in their order, as things stand ``now``. Raises ``StateError``."""
        if not self._store.is_in_place():
            raise StateError(
                f"{self._store.path}: the registry is out of reach ({_why_out_of_reach(self._store.path)})"
            )
        self.engine_info = self._store.engine_info()
        had_engines = bool(self.coverage.engines)
        self.coverage = Coverage(self._store.engines(), now)
        came_or_left = had_engines != bool(self.coverage.engines)
        self._hear_of_runs()
        restated = self._hear_of_states()
        holds = [hold for hold in self._store.holds() if not is_over(hold, now)]
        held_anew, self.holds = holds != self.holds, holds
        active = self._blackouts.active(now) if self._blackouts is not None else []
        held_anew, self._active = held_anew or active != self._active, active
        of_job = self._unfinished_of_jobs()
        self._rows = {name: row for name, row in self._rows.items() if name in jobs}
        self._meet(jobs, of_job, now)
        for name in [*self._changed, *list(self._without_history)[:HISTORIES_AT_A_TIME]]:
            if name in self._rows:
                self._rows[name] = self._read(jobs[name], of_job.get(name, ()), now)
            self._changed.pop(name, None)
            self._without_history.pop(name, None)
        for name, row in list(self._rows.items()):
            newly = row.view.enabled and self.coverage.why_not_served(name) != row.view.not_served
            newly = newly or (row.view.enabled and self._gating(jobs[name]) != row.view.gate)
            newly = (
                newly
                or held_anew
                or row.view.blackouts is not self._blackouts
                or (came_or_left and bool(row.view.active))
            )
            if newly or row.view.job is not jobs[name] or name in restated or _has_aged(row, now):
                seen_anew = self._view(jobs[name], row.view.last_run, of_job.get(name, ()), now)
                if seen_anew != row.view:
                    self._rows[name] = JobRow(seen_anew, row.history)
        return [self._rows[name] for name in jobs]

    def read_pasts(self, jobs: Mapping[str, JobDefinition], now: datetime, is_enough: Callable[[], bool]) -> None:
        """Read the pasts of some more jobs, for the next look to tell. Raises ``StateError``."""
        of_job = self._unfinished_of_jobs()
        for name in list(self._without_history):
            if name in self._rows and name in jobs:
                self._rows[name] = self._read(jobs[name], of_job.get(name, ()), now)
            self._without_history.pop(name)
            if is_enough():
                return

    def _unfinished_of_jobs(self) -> dict[str, list[Run]]:
        of_job: dict[str, list[Run]] = {}
        for run in self._unfinished.values():
            of_job.setdefault(run.job, []).append(run)
        return of_job

    def _meet(self, jobs: Mapping[str, JobDefinition], of_job: Mapping[str, Sequence[Run]], now: datetime) -> None:
        """Take on the jobs that are new here: how they stand at once, their past when there is time."""
        new = [name for name in jobs if name not in self._rows]
        last = self._store.last_runs(new)
        self._successes |= self._store.last_successes(
            name for name, run in last.items() if run.outcome != Outcome.SUCCEEDED
        )
        for name in new:
            latest = last.get(name)
            past = (latest,) if latest is not None and latest.state == RunState.FINISHED else ()
            seen = self._view(jobs[name], latest, of_job.get(name, ()), now)
            self._rows[name] = JobRow(seen, past)
            if latest is not None:
                self._without_history[name] = None

    def _hear_of_runs(self) -> None:
        """Note the jobs with runs that are new, or not what they were."""
        unfinished = {run.id: run for run in self._store.unfinished()}
        since = self._newest
        newer = self._store.runs_after(since) if since >= 0 else []
        self._newest = newer[-1][0] if newer else since if since >= 0 else self._store.newest_run_id()
        known, self._unfinished = self._unfinished, unfinished
        for run_id in known.keys() | unfinished.keys():
            if unfinished.get(run_id) != known.get(run_id):
                self._changed[(unfinished.get(run_id) or known[run_id]).defined_by] = None
        for _, job in newer:
            self._changed[job] = None

    def _hear_of_states(self) -> set[str]:
        """The jobs of which something else is remembered now."""
        states = self._store.job_states(self._known_states)
        changed = {name for name, state in states.items() if self._states.get(name) is not state}
        changed |= self._states.keys() - states.keys()
        self._states = states
        return changed

    def _read(self, job: JobDefinition, unfinished: Sequence[Run], now: datetime) -> JobRow:
        runs = self._store.runs(
            jobs=[job.name], run_type="scheduler_job", with_process=True, limit=HISTORY_RUNS + len(unfinished) + 1
        )
        last = next((run for run in runs if run.state != RunState.QUEUED), None)
        history = [run for run in runs if run.state == RunState.FINISHED][:HISTORY_RUNS]
        success = next((run for run in history if run.outcome == Outcome.SUCCEEDED), None)
        if success is not None:
            self._successes[job.name] = success
        return JobRow(self._view(job, last, unfinished, now), history)

    def _view(self, job: JobDefinition, last: Run | None, unfinished: Sequence[Run], now: datetime) -> JobView:
        why = self.coverage.why_not_served(job.name)
        no_engine = not self.coverage.engines
        gate = self._gating(job)
        return view(
            job, self._states.get(job.name), last, unfinished, now, why, no_engine=no_engine, gate=gate,
            holds=self.holds, last_success=self._successes.get(job.name), progress=self._progress(unfinished),
            blackouts=self._blackouts,
        )  # fmt: skip

    def _progress(self, unfinished: Sequence[Run]) -> Mapping[int, Progress]:
        """How far the arrays among a job's runs have come, by their ids."""
        arrays = [run.id for run in unfinished if run.is_array and run.state != RunState.QUEUED]
        return self._store.progress_of(arrays) if arrays else {}

    def _look_at_blackouts(self, in_file: Sequence[Blackout]) -> None:
        """Learn which blackouts there are."""
        rules = [*in_file, *self._store.blackouts()]
        if rules != (list(self._blackouts.rules) if self._blackouts is not None else []):
            self._blackouts = Blackouts(rules) if rules else None

    def _look_at_gates(self, gates: Sequence[Gate], zone: tzinfo) -> None:
        """Learn how the gates stand."""
        states = self._store.gate_states() if gates else {}
        is_served = any(engine.serves for engine in self._store.engines()) if gates else False
        self._gates = [
            (gate, states.get(gate.name), recorded_reason(gate, states.get(gate.name), zone, is_served=is_served))
            for gate in gates
        ]
        self._gating = recorded_gating(gates, states, zone, is_served=is_served)

    def _look_at_deadlines(
        self, jobset: JobSet, jobs: Mapping[str, JobDefinition], now: datetime, outlook: Outlook | None
    ) -> Sequence[Prospect]:
        """What is expected of the deadlines, looked at again after some seconds."""
        is_recent = self._deadlines_at is not None and timedelta() <= now - self._deadlines_at < DEADLINES_EVERY
        if not is_recent or outlook is not self._outlook:
            from peak_console.decisions.ahead.deadlines import has_deadlines, recorded, sharpened

            self._deadlines_at, self._outlook = now, outlook
            self._deadlines = (
                recorded(jobset, jobs.values(), self._store, self._states.get, now, self._blackouts)
                if has_deadlines(jobset)
                else ()
            )
            if outlook is not None:
                self._deadlines = sharpened(self._deadlines, outlook.due_of)
        return self._deadlines

    def _not_served(self, rows: Sequence[JobRow], now: datetime) -> list[Trouble]:
        """Jobs that wait for an engine that is not there."""
        names = [row.name for row in rows if row.view.not_served is not None]
        if not names:
            self._unserved_since = None
            return []
        self._unserved_since = self._unserved_since or now
        served = "; ".join(each.named for each in self.coverage.engines)
        text = f"not served: no engine selects {listed(names)} ({served}); start one that does"
        return [Trouble(text, self._unserved_since)]

    def alerts(self) -> tuple[Sequence[Alert], int]:
        """The newest alerts, newest first, and how many are open. Raises ``StateError``."""
        current = self._store.alert_counts()
        newest = self._alert_counts.newest
        if current != self._alert_counts:
            newer = self._store.alerts(limit=ALERTS_SHOWN if newest else ALERTS_AT_A_TIME, after=newest)
            if newest and current != _counted_on(self._alert_counts, newer):  # older ones are not what they were
                newer, self._alerts = self._store.alerts(limit=len(newer) + len(self._alerts)), ()
            self._keep_alerts(
                [*newer, *self._alerts], may_go_on=self._has_older_alerts if newest else len(newer) == ALERTS_AT_A_TIME
            )
            self._alert_counts = current
            self._undelivered = [
                Trouble(f"{each.what}: {each.answer}", each.since) for each in silences(self._store.incidents())
            ]
        elif self._has_older_alerts:
            older = self._store.alerts(limit=ALERTS_AT_A_TIME, before=self._alerts[-1].id)
            self._keep_alerts([*self._alerts, *older], may_go_on=len(older) == ALERTS_AT_A_TIME)
        return self._with_open_ones(current), current.open

    def _with_open_ones(self, counts: AlertCounts) -> Sequence[Alert]:
        """The alerts that are shown: also the open ones that are older than all that were read."""
        if self._shown_alerts is None:
            older: Sequence[Alert] = ()
            is_whole = not self._has_older_alerts  # else they come with what is read next
            if is_whole and self._alerts and sum(alert.is_open for alert in self._alerts) < counts.open:
                older = self._store.alerts(limit=ALERTS_SHOWN, before=self._alerts[-1].id, open_only=True)
            self._shown_alerts = [*self._alerts, *older]
        return self._shown_alerts

    def _keep_alerts(self, alerts: Sequence[Alert], *, may_go_on: bool) -> None:
        self._alerts = alerts[:ALERTS_SHOWN]
        self._shown_alerts = None
        self._has_older_alerts = may_go_on and len(alerts) < ALERTS_SHOWN

    def snapshot(
        self,
        jobs: Mapping[str, JobDefinition],
        now: datetime,
        *,
        jobs_file: str,
        engine: str,
        zone: tzinfo,
        troubles: Iterable[Trouble] = (),
        read_only: bool = False,
        max_runs: int = 0,
        gates: Sequence[Gate] = (),
        jobset: JobSet | None = None,
        outlook: Outlook | None = None,
        outlook_note: str = "",
    ) -> Snapshot:
        """Everything the screen shows; ``jobset`` says which deadlines there are. Raises ``StateError``."""
        self._look_at_gates(gates, zone)
        self._look_at_blackouts(jobset.blackouts if jobset is not None else ())
        rows = self.look(jobs, now)
        alerts, unacknowledged = self.alerts()
        engines = self.coverage.engines
        return Snapshot(
            taken_at=now,
            jobs_file=jobs_file,
            engine=engine,
            zone=zone,
            rows=rows,
            alerts=alerts,
            unacknowledged=unacknowledged,
            critical=sum(alert.is_open and alert.level == Level.CRITICAL for alert in alerts),
            hold=self.engine_info.hold,
            holds=self.holds,
            blackouts=self._active,
            blackouts_change=self._blackouts.next_change(now) if self._blackouts is not None else None,
            engine_pid=engines[0].pid if engines else self.engine_info.pid,
            engine_tags=engines[0].selection if engines else "",
            places=PlacesTaken(
                self._unfinished.values(),
                max_runs,
                now,
                held=self.engine_info.hold is not None,
                served=engine != EngineState.STOPPED,
                not_served={row.name for row in rows if row.view.not_served is not None},
            ),
            more_engines=max(0, len(engines) - 1),
            engine_drains=(engines[0] if engines else self.engine_info).mode == DRAINING,
            troubles=(*troubles, *self._undelivered, *self._not_served(rows, now)),
            read_only=read_only,
            gates=self._gates,
            deadlines=self._look_at_deadlines(jobset, jobs, now, outlook) if jobset is not None else (),
            markets=_markets(jobset) if jobset is not None else (),
            outlook=outlook,
            outlook_note=outlook_note,
            counts=counts([row.view for row in rows]),
        )


def _markets(jobset: JobSet) -> Sequence[Calendar]:
    """The calendars with hours that the jobs of a file use, by name."""
    return [calendar for _, calendar in sorted(jobset.calendars.items()) if calendar.has_hours]


def _counted_on(counts: AlertCounts, newer: Sequence[Alert]) -> AlertCounts:
    """The numbers of an alert log to which these, newest first, have been added and nothing else has happened."""
    incidents = [alert.count for alert in newer if alert.cause is not None and alert.resolved_at is None]
    return AlertCounts(
        newest=newer[0].id if newer else counts.newest,
        open=counts.open + sum(alert.is_open for alert in newer),
        incidents=counts.incidents + len(incidents),
        occurrences=counts.occurrences + sum(incidents),
    )


def _why_out_of_reach(path: str) -> str:
    try:
        os.stat(path)
    except OSError as error:
        return error.strerror or str(error)
    return "another one is in its place"


def _has_aged(row: JobRow, now: datetime) -> bool:
    """Whether time alone may have changed what a row says: an override has lapsed, or a slot has passed."""
    override, slot = row.view.override, row.view.next_slot
    lapsed = override is not None and override.until is not None and override.until <= now
    return lapsed or (slot is not None and slot <= now)
