"""What has to hold for a job to start: one list, in the order in which it is asked.

The engine, the dry run and every front end ask this list, so that they cannot disagree. Pure: each condition looks at a
``Situation`` and at nothing else. The list is told in ``docs/guarantees.md``.
"""

from __future__ import annotations

from peak_console.decisions.grace import is_too_late, lateness_in_words
from peak_console.decisions.selection import override_in_force
from peak_console.jobs.model import Overlap
from peak_console.schedule.zones import local_time
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, tzinfo

    from peak_console.decisions.capacity import Capacity
    from peak_console.decisions.holding.blackouts import Blackouts, Window
    from peak_console.decisions.upstreams.chains import Outlook
    from peak_console.jobs.model import JobDefinition
    from peak_console.model.records import Run
    from peak_console.model.state import Hold, JobState, Override

DISABLED_IN_FILE = "disabled in the jobs file"
"""What is said of a job that its file disables."""
ALLOW_LIMIT = 100
"""The most runs of one job at a time: slots that come faster than runs end would fill the machine."""


class Situation:
    """One job at one moment: everything that the conditions look at."""

    __slots__ = (
        "_blackout",
        "_is_off",
        "_outlooks",
        "active",
        "awaiting",
        "awaits_gate",
        "blackouts",
        "capacity",
        "gate",
        "hold",
        "job",
        "not_served",
        "now",
        "retries",
        "slot",
        "stale",
        "state",
        "upstreams",
        "waiting",
        "zone",
    )

    def __init__(
        self,
        job: JobDefinition,
        now: datetime,
        capacity: Capacity,
        *,
        state: JobState | None = None,
        slot: datetime | None = None,
        active: Sequence[int] = (),
        retries: Sequence[Run] = (),
        waiting: int = 0,
        hold: Hold | None = None,
        blackouts: Blackouts | None = None,
        gate: str | None = None,
        awaits_gate: bool = False,
        not_served: str | None = None,
        upstreams: Callable[[datetime], Outlook] | None = None,
        stale: Callable[[datetime], str | None] | None = None,
        awaiting: Sequence[datetime] = (),
        zone: tzinfo | None = None,
    ) -> None:
        self.job = job
        self.now = now
        self.capacity = capacity
        self.state = state
        self.slot = slot
        """The slot that is asked about: the latest one that is due, else the next one; ``None`` is none ahead."""
        self.active = active
        """Ids of the job's runs that are claimed or running, oldest first."""
        self.retries = retries
        """The job's runs that wait for another attempt, in the order of their turns."""
        self.waiting = waiting
        """How many slots of the job are queued already."""
        self.hold = hold
        self.blackouts = blackouts
        """Every blackout that there is; ``None`` where there is none."""
        self._blackout: Window | None = None
        self.gate = gate
        """The gate that keeps the job from starting, with its reason; ``None`` where none does."""
        self.awaits_gate = awaits_gate
        """Whether that gate has not answered yet, and soon will: a slot waits for it then, and is not skipped."""
        self.not_served = not_served
        """Why no engine serves the job; ``None`` where one does."""
        self.stale = stale
        """Why the files that the job requires are not as it requires them, by slot; ``None`` where it requires none."""
        self.upstreams = upstreams
        """What the job's upstreams say of a slot, by the moment of its round; ``None`` where it waits for none."""
        self.awaiting = awaiting
        """The moments of the rounds of the job's queued runs that wait for its upstreams."""
        self._outlooks: dict[datetime, Outlook] = {}
        self._is_off: bool | None = None
        self.zone = zone
        """The zone that sentences give times in; ``None`` is the machine's own."""

    @property
    def is_off(self) -> bool:
        """Whether the job is disabled, in its file or by an operator. A long queue asks this for each of its runs."""
        if self._is_off is None:
            self._is_off = first_unmet(self, (ENABLED, OVERRIDE)) is not None
        return self._is_off

    @property
    def blackout(self) -> Window | None:
        """The blackout in which nothing of the job starts now."""
        if self._blackout is None and self.blackouts is not None:
            self._blackout = self.blackouts.over(self.job, self.now)
        return self._blackout

    def blackout_at(self, moment: datetime) -> Window | None:
        """The blackout that a slot of the job lies in."""
        return self.blackouts.over(self.job, moment) if self.blackouts is not None else None

    def owed_at(self, slot: datetime) -> datetime:
        """The moment from which a slot's lateness counts: its own, or the end of the blackout that defers it."""
        return self.blackouts.owed_at(self.job, slot) if self.blackouts is not None else slot

    def staleness(self, moment: datetime | None) -> str | None:
        """Why the slot of a moment may not start for the files that it requires; ``None`` where it may."""
        return self.stale(moment) if self.stale is not None and moment is not None else None

    def outlook(self, moment: datetime | None) -> Outlook | None:
        """What the job's upstreams say of the slot of a moment; ``None`` where it waits for none."""
        if self.upstreams is None or moment is None:
            return None
        if moment not in self._outlooks:
            self._outlooks[moment] = self.upstreams(moment)
        return self._outlooks[moment]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a condition says of a situation."""

    name: str
    holds: bool
    sentence: str
    """Why it does not hold; empty where it does."""
    until: datetime | None
    """When it holds at the latest if nobody does anything; ``None`` where that cannot be told."""


def _not_known(_situation: Situation) -> datetime | None:
    return None


class Condition:
    """One condition of the list. ``holds`` is asked for each slot; the sentence only where somebody reads it."""

    __slots__ = ("holds", "is_known_ahead", "name", "sentence", "until")

    def __init__(
        self,
        name: str,
        holds: Callable[[Situation], bool],
        sentence: Callable[[Situation], str],
        until: Callable[[Situation], datetime | None] = _not_known,
        *,
        is_known_ahead: bool = False,
    ) -> None:
        self.name = name
        self.holds = holds
        self.sentence = sentence
        """Why it does not hold."""
        self.until = until
        """When it will hold at the latest if nobody does anything; ``None`` where that cannot be told."""
        self.is_known_ahead = is_known_ahead
        """Whether its answer for a moment ahead can be told now, as it does not depend on how runs go."""

    def answer(self, situation: Situation) -> Answer:
        """The condition's answer as a value."""
        if self.holds(situation):
            return Answer(self.name, True, "", None)
        return Answer(self.name, False, self.sentence(situation), self.until(situation))


