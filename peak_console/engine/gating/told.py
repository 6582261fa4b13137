"""The alerts of gates that close and open."""

from __future__ import annotations

from peak_console.alerts.wording import count, names
from peak_console.engine.alerting.incidents import GATE
from peak_console.model.records import Alert, Level

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.jobs.beside import Gate
    from peak_console.jobs.model import JobDefinition


def gate_cause(name: str) -> str:
    """The cause of the incident of a closed gate."""
    return f"{GATE}{name}"


def judge_closed(gate: Gate, reason: str, guarded: Sequence[JobDefinition], *, now: datetime) -> Alert:
    """The alert of a gate that has closed: critical where it keeps jobs from trading with real money."""
    live = [job.name for job in guarded if job.is_live]
    lines = [
        f"gate {gate.name} {reason if reason.startswith('has ') else f'is {reason}'}",
        f"{count(len(guarded), 'job')} will not start until it is open: {names([job.name for job in guarded])}.",
        "See: peak-console gate list",
    ]
    context = {"gate": gate.name, "reason": reason, "jobs": [job.name for job in guarded]}
    return Alert(Level.CRITICAL if live else Level.WARNING, "\n".join(lines), now, source="gate", context=context)


def judge_open(gate: Gate, *, now: datetime) -> Alert:
    """The good news about such a gate."""
    return Alert(Level.INFO, f"gate {gate.name} is open again", now, source="gate", context={"gate": gate.name})
