"""Slots that were due inside of blackouts, told apart from those before. Pure."""

from __future__ import annotations

from datetime import timedelta

from peak_console.schedule.kind import Pending
from peak_console.schedule.slots import kind_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from peak_console.decisions.conditions import Situation
    from peak_console.schedule.model import JobSchedule

MOST_SPLITS = 20
"""Into so many parts undecided slots are split at the most: after months without an engine there are thousands."""
_INSTANT = timedelta(microseconds=1)
_COUNTED = 1000


def split(schedule: JobSchedule, pending: Pending, moment: datetime) -> tuple[Pending | None, Pending]:
    """Undecided slots before a moment, and from it on; the latest one is from it on."""
    if pending.oldest >= moment:
        return None, pending
    kind = kind_of(schedule)
    more = kind.pending(pending.oldest, moment - _INSTANT, _COUNTED)
    early = Pending(more.latest if more else pending.oldest, pending.oldest, more.count + 1 if more else 1)
    first = kind.next(early.latest, early.latest) or pending.latest
    return early, Pending(pending.latest, first, max(1, pending.count - early.count))


def deferred_as_one(asked: Situation, slots: Sequence[datetime]) -> Iterator[tuple[datetime, int, datetime | None]]:
    """Of slots in order those that are decided one by one: of slots that a blackout defers, the newest.

    With each one how many earlier ones it stands for, and the oldest of these.
    """
    folded: list[datetime] = []
    for slot, following in zip(slots, (*slots[1:], None), strict=True):
        owed = asked.owed_at(slot)
        if following is not None and owed > slot and asked.owed_at(following) == owed:
            folded.append(slot)
            continue
        yield slot, len(folded), folded[0] if folded else None
        folded = []