def _is_enabled_in_file(situation: Situation) -> bool:
    return situation.job.enabled or override_in_force(situation.state, situation.now) is not None


def _is_not_overridden(situation: Situation) -> bool:
    override = override_in_force(situation.state, situation.now)
    return override is None or override.enabled


def _override(situation: Situation) -> str:
    override = override_in_force(situation.state, situation.now)
    assert override is not None
    return override_in_words(override, lambda at: _moment(at, situation.zone))


def override_in_words(override: Override, shown: Callable[[datetime], str], *, with_since: bool = False) -> str:
    """Who has enabled or disabled a job, until when and why: ``disabled by operator alice until 18:00: holiday``.

    ``shown`` makes words of a moment. ``with_since`` adds when it was done.
    """
    word = "enabled" if override.enabled else "disabled"
    since = f" since {shown(override.at)}" if with_since else ""
    until = f" until {shown(override.until)}" if override.until is not None else ""
    reason = f": {override.reason}" if override.reason else ""
    return f"{word} by operator {override.by}{since}{until}{reason}"


def _override_lapses(situation: Situation) -> datetime | None:
    override = override_in_force(situation.state, situation.now)
    return override.until if override is not None and situation.job.enabled else None


def held(hold: Hold, zone: tzinfo | None) -> str:
    """Who holds jobs, since when, until when and why."""
    until = f" until {_moment(hold.until, zone)}" if hold.until is not None else ""
    return f"held by {hold.by} since {_moment(hold.since, zone)}{until}" + (f" ({hold.reason})" if hold.reason else "")


def _is_not_held(situation: Situation) -> bool:
    hold = situation.hold
    return hold is None or (hold.until is not None and hold.until <= situation.now)


def _hold(situation: Situation) -> str:
    assert situation.hold is not None
    return held(situation.hold, situation.zone)


def _hold_ends(situation: Situation) -> datetime | None:
    return situation.hold.until if situation.hold is not None else None


def _blackout(situation: Situation) -> str:
    from peak_console.decisions.holding.blackouts import window_in_words

    assert situation.blackout is not None
    return window_in_words(situation.blackout, situation.zone)


def _blackout_ends(situation: Situation) -> datetime | None:
    return situation.blackouts.free_at(situation.job, situation.now) if situation.blackouts is not None else None


def _is_due(situation: Situation) -> bool:
    slot, now = situation.slot, situation.now
    return slot is not None and slot <= now and not is_too_late(situation.job, situation.owed_at(slot), now)


