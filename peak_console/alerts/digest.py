"""Several alerts on their way to one channel, as one message. Pure."""

from __future__ import annotations

from peak_console.model.records import Alert, Level
from peak_console.text import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

LINES = 20
"""The most alerts whose first line is in a digest; the worst ones come first."""
LINE_CHARACTERS = 300
_RANK: dict[str, int] = {level: rank for rank, level in enumerate(Level)}


def digest(alerts: Sequence[Alert]) -> Alert:
    """One message for some alerts, oldest first: the alert itself, or what all of them say in a line each."""
    if len(alerts) == 1:
        return _with_count(alerts[0])
    worst = max((alert.level for alert in alerts), key=_RANK.__getitem__)
    ranked = sorted(alerts, key=lambda alert: -_RANK[alert.level])
    lines = [f"{len(alerts)} alerts: {_tally(alerts)}", *map(_line, ranked[:LINES])]
    if len(alerts) > LINES:
        lines.append(f"… and {len(alerts) - LINES} more; see: peak-console alerts")
    context = {"number": len(alerts), "alerts": [facts(alert) for alert in ranked[:LINES]]}
    return Alert(
        worst,
        "\n".join(lines),
        min(alert.timestamp for alert in alerts),
        context=context,
        last_at=max(alert.latest_at for alert in alerts),
    )


def _tally(alerts: Sequence[Alert]) -> str:
    """``3 critical, 1 info``."""
    counts = {level: sum(alert.level == level for alert in alerts) for level in reversed(Level)}
    return ", ".join(f"{number} {level}" for level, number in counts.items() if number)


def _line(alert: Alert) -> str:
    first = _with_count(alert).message.partition("\n")[0]
    if len(first) > LINE_CHARACTERS:
        first = first[: LINE_CHARACTERS - 1] + "…"
    return f"[{alert.level}] {first}"


def _with_count(alert: Alert) -> Alert:
    """An incident's alert whose first line says how often it has happened, if that is more than once."""
    if alert.count < 2:
        return alert
    from peak_console.values import replace

    first, newline, rest = alert.message.partition("\n")
    within = duration((alert.latest_at - alert.timestamp).total_seconds())
    return replace(alert, message=f"{first} ({alert.count} times in {within}){newline}{rest}")


def facts(alert: Alert) -> dict[str, object]:
    """What an alert is about, for programs: source, level, job, run and outcome."""
    return {
        "source": alert.source,
        "level": str(alert.level),
        "job": alert.job,
        "run": alert.run_id,
        "outcome": alert.context.get("outcome"),
        "count": alert.count,
    }
