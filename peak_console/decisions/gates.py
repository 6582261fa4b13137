"""Which gates guard a job, and what keeps one of them closed. Pure."""

from __future__ import annotations

from peak_console.schedule.zones import local_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from peak_console.jobs.beside import Gate
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.state import GateState

OPEN, CLOSED = "open", "closed"
"""The answers of a gate's check."""
YES = ("yes", "open", "ok")
"""The first words that open a gate."""


def says_yes(text: str) -> tuple[bool, str]:
    """Whether what a gate's check says opens the gate, and the words of the check: its first line.

    Only a yes opens it; no answer at all, and any other word, keep it closed.
    """
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    first, _, rest = line.partition(" ")
    if first.strip(".,:;!-–").casefold() not in YES:
        return False, line
    return True, rest.strip(" .,:;!-–")


def closed_by_hand(state: GateState, zone: tzinfo | None) -> str:
    """Who keeps a gate closed, since when and why."""
    since = f" since {local_time(state.closed_at, zone):%Y-%m-%d %H:%M:%S}" if state.closed_at is not None else ""
    reason = f": {state.closed_reason}" if state.closed_reason else ""
    return f"closed by {state.closed_by}{since}{reason}"


def closed_by_check(words: str) -> str:
    """The sentence that a gate's own check keeps it closed, with the check's words."""
    return f"closed: {words}" if words else "closed: it says no"


def recorded_reason(gate: Gate, state: GateState | None, zone: tzinfo | None, *, is_served: bool) -> str:
    """Why a gate is closed, as the registry has it; empty while it is open. ``is_served``: an engine asks it."""
    if state is not None and state.closed_at is not None:
        return closed_by_hand(state, zone)
    if not gate.is_asked:
        return ""
    if not is_served:
        return "not asked while no engine serves"
    if state is None or state.answer is None:
        return "has not answered yet"
    return "" if state.answer == OPEN else closed_by_check(state.words)


def first_closed(job: JobDefinition, gates: Iterable[Gate], reason_of: Callable[[Gate], str]) -> str | None:
    """The first gate that keeps a job from starting, with its reason; ``None`` where none does."""
    for gate in gates:
        if gate.guards(job) and (reason := reason_of(gate)):
            return f"gate {gate.name} {_linked(reason)}"
    return None


def _linked(reason: str) -> str:
    """A reason with the verb that joins it to the name of its gate: ``is closed …``, ``has not answered``."""
    return reason if reason.startswith("has ") else f"is {reason}"


def recorded_gating(
    gates: Sequence[Gate], states: Mapping[str, GateState], zone: tzinfo | None, *, is_served: bool
) -> Callable[[JobDefinition], str | None]:
    """Tells of each job why a gate keeps it from starting, by what the registry has."""
    reasons = {gate.name: recorded_reason(gate, states.get(gate.name), zone, is_served=is_served) for gate in gates}
    closed = [gate for gate in gates if reasons[gate.name]]
    return lambda job: first_closed(job, closed, lambda gate: reasons[gate.name])


def since(state: GateState) -> datetime | None:
    """Since when a gate stands as it does."""
    return state.closed_at or state.answered_at
