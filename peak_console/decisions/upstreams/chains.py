"""Chains: what a job's slot waits for, and what becomes of it when an upstream does not end as it wants. Pure.

A slot belongs to a *round*, a day in its job's zone. Of each upstream one slot of that round counts: the last one up to
the job's own slot, else the first. It has ended well once a run for it, or for a later one of the round, has; a run by
hand counts whenever it comes, so that an operator lets a chain go on by running what failed.
"""

from __future__ import annotations

from enum import StrEnum

from peak_console.decisions.selection import is_enabled
from peak_console.jobs.model import Wanted
from peak_console.model.terms import Outcome, RunState, Trigger
from peak_console.schedule.after import RUN, reference_slot
from peak_console.schedule.rounds import round_of
from peak_console.schedule.slots import next_slot
from peak_console.schedule.zones import local_time, zone
from peak_console.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime, tzinfo
    from typing import Protocol

    from peak_console.jobs.model import JobDefinition, Upstream
    from peak_console.model.records import Run
    from peak_console.model.state import JobState

    class RoundRecords(Protocol):
        """What a registry can tell about the runs of a round."""

        def runs_of_round(self, job: str, since: datetime | None, until: datetime | None) -> list[Run]:
            """A job's runs that may count in a window."""

    class AsksUpstreams(Protocol):
        """Tells what a job's upstreams say of its slot of a round."""

        def __call__(self, job: JobDefinition, moment: datetime, by_hand: bool = False) -> Outlook: ...


NAMED = 3
"""So many upstreams are named in a sentence; the others are counted."""


class Stand(StrEnum):
    """How an upstream stands to the slot that waits for it."""

    MET = "met"
    """It has ended as it is wanted."""
    COMING = "coming"
    """It is under way, or will be by itself."""
    FAILED = "failed"
    """It has not ended as it is wanted."""
    PASSED = "passed"
    """It did not run by its own rules: it is disabled, or its slot was skipped."""
    UNNEEDED = "unneeded"
    """It has succeeded where its failure was wanted."""


class Way(StrEnum):
    """What becomes of a slot by its upstreams."""

    GO = "go"
    WAIT = "wait"
    SKIP = "skip"


@dataclass(frozen=True, slots=True)
class Link:
    """One upstream, and how it stands."""

    upstream: Upstream
    stand: Stand
    words: str
    """How it stands, for people: ``#12 running``, ``failed, #12``, ``due 07:00``."""
    at: datetime | None = None
    """When it ended as it is wanted."""
    run_id: int | None = None
    comes_again: bool = False
    """Whether it has another slot in the round, so that it may end well by itself."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the upstreams of a slot say together."""

    way: Way
    links: Sequence[Link] = ()
    """Those that have a slot in the round."""
    stuck: bool = False
    """Whether it waits for what will not come by itself: somebody has to run it."""
    sentence: str = ""
    """Why it does not go: ``waiting for fetch (#12 running)``; empty where it goes."""

    @property
    def at(self) -> datetime | None:
        """When the last upstream ended as it is wanted; ``None`` where none was waited for."""
        return max((link.at for link in self.links if link.at is not None), default=None)


@dataclass(frozen=True, slots=True)
class Window:
    """Which runs of an upstream count for a slot: those whose round lies in it."""

    since: datetime | None
    """The upstream's slot; ``None`` is any run that there ever was."""
    until: datetime | None
    """The end of the round."""


GO = Outlook(Way.GO)


class _NoRecords:
    """What a registry tells in which nothing has been recorded."""

    def runs_of_round(self, job: str, since: datetime | None, until: datetime | None) -> list[Run]:  # noqa: ARG002
        return []


NO_RECORDS = _NoRecords()