def _not_due(situation: Situation) -> str:
    slot, now = situation.slot, situation.now
    if slot is None:
        if situation.job.schedule.sessions is not None:
            from peak_console.decisions.ahead.calendar_end import no_slot_left

            return no_slot_left(situation.job)
        return "it has run and never will again"
    if slot <= now:
        return lateness_in_words(situation.job, situation.owed_at(slot), now)
    return f"not due before {local_time(slot, situation.zone).isoformat(timespec='seconds')}"


def _due_at(situation: Situation) -> datetime | None:
    return situation.slot if situation.slot is not None and situation.slot > situation.now else None


def _upstreams_let_go(situation: Situation) -> bool:
    outlook = situation.outlook(situation.slot)
    return outlook is None or outlook.way == "go"


def _upstreams(situation: Situation) -> str:
    outlook = situation.outlook(situation.slot)
    return outlook.sentence if outlook is not None else ""


def _may_overlap(situation: Situation) -> bool:
    if situation.job.overlap == Overlap.ALLOW:
        return len(situation.active) + len(situation.retries) < ALLOW_LIMIT
    return not (situation.active or situation.waiting)


def _overlap(situation: Situation) -> str:
    if situation.job.overlap == Overlap.ALLOW:
        return f"{len(situation.active) + len(situation.retries)} of its runs are under way"
    if situation.active:
        return f"#{situation.active[-1]} is still running"
    return "an earlier slot still waits" if situation.waiting == 1 else f"{situation.waiting} earlier slots still wait"


def _waits_for_no_attempt(situation: Situation) -> bool:
    return not situation.retries or situation.job.overlap == Overlap.ALLOW


def _retry(situation: Situation) -> str:
    run = situation.retries[-1]
    return f"#{run.id} still waits: attempt {run.attempt} of an earlier slot"


def _retry_at(situation: Situation) -> datetime | None:
    return situation.retries[-1].not_before


SERVED = Condition(
    "served",
    lambda asked: asked.not_served is None,
    lambda asked: f"not served: {asked.not_served}",
    is_known_ahead=True,
)
ENABLED = Condition("enabled", _is_enabled_in_file, lambda _asked: DISABLED_IN_FILE, is_known_ahead=True)
OVERRIDE = Condition("override", _is_not_overridden, _override, _override_lapses, is_known_ahead=True)
HOLD = Condition("hold", _is_not_held, _hold, _hold_ends, is_known_ahead=True)
BLACKOUT = Condition("blackout", lambda asked: asked.blackout is None, _blackout, _blackout_ends, is_known_ahead=True)
GATE = Condition("gate", lambda asked: asked.gate is None, lambda asked: asked.gate or "")
SCHEDULE = Condition("schedule", _is_due, _not_due, _due_at)
FRESHNESS = Condition(
    "requires",
    lambda asked: asked.staleness(asked.slot) is None,
    lambda asked: asked.staleness(asked.slot) or "",
)
UPSTREAMS = Condition("after", _upstreams_let_go, _upstreams)
OVERLAP = Condition("overlap", _may_overlap, _overlap)
RETRY = Condition("retry", _waits_for_no_attempt, _retry, _retry_at)
GROUP = Condition(
    "group",
    lambda asked: not asked.capacity.is_group_full(asked.job),
    lambda asked: f"group {asked.job.group} is full ({asked.capacity.groups.get(asked.job.group or '')} at once)",
)
PLACES = Condition(
    "places",
    lambda asked: not asked.capacity.is_full_for(asked.job),
    lambda asked: f"no place is free (max_concurrent_runs = {asked.capacity.limit})",
)

CONDITIONS = (
    SERVED, ENABLED, OVERRIDE, HOLD, BLACKOUT, GATE, SCHEDULE, UPSTREAMS, FRESHNESS, OVERLAP, RETRY, GROUP, PLACES,
)  # fmt: skip
"""In the order in which they are asked: the first that does not hold is the answer."""
PREREQUISITES = (UPSTREAMS, FRESHNESS)
"""The conditions that a due slot has to meet before it can have a turn."""


KNOWN_AHEAD = tuple(condition for condition in CONDITIONS if condition.is_known_ahead)
"""The conditions that can be asked of a slot ahead."""


def first_unmet(situation: Situation, conditions: Iterable[Condition] = CONDITIONS) -> Condition | None:
    """The first condition that does not hold; ``None`` when the job may start."""
    for condition in conditions:
        if not condition.holds(situation):
            return condition
    return None


def answers(situation: Situation) -> list[Answer]:
    """What every condition says, in order."""
    return [condition.answer(situation) for condition in CONDITIONS]


def _moment(at: datetime, zone: tzinfo | None) -> str:
    return local_time(at, zone).strftime("%Y-%m-%d %H:%M:%S")
