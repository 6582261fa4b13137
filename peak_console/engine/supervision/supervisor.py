"""The runs that this process looks after: started or adopted, timed, stopped, and their ends recorded."""

from __future__ import annotations

from contextlib import suppress

from peak_console.engine.supervision.ends import TIMEOUT, End, end_of
from peak_console.engine.supervision.live_run import SAMPLE_SECONDS, UNTOLD_SECONDS, LiveRun, Step
from peak_console.engine.supervision.mishaps import sentence
from peak_console.engine.supervision.preparation import LOOK_SECONDS, NotYetError, Preparation
from peak_console.errors import StartError, StateError
from peak_console.model.terms import Outcome, RunState
from peak_console.runs.interface import AlreadyStartedError, Ended, Stop
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from peak_console.clock import Clock
    from peak_console.engine.supervision.launch import Launcher
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.runs.executors import Executors
    from peak_console.runs.interface import RunHandle, RunSpec
    from peak_console.store.store import Store


NEVER = float("inf")


class Supervisor:
    """Submits, watches and stops runs; says how they ended. Records starts and stop reasons, not ends."""

    def __init__(self, store: Store, executors: Executors, clock: Clock) -> None:
        self._store = store
        self.executors = executors
        self._clock = clock
        self._news: list[Run] = []
        self._live: dict[int, LiveRun] = {}
        self._of_job: dict[str, dict[int, LiveRun]] = {}
        self.preparation = Preparation(clock)
        """Claimed runs that are not started yet, as what their jobs name has to be looked at aside."""

    def __len__(self) -> int:
        return len(self._live) + len(self.preparation)

    def __iter__(self) -> Iterator[LiveRun]:
        return iter(self._live.values())

    def __contains__(self, run_id: int) -> bool:
        return run_id in self._live or run_id in self.preparation

    def of_job(self, name: str) -> list[LiveRun]:
        return list(self._of_job.get(name, {}).values())

    def start(self, ready: Iterable[tuple[Run, JobDefinition]], launcher: Launcher) -> list[LiveRun | End]:
        """Start or submit claimed runs, in their order; the caller records that.

        Runs that take longer to prepare are left out; they are among ``preparation.ripe`` later.
        """
        results: list[LiveRun | End] = []
        under_way: list[tuple[Run, JobDefinition]] = []

        def specs() -> Iterator[RunSpec]:
            for run, job in ready:
                try:
                    spec = self.preparation.spec(launcher, job, run)
                except NotYetError:
                    continue
                except Exception as error:  # noqa: BLE001 - whatever a job's own data does, the others start
                    results.append(self._not_started(run, job, error, launcher))
                    continue
                under_way.append((run, job))
                yield spec

        self.preparation.begin_batch()
        # Each specification is made while the process before it is being started.
        started = self.executors.submit(specs())
        for (run, job), result in zip(under_way, started, strict=True):
            if isinstance(result, AlreadyStartedError):
                results.append(self.adopt(run, job) or self._live[run.id])
            elif isinstance(result, StartError):
                results.append(self._not_started(run, job, result, launcher))
            else:
                results.append(self._watch(self._known(run, result), job, result))
        return results

    def _known(self, run: Run, handle: RunHandle) -> Run:
        """A run with what its handle says of it."""
        waits_for = handle.waits_for
        if waits_for is None:
            at = handle.started_at or run.started_at or self._clock.now()
            return replace(
                run, state=RunState.RUNNING, started_at=at, reference=handle.reference, node=handle.node, waits_for=None
            )
        at = run.submitted_at or self._clock.now()
        return replace(
            run, state=RunState.SUBMITTED, submitted_at=at, reference=handle.reference, waits_for=waits_for or None
        )

    def take_news(self) -> list[Run]:
        """The submitted runs that have started since this was last asked, or that wait for something else now."""
        news, self._news = self._news, []
        return news

    def _not_started(self, run: Run, job: JobDefinition, error: Exception, launcher: Launcher) -> End:
        reason = launcher.redactor.text(str(error) if isinstance(error, StartError) else sentence(error))
        return End(run, job, Outcome.NOT_STARTED, None, self._clock.now(), reason)

    def adopt(self, run: Run, job: JobDefinition) -> End | None:
        """Look after a run that another process started; its end, when it has ended meanwhile.

        An unrecorded start is recorded now; a stop that was asked for is carried out.
        """
        found = self.executors.of(run.executor).adopt(run.id, run.reference)
        if isinstance(found, Ended):
            run = self._begun(run, found)
            remains = self._remains(run) if run.stop_reason is not None else None
            if remains is None:
                return self._end(run, job, found)
            self._watch(run, job, remains).ended = found
            self.stop(run.id, run.stop_reason or "", recorded=True)
            return None
        if found.waits_for is not None:
            run = self._known(run, found)
            self._store.submitted(run.id, run.submitted_at or self._clock.now(), found.reference, run.waits_for)
        elif run.started_at is None:
            at = found.started_at or run.claimed_at
            run = replace(self._known(run, found), started_at=at)
            self._store.started(run.id, at, found.reference, found.node, late=run.counted_lateness)
        self._watch(run, job, found)
        if run.stop_reason is not None:
            self.stop(run.id, run.stop_reason, recorded=True)
        return None

    def _begun(self, run: Run, ended: Ended) -> Run:
        """A run that has ended, with its start recorded if it has one."""
        knows_nothing = ended.reference is None and ended.started_at is None and ended.return_code is None
        if run.started_at is not None or knows_nothing:
            return run
        # What has a return code has started, even where a full disk took no word of it; but not before its slot.
        at = ended.started_at or max(run.claimed_at, run.scheduled_for or run.claimed_at)
        begun = replace(run, state=RunState.RUNNING, started_at=at, reference=ended.reference or run.reference)
        self._store.started(run.id, at, ended.reference, late=begun.counted_lateness)
        return begun

    def _remains(self, run: Run) -> RunHandle | None:
        """A handle on what is alive of a run whose first process has ended, if anything is."""
        if run.reference is None:
            return None
        executor = self.executors.of(run.executor)
        handle = executor.remains(run.id, run.reference)
        if executor.lingering([handle]):
            return handle
        handle.close()
        return None

    def _watch(self, run: Run, job: JobDefinition, handle: RunHandle) -> LiveRun:
        now = self._clock.monotonic()
        recorder = self.executors.of(run.executor).outputs(run.id).recorder(job.max_output_bytes)
        live = LiveRun(
            run=run,
            job=job,
            handle=handle,
            recorder=recorder,
            timeout_at=self._timeout_at(run, job),
            sample_at=now + SAMPLE_SECONDS if recorder is not None else NEVER,
        )
        self._live[run.id] = self._of_job.setdefault(run.job, {})[run.id] = live
        return live

    def _timeout_at(self, run: Run, job: JobDefinition) -> float | None:
        """When, on the monotonic clock, a run has taken too long since its start; one that waits has not begun to."""
        if not job.timeout_seconds or run.state == RunState.SUBMITTED:
            return None
        taken = (self._clock.now() - run.started_at).total_seconds() if run.started_at is not None else 0.0
        return self._clock.monotonic() + max(0.001, job.timeout_seconds - max(0.0, taken))

    def stop(self, run_id: int, reason: str, *, recorded: bool = False) -> bool:
        """Ask a run to end, for a reason that is recorded before the first signal; ``False`` if it is not ours.

        ``recorded`` says that the reason has been recorded already. A registry that refuses holds up no stop.
        """
        if run_id in self.preparation:
            self.preparation.stop(run_id, reason)
            return True
        live = self._live.get(run_id)
        if live is None:
            return False
        live.quiet_until = 0.0
        if live.asked_at is None:
            live.stop_reason = reason
            try:
                if not recorded:
                    self._store.stopping(run_id, reason)
            except StateError:  # it is told with the end
                pass
            try:
                live.handle.stop(Stop.ASK)
            except Exception as error:  # noqa: BLE001 - one run's trouble is that run's; it is tried again
                live.fares(error, self._clock.monotonic())
            else:
                live.asked_at = self._clock.monotonic()
        return True

    def kill(self, run_id: int) -> None:
        """Insist at once on a stop that has been asked for."""
        live = self._live.get(run_id)
        if live is not None and not live.killed:
            live.handle.stop(Stop.KILL)
            live.killed_at = self._clock.monotonic()

    def tick(self, on_stopping: Callable[[LiveRun, str, bool], None]) -> list[End]:
        """Look at every live run: those that have ended leave, the others get what they are owed.

        A run that was asked to stop has ended once nothing of it is left, or once all of it has been killed.
        ``on_stopping`` hears of each timeout (reason, not killed) and each kill.
        """
        now = self._clock.monotonic()
        ends = [
            End(each.run, each.job, Outcome.STOPPED, None, self._clock.now(), each.stop_reason)
            for each in self.preparation.stopped()
        ]
        remaining: list[LiveRun] = []
        for live in list(self._live.values()):
            if now < live.quiet_until:
                continue
            troubles = (self._look(live, now), self._attend(live, now, on_stopping))
            live.fares(troubles[0] or troubles[1], now)
            if live.ended is not None and live.asked_at is None:
                ends.append(self._leave(live, live.ended))
            elif live.ended is not None and now >= live.linger_at:
                remaining.append(live)
            live.settle_quiet(now)
        return ends + self._let_go(remaining, now)

    def _look(self, live: LiveRun, now: float) -> Exception | None:
        """See whether a run has ended; what went wrong if that cannot be told. One run's trouble is that run's."""
        if live.ended is not None:
            return None
        try:
            live.ended = live.handle.poll()
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are looked at
            if live.is_given_up(now):
                live.ended = Ended(None, None)
            return error
        if live.run.state == RunState.SUBMITTED:
            self._see_start(live)
        if live.ended is not None:
            return None
        reason = live.handle.overdue()
        live.is_gone = reason is not None
        if live.is_gone and live.is_given_up(now):
            live.ended = Ended(None, None)
        return None if reason is None else StartError(f"its process has ended, but how cannot be recorded ({reason})")

    def _see_start(self, live: LiveRun) -> None:
        """See whether a submitted run has started, perhaps ended since, or waits for something else now."""
        if live.ended is None:
            run = self._known(live.run, live.handle)
        elif live.ended.started_at is not None:
            began, node = live.ended.started_at, live.handle.node
            run = replace(live.run, state=RunState.RUNNING, started_at=began, node=node, waits_for=None)
        else:
            return
        if run != live.run:
            live.run = run
            live.timeout_at = self._timeout_at(run, live.job)
            self._news.append(run)

    def _attend(self, live: LiveRun, now: float, on_stopping: Callable[[LiveRun, str, bool], None]) -> Exception | None:
        """Give a run what it is owed; what went wrong, if anything did. It is owed then all the same."""
        if live.ended is not None and live.asked_at is None:
            return None
        try:
            step = live.next_step(now)
            if step is Step.TERMINATE:
                is_news = live.stop_reason is None
                self.stop(live.run.id, live.stop_reason or TIMEOUT)
                if is_news:
                    on_stopping(live, TIMEOUT, False)
            elif step is Step.KILL:
                self.kill(live.run.id)
                on_stopping(live, "", True)
            if live.recorder is not None and now >= live.sample_at:
                live.sampled(now, grown=live.recorder.sample(self._clock.now()))
        except Exception as error:  # noqa: BLE001 - as above
            return error
        return None

    def keeps_engine(self) -> bool:
        """Whether an engine that leaves has a run to wait for."""
        now = self._clock.monotonic()
        return bool(len(self.preparation)) or not all(live.is_left_to_others(now) for live in self._live.values())

    def untold(self) -> list[LiveRun]:
        """Runs that could not be looked at for a while, and about which no alert was raised yet."""
        now = self._clock.monotonic()
        return [
            live
            for live in self._live.values()
            if live.trouble is not None and not live.is_told and now - live.troubled_at >= UNTOLD_SECONDS
        ]

    def _let_go(self, remaining: list[LiveRun], now: float) -> list[End]:
        """Of stopped runs whose first process has ended, the ends of those that have left nothing alive."""
        if not remaining:
            return []
        lingering = self._lingering(remaining)
        ends = []
        for live in remaining:
            assert live.ended is not None
            if live.run.id in lingering and live.lingered(now):
                if live.killed:
                    self._kill_again(live, now)
                continue
            at = self._clock.now() if live.has_lingered else live.ended.at
            ends.append(self._leave(live, replace(live.ended, at=at)))
        return ends

    def _lingering(self, remaining: list[LiveRun]) -> set[int]:
        """The ids of those that have left something alive; what cannot be looked at is not gone."""
        handles: dict[str, list[RunHandle]] = {}
        for live in remaining:
            handles.setdefault(live.run.executor, []).append(live.handle)
        try:
            return self.executors.lingering(handles)
        except OSError:
            return {live.run.id for live in remaining}

    def _kill_again(self, live: LiveRun, now: float) -> None:
        """Kill what was forked while it was being killed."""
        try:
            live.handle.stop(Stop.KILL)
        except Exception as error:  # noqa: BLE001 - one run's trouble is that run's
            live.fares(error, now)

    def _leave(self, live: LiveRun, ended: Ended) -> End:
        del self._live[live.run.id], self._of_job[live.run.job][live.run.id]
        # What has come since the last sample was printed before the end, not when we are told of it.
        if live.recorder is not None:
            with suppress(Exception):  # the end counts, whatever has become of the output
                live.recorder.sample(ended.at or self._clock.now(), final=True)
                live.recorder.close()
        live.handle.close()
        return self._end(live.run, live.job, ended, live.stop_reason)

    def _end(self, run: Run, job: JobDefinition, ended: Ended, asked: str | None = None) -> End:
        try:
            recorded = self._store.stop_reason(run.id)
        except StateError:  # what we know of it ourselves has to do
            recorded = None
        stop_reason = recorded or run.stop_reason or asked
        return end_of(run, job, ended, stop_reason, self._clock.now())

    def leave_all(self) -> int:
        """Let go of every run without stopping it; how many."""
        count = len(self._live)
        for live in self._live.values():
            if live.recorder is not None:
                live.recorder.close()
            live.handle.close()
        self._live.clear()
        self._of_job.clear()
        self.preparation.clear()
        return count

    def next_look(self) -> float | None:
        """When, on the monotonic clock, a live run next needs us; ``None`` when there are none."""
        now = self._clock.monotonic()
        looks = [self._next_look_at(live, now) for live in self._live.values()]
        if len(self.preparation):
            looks.append(now + LOOK_SECONDS)
        return min(looks, default=None)

    def _next_look_at(self, live: LiveRun, now: float) -> float:
        if live.quiet_until > now:
            return live.quiet_until
        soonest = live.next_look()
        tells = live.ended is None and live.trouble is None and live.handle.fileno() is None
        return min(soonest, now + live.handle.pause) if tells else soonest

    def filenos(self) -> list[int]:
        """What becomes readable when a run ends, or when an executor has news."""
        return [fd for live in self._watched() if (fd := live.handle.fileno()) is not None] + self.executors.filenos()

    def _watched(self) -> Iterator[LiveRun]:
        """Runs whose handles tell of their ends."""
        return (live for live in self._live.values() if live.ended is None and live.trouble is None)
