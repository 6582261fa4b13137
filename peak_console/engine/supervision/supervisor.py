"""The runs that this process looks after: started or adopted, timed, stopped, and their ends recorded."""

from __future__ import annotations

from contextlib import suppress

from peak_console.engine.supervision.ends import TIMEOUT, End, end_of
from peak_console.engine.supervision.live_run import SAMPLE_SECONDS, UNTOLD_SECONDS, LiveRun, Step
from peak_console.engine.supervision.mishaps import sentence
from peak_console.engine.supervision.preparation import LOOK_SECONDS, NotYetError, Preparation
from peak_console.errors import StartError, StateError
from peak_console.model.terms import Outcome, RunState
from peak_console.runs.interface import AlreadyStartedError, Ended
from peak_console.runs.output.recorder import OutputRecorder
from peak_console.store.directory import run_directory
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from peak_console.clock import Clock
    from peak_console.engine.supervision.launch import Launcher
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.runs.interface import Executor, RunHandle, RunSpec
    from peak_console.store.store import Store


class Supervisor:
    """Starts, watches and stops processes; says how they ended. Records starts and stop reasons, not ends."""

    def __init__(self, store: Store, executor: Executor, clock: Clock, directory: str) -> None:
        self._store = store
        self._executor = executor
        self._clock = clock
        self._directory = directory
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
        """Start the processes of claimed runs, in their order; the caller records them with ``Store.started``.

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
        started = self._executor.start_many(specs())
        for (run, job), result in zip(under_way, started, strict=True):
            if isinstance(result, AlreadyStartedError):
                results.append(self.adopt(run, job) or self._live[run.id])
            elif isinstance(result, StartError):
                results.append(self._not_started(run, job, result, launcher))
            else:
                at = result.started_at or self._clock.now()
                known = replace(
                    run, state=RunState.RUNNING, started_at=at, pid=result.pid, pid_started=result.pid_started
                )
                results.append(self._watch(known, job, result, job.timeout_seconds))
        return results

    def _not_started(self, run: Run, job: JobDefinition, error: Exception, launcher: Launcher) -> End:
        reason = launcher.redactor.text(str(error) if isinstance(error, StartError) else sentence(error))
        return End(run, job, Outcome.NOT_STARTED, None, self._clock.now(), reason)

    def adopt(self, run: Run, job: JobDefinition) -> End | None:
        """Look after a run that another process started; its end, when it has ended meanwhile.

        A start that nobody has recorded is recorded now; a stop that was asked for is seen through.
        """
        directory = run_directory(self._directory, run.id)
        found = self._executor.adopt(run.id, directory, run.pid, run.pid_started)
        if run.started_at is None and found.pid is not None and found.pid_started is not None:
            at = found.started_at or run.claimed_at
            self._store.started(run.id, at, found.pid, found.pid_started)
            run = replace(run, state=RunState.RUNNING, started_at=at, pid=found.pid, pid_started=found.pid_started)
        if isinstance(found, Ended):
            remains = self._remains(run, directory) if run.stop_reason is not None else None
            if remains is None:
                return self._end(run, job, found)
            self._watch(run, job, remains, 0).ended = found
            self.stop(run.id, run.stop_reason or "", recorded=True)
            return None
        left = job.timeout_seconds
        if left and run.started_at is not None:
            left = max(0.001, left - (self._clock.now() - run.started_at).total_seconds())
        self._watch(run, job, found, left)
        if run.stop_reason is not None:
            self.stop(run.id, run.stop_reason, recorded=True)
        return None

    def _remains(self, run: Run, directory: str) -> RunHandle | None:
        """A handle on what is alive of a run whose first process has ended, if anything is."""
        if run.pid is None or run.pid_started is None:
            return None
        handle = self._executor.remains(directory, run.pid, run.pid_started)
        if self._executor.lingering([handle]):
            return handle
        handle.close()
        return None

    def _watch(self, run: Run, job: JobDefinition, handle: RunHandle, timeout: float) -> LiveRun:
        now = self._clock.monotonic()
        live = LiveRun(
            run=run,
            job=job,
            handle=handle,
            recorder=OutputRecorder(run_directory(self._directory, run.id), job.max_output_bytes),
            timeout_at=now + timeout if timeout else None,
            sample_at=now + SAMPLE_SECONDS,
        )
        self._live[run.id] = self._of_job.setdefault(run.job, {})[run.id] = live
        return live

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
        if live.asked_at is None:
            live.stop_reason = reason
            try:
                if not recorded:
                    self._store.stopping(run_id, reason)
            except StateError:  # it is told with the end
                pass
            try:
                live.handle.terminate()
            except Exception as error:  # noqa: BLE001 - one run's trouble is that run's; it is tried again
                live.fares(error, self._clock.monotonic())
            else:
                live.asked_at = self._clock.monotonic()
        return True

    def kill(self, run_id: int) -> None:
        """Insist at once on a stop that has been asked for."""
        live = self._live.get(run_id)
        if live is not None and not live.killed:
            live.handle.kill()
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
            troubles = (self._look(live, now), self._attend(live, now, on_stopping))
            live.fares(troubles[0] or troubles[1], now)
            if live.ended is not None and live.asked_at is None:
                ends.append(self._leave(live, live.ended))
            elif live.ended is not None and now >= live.linger_at:
                remaining.append(live)
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
        if live.ended is not None:
            return None
        reason = live.handle.overdue()
        live.is_gone = reason is not None
        if live.is_gone and live.is_given_up(now):
            live.ended = Ended(None, None)
        return None if reason is None else StartError(f"its process has ended, but how cannot be recorded ({reason})")

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
            if now >= live.sample_at:
                live.sampled(now, grown=live.recorder.sample(self._clock.now()))
        except Exception as error:  # noqa: BLE001 - as above
            return error
        return None

    def keeps_engine(self) -> bool:
        """Whether an engine that leaves has a run to wait for."""
        now = self._clock.monotonic()
        return bool(len(self.preparation)) or not all(live.is_left_to_others(now) for live in self._live.values())

    def untold(self) -> list[LiveRun]:
        """Runs that have not been looked at for a while, because that cannot be done, and of which nobody knows yet."""
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
            if live.handle.pid in lingering and live.lingered(now):
                if live.killed:
                    self._kill_again(live, now)
                continue
            at = self._clock.now() if live.has_lingered else live.ended.at
            ends.append(self._leave(live, replace(live.ended, at=at)))
        return ends

    def _lingering(self, remaining: list[LiveRun]) -> set[int]:
        """The pids of those that have left something alive; what cannot be looked at is not gone."""
        try:
            return {handle.pid for handle in self._executor.lingering([live.handle for live in remaining])}
        except OSError:
            return {live.handle.pid for live in remaining}

    def _kill_again(self, live: LiveRun, now: float) -> None:
        """Kill what was forked while it was being killed."""
        try:
            live.handle.kill()
        except Exception as error:  # noqa: BLE001 - one run's trouble is that run's
            live.fares(error, now)

    def _leave(self, live: LiveRun, ended: Ended) -> End:
        del self._live[live.run.id], self._of_job[live.run.job][live.run.id]
        # What has come since the last sample was printed before the end, not when we are told of it.
        with suppress(Exception):  # the end counts, whatever has become of the output
            live.recorder.sample(ended.at or self._clock.now(), final=True)
            live.recorder.close()
        live.handle.close()
        return self._end(live.run, live.job, ended, live.stop_reason)

    def _end(self, run: Run, job: JobDefinition, ended: Ended, asked: str | None = None) -> End:
        try:
            recorded = self._store.run(run.id)
        except StateError:  # what we know of it ourselves has to do
            recorded = None
        stop_reason = (recorded.stop_reason if recorded is not None else run.stop_reason) or asked
        return end_of(run, job, ended, stop_reason, self._clock.now())

    def leave_all(self) -> int:
        """Let go of every run without stopping it; how many."""
        count = len(self._live)
        for live in self._live.values():
            live.recorder.close()
            live.handle.close()
        self._live.clear()
        self._of_job.clear()
        self.preparation.clear()
        return count

    def next_look(self) -> float | None:
        """When, on the monotonic clock, a live run next needs us; ``None`` when there are none."""
        looks = [live.next_look() for live in self._live.values()]
        if len(self.preparation):
            looks.append(self._clock.monotonic() + LOOK_SECONDS)
        if not looks:
            return None
        soonest = min(looks)
        pauses = [live.handle.pause for live in self._watched() if live.handle.fileno() is None]
        return min(soonest, self._clock.monotonic() + min(pauses)) if pauses else soonest

    def filenos(self) -> list[int]:
        """What becomes readable when a run ends."""
        return [fd for live in self._watched() if (fd := live.handle.fileno()) is not None]

    def _watched(self) -> Iterator[LiveRun]:
        """Runs whose handles tell of their ends."""
        return (live for live in self._live.values() if live.ended is None and live.trouble is None)
