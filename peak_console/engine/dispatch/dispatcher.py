"""What starts now: slots that are due, runs that have waited for their turn, and runs by hand."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain

from peak_console.decisions.policy import Action, decide_by_hand
from peak_console.decisions.turns import Turns, why_given_up
from peak_console.engine.dispatch.awaiting import Awaiting
from peak_console.engine.dispatch.chain_by_hand import claim_followers
from peak_console.engine.dispatch.claims import Claims
from peak_console.engine.dispatch.due_slots import DueSlots
from peak_console.engine.dispatch.lateness import Lateness
from peak_console.engine.dispatch.output_preparation import OutputPreparation
from peak_console.engine.dispatch.release import Release
from peak_console.engine.dispatch.replacer import Replacer
from peak_console.engine.events import RunQueued
from peak_console.engine.supervision.ends import End
from peak_console.engine.supervision.mishaps import sentence
from peak_console.jobs.model import JobDefinition
from peak_console.model.records import RESIDENT_MODES, Outcome, RunState
from peak_console.model.terms import LOCAL
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.decisions.conditions import Situation
    from peak_console.decisions.holding.backlog import Backlog
    from peak_console.engine.context import EngineContext
    from peak_console.engine.dispatch.claims_ahead import ClaimsAhead
    from peak_console.engine.dispatch.release import Released
    from peak_console.engine.dispatch.starter import Starter
    from peak_console.model.records import Run


class Dispatcher:
    """Claims what is due and starts what was claimed."""

    def __init__(self, context: EngineContext, starter: Starter) -> None:
        self._context = context
        self._starter = starter
        self._untold: list[End] = []
        self._lateness = Lateness(context.clock, context.status, context.holds, context.blackouts)
        self._claims = Claims(context.served, context.runs, context.alerts, self._lateness)
        self._replacer = Replacer(context.store, context.runs)
        self._awaiting = Awaiting(context, self._claims, self._replacer)
        self._due_slots = DueSlots(context, self._claims, self._replacer)
        self.output_preparation = OutputPreparation(
            context.options, context.clock, context.store, context.served, context.runs.supervisor.executors.of(LOCAL)
        )
        self.claims_ahead: ClaimsAhead | None = None
        """Claims slots a moment before they come; ``None`` in an engine that does not stay."""
        if context.options.claims_ahead and context.options.mode in RESIDENT_MODES:
            from peak_console.engine.dispatch.claims_ahead import ClaimsAhead

            self.claims_ahead = ClaimsAhead(context, self._claims)

    def dispatch(self, now: datetime) -> list[End]:
        """Claim every slot that is due, start what may start; the ends of those that could not be.

        Raises ``StateError`` when the registry refuses; nothing has started then that is not claimed, and the ends
        come with the next call.
        """
        context = self._context
        self._lateness.look(now)
        if context.status.may_start:
            yields = self._let_others_wait(now)
            if (slot := context.served.planner.next_at()) is not None and slot <= now:
                self._untold += self._starter.start(self._due_slots.claim(now, yields=yields))
        self._due_slots.raise_refusal()
        self._serve_queue(now)
        self.output_preparation.lay_out_ahead(now)
        if self.claims_ahead is not None:
            self.claims_ahead.claim(now)
        return self._take_untold()

    def let_go(self, now: datetime, *, is_asked: bool) -> None:
        """Start what was claimed ahead if its slot has come, and with it whatever else is due; before all other work.

        Nothing has happened since the claim then that the engine would have to hear of first. The ends of runs that
        could not be started come with the next ``dispatch``.
        """
        ready = self.claims_ahead.take(now, is_asked=is_asked) if self.claims_ahead is not None else []
        if ready:
            now = self._context.clock.now()
            self._lateness.look(now)
            self._untold += self._starter.start(chain(ready, self._due_slots.claim(now)))

    def release(self, choice: Backlog, by: str, now: datetime) -> Released:
        """Decide by an operator's choice on the slots that waited under a hold; in the caller's transaction."""
        return Release(self._context, self._claims, self._replacer).record(choice, by, now)

    def carry_out(self, released: Released, now: datetime) -> list[End]:
        """Start what a release has decided, once that is durable; the ends of those that could not be started."""
        for state in released.decided:
            self._context.served.planner.settle(state, now)
        ends = [end for job in released.replaced for end in self._replacer.carry_out(job, now)]
        return ends + self._starter.start(self._due_slots.started(released.runs, now))

    def _let_others_wait(self, now: datetime) -> bool:
        """Serve those that have waited for a place, if places are limited; they come before what falls due now.

        Where priorities may put what falls due first, it has to join the queue instead: then this is ``True``.
        """
        served, queue = self._context.served, self._context.runs.queue
        if not queue or not (served.jobset.settings.max_concurrent_runs or served.jobset.groups):
            return False
        if any(job.priority for job in served.jobs.values()):
            return any(run.awaits is None and (run.not_before is None or run.not_before <= now) for run in queue)
        self._serve_queue(now)
        return False

    def dispatch_queue(self, now: datetime) -> list[End]:
        """Start the queued runs whose turn has come; the ends of those that could not be started."""
        self._serve_queue(now)
        return self._take_untold()

    def _serve_queue(self, now: datetime) -> None:
        context = self._context
        if context.runs.queue and context.status.may_start:
            self._untold += self._give_up(now)
            self._untold += self._awaiting.look(now)
            self._untold += self._starter.start(self._from_queue(now))
            while self._starter.take_opened():  # the runs of an array that has waited
                self._untold += self._starter.start(self._from_queue(now))

    def _take_untold(self) -> list[End]:
        ends, self._untold = self._untold, []
        return ends + self._due_slots.take_replaced()

    def _give_up(self, now: datetime) -> list[End]:
        """What waits for its turn, or for another attempt, does not outlast its job, nor the disabling of that."""
        context = self._context
        if not context.runs.queue:
            return []
        # The queue may be long: each job is asked about once, and most of them let all of their runs wait on.
        facts = context.facts(now)
        asked: dict[str, Situation] = {}
        doubtful: set[str] = set()
        for name in {run.defined_by for run in context.runs.queue}:
            job = context.served.jobs.get(name)
            if job is not None:
                asked[name] = facts.situation(job, context.served.planner.states.get(name), None)
            if job is None or asked[name].is_off:
                doubtful.add(name)
        ends = []
        for run in [run for run in context.runs.queue if run.stop_reason or run.defined_by in doubtful]:
            name, reason = run.defined_by, ""
            job = context.served.jobs.get(name)
            if job is not None:
                reason = why_given_up(run, asked[name], context.store.is_by_hand)
            elif context.served.is_gone(name, context.clock.monotonic()):
                job, reason = JobDefinition(name, tags=run.tags), "its job is gone from the jobs file"
            if job is not None and reason:
                outcome = Outcome.STOPPED if run.stop_reason else Outcome.SKIPPED
                ends.append(End(run, job, outcome, None, now, reason))
        if ends:
            context.runs.queue.drop({end.run.id for end in ends})
        return ends

    def _from_queue(self, now: datetime) -> list[tuple[Run, JobDefinition]]:
        """Queued runs whose turn has come, claimed in one transaction."""
        context = self._context
        if not (chosen := self._next_of_queue(now)):
            return []
        with context.store:
            if context.is_shared:  # another engine may have taken places since
                capacity = context.capacity()
                chosen = [(run, job) for run, job in chosen if capacity.take(job)]
            taken = [
                (replace(run, late_because=why, executor=job.executor), job)
                for run, job in chosen
                if context.store.take_from_queue(
                    run.id, context.identity, why := self._lateness.why_still(run, now), job.executor
                )
            ]
        context.runs.queue.drop({run.id for run, _ in chosen})
        return taken

    def _next_of_queue(self, now: datetime) -> list[tuple[Run, JobDefinition]]:
        context = self._context
        if not context.runs.queue:
            return []
        chosen = []
        turns = Turns(
            context.runs.queue, context.runs.of_job, context.capacity(), now, context.served.planner.held,
            context.runs.in_arrays(),
        )  # fmt: skip
        for run, job in turns.ready(context.served.jobs):
            if (shut := context.blackouts.why_shut(run, job, now)) is not None:
                context.runs.queue.drop({run.id})
                self._untold.append(End(run, job, Outcome.SKIPPED, None, now, shut))
                continue
            if (gate := context.status.why_gated(job)) is not None:
                if not context.status.awaits_gate(job) and run.array_of is None:
                    context.runs.queue.drop({run.id})
                    self._untold.append(End(run, job, Outcome.SKIPPED, None, now, gate))
                continue
            try:
                own = job if run.array_of is None else context.served.jobs[run.defined_by]
                definition = context.runs.queue.with_arguments(run, own, context.served.launcher)
            except Exception as error:  # noqa: BLE001 - one job's trouble is that job's
                context.runs.queue.drop({run.id})
                reason = context.served.launcher.redactor.text(sentence(error))
                self._untold.append(End(run, job, Outcome.NOT_STARTED, None, now, reason))
                continue
            chosen.append((run, definition))
            turns.take(run, job)
        return chosen

    def start_by_hand(
        self,
        job: JobDefinition,
        now: datetime,
        *,
        by: str,
        force: bool,
        command_id: int | None = None,
        chain: str | None = None,
        args_changed: Sequence[str] = (),
    ) -> tuple[Run | None, str, list[End]]:
        """Claim and start a run that ``by`` asks for, by the job's overlap policy, or beside what runs with ``force``.

        With a ``chain`` the jobs that wait for it are queued to run after it. The command that asks for it learns of
        the run in the same transaction, so that it never makes another.

        Returns the run, or ``None`` and why there is none, and the ends of runs that could not be started or gave way.
        """
        context = self._context
        slot = now
        followers: list[Run] = []
        while True:  # the very moment may be taken, by a slot or by the same key pressed twice
            with context.store:
                if command_id is not None and context.store.is_answered(command_id):
                    return None, "its asker has given up waiting", []
                asked = context.facts(now).situation(job, context.served.planner.states.get(job.name), slot)
                verdict = decide_by_hand(asked, slot, force=force)
                if verdict.action == Action.SKIP:
                    return None, f"{verdict.reason}; stop it first", []
                claim = replace(
                    self._claims.of(job, verdict, late_because=self._claims.waits_for(verdict, []), requested_by=by),
                    args_changed=args_changed,
                )
                runs = context.store.claim([claim], now, context.identity)
                if runs and command_id is not None:
                    context.store.carried_out(command_id, runs[0].id)
                if runs and verdict.replaces:
                    self._replacer.record(job)
                if runs and chain is not None:
                    followers = claim_followers(
                        context.store, context.served, context.runs.queue, context.identity, runs[0], now
                    )
            if runs:
                break
            slot += timedelta(microseconds=1)
        for run in followers:
            context.runs.queue.add(run)
            context.emit(RunQueued(at=now, run=run))
        context.runs.queue.keep_arguments(runs[0], job)
        ends = self._replacer.carry_out(job, now) if verdict.replaces else []
        if runs[0].state == RunState.QUEUED:
            context.runs.queue.add(runs[0])
            context.emit(RunQueued(at=now, run=runs[0]))
            return runs[0], "", ends
        return runs[0], "", ends + self._starter.start([(runs[0], job)])
