"""Which blackout keeps a job from starting at a moment, and until when. Pure."""

from __future__ import annotations

from peak_console.errors import UsageError
from peak_console.jobs.blackouts import BlackoutPolicy
from peak_console.schedule.zones import local_time
from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from peak_console.jobs.blackouts import Blackout
    from peak_console.jobs.model import JobDefinition

MOST_WINDOWS = 1000
"""So many windows are followed at the most to find when the last of those that overlap ends."""


@dataclass(frozen=True, slots=True)
class Window:
    """A window of a blackout around a moment."""

    name: str
    policy: str
    start: datetime
    end: datetime | None
    """``None`` where nobody knows."""
    by: str = ""
    reason: str = ""
    scope: str = ""
    """Which jobs it is on, in words."""

    @property
    def defers(self) -> bool:
        return self.policy == BlackoutPolicy.DEFER


class Blackouts:
    """All blackouts that there are: those of a jobs file, and those that people have added."""

    __slots__ = ("rules",)

    def __init__(self, rules: Sequence[Blackout]) -> None:
        self.rules = rules

    def concern(self, job: JobDefinition) -> bool:
        """Whether any of them is on a job, now or at another time."""
        return any(covers(rule, job) for rule in self.rules)

    def over(self, job: JobDefinition, at: datetime) -> Window | None:
        """The window in which nothing of a job starts; where several overlap one that skips, then the longest."""
        return _strictest(_window(rule, at) for rule in self.rules if covers(rule, job))

    def free_at(self, job: JobDefinition, at: datetime) -> datetime | None:
        """The first moment from ``at`` on that lies in no window; ``None`` where none is known."""
        for _ in range(MOST_WINDOWS):
            window = self.over(job, at)
            if window is None:
                return at
            if window.end is None:
                return None
            at = window.end
        return None

    def owed_at(self, job: JobDefinition, slot: datetime) -> datetime:
        """When a slot may start at the earliest: its own moment, or the end of the window that defers it."""
        for _ in range(MOST_WINDOWS):
            window = self.over(job, slot)
            if window is None or not window.defers or window.end is None:
                return slot
            slot = window.end
        return slot

    def active(self, at: datetime) -> list[Window]:
        """The windows around a moment, the one that ends first at first."""
        found = [window for rule in self.rules if (window := _window(rule, at)) is not None]
        return sorted(found, key=lambda window: (window.end is None, window.end or window.start, window.name))

    def deferred(self, jobs: Mapping[str, JobDefinition], at: datetime) -> frozenset[str]:
        """The jobs whose slots wait at a moment for the end of a window."""
        active = [rule for rule in self.rules if rule.windows.at(at) is not None]
        if not any(rule.policy == BlackoutPolicy.DEFER for rule in active):
            return frozenset()
        some = Blackouts(active)
        return frozenset(
            name for name, job in jobs.items() if (window := some.over(job, at)) is not None and window.defers
        )

    def next_change(self, at: datetime) -> datetime | None:
        """When the next window begins or ends after a moment; ``None`` where none is known to."""
        moments = [span.end for rule in self.rules if (span := rule.windows.at(at)) is not None]
        moments += [rule.windows.next_start(at) for rule in self.rules]
        return min((moment for moment in moments if moment is not None), default=None)


NO_BLACKOUTS = Blackouts(())


def covers(rule: Blackout, job: JobDefinition) -> bool:
    """Whether a blackout is on a job. Words that cannot be read keep jobs from starting rather than start them."""
    if not rule.words:
        return rule.covers(job)
    if rule.tags and frozenset(rule.tags).isdisjoint(job.tags):
        return False
    from peak_console.decisions.job_words import job_words

    try:
        return job_words(rule.words).wants(job.name, job.tags)
    except UsageError:
        return True


def scope(rule: Blackout) -> str:
    """Which jobs a blackout is on, in words: ``all jobs``, ``jobs tagged live, report; not risk``."""
    named = f"jobs tagged {' or '.join(rule.tags)}" if rule.tags else ""
    if rule.words:
        named = f"{named or 'jobs'}: {rule.words}"
    named = ", ".join(filter(None, (named, *rule.jobs))) or "all jobs"
    return f"{named}; not {', '.join(rule.exceptions)}" if rule.exceptions else named


def window_in_words(window: Window, zone: tzinfo | None) -> str:
    """``blackout nightly until 2026-12-01 02:00:00``, with the person and the reason where there are any."""
    until = f" until {local_time(window.end, zone):%Y-%m-%d %H:%M:%S}" if window.end is not None else ""
    by = f" by {window.by}" if window.by else ""
    unknown = "its calendar is not known any further" if window.end is None and not window.by else ""
    why = window.reason or unknown
    return f"blackout {window.name}{by}{until}" + (f" ({why})" if why else "")


def _window(rule: Blackout, at: datetime) -> Window | None:
    span = rule.windows.at(at)
    if span is None:
        return None
    return Window(rule.name, rule.policy, span.start, span.end, rule.by, rule.reason, scope(rule))


def _strictest(windows: Iterable[Window | None]) -> Window | None:
    found = [window for window in windows if window is not None]
    return max(
        found, key=lambda window: (not window.defers, window.end is None, window.end or window.start), default=None
    )
