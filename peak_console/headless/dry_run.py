"""What would run, without running or recording anything: the registry is read and never written."""

from __future__ import annotations

import os
import sys
from functools import partial

from peak_console.clock import SystemClock
from peak_console.decisions.conditions import first_unmet, held
from peak_console.decisions.facts import is_open, recorded_facts
from peak_console.decisions.holding.holds import is_over, scope
from peak_console.decisions.planner import Planner
from peak_console.decisions.selection import tags_of
from peak_console.decisions.serving import Share, listed, others
from peak_console.errors import StateError
from peak_console.jobs.file.loader import filter_jobs_by_tags
from peak_console.jobs.model import LIVE
from peak_console.model.terms import RunState
from peak_console.schedule.zones import local_time, zone
from peak_console.store.directory import check_usable
from peak_console.store.store import Store
from peak_console.values import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from peak_console.decisions.ahead.rehearsal import Step
    from peak_console.decisions.facts import Facts
    from peak_console.decisions.holding.blackouts import Blackouts
    from peak_console.decisions.upstreams.chains import AsksUpstreams
    from peak_console.jobs.blackouts import Blackout
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.records import EngineInfo, Run
    from peak_console.model.state import GateState, Hold


def dry_run(options: Namespace, jobset: JobSet, directory: str) -> int:
    """Show what ``--once`` would run now; without ``--once`` go on until interrupted. Always exit code 0."""
    include, exclude = tags_of(options.include_tags), tags_of(options.exclude_tags)
    jobs = filter_jobs_by_tags(jobset.jobs.values(), include, exclude)
    clock = SystemClock()
    store = Store.look(directory)
    states, recorded = {}, Recorded()
    if store is not None:
        states, recorded = store.job_states(), Recorded.read(store)
    if any(job.after for job in jobs):
        from peak_console.decisions.upstreams.chains import NO_RECORDS
        from peak_console.decisions.upstreams.chains import recorded as chains

        recorded.upstreams = partial(chains, jobset.jobs, states.get, store or NO_RECORDS, jobset.settings.timezone)
    elif store is not None:
        store.close()
    recorded.jobset = jobset
    planner = Planner(jobs, states, clock.now())
    rehearsal = _DryRun(jobset, planner, recorded, verbose=options.verbose)
    rehearsal.tell_of_refusal(directory, clock.now())
    rehearsal.tell_of_others(Share(jobset, include, exclude, others(recorded.engines, "")), clock.now())
    if options.once:
        rehearsal.perform(clock.now())
        return 0
    return _keep_on(rehearsal, clock, options.poll_interval)


@dataclass(slots=True)
class Recorded:
    """What the registry has of runs, holds and engines."""

    unfinished: list[Run] = field(default_factory=list)
    by_hand: frozenset[int] = frozenset()
    """Ids of the runs that wait and that somebody has asked for."""
    hold: Hold | None = None
    holds: Sequence[Hold] = ()
    engines: Sequence[EngineInfo] = ()
    gates: Mapping[str, GateState] = field(default_factory=dict)
    blackouts: Sequence[Blackout] = ()
    """Those that people have added."""
    upstreams: Callable[[datetime], AsksUpstreams] | None = None
    """What the upstreams of a job say at a moment, asked of the registry."""

    jobset: JobSet | None = None

    @staticmethod
    def read(store: Store) -> Recorded:
        runs = store.unfinished()
        by_hand = frozenset(run.id for run in runs if run.state == RunState.QUEUED and store.is_by_hand(run))
        return Recorded(
            runs, by_hand, store.hold(), store.holds(), store.engines(), store.gate_states(), store.blackouts()
        )

    def facts(
        self, max_runs: int, now: datetime, zone: tzinfo, why_gated: Callable[[JobDefinition], str | None] = is_open
    ) -> Facts:
        """What the conditions of every job look at."""
        upstreams = self.upstreams(now) if self.upstreams is not None else None
        return recorded_facts(
            self.unfinished,
            max_runs,
            now,
            hold=self.hold,
            holds=self.holds,
            blackouts=self._all_blackouts(),
            jobset=self.jobset,
            upstreams=upstreams,
            zone=zone,
            why_gated=why_gated,
        )

    def _all_blackouts(self) -> Blackouts | None:
        in_file = self.jobset.blackouts if self.jobset is not None else ()
        if not (in_file or self.blackouts):
            return None
        from peak_console.decisions.holding.blackouts import Blackouts

        return Blackouts([*in_file, *self.blackouts])

    def steps(self, planner: Planner, facts: Facts) -> list[Step]:
        """What an engine would do at the moment of the facts."""
        from peak_console.decisions.ahead.rehearsal import Rehearsal

        return Rehearsal(planner, facts, lambda run: run.id in self.by_hand).perform()


def _keep_on(rehearsal: _DryRun, clock: SystemClock, poll_interval: float) -> int:
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


