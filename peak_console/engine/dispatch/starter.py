"""Claimed runs become running ones, and the registry learns of it."""

from __future__ import annotations

from contextlib import suppress

from peak_console.engine.events import RunStarted, RunSubmitted
from peak_console.engine.supervision.ends import End
from peak_console.errors import StateError
from peak_console.model.terms import Outcome, RunState
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from peak_console.engine.context import EngineContext
    from peak_console.engine.events import EngineEvent
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run


class Starter:
    """Starts runs that are claimed, and records the starts."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context
        self._unrecorded: list[Run] = []
        self._to_open: list[tuple[Run, JobDefinition]] = []
        """Arrays that were claimed as wholes, and whose runs are not claimed yet."""
        self._opened = False

    def start(self, ready: Iterable[tuple[Run, JobDefinition]]) -> list[End]:
        """Start claimed runs, all of them before anything else is done; the ends of those that could not be started.

        A run that another process is starting at this moment is adopted.
        """
        context = self._context
        ends: list[End] = []
        events = []
        for result in context.runs.supervisor.start(self._not_gated(ready, ends), context.served.launcher):
            if isinstance(result, End):
                ends.append(result)
                continue
            run = result.run
            if run.supervisor != context.identity:
                run = result.run = replace(run, supervisor=context.identity)
            if context.status.provenance is not None:
                context.status.provenance.begin(run, result.job, context.served.launcher.command_of(run.id))
            if context.status.beacon is not None:
                context.status.beacon.started(run, result.job)
            self._unrecorded.append(run)
            events.append(self._event(run))
        self.record()
        for event in events:
            context.emit(event)
        if self._to_open:
            with suppress(StateError):  # it is tried again at each turn
                ends += self._open_arrays()
        return ends

    def take_opened(self) -> bool:
        """Whether arrays were opened since this was last asked, so that their runs wait for their turn now."""
        opened, self._opened = self._opened, False
        return opened

    def _open_arrays(self) -> list[End]:
        """Claim the runs of arrays; the ends of those that are not to start any more. Raises ``StateError``."""
        from peak_console.engine.arrays.opening import open_array

        ends: list[End] = []
        while self._to_open:
            ends += open_array(self._context, *self._to_open[0])
            self._to_open.pop(0)
            self._opened = True
        return ends

    def _event(self, run: Run) -> EngineEvent:
        if run.state == RunState.SUBMITTED:
            return RunSubmitted(at=run.submitted_at or run.claimed_at, run=run)
        command = self._context.served.launcher.resolved(run.id)
        return RunStarted(at=run.started_at or run.claimed_at, run=run, command=command)

    def take_news(self) -> None:
        """Record which submitted runs have started, and what the others wait for now."""
        news = self._context.runs.supervisor.take_news()
        self._unrecorded += news
        self.record()
        for run in news:
            if run.state == RunState.RUNNING:
                self._context.emit(self._event(run))

    def _not_gated(
        self, ready: Iterable[tuple[Run, JobDefinition]], ends: list[End]
    ) -> Iterator[tuple[Run, JobDefinition]]:
        """The runs that no blackout and no gate keeps from starting at this very moment; the ends of the others.

        Decisions ask both too. This is the last look: between a claim and its start a gate may have closed.
        """
        context = self._context
        for run, job in ready:
            shut = context.blackouts.why_shut(run, job, context.clock.now())
            gate = shut or context.status.why_gated(job)
            if gate is None and run.is_array:
                self._to_open.append((run, job))
            elif gate is None:
                yield run, job
            else:
                ends.append(End(run, job, Outcome.SKIPPED, None, context.clock.now(), gate))

    def start_prepared(self) -> list[End]:
        """Start the runs whose preparation has come to its end, and open arrays; a hold keeps runs waiting."""
        ends = self._open_arrays() if self._to_open else []
        ripe = self._context.runs.supervisor.preparation.ripe() if self._context.status.hold is None else ()
        ripe = [each for each in ripe if not self._context.holds.holds_job(each[1].name)]
        return ends + self.start(ripe) if ripe else ends

    def record(self) -> None:
        """Write down which runs have started or were submitted; kept and tried again when the registry refuses."""
        store = self._context.store
        if not self._unrecorded:
            return
        with store:
            for run in self._unrecorded:
                if run.state == RunState.SUBMITTED:
                    store.submitted(run.id, run.submitted_at or run.claimed_at, run.reference or "", run.waits_for)
                else:
                    at, late = run.started_at or run.claimed_at, run.counted_lateness
                    store.started(run.id, at, run.reference, run.node, late=late)
        self._unrecorded.clear()
