"""Holding some of the jobs, and releasing them."""

from __future__ import annotations

from datetime import datetime

from peak_console.decisions.holding.holds import covers, scope
from peak_console.decisions.job_words import job_words
from peak_console.engine.commands.answers import DONE, REFUSED
from peak_console.errors import UsageError
from peak_console.model.state import Hold
from peak_console.schedule.zones import local_time
from peak_console.text import counted, safe
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from peak_console.engine.commands.answers import Answer
    from peak_console.engine.state.served_jobs import ServedJobs
    from peak_console.model.records import Command
    from peak_console.store.store import Store


@dataclass(frozen=True, slots=True)
class HoldJobsRequest:
    """Start nothing of some jobs, of those too that are deployed meanwhile."""

    by: str
    tags: Sequence[str]
    words: str
    until: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class ReleaseJobsRequest:
    """Start some jobs again after a hold on them."""

    by: str
    tags: Sequence[str]
    words: str
    everything: bool
    """Every hold on some of the jobs is meant."""


def scoped_request(command: Command, reason: str | None) -> HoldJobsRequest | ReleaseJobsRequest:
    """What a command asks to hold, or to release. Raises ``UsageError``."""
    tags, words = scope_of(command)
    if command.verb == "hold_jobs":
        return HoldJobsRequest(command.issued_by, tags, words, moment_of(command), reason)
    return ReleaseJobsRequest(command.issued_by, tags, words, bool(command.arguments.get("everything")))


def scope_of(command: Command) -> tuple[list[str], str]:
    """The tags and the words that name some jobs. Raises ``UsageError``."""
    tags, words = command.arguments.get("tags") or [], command.arguments.get("words") or ""
    if not isinstance(tags, list) or not all(isinstance(tag, str) and tag for tag in tags):
        raise UsageError(f"{command.verb}: tags must be a list of texts")
    if not isinstance(words, str):
        raise UsageError(f"{command.verb}: words must be a text")
    job_words(words)
    return sorted(set(tags)), " ".join(words.split())


def moment_of(command: Command, name: str = "until") -> datetime | None:
    """A moment that a command names, in ISO 8601 with its offset. Raises ``UsageError``."""
    value: Any = command.arguments.get(name)
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        found = None
    if found is None or found.tzinfo is None:
        raise UsageError(f"{command.verb}: {name} must be a time in ISO 8601 with its offset")
    return found


class Holding:
    """Carries out what is asked of holds on some of the jobs, inside the transaction of the answer."""

    def __init__(self, store: Store, served: ServedJobs) -> None:
        self._store = store
        self._served = served

    def hold(self, request: HoldJobsRequest, now: datetime) -> Answer:
        from peak_console.store.tables.holds import add_hold, remove_holds

        store, jobs = self._store, self._served.jobset.jobs
        if request.until is not None and request.until <= now:
            return REFUSED, f"{self._local(request.until)} is over; name a later end", None
        hold = Hold(now, request.by, request.reason, until=request.until, tags=tuple(request.tags), words=request.words)
        before = [each for each in store.holds() if _same_scope(each, hold)]
        remove_holds(store, before)
        add_hold(store, hold)
        number = sum(covers(hold, job) for job in jobs.values())
        until = f" until {self._local(request.until)}" if request.until is not None else " until they are released"
        changed = "; the hold on them before is replaced" if before else ""
        doubt = "" if number else "; no job is like that at present"
        return DONE, f"{safe(scope(hold))} are held{until}: {counted(number, 'job')} now{doubt}{changed}", None

    def release(self, request: ReleaseJobsRequest) -> Answer:
        from peak_console.store.tables.holds import remove_holds

        store = self._store
        holds = store.holds()
        asked = Hold(datetime.min, request.by, tags=tuple(request.tags), words=request.words)
        meant = holds if request.everything else [each for each in holds if _same_scope(each, asked)]
        if not meant:
            held = "; ".join(safe(scope(each)) for each in holds)
            hint = f"held are {held}" if holds else "see: peak-console status"
            return REFUSED, f"there is no hold on {safe(scope(asked))}; {hint}", None
        remove_holds(store, meant)
        return DONE, f"released: {'; '.join(safe(scope(each)) for each in meant)}", None

    def _local(self, at: datetime) -> str:
        return local_time(at, self._served.zone_of(None)).strftime("%Y-%m-%d %H:%M")


def _same_scope(one: Hold, other: Hold) -> bool:
    return sorted(one.tags) == sorted(other.tags) and one.words == other.words
