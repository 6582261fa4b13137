"""A person closes a gate, or lets its check decide again."""

from __future__ import annotations

from peak_console.engine.commands.answers import DONE, REFUSED, unknown_gate
from peak_console.store.bell import ring
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from peak_console.engine.commands.answers import Answer
    from peak_console.engine.commands.requests import GateRequest
    from peak_console.engine.context import EngineContext


def close_or_open(
    context: EngineContext, request: GateRequest, now: datetime, afterwards: list[Callable[[], object]]
) -> Answer:
    """Record what a person says of a gate; ``afterwards`` gets what follows once that is durable."""
    from peak_console.decisions.gates import closed_by_hand
    from peak_console.model.state import GateState

    name, store = request.gate, context.store
    known = [gate.name for gate in context.served.jobset.gates]
    if name not in known:
        return REFUSED, unknown_gate(name, known), None
    state = store.gate_states().get(name) or GateState(name)
    if request.closes:
        if state.closed_at is not None:
            return REFUSED, f"gate {name} is already {closed_by_hand(state, context.served.zone_of(None))}", None
        store.close_gate(name, request.by, now, request.reason)
        state = replace(state, closed_at=now, closed_by=request.by, closed_reason=request.reason)
        answer = f"gate {name} is closed: nothing behind it starts until it is opened"
    else:
        if state.closed_at is None:
            return REFUSED, f"gate {name} is closed by nobody; see: peak-console gate list", None
        store.open_gate(name)
        state = replace(state, closed_at=None, closed_by="", closed_reason=None)
        answer = f"gate {name} is no longer closed by hand"
    if (gates := context.status.gates) is not None:
        afterwards.append(lambda: gates.set_state(state))
        afterwards.append(lambda: gates.look(now))
    if context.is_shared:  # it holds for every engine
        afterwards.append(lambda: ring(context.directory))
    return DONE, answer, None
