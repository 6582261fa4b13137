"""The gates of some jobs, asked once and without an engine: for the dry run."""

from __future__ import annotations

import os
from threading import Thread

from peak_console.decisions.gates import closed_by_check, closed_by_hand, first_closed
from peak_console.engine.gating.check import Answer, ask

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import tzinfo

    from peak_console.jobs.beside import Gate
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.state import GateState

SLACK_SECONDS = 1.0


def ask_all(
    jobset: JobSet, jobs: Sequence[JobDefinition], states: Mapping[str, GateState], zone: tzinfo | None
) -> Callable[[JobDefinition], str | None]:
    """Ask the gates that guard some jobs, side by side; what tells of a job which gate keeps it from starting."""
    answers: dict[str, Answer] = {}

    def asked(gate: Gate) -> None:
        answers[gate.name] = ask(gate, os.environ, jobset.base, jobset.settings.python)

    threads = []
    for gate in jobset.gates:
        if gate.is_asked and any(gate.guards(job) for job in jobs):
            threads.append((gate, Thread(target=asked, args=(gate,), daemon=True)))
            threads[-1][1].start()
    for gate, thread in threads:
        thread.join(gate.timeout + SLACK_SECONDS)

    def reason(gate: Gate) -> str:
        state = states.get(gate.name)
        if state is not None and state.closed_at is not None:
            return closed_by_hand(state, zone)
        answer = answers.get(gate.name)
        if answer is None:
            return "has not answered yet" if gate.is_asked else ""
        return "" if answer.is_open else closed_by_check(answer.words)

    return lambda job: first_closed(job, jobset.gates, reason)