class Chains:
    """What is known of all jobs of the chains at one moment."""

    def __init__(
        self,
        jobs: Mapping[str, JobDefinition],
        state_of: Callable[[str], JobState | None],
        runs_of: Callable[[str, Window], Sequence[Run]],
        default_zone: str | None = None,
        is_held: Callable[[JobDefinition], bool] = lambda _job: False,
    ) -> None:
        """``runs_of`` gives an upstream's runs in a window, oldest slot first, and those by hand after it.

        ``is_held`` says whether a hold on some jobs is on one.
        """
        self._jobs = jobs
        self._state_of = state_of
        self._runs_of = runs_of
        self._zone = default_zone
        self._is_held = is_held

    def outlook(self, job: JobDefinition, slot: datetime, now: datetime, *, by_hand: bool = False) -> Outlook:
        """What the upstreams say of a slot; ``slot`` is the moment by which it belongs to its round.

        ``by_hand``: the slot is part of a chain that somebody has run at that moment. Of upstreams that belong to it
        the runs since then count alone.
        """
        if not job.after or job.round == RUN:
            return GO
        links = []
        for each in job.after:
            link = self._link_by_hand(each, slot) if by_hand else None
            if link is None:
                link = self._link(job, each, slot, now)
            links += [link] if link is not None else []
        return _together(job, links)

    def way_of(self, job: JobDefinition, link: Link) -> Way:
        """What one upstream says of a slot, by the policies of the job that waits."""
        return _way(job, link)

    def window(self, job: JobDefinition, other: JobDefinition, slot: datetime) -> Window | None:
        """Which runs of an upstream count for a slot of a job; ``None`` where it has no slot in that round."""
        state = self._state_of(other.name)
        where = zone(job.schedule.timezone or self._zone)
        return window_of(job, other, state.decided_until if state is not None else None, slot, where)

    def _link_by_hand(self, upstream: Upstream, since: datetime) -> Link | None:
        """How an upstream stands in a chain that was run by hand; ``None`` where it is no part of that."""
        runs = self._runs_of(upstream.job, Window(since, None))
        if runs:
            return _by_runs(upstream, runs)
        other = self._jobs.get(upstream.job)
        if other is not None and other.round == RUN and self._runs_of(other.after[0].job, Window(since, None)):
            return Link(upstream, Stand.COMING, "not started yet")
        return None

    def _link(self, job: JobDefinition, upstream: Upstream, slot: datetime, now: datetime) -> Link | None:
        """How an upstream stands; ``None`` where it has no slot in the round, and is not waited for."""
        other = self._jobs.get(upstream.job)
        if other is None:
            return Link(upstream, Stand.COMING, "not in the jobs file")
        state, where = self._state_of(other.name), zone(job.schedule.timezone or self._zone)
        window = self.window(job, other, slot)
        if window is None:
            return None
        runs = self._runs_of(other.name, window)
        if runs:
            link = _by_runs(upstream, runs)
        elif self._is_held(other):
            return Link(upstream, Stand.PASSED, "held")
        else:
            link = _without_runs(upstream, other, state, window, now, where)
        if link.stand in (Stand.FAILED, Stand.PASSED) and _comes_again(other, state, window, now):
            return replace(link, comes_again=True)
        return link


def window_of(
    job: JobDefinition, other: JobDefinition, decided: datetime | None, slot: datetime, where: tzinfo
) -> Window | None:
    """Which runs of ``other`` count for a slot of ``job``; ``None`` where it has no slot in that round."""
    schedule = other.schedule
    if schedule.type == "once" and schedule.run_at is None:
        return Window(None, None)
    within = round_of(job.schedule, job.round, slot, where)
    since = reference_slot(schedule, decided, within, None if job.schedule.type == "after" else slot)
    return Window(since, within.end) if since is not None else None


def _comes_again(other: JobDefinition, state: JobState | None, window: Window, now: datetime) -> bool:
    """Whether a job has another slot before the end of a round."""
    if window.until is None or not is_enabled(other, state, now):
        return False
    slot = next_slot(other.schedule, state.decided_until if state is not None else None, now)
    return slot is not None and slot < window.until


def _without_runs(
    upstream: Upstream, other: JobDefinition, state: JobState | None, window: Window, now: datetime, where: tzinfo
) -> Link:
    if not is_enabled(other, state, now):
        return Link(upstream, Stand.PASSED, "disabled")
    since, decided = window.since, state.decided_until if state is not None else None
    if since is None or decided is None or decided < since or (other.after and other.round == RUN):
        due = f"due {local_time(since, where):%H:%M}" if since is not None and since > now else "not started yet"
        return Link(upstream, Stand.COMING, due)
    return Link(upstream, Stand.PASSED, f"did not run at {local_time(since, where):%H:%M}")


