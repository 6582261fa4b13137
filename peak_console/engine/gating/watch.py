"""The gates of an engine: asked in threads, judged by the engine, and closed wherever no fresh yes is known."""

from __future__ import annotations

from threading import Event, Thread

from peak_console.decisions.gates import CLOSED, OPEN, closed_by_check, closed_by_hand, first_closed
from peak_console.engine.gating.check import Answer, ask
from peak_console.engine.gating.told import gate_cause, judge_closed, judge_open
from peak_console.model.state import GateState
from peak_console.schedule.zones import local_time
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from peak_console.clock import Clock
    from peak_console.engine.alerting.alert_log import AlertLog
    from peak_console.jobs.beside import Gate
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.store.store import Store

SLACK_SECONDS = 1.0
"""How much later than it may an answer is still taken: a busy machine is no reason to close a gate."""
NOT_YET = "has not answered yet"
LOOK_SECONDS = 0.02
"""How often a one-shot engine sees whether the gates have answered."""


class _Asked:
    """One gate, the thread that asks it, and its last answer."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate
        self.answer: Answer | None = None
        self.answered_at: datetime | None = None
        self.answered = 0.0
        """When it answered, on the monotonic clock."""
        self.left = Event()
        """Set once the answer is no longer wanted."""

    def why_closed(self, now: datetime, monotonic: float, zone: tzinfo | None) -> str:
        """Why no fresh yes is known; empty where one is."""
        if self.answer is None or self.answered_at is None:
            return NOT_YET
        # A machine that slept has a monotonic clock that stood still; one whose clock was set has a wrong wall clock.
        age = max(monotonic - self.answered, abs((now - self.answered_at).total_seconds()))
        if age > self.gate.every + self.gate.timeout + SLACK_SECONDS:
            return f"has not answered since {local_time(self.answered_at, zone):%Y-%m-%d %H:%M:%S}"
        return "" if self.answer.is_open else closed_by_check(self.answer.words)


class GateWatch:
    """Tells of each job whether its gates are open now. Belongs to the engine's thread, apart from the answers."""

    def __init__(
        self,
        store: Store,
        alerts: AlertLog,
        clock: Clock,
        wake: Callable[[], None],
        mask: Callable[[str], str],
        *,
        stays: bool,
        asks: bool = True,
    ) -> None:
        """``wake`` wakes the engine when a gate has answered otherwise. ``stays``: it asks again and again.

        Without ``asks`` only what people say counts, as in a simulated world.
        """
        self._asks = asks
        self._store = store
        self._alerts = alerts
        self._clock = clock
        self._wake = wake
        self._mask = mask
        self._stays = stays
        self._gates: Sequence[Gate] = ()
        self._jobs: Mapping[str, JobDefinition] = {}
        self._asked: dict[str, _Asked] = {}
        self._environ: Mapping[str, str] = {}
        self._base: str | None = None
        self._python: str | None = None
        self._zone: tzinfo | None = None
        self._told: dict[str, str] = {}
        """Why each gate was closed when that was last recorded; empty for an open one."""
        self.states: dict[str, GateState] = {}
        """What the registry has of each gate."""

    def take_up(
        self, jobset: JobSet, jobs: Mapping[str, JobDefinition], environ: Mapping[str, str], zone: tzinfo | None
    ) -> None:
        """Watch the gates of a jobs file that guard some of the jobs that are served here. Raises ``StateError``."""
        self._gates = [gate for gate in jobset.gates if any(gate.guards(job) for job in jobs.values())]
        self._jobs, self._zone = jobs, zone
        self._environ, self._base, self._python = environ, jobset.base, jobset.settings.python
        self.read_closings()
        wanted = {gate.name: gate for gate in self._gates if gate.is_asked and self._asks}
        for name, asked in list(self._asked.items()):
            if wanted.get(name) != asked.gate:
                asked.left.set()
                del self._asked[name]
        for name, gate in wanted.items():
            if name not in self._asked:
                self._asked[name] = _Asked(gate)
                if self._stays:
                    self._start(self._asked[name])

    def read_closings(self) -> None:
        """Learn who keeps which gate closed; another engine may have been told."""
        self.states = self._store.gate_states()

    def close(self) -> None:
        """Ask no more."""
        for asked in self._asked.values():
            asked.left.set()

    # Asking.

    def _start(self, asked: _Asked) -> None:
        Thread(target=self._keep_asking, args=(asked,), name=f"gate-{asked.gate.name}", daemon=True).start()

    def _keep_asking(self, asked: _Asked) -> None:
        while not asked.left.is_set():
            if self._ask_once(asked):
                self._wake()
            asked.left.wait(asked.gate.every)

    def _ask_once(self, asked: _Asked) -> bool:
        """Ask a gate and keep its answer; whether it is another one than before."""
        answer = ask(asked.gate, self._environ, self._base, self._python)
        before, asked.answer = asked.answer, answer
        asked.answered, asked.answered_at = self._clock.monotonic(), self._clock.now()
        return answer != before

    def ask_for(self, jobs: Iterable[JobDefinition]) -> None:
        """Ask the gates of some jobs now and wait for their answers, no longer than each may take."""
        guarded = list(jobs)
        due = [
            each
            for each in self._asked.values()
            if any(each.gate.guards(job) for job in guarded)
            and (each.answer is None or self._clock.monotonic() - each.answered >= each.gate.every)
        ]
        for asked in due:
            asked.answer = None
            Thread(target=self._ask_once, args=(asked,), name=f"gate-{asked.gate.name}", daemon=True).start()
        until = self._clock.monotonic() + max((each.gate.timeout for each in due), default=0) + SLACK_SECONDS
        while any(each.answer is None for each in due) and self._clock.monotonic() < until:
            self._clock.sleep(LOOK_SECONDS)

    # Telling.

    def why_closed(self, job: JobDefinition) -> str | None:
        """The first gate that keeps a job from starting, with its reason; ``None`` where none does."""
        return first_closed(job, self._gates, self._reason)

    def is_unknown(self, job: JobDefinition) -> bool:
        """Whether a gate of a job was never asked, so that what it will say is worth waiting for."""
        return (self.why_closed(job) or "").endswith(NOT_YET)

    def _reason(self, gate: Gate) -> str:
        state = self.states.get(gate.name)
        if state is not None and state.closed_at is not None:
            return closed_by_hand(state, self._zone)
        asked = self._asked.get(gate.name)
        return asked.why_closed(self._clock.now(), self._clock.monotonic(), self._zone) if asked is not None else ""

    def set_state(self, state: GateState) -> None:
        """A person has closed or opened a gate, durably."""
        self.states[state.gate] = state

    def known(self, name: str) -> bool:
        """Whether a gate guards a job of this engine."""
        return any(gate.name == name for gate in self._gates)

    def seconds_left(self) -> float | None:
        """In how many seconds an answer loses its force, which closes its gate; ``None`` where none can."""
        left = [
            each.answered + each.gate.every + each.gate.timeout + SLACK_SECONDS - self._clock.monotonic()
            for each in self._asked.values()
            if each.answer is not None and each.answer.is_open
        ]
        return max(LOOK_SECONDS, min(left)) if left else None

    def look(self, now: datetime) -> None:
        """Record what has changed, and tell of gates that have closed or opened. Raises ``StateError``."""
        reasons = {gate.name: self._reason(gate) for gate in self._gates}
        news = [
            gate
            for gate in self._gates
            if reasons[gate.name] != self._told.get(gate.name) and reasons[gate.name] != NOT_YET
        ]
        if not news:
            return
        with self._alerts:
            for gate in news:
                self._record(gate, reasons[gate.name], now)
        for gate in news:
            self._told[gate.name] = reasons[gate.name]

    def _record(self, gate: Gate, reason: str, now: datetime) -> None:
        """Record how a gate stands now: what its check says, and the incident of a closed gate."""
        asked, state = self._asked.get(gate.name), self.states.get(gate.name) or GateState(gate.name)
        if asked is not None and asked.answer is not None:
            why = asked.why_closed(now, self._clock.monotonic(), self._zone)
            answer = CLOSED if why else OPEN
            words = self._mask(why.removeprefix("closed: ") if why else asked.answer.words)
            if (answer, words) != (state.answer, state.words):
                since = now if answer != state.answer else state.answered_at
                self.states[gate.name] = replace(state, answer=answer, words=words, answered_at=since)
                self._store.gate_answered(gate.name, answer, words, since or now)
        before = self._told.get(gate.name)
        if reason and not before and not (before is None and self._alerts.has_incident(gate_cause(gate.name))):
            guarded = [job for job in self._jobs.values() if gate.guards(job)]
            tags = sorted({tag for job in guarded for tag in job.tags})
            self._alerts.open_incident(gate_cause(gate.name), judge_closed(gate, reason, guarded, now=now), tags)
        elif not reason and before != "":
            recovery = None if before is None else judge_open(gate, now=now)
            self._alerts.resolve(gate_cause(gate.name), recovery=recovery)
