"""The calendars that one jobs file uses, by name: kept in the state directory, or compiled by whoever needs them."""

from __future__ import annotations

import time

from peak_console.calendars import cache
from peak_console.calendars.library import EXCHANGES, INSTALL, LibraryError, ask, version
from peak_console.schedule.sessions.table import from_bytes
from peak_console.text import safe
from peak_console.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Final

    from peak_console.calendars.own import Definition
    from peak_console.schedule.sessions.table import Calendar

NEAR_DAYS: Final = 300
"""A calendar that knows fewer days ahead is compiled again: the library looks a year ahead."""
_NAMES: Final = "exchanges"
AGAIN_DAYS: Final = 7
"""So often at the most: a calendar of which no more is known would cost each start a second."""


class CalendarError(ValueError):
    """Why there is no such calendar, in a sentence; ``definition`` and ``key`` name what in a table is wrong."""

    def __init__(self, message: str, *, definition: str = "", key: str = "", day: int | None = None) -> None:
        super().__init__(message)
        self.definition = definition
        self.key = key
        self.day = day


class CalendarBook:
    """Gives each calendar once. ``state`` is the state directory; ``None`` keeps nothing."""

    def __init__(
        self, definitions: Mapping[str, Definition], state: str | None, today: int | None = None, *, fresh: bool = False
    ) -> None:
        self._definitions = definitions
        self._state = state
        self._today = int(time.time()) // 86400 if today is None else today
        self._fresh = fresh
        """Whether what is kept is compiled again if it could be known further."""
        self._found: dict[str, Calendar | CalendarError] = {}
        self._version: str | None = None
        self.fallbacks: set[str] = set()
        """Tables of which only the weekdays count, as there is no library of exchanges."""

    def calendar(self, name: str) -> Calendar:
        """The calendar that a jobs file calls ``name``. Raises ``CalendarError``."""
        if name not in self._found:
            self.prepare([name])
        found = self._found[name]
        if isinstance(found, CalendarError):
            raise found
        return found

    def prepare(self, names: Iterable[str]) -> None:
        """Make calendars known, all of them with one child process at the most; mistakes are kept for ``calendar``."""
        wanted: list[str] = []
        for name in names:
            self._collect(name, (), wanted)
        exchanges = [name for name in wanted if name not in self._definitions and name not in self._found]
        self._find_exchanges(exchanges)
        for name in wanted:  # the bases of a table come before it
            if name not in self._found:
                self._found[name] = self._own(self._definitions[name])

    def _collect(self, name: str, above: tuple[str, ...], wanted: list[str]) -> None:
        if name in above:
            way = " → ".join((*above[above.index(name) :], name))
            for each in above:
                self._found[each] = CalendarError(
                    f'calendar "{safe(name)}" is made of itself ({safe(way)}); base it on another one',
                    definition=name,
                    key=self._definitions[name].how,
                )
        elif name not in wanted:
            definition = self._definitions.get(name)
            for base in definition.bases if definition is not None else ():
                self._collect(base, (*above, name), wanted)
            wanted.append(name)

    # Exchanges.

    def _find_exchanges(self, names: Iterable[str]) -> None:
        missing, older = [], {}
        if self._version is None and names:
            self._version = version(EXCHANGES)
        for name in names:
            if not self._version:
                self._found[name] = CalendarError(self._not_installed(name))
                continue
            kept = cache.known(self._state, name, self._key(name))
            if kept is not None and not self._is_worn(kept):
                self._found[name] = self._kept(kept)
                continue
            if kept is not None:
                older[name] = kept
            missing.append(name)
        for name, answer in self._compiled(missing).items():
            self._found[name] = older.get(name, answer) if isinstance(answer, CalendarError) else answer

    def _compiled(self, names: list[str]) -> dict[str, Calendar | CalendarError]:
        """Calendars that are compiled now; what is no exchange costs no child process, once the names are known."""
        if not names:
            return {}
        known = cache.words(self._state, _NAMES, self._names_key)
        found: dict[str, Calendar | CalendarError] = {}
        asked = [name for name in names if (name.isprintable() if known is None else name in known)]
        requests = [f"exchange {name}" for name in asked]
        answers = ask(requests if known is not None else ["exchange ", *requests]) if asked else []
        if known is None and answers:
            first = answers.pop(0)
            known = [] if isinstance(first, LibraryError) else first.decode().split()
            if known:
                cache.keep_words(self._state, _NAMES, self._names_key, known)
        for name, answer in zip(asked, answers, strict=True):
            found[name] = self._compiled_one(name, answer, known or ())
        for name in names:
            if name not in found:
                found[name] = CalendarError(_unknown(name, known or ()))
        return found

    def _compiled_one(self, name: str, answer: bytes | LibraryError, known: Iterable[str]) -> Calendar | CalendarError:
        if isinstance(answer, LibraryError):
            return CalendarError(str(answer) if name in known or not known else _unknown(name, known))
        calendar = from_bytes(name, answer)
        calendar.key, calendar.is_cached = self._key(name), False
        return self._kept(calendar)

    @property
    def _names_key(self) -> str:
        return f"names {EXCHANGES} {self._version}"

    def _kept(self, calendar: Calendar) -> Calendar:
        calendar = cache.interned(calendar)
        if self._state is not None and not calendar.is_cached:
            cache.keep(self._state, calendar)
        return calendar

    def _key(self, name: str) -> str:
        return f"exchange {name} {EXCHANGES} {self._version}"

    def _not_installed(self, name: str) -> str:
        from peak_console.text import nearest

        guess = nearest(name, self._definitions)
        known = f' (did you mean your own "{safe(guess)}"?)' if guess else ""
        return f'calendar "{safe(name)}" is no table of this file{known}, and exchanges need a library: {INSTALL}'

    def _is_worn(self, calendar: Calendar) -> bool:
        """Whether it is time to see if a calendar is known further by now."""
        age, left = self._today - calendar.made_on, calendar.last_day - self._today
        return left < NEAR_DAYS and (age >= AGAIN_DAYS or (self._fresh and age > 0))

    # Tables of one's own.

    def _own(self, definition: Definition) -> Calendar | CalendarError:
        from peak_console.calendars.dates import DatesError, closed_days, content_of
        from peak_console.calendars.own import DefinitionError, build

        bases: list[Calendar] = []
        for name in definition.bases:
            base = self._found[name]
            if isinstance(base, CalendarError) and definition.weekdays and not self._version:
                self.fallbacks.add(definition.name)
                return self._own(definition.fallback())
            if isinstance(base, CalendarError):
                if base.definition:  # the mistake stands in another table, and is told there
                    return base
                return CalendarError(
                    f'calendar "{safe(definition.name)}": {base}', definition=definition.name, key=definition.how
                )
            bases.append(base)
        try:
            content = content_of(definition.closed_from) if definition.closed_from else b""
            key = self._own_key(definition, bases, content)
            kept = cache.known(self._state, definition.name, key)
            if kept is not None and not self._is_worn(kept):
                return self._kept(kept)
            listed = closed_days(definition.closed_from, content, self._state) if definition.closed_from else ()
            made = build(definition, bases, listed, self._today)
        except DatesError as error:
            return CalendarError(str(error), definition=definition.name, key="closed_from")
        except DefinitionError as error:
            return CalendarError(
                f'calendar "{safe(definition.name)}": {error}', definition=definition.name, key=error.key, day=error.day
            )
        if not made.days:
            return CalendarError(
                f'calendar "{safe(definition.name)}" has no session at all; mend its days', definition=definition.name
            )
        made.key = key
        return self._kept(made)

    def fallback_words(self, name: str) -> str:
        """What is told of a table whose weekdays stand for an exchange."""
        base = self._definitions[name].bases[0]
        return (
            f'calendar "{safe(name)}": only its weekdays count, without the holidays of {safe(base)}, until the library'
            f" of exchanges is installed: {INSTALL}"
        )

    def _own_key(self, definition: Definition, bases: Iterable[Calendar], content: bytes) -> str:
        from binascii import crc32

        made_of = [f"{base.key} {base.first_day} {base.last_day} {crc32(base.days.tobytes())}" for base in bases]
        hours = [f"{crc32(base.opens.tobytes())} {crc32(base.closes.tobytes())}" for base in bases]
        return "\n".join([__version__, definition.text(), *made_of, *hours, f"{len(content)} {crc32(content)}"])


def _unknown(name: str, known: Iterable[str]) -> str:
    from peak_console.text import nearest

    guess = nearest(name, known)
    hint = f'did you mean "{guess}"?' if guess else "see all of them: peak-console sessions"
    return f'there is no exchange called "{safe(name)}"; {hint}'


def exchange_names(state: str | None) -> list[str]:
    """The names of all exchanges. Raises ``CalendarError``."""
    installed = version(EXCHANGES)
    if not installed:
        raise CalendarError(f"the library of exchanges is not installed: {INSTALL}")
    key = f"names {EXCHANGES} {installed}"
    known = cache.words(state, _NAMES, key)
    if known is None:
        answer = ask(["exchange "])[0]
        if isinstance(answer, LibraryError):
            raise CalendarError(str(answer))
        known = answer.decode().split()
        cache.keep_words(state, _NAMES, key, known)
    return known