class _DryRun:
    """The engine's decisions, told instead of acted on."""

    def __init__(self, jobset: JobSet, planner: Planner, recorded: Recorded, *, verbose: bool) -> None:
        self.planner = planner
        self._python = jobset.settings.python
        self._zone = zone(jobset.settings.timezone)
        self._max_runs = jobset.settings.max_concurrent_runs
        self._recorded = recorded
        self._verbose = verbose
        self._jobset = jobset

    def tell_of_refusal(self, directory: str, now: datetime) -> None:
        """Tell why a real start would refuse the state directory, if it would."""
        try:
            check_usable(directory)
        except StateError as error:
            self._say(now, f"a real start would be refused: {error}")

    def tell_of_others(self, share: Share, now: datetime) -> None:
        """Tell of engines that serve these jobs already: a real start leaves the jobs to them."""
        for engine in {engine.lock: engine for engine in share.contested.values()}.values():
            jobs = listed(share.overlap(engine))
            self._say(now, f"an engine ({engine.named}) serves {jobs}: a real start would leave that to it")

    def perform(self, now: datetime) -> None:
        """Tell what is due now, and with ``verbose`` why the rest is not."""
        recorded = self._recorded
        facts = recorded.facts(self._max_runs, now, self._zone, self._gating(now))
        if facts.hold is not None:
            self._say(now, f"{held(facts.hold, self._zone)}: nothing would start")
            return
        for hold in facts.holds:
            if not is_over(hold, now):
                self._say(now, f"{scope(hold)}: {held(hold, self._zone)}: nothing of these would start")
        for window in facts.blackouts.active(now) if facts.blackouts is not None else ():
            from peak_console.decisions.holding.blackouts import window_in_words

            self._say(now, f"{window.scope}: {window_in_words(window, self._zone)}: nothing of these would start")
        steps = recorded.steps(self.planner, facts)
        for step in steps:
            self._tell(step, now)
        told = {step.run.id for step in steps if step.run is not None}
        recorded.unfinished[:] = [run for run in recorded.unfinished if run.id not in told]
        if not steps:
            self._say(now, "nothing is due")
        if self._verbose:
            self._tell_of_the_rest(facts, {step.job.name for step in steps})

    def _gating(self, now: datetime) -> Callable[[JobDefinition], str | None]:
        """What keeps jobs from starting by their gates: those of jobs that are due are asked now."""
        if not self._jobset.gates:
            return is_open
        from peak_console.engine.gating.asking import ask_all

        due = [self.planner.jobs[name] for name in self.planner.due_names(now)]
        due += [job for run in self._recorded.unfinished if (job := self.planner.jobs.get(run.job)) is not None]
        return ask_all(self._jobset, due, self._recorded.gates, self._zone)

    def _tell(self, step: Step, now: datetime) -> None:
        from peak_console.decisions.ahead.rehearsal import GIVE_UP
        from peak_console.decisions.policy import Action

        words = {
            Action.SKIP: "skip",
            Action.MISS: "record as missed",
            Action.START: "run",
            Action.WAIT: "queue",
            Action.QUEUE: "queue",
            Action.AWAIT: "queue",
            Action.REPLACE: "stop its run and start",
        }
        slot = local_time(step.slot or now, self._zone).isoformat(timespec="seconds")
        who = step.job.name if step.run is None else f"{step.job.name} #{step.run.id}"
        who = f"{LIVE} {who}" if step.job.is_live else who
        details = [step.reason] if step.reason else []
        if step.action not in (Action.SKIP, Action.MISS, GIVE_UP):
            details.append(self._command(step.job))
        word = GIVE_UP if step.action == GIVE_UP else words[Action(step.action)]
        waits = ", which waits" if step.run is not None else ""
        self._say(now, f"would {word} {who}, slot {slot}{waits}: {': '.join(details)}")

    def _command(self, job: JobDefinition) -> str:
        from peak_console.jobs.command import resolve_command, shown, working_directory
        from peak_console.jobs.environment import own_environment
        from peak_console.jobs.file.review import obstacles_told
        from peak_console.redact import Redactor

        redactor = Redactor.from_environments(os.environ, job.env)
        later = []
        for (key, *_), fault in obstacles_told(job, self._python, os.environ):
            if key not in ("args", "argv"):
                return f"cannot start: {redactor.text(fault)}"
            later.append(f"\n{job.name} would start and fail: {redactor.text(fault)}")
        environment = own_environment(job, os.environ)
        command = resolve_command(job, self._python, environment, working_directory(job))
        return "".join([shown(Redactor.from_environments(environment).argv(command)), *later])

    def _tell_of_the_rest(self, facts: Facts, told: set[str]) -> None:
        for name, job in self.planner.jobs.items():
            if name in told:
                continue
            asked = facts.situation(job, self.planner.states.get(name), self.planner.next_slot(name, facts.now))
            unmet = first_unmet(asked)
            reason = unmet.sentence(asked) if unmet is not None else "nothing keeps it"
            self._say(facts.now, f"would not run {name}: {reason}; command: {self._command(job)}")

    def _say(self, now: datetime, text: str) -> None:
        from peak_console.text import safe

        for line in text.splitlines():
            sys.stdout.write(f"{now.astimezone(self._zone):%Y-%m-%d %H:%M:%S} dry run  {safe(line)}\n")
        sys.stdout.flush()