def _by_runs(upstream: Upstream, runs: Sequence[Run]) -> Link:
    last = runs[-1]
    good = next((run for run in runs if run.outcome == Outcome.SUCCEEDED), None)
    if good is not None and upstream.wanted == Wanted.SUCCEEDED:
        return Link(upstream, Stand.MET, f"succeeded, #{good.id}", good.finished_at, good.id)
    under_way = next((run for run in reversed(runs) if run.state != RunState.FINISHED), None)
    if under_way is not None:
        return Link(upstream, Stand.COMING, _progress(under_way), None, under_way.id)
    if good is not None and upstream.wanted == Wanted.FAILED:
        return Link(upstream, Stand.UNNEEDED, f"succeeded, #{good.id}", None, good.id)
    if all(run.outcome == Outcome.SKIPPED for run in runs):
        return Link(upstream, Stand.PASSED, f"skipped, #{last.id}", None, last.id)
    ended = good or next(run for run in reversed(runs) if run.outcome != Outcome.SKIPPED)
    words = f"{(ended.outcome or '').replace('_', ' ')}, #{ended.id}"
    if upstream.wanted == Wanted.SUCCEEDED:
        return Link(upstream, Stand.FAILED, words, None, ended.id)
    return Link(upstream, Stand.MET, words, ended.finished_at, ended.id)


def _progress(run: Run) -> str:
    if run.state != RunState.QUEUED:
        return f"#{run.id} running" if run.attempt == 1 else f"#{run.id} running, attempt {run.attempt}"
    if run.awaits is not None:
        return f"#{run.id} waiting itself"
    return f"#{run.id} queued" if run.triggered_by != Trigger.RETRY else f"attempt {run.attempt} to come, #{run.id}"


def _together(job: JobDefinition, links: Sequence[Link]) -> Outlook:
    waiting: list[Link] = []
    stuck = False
    for link in links:
        way = _way(job, link)
        if way == Way.SKIP:
            return Outlook(Way.SKIP, links, sentence=f"{link.upstream.job} {_told(link)}")
        if way == Way.WAIT:
            waiting.append(link)
            stuck = stuck or (link.stand != Stand.COMING and not link.comes_again)
    if not waiting:
        return Outlook(Way.GO, links)
    return Outlook(Way.WAIT, links, stuck, f"waiting for {_named(waiting)}")


def _told(link: Link) -> str:
    return "was not needed: it " + link.words if link.stand == Stand.UNNEEDED else link.words


def _way(job: JobDefinition, link: Link) -> Way:
    if link.stand == Stand.MET:
        return Way.GO
    if link.stand == Stand.UNNEEDED:
        return Way.SKIP
    if link.stand == Stand.FAILED:
        return {"run": Way.GO, "skip": Way.SKIP}.get(job.if_failed, Way.WAIT)
    if link.stand == Stand.PASSED:
        return {"go": Way.GO, "skip": Way.SKIP}.get(job.if_skipped, Way.WAIT)
    return Way.WAIT


def _named(links: Sequence[Link]) -> str:
    words = ", ".join(f"{link.upstream} ({link.words})" for link in links[:NAMED])
    return words + (f" and {len(links) - NAMED} more" if len(links) > NAMED else "")


def recorded(
    jobs: Mapping[str, JobDefinition],
    state_of: Callable[[str], JobState | None],
    records: RoundRecords,
    default_zone: str | None,
    now: datetime,
    is_held: Callable[[JobDefinition], bool] = lambda _job: False,
) -> AsksUpstreams:
    """What a job's upstreams say at ``now`` of its slot of a round, as a registry has their runs."""

    def runs_of(job: str, window: Window) -> Sequence[Run]:
        return counted(records.runs_of_round(job, window.since, window.until), window)

    chains = Chains(jobs, state_of, runs_of, default_zone, is_held)

    def ask(job: JobDefinition, moment: datetime, by_hand: bool = False) -> Outlook:
        return chains.outlook(job, moment, now, by_hand=by_hand)

    return ask


def counted(runs: Sequence[Run], window: Window) -> list[Run]:
    """Those of an upstream's runs that count in a window, oldest slot first.

    Runs by hand count after the end of the round too, and so do their further attempts, and a run that stands for
    slots of the round.
    """
    since, until = window.since, window.until
    by_hand = {run.scheduled_for for run in runs if run.triggered_by == Trigger.MANUAL}
    found = []
    for run in runs:
        at = run.round_at or run.scheduled_for
        if at is None or (since is not None and at < since):
            continue
        in_round = until is None or at < until
        stands = since is not None and run.stands_since is not None and run.stands_since <= since
        if in_round or stands or run.scheduled_for in by_hand:
            found.append(run)
    return sorted(found, key=lambda run: (run.scheduled_for or run.claimed_at, run.attempt))
