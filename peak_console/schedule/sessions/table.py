"""A calendar: the sessions of an exchange, or the business days of a plain calendar, as columns of whole numbers.

Days count from 1 January 1970, instants are seconds from then in UTC. The bytes of a table are read into its columns as
they are, so that a start pays microseconds for twenty years of an exchange.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from sys import byteorder

from peak_console.schedule.offsets import DAY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, Final

MAGIC: Final = f"peak-console calendar 1 {byteorder}\n".encode()
NO_BREAK: Final = -(1 << 62)
"""In the columns of breaks: a session without one. In those of hours: a day on which exchanges are not open at once."""
HOURS: Final = ("opens", "closes", "break_starts", "break_ends")
_DAMAGED: Final = "this compiled calendar is damaged"
_EPOCH_ORDINAL = 719163


class Calendar:
    """The sessions of one calendar between two days that are known. Equal if they were made the same way of the same.

    A plain calendar has days and no hours. A session is called by its day, which is the exchange's own word for it:
    a session that opens on Sunday evening may be Monday's.
    """

    __slots__ = (
        "break_ends",
        "break_starts",
        "closes",
        "days",
        "early",
        "ends",
        "first_day",
        "is_cached",
        "is_endless",
        "kept",
        "key",
        "last_day",
        "late",
        "made_on",
        "name",
        "opens",
        "starts",
        "zone",
    )

    def __init__(
        self,
        name: str,
        zone: str,
        known: tuple[int, int],
        *,
        is_endless: bool = False,
        key: str = "",
        made_on: int = 0,
        days: Iterable[int] = (),
        starts: Iterable[int] = (),
        ends: Iterable[int] = (),
        opens: Iterable[int] = (),
        closes: Iterable[int] = (),
        break_starts: Iterable[int] = (),
        break_ends: Iterable[int] = (),
        early: Iterable[int] = (),
        late: Iterable[int] = (),
    ) -> None:
        self.name = name
        """As the jobs file calls it."""
        self.zone = zone
        """IANA name of the zone in which its days begin and end."""
        self.first_day, self.last_day = known
        """The first and the last day of which it is known whether there is a session."""
        self.is_endless = is_endless
        """Whether its rule goes on beyond ``last_day`` in the same way: it is only not computed any further."""
        self.key = key
        """What it was made of, as text: equal for calendars that are made the same way."""
        self.made_on = made_on
        """The day on which it was compiled."""
        self.days = array("q", days)
        self.starts = array("q", starts)
        """When each day begins in ``zone``."""
        self.ends = array("q", ends)
        self.opens = array("q", opens)
        """When each session opens; empty for a plain calendar, as are the other hours."""
        self.closes = array("q", closes)
        self.break_starts = array("q", break_starts)
        """When each session breaks, or ``NO_BREAK``."""
        self.break_ends = array("q", break_ends)
        self.early = array("q", early)
        """The days that close earlier than usual."""
        self.late = array("q", late)
        """The days that open later than usual."""
        self.is_cached = False
        """Whether it lies in the state directory."""
        self.kept: dict[Any, Any] = {}
        """What has been found in it: selections and their columns."""

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Calendar):
            return NotImplemented
        mine, its = self.identity(), other.identity()
        return self is other or (mine == its and all(a == b for a, b in zip(self._all(), other._all(), strict=True)))

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"Calendar({self.name!r}, {len(self.days)} sessions)"

    def identity(self) -> tuple[object, ...]:
        """What two equal calendars have in common besides their columns."""
        return self.name, self.zone, self.first_day, self.last_day, self.is_endless

    @property
    def has_hours(self) -> bool:
        """Whether it opens and closes, or has days only."""
        return len(self.opens) > 0

    @property
    def has_breaks(self) -> bool:
        return any(start != NO_BREAK for start in self.break_starts)

    def index(self, day: int) -> int | None:
        """Which session a day has; ``None`` when it has none."""
        place = bisect_left(self.days, day)
        return place if place < len(self.days) and self.days[place] == day else None

    def named(self, name: str) -> Calendar:
        """The same calendar under another name."""
        found = Calendar(name, self.zone, (self.first_day, self.last_day), is_endless=self.is_endless)
        found.key, found.made_on, found.is_cached = self.key, self.made_on, self.is_cached
        for column in _COLUMNS:
            setattr(found, column, getattr(self, column))
        return found

    def to_bytes(self) -> bytes:
        """The table as it is kept in a file."""
        from binascii import crc32

        key = self.key.encode()
        body = key + b"".join(column.tobytes() for column in self._all())
        sizes = [len(column) for column in self._all()]
        numbers = [
            self.first_day, self.last_day, int(self.is_endless), self.made_on, len(key), crc32(body), *sizes,
        ]  # fmt: skip
        return MAGIC + f"{self.zone}\n{' '.join(map(str, numbers))}\n".encode() + body

    def _all(self) -> list[array[int]]:
        return [getattr(self, column) for column in _COLUMNS]


_COLUMNS: Final = ("days", "starts", "ends", *HOURS, "early", "late")


def from_bytes(name: str, content: bytes) -> Calendar:
    """The table that a file holds. Raises ``ValueError`` for anything else."""
    from binascii import crc32

    if not content.startswith(MAGIC):
        raise ValueError("this is no compiled calendar")
    try:
        zone_end = content.index(b"\n", len(MAGIC))
        line_end = content.index(b"\n", zone_end + 1)
        zone = content[len(MAGIC) : zone_end].decode()
        first, last, endless, made_on, key_size, checksum, *sizes = map(int, content[zone_end + 1 : line_end].split())
        body = memoryview(content)[line_end + 1 :]
    except ValueError:
        raise ValueError(_DAMAGED) from None
    if crc32(body) != checksum or len(sizes) != len(_COLUMNS):
        raise ValueError(_DAMAGED)
    found = Calendar(name, zone, (first, last), is_endless=bool(endless), key=bytes(body[:key_size]).decode())
    found.made_on, found.is_cached = made_on, True
    place = key_size
    for column, size in zip(_COLUMNS, sizes, strict=True):
        getattr(found, column).frombytes(body[place : place + 8 * size])
        place += 8 * size
    return found


def day_text(day: int) -> str:
    """``2026-12-24``."""
    from datetime import date

    return date.fromordinal(day + _EPOCH_ORDINAL).isoformat()


def day_number(ordinal: int) -> int:
    """The day of a date's ordinal."""
    return ordinal - _EPOCH_ORDINAL


def day_ordinal(day: int) -> int:
    """A day's number as a date's ordinal."""
    return day + _EPOCH_ORDINAL


def weekday(day: int) -> int:
    """Monday is 0."""
    return (day + 3) % 7


def day_of(instant: int) -> int:
    """The day in UTC that holds an instant."""
    return instant // DAY


def column_of(values: Sequence[int], places: Sequence[int]) -> array[int]:
    """Some of the values of a column."""
    return array("q", [values[place] for place in places])
