"""Outlets beside the channels: the heartbeat, pings of jobs, the file of alerts and the one of metrics.

An outlet that takes nothing is an incident, as a channel is: see ``results``.
"""

from __future__ import annotations

from peak_console.alerts.results import SOURCE, channels_in_trouble
from peak_console.model.records import Alert, Level
from peak_console.text import duration
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from peak_console.jobs.model import JobSet

OUTLET = "outlet:"
"""What the causes of these incidents begin with."""
HEARTBEAT = "heartbeat"
ALERT_FILE = "alert file"
METRICS_FILE = "metrics file"
PING = "ping of "
_WORDS = {
    HEARTBEAT: "heartbeats do not get out",
    ALERT_FILE: "alerts cannot be written to the file of [alerts]",
    METRICS_FILE: "metrics cannot be written to the file of [metrics]",
}
_NEXT = {
    HEARTBEAT: "Whoever waits for them takes the engine for dead. See [heartbeat] in the jobs file, and the service.",
    ALERT_FILE: "The alert log has all of them: see peak-console alerts. Mend the file, or its directory.",
    METRICS_FILE: "Prometheus sees figures that stand still. Mend the file, or its directory.",
}


@dataclass(frozen=True, slots=True)
class Silence:
    """A channel or another outlet that accepts nothing at present."""

    name: str
    what: str
    """What is not delivered, in words: heartbeats, pings, figures."""
    since: datetime
    answer: str
    """The error that came instead of success."""
    is_channel: bool


def outlets_of(jobset: JobSet) -> set[str]:
    """The names of the outlets that a jobs file has."""
    found = {f"{PING}{job.name}" for job in jobset.jobs.values() if job.ping_url or job.ping_url_env}
    if jobset.heartbeat is not None:
        found.add(HEARTBEAT)
    if jobset.alert_file is not None:
        found.add(ALERT_FILE)
    if jobset.metrics.file is not None:
        found.add(METRICS_FILE)
    return found


def outlet_cause(name: str) -> str:
    """The cause of the incident of an outlet that takes nothing."""
    return f"{OUTLET}{name}"


def in_words(name: str) -> str:
    """What is not delivered while an outlet accepts nothing, in words."""
    return _WORDS.get(name) or f"pings of {name.removeprefix(PING)} do not get out"


def judge_silent(name: str, answer: str, now: datetime) -> Alert:
    """The alert of an outlet that did not accept what was sent."""
    after = _NEXT.get(name, "Whoever waits for them takes the job for dead. See its ping_url, and the service.")
    context = {"channel": name, "answer": answer}
    job = name.removeprefix(PING) if name.startswith(PING) else None
    return Alert(Level.WARNING, f"{in_words(name)}: {answer}\n{after}", now, source=SOURCE, context=context, job=job)


def judge_heard(name: str, since: datetime, now: datetime) -> Alert:
    """The news that such an outlet accepts again."""
    said = in_words(name).replace("do not get out", "get out again").replace("cannot be written", "are written again")
    text = f"{said}, after {duration((now - since).total_seconds())}"
    return Alert(Level.INFO, text, now, source=SOURCE, context={"channel": name})


def silences(incidents: Sequence[Alert]) -> list[Silence]:
    """The channels and outlets that accept nothing at present."""
    channels = [
        Silence(name, f'alerts do not get out through channel "{name}"', since, answer, True)
        for name, since, answer in channels_in_trouble(incidents)
    ]
    return channels + [
        Silence(name, in_words(name), alert.timestamp, str(alert.context.get("answer", "")), False)
        for alert in incidents
        if alert.cause is not None and alert.cause.startswith(OUTLET)
        for name in [alert.cause.removeprefix(OUTLET)]
    ]
