"""A person adds a blackout to those of the jobs file, or ends one early."""

from __future__ import annotations

from peak_console.decisions.holding.blackouts import covers, scope
from peak_console.engine.commands.answers import DONE, REFUSED
from peak_console.engine.commands.holding import moment_of, scope_of
from peak_console.errors import UsageError
from peak_console.jobs.blackouts import Blackout, BlackoutPolicy
from peak_console.schedule.blackouts.windows import Listed
from peak_console.schedule.zones import local_time
from peak_console.store.bell import ring
from peak_console.store.tables.blackouts import KEPT, add_blackout, end_blackout, forget_blackouts, span_of
from peak_console.text import counted, safe
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from peak_console.engine.commands.answers import Answer
    from peak_console.engine.context import EngineContext
    from peak_console.model.records import Command

LONGEST_NAME = 60


@dataclass(frozen=True, slots=True)
class AddBlackoutRequest:
    """Start nothing of some jobs between two moments."""

    by: str
    name: str
    """Empty: named after its tags."""
    tags: Sequence[str]
    words: str
    begin: datetime | None
    """``None`` is now."""
    end: datetime | None
    """``None`` is once somebody ends it."""
    policy: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class EndBlackoutRequest:
    """End a blackout that a person has added."""

    by: str
    name: str


def blackout_request(command: Command, reason: str | None) -> AddBlackoutRequest | EndBlackoutRequest:
    """What a command asks for. Raises ``UsageError``."""
    name = command.arguments.get("name") or ""
    if not isinstance(name, str) or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(f"{command.verb}: the name must be a text of {LONGEST_NAME} characters at the most")
    if command.verb == "end_blackout":
        return EndBlackoutRequest(command.issued_by, name)
    policy = command.arguments.get("policy") or BlackoutPolicy.SKIP
    if policy not in tuple(BlackoutPolicy):
        raise UsageError(f"{command.verb}: the policy must be one of {', '.join(BlackoutPolicy)}")
    tags, words = scope_of(command)
    return AddBlackoutRequest(
        command.issued_by, " ".join(name.split()), tags, words, moment_of(command, "from"), moment_of(command),
        policy, reason,
    )  # fmt: skip


def add_or_end(
    context: EngineContext,
    request: AddBlackoutRequest | EndBlackoutRequest,
    now: datetime,
    afterwards: list[Callable[[], object]],
) -> Answer:
    """Record it; ``afterwards`` gets what follows once that is durable."""
    answer = _add(context, request, now) if isinstance(request, AddBlackoutRequest) else _end(context, request, now)
    if answer[0] == DONE:
        forget_blackouts(context.store, now - KEPT)
        afterwards.append(context.blackouts.read)
        if context.is_shared:  # it holds for every engine
            afterwards.append(lambda: ring(context.directory))
    return answer


def _add(context: EngineContext, request: AddBlackoutRequest, now: datetime) -> Answer:
    begin, end = request.begin or now, request.end
    if end is not None and end <= max(begin, now):
        return REFUSED, f"{_local(context, end)} is {'over' if end <= now else 'not after its beginning'}", None
    taken = {rule.name for rule in context.served.jobset.blackouts} | {
        rule.name for rule in context.store.blackouts() if not _is_over(rule, now)
    }
    name = request.name or _free_name(request, taken)
    if name in taken:
        return REFUSED, f"a blackout is called {safe(name)} already; name it otherwise, or end that one first", None
    blackout = Blackout(
        name, Listed([(begin, end)]), request.policy, tags=tuple(request.tags), words=request.words, by=request.by,
        since=now, reason=request.reason or "",
    )  # fmt: skip
    add_blackout(context.store, blackout, begin, end)
    number = sum(covers(blackout, job) for job in context.served.jobset.jobs.values())
    since = f" from {_local(context, begin)}" if begin > now else ""
    until = f" until {_local(context, end)}" if end is not None else " until it is ended"
    then = "; the newest slot of each then runs once" if request.policy == BlackoutPolicy.DEFER else ""
    doubt = "" if number else "; no job is like that at present"
    what = f"nothing of {safe(scope(blackout))} starts{since}{until}"
    return DONE, f"blackout {safe(name)}: {what}: {counted(number, 'job')} now{doubt}{then}", None


def _end(context: EngineContext, request: EndBlackoutRequest, now: datetime) -> Answer:
    name = request.name
    added = {rule.name: rule for rule in context.store.blackouts() if not _is_over(rule, now)}
    if name not in added:
        if any(rule.name == name for rule in context.served.jobset.blackouts):
            return REFUSED, f"blackout {safe(name)} stands in the jobs file; take it out there", None
        known = f"; there are {', '.join(map(safe, added))}" if added else "; see: peak-console blackout list"
        return REFUSED, f"no blackout is called {safe(name) or 'like that'}{known}", None
    end_blackout(context.store, name, now)
    return DONE, f"blackout {safe(name)} is ended", None


def _free_name(request: AddBlackoutRequest, taken: set[str]) -> str:
    """A name of what it is on: ``live``, and ``live-2`` where that is taken."""
    base = "-".join([*request.tags, *request.words.split()])[: LONGEST_NAME - 5] or "all"
    numbers = range(2, len(taken) + 3)
    return next(name for name in (base, *(f"{base}-{number}" for number in numbers)) if name not in taken)


def _is_over(rule: Blackout, now: datetime) -> bool:
    _, end = span_of(rule)
    return end is not None and end <= now


def _local(context: EngineContext, at: datetime) -> str:
    return local_time(at, context.served.zone_of(None)).strftime("%Y-%m-%d %H:%M")
