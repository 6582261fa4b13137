"""What would run, without running or recording anything: the registry is read and never written."""

from __future__ import annotations

import os
import sys

from peak_console.clock import SystemClock
from peak_console.decisions.planner import Planner
from peak_console.decisions.selection import is_enabled
from peak_console.errors import StateError
from peak_console.jobs.loader import filter_jobs_by_tags
from peak_console.model.records import RunState
from peak_console.schedule.zones import local_time, zone
from peak_console.store.directory import check_usable
from peak_console.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Mapping
    from datetime import datetime

    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.state import Hold
    from peak_console.schedule.slots import Pending


def dry_run(options: Namespace, jobset: JobSet, directory: str) -> int:
    """Show what ``--once`` would run now; without ``--once`` go on until interrupted. Always exit code 0."""
    from peak_console.decisions.selection import tags_of

    jobs = filter_jobs_by_tags(jobset.jobs.values(), tags_of(options.include_tags), tags_of(options.exclude_tags))
    clock = SystemClock()
    store = Store.look(directory)
    active: dict[str, list[int]] = {}
    states, hold, running = {}, None, 0
    if store is not None:
        states, hold, active = store.job_states(), store.hold(), store.unfinished_of_jobs()
        running = sum(run.state != RunState.QUEUED for run in store.unfinished())
        store.close()
    planner = Planner(jobs, states, clock.now())
    rehearsal = _Rehearsal(jobset, planner, active, hold, running=running, verbose=options.verbose)
    rehearsal.tell_of_refusal(directory, clock.now())
    if options.once:
        rehearsal.perform(clock.now())
        return 0
    return _keep_on(rehearsal, clock, options.poll_interval)


def _keep_on(rehearsal: _Rehearsal, clock: SystemClock, poll_interval: float) -> int:
    import signal
    import threading

    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopped.set())
    while not stopped.is_set():
        rehearsal.perform(clock.now())
        next_at = rehearsal.planner.next_at()
        seconds = poll_interval if next_at is None else (next_at - clock.now()).total_seconds()
        stopped.wait(max(0.0, min(seconds, poll_interval)))
    return 0


class _Rehearsal:
    """The engine's decisions, told instead of acted on."""

    def __init__(
        self,
        jobset: JobSet,
        planner: Planner,
        active: Mapping[str, list[int]],
        hold: Hold | None,
        *,
        running: int,
        verbose: bool,
    ) -> None:
        self.planner = planner
        self._python = jobset.settings.python
        self._zone = zone(jobset.settings.timezone)
        self._active = active
        self._hold = hold
        self._places = jobset.settings.max_concurrent_runs
        self._running = running
        self._taken = running
        self._verbose = verbose

    def tell_of_refusal(self, directory: str, now: datetime) -> None:
        """Tell why a real start would refuse the state directory, if it would."""
        try:
            check_usable(directory)
        except StateError as error:
            self._say(now, f"a real start would be refused: {error}")

    def perform(self, now: datetime) -> None:
        """Tell what is due now, and with ``verbose`` why the rest is not."""
        if self._hold is not None:
            self._say(now, f"held by {self._hold.by}: nothing would start")
            return
        due = self.planner.due(now)
        self._taken = self._running
        for job, pending in due:
            self._tell_of_due(job, pending, now)
            self.planner.settle(self.planner.decided(job, pending.latest), now)
        if not due:
            self._say(now, "nothing is due")
        if self._verbose:
            self._tell_of_the_rest(now, {job.name for job, _ in due})

    def _tell_of_due(self, job: JobDefinition, pending: Pending, now: datetime) -> None:
        from peak_console.decisions.policy import Action, decide

        words = {
            Action.SKIP: "skip",
            Action.MISS: "record as missed",
            Action.START: "run",
            Action.QUEUE: "queue",
            Action.REPLACE: "stop its run and start",
        }
        for verdict in decide(job, pending, now, self._active.get(job.name, ())):
            action = Action(verdict.action)
            slot = local_time(verdict.slot, self._zone).isoformat(timespec="seconds")
            what = verdict.reason if action in (Action.SKIP, Action.MISS) else self._command(job)
            if action == Action.START and (wait := self._wait_for_place()):
                action, what = Action.QUEUE, f"{wait}: {what}"
            self._say(now, f"would {words[action]} {job.name}, slot {slot}: {what}")

    def _wait_for_place(self) -> str:
        """Take a place; why there is none to take, if there is none."""
        if self._places and self._taken >= self._places:
            return f"no place is free (max_concurrent_runs = {self._places})"
        self._taken += 1
        return ""

    def _command(self, job: JobDefinition) -> str:
        from peak_console.jobs.command import resolve_command, shown, working_directory
        from peak_console.jobs.environment import own_environment
        from peak_console.jobs.review import obstacles
        from peak_console.redact import Redactor

        redactor = Redactor.from_environments(os.environ, job.env)
        later = []
        for (key, *_), fault in obstacles(job, self._python, os.environ):
            if key not in ("args", "argv"):
                return f"cannot start: {redactor.text(fault)}"
            later.append(f"\n{job.name} would start and fail: {redactor.text(fault)}")
        environment = own_environment(job, os.environ)
        command = resolve_command(job, self._python, environment, working_directory(job))
        return "".join([shown(Redactor.from_environments(environment).argv(command)), *later])

    def _tell_of_the_rest(self, now: datetime, due: set[str]) -> None:
        for name, job in self.planner.jobs.items():
            if name in due:
                continue
            slot = self.planner.next_slot(name, now)
            if slot is not None:
                reason = f"not due before {local_time(slot, self._zone).isoformat(timespec='seconds')}"
            elif not job.enabled:
                reason = "disabled in the jobs file"
            elif not is_enabled(job, self.planner.states.get(name), now):
                reason = "disabled by an operator"
            else:
                reason = "it has run and never will again"
            self._say(now, f"would not run {name}: {reason}; command: {self._command(job)}")

    def _say(self, now: datetime, text: str) -> None:
        from peak_console.text import safe

        for line in text.splitlines():
            sys.stdout.write(f"{now.astimezone(self._zone):%Y-%m-%d %H:%M:%S} dry run  {safe(line)}\n")
        sys.stdout.flush()
