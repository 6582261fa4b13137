"""The child process that loads the calendar libraries, answers some requests and ends.

Requests stand on standard input with a NUL between them: ``exchange XNYS``, or ``events /srv/holidays.ics``,
``exchange`` alone for the names of all, or ``library XNYS 2026-12-01 2026-12-31`` for what the library itself says.
Each answer is a line ``ok`` or ``error`` with a number, and so many bytes: a compiled table, the lines of ``ics``,
those of the library's table, or a sentence.
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from peak_console.schedule.sessions.table import Calendar

_DAY = 86400
_SHORTER_PASTS = (3650, 1825, 730, 365, 180, 90, 30)
"""Where a version of the library fails over a day of the past, so many days of it do."""


def main() -> None:
    """Answer every request on standard input, in order."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not stand among the answers
    for request in sys.stdin.buffer.read().decode("utf-8", "surrogateescape").split("\0"):
        word, _, what = request.partition(" ")
        try:
            content = {"exchange": _exchange, "library": _library}.get(word, _events)(what)
            answers.write(b"ok %d\n" % len(content) + content)
        except Exception as error:  # noqa: BLE001 - what a library does with one request must not cost the others
            sentence = " ".join(str(error).split())[:300].encode(errors="replace")
            answers.write(b"error %d\n" % len(sentence) + sentence)
    answers.close()


def _events(path: str) -> bytes:
    from peak_console.calendars.ics import events

    return events(path)


def _exchange(name: str) -> bytes:
    """The compiled table of an exchange; for no name the names of all. Raises ``ValueError``."""
    import warnings

    warnings.simplefilter("ignore")
    import exchange_calendars

    if not name:
        return "\n".join(exchange_calendars.get_calendar_names()).encode()
    try:
        return compiled(name, _made(exchange_calendars, name)).to_bytes()
    except Exception as error:  # noqa: BLE001 - versions of the library fail in their own ways
        version, why = exchange_calendars.__version__, str(error)[:100]
        raise ValueError(
            f"exchange_calendars {version} cannot make the calendar {name} ({why}); use another version of it"
        ) from None


def _library(what: str) -> bytes:
    """What the library's own table says of the sessions between two days: a line for each, hours as instants."""
    import warnings

    warnings.simplefilter("ignore")
    import exchange_calendars

    name, first, last = what.rsplit(" ", 2)
    table = _made(exchange_calendars, name).schedule.loc[first:last]
    lines = []
    for day, row in table.iterrows():
        hours = [row[column] for column in ("open", "break_start", "break_end", "close")]
        words = ["-" if at != at else str(int(at.timestamp())) for at in hours]
        lines.append(f"{day:%Y-%m-%d} {' '.join(words)}")
    return "\n".join(lines).encode()


def _made(library: Any, name: str) -> Any:
    try:
        return library.get_calendar(name)
    except ValueError as error:
        first = error
    for days in _SHORTER_PASTS:
        try:
            return library.get_calendar(name, start=time.strftime("%Y-%m-%d", time.gmtime(time.time() - days * _DAY)))
        except ValueError:
            continue
    raise first


def compiled(name: str, made: Any) -> Calendar:
    """A calendar of the library as a table."""
    from peak_console.calendars.own import day_edges
    from peak_console.schedule.sessions.table import NO_BREAK, Calendar

    def seconds(column: Any) -> list[int]:
        numbers = column.dt.tz_localize(None).to_numpy().astype("datetime64[s]").astype("int64").tolist()
        return [max(number, NO_BREAK) for number in numbers]  # "not a time" is less than any

    def days(index: Any) -> list[int]:
        return [number // _DAY for number in index.to_numpy().astype("datetime64[s]").astype("int64").tolist()]

    table = made.schedule
    sessions, zone = days(table.index), str(made.tz)
    starts, ends = day_edges(sessions, zone)
    return Calendar(
        name,
        zone,
        (days(made.schedule.index[:1])[0], days(made.schedule.index[-1:])[0]),
        made_on=int(time.time()) // _DAY,
        days=sessions,
        starts=starts,
        ends=ends,
        opens=seconds(table["open"]),
        closes=seconds(table["close"]),
        break_starts=seconds(table["break_start"]),
        break_ends=seconds(table["break_end"]),
        early=days(made.early_closes),
        late=days(made.late_opens),
    )
