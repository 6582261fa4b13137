"""An engine that does something and goes: ``--once``, ``run JOB`` and commands where no other engine serves.

What it has started it looks after to the end; everything else it leaves to whoever dispatches next.
"""

from __future__ import annotations

import os

from peak_console.engine.base import EngineCore
from peak_console.model.records import RESIDENT_MODES
from peak_console.store.bell import ring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from peak_console.engine.events import EngineStopped
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run

LOOK_SECONDS = 0.1
WAITING_SECONDS = 1.0
"""How often it sees whether a run that waits may start."""
PRUNE_SECONDS = 0.1
"""How long it prunes the state directory, once its runs have ended."""


class PassingEngine(EngineCore):
    """Dispatches once, or does what it is asked for, and then lets others dispatch."""

    def dispatch_once(self) -> None:
        """Claim and start what is due at this moment, then let others dispatch. The lock has to be held."""
        self.dispatch()
        self._give_way()

    def run_by_hand(self, job: JobDefinition, *, force: bool) -> tuple[Run | None, str]:
        """Start a manual run, then let others dispatch; the run, or why there is none. The lock has to be held."""
        if self.context.hold is not None and not force:
            self._give_way()
            return None, f"held by {self.context.hold.by}; release the hold"
        run, refusal, ends = self._dispatcher.start_by_hand(job, self._clock.now(), force=force)
        self._bookkeeper.record(ends)
        self._give_way()
        return run, refusal

    def obey_once(self) -> None:
        """Answer the commands that are open. The lock has to be held."""
        from peak_console.engine.commands import Commander

        commander = Commander(
            self.context, self._dispatcher, self._bookkeeper.record, lambda _accept: "this engine does not reload"
        )
        commander.obey(self._clock.now())
        self._give_way()

    def _give_way(self) -> None:
        self.store.engine_stopped(self._clock.now(), self.lock_name)
        self.lock.release()

    def finish_own(self, on_look: Callable[[], None] | None = None) -> None:
        """Look after the runs that were started here, and their further attempts, until they have ended.

        ``on_look`` is called several times a second meanwhile.

        Long runs keep nobody else waiting: the lock is held only for the moment in which a queued run starts.
        """
        while True:
            self._obey_flags(self._clock.now())
            self.watch(self._clock.now())
            waiting = [run for run in self.context.queue if run.id in self.context.queued_here]
            if self.context.draining:
                waiting = []
            supervisor = self.context.supervisor
            if not waiting and not (supervisor.keeps_engine() if self.context.draining else len(supervisor)):
                return
            if any(run.not_before is None or run.not_before <= self._clock.now() for run in waiting):
                self._dispatch_own()
            if on_look is not None:
                on_look()
            self.sleep(longest=LOOK_SECONDS if on_look else WAITING_SECONDS if waiting else None)

    def _dispatch_own(self) -> None:
        if not self.lock.acquire():
            if (self._holder().mode or "") in RESIDENT_MODES:
                # The queue is in the registry: whoever serves these jobs now goes on with it.
                self.context.queue.clear()
                ring(self.directory)
            return
        try:
            self._bookkeeper.record(self._recovery.look(self._clock.now()))
            self._bookkeeper.record(self._dispatcher.dispatch_queue(self._clock.now()))
        finally:
            self.lock.release()

    def end(self) -> EngineStopped:
        """Prune a little, if it ran something, and leave the directory in order; the final status."""
        if self.context.succeeded + self.context.failed:
            from peak_console.engine.retention import prune_a_little

            lot = int.from_bytes(os.urandom(2), "big") / 65536
            prune_a_little(self.context, self._clock.now(), lot, PRUNE_SECONDS)
        return super().end()
