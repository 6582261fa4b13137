"""A moment of a session as it is written: ``open-15m``, ``close+5m``, ``break_start``."""

from __future__ import annotations

from functools import lru_cache

from peak_console.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

COLUMNS: Final = {"open": "opens", "close": "closes", "break_start": "break_starts", "break_end": "break_ends"}
"""By the name of a moment the column of a calendar that holds it."""
FORMS: Final = "write open, close, break_start or break_end, with or without a distance such as open-15m or close+5m"
_UNITS: Final = {"s": 1, "m": 60, "h": 3600}
MOST_SECONDS: Final = 31 * 86400


@dataclass(frozen=True, slots=True)
class Moment:
    """So many seconds after a moment of each session; before it, where they are negative."""

    name: str
    seconds: int

    @property
    def is_of_break(self) -> bool:
        return self.name.startswith("break")

    @property
    def column(self) -> str:
        """The column of a calendar in which it is found."""
        return COLUMNS[self.name]


@lru_cache(maxsize=4096)
def moment(text: str) -> Moment:
    """The moment that a text names. Raises ``ValueError`` with what is wrong, to be read after the text."""
    word = "".join(text.lower().split())
    for sign in "+-":
        name, found, distance = word.partition(sign)
        if found and name in COLUMNS:
            try:
                seconds = duration_seconds(distance)
            except ValueError:
                raise ValueError(f"has no distance after {sign}; {FORMS}") from None
            if seconds != int(seconds) or seconds > MOST_SECONDS:
                raise ValueError("must be whole seconds away, and 31 days at the most")
            return Moment(name, int(seconds) if sign == "+" else -int(seconds))
    if word not in COLUMNS:
        raise ValueError(f"is no moment of a session; {FORMS}")
    return Moment(word, 0)


def duration_seconds(text: str) -> float:
    """The seconds of ``15m`` or ``1h30m``. Raises ``ValueError``.

    The commonest form, a number and a unit, is read without what ``parse_duration`` loads: each start reads it.
    """
    number, unit = text[:-1], text[-1:]
    if unit in _UNITS and number.isascii() and number.isdecimal() and len(number) < 10:
        return int(number) * _UNITS[unit]
    from peak_console.text import parse_duration

    return parse_duration(text)
