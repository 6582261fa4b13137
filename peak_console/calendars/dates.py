"""Days that a file lists: a CSV with a date in each line, or the whole-day events of an iCalendar file."""

from __future__ import annotations

import os
from binascii import crc32
from datetime import date

from peak_console.calendars import cache
from peak_console.calendars.ics import DAY, Event, read_lines
from peak_console.calendars.library import ICALENDAR, INSTALL, LibraryError, ask, version
from peak_console.schedule.sessions.table import day_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

LARGEST: Final = 8 * 1024 * 1024
_HEADERS: Final = ("date", "day", "datum")


class DatesError(ValueError):
    """Why a file of dates cannot be used, in a sentence that begins with its path."""


def content_of(path: str) -> bytes:
    """A file of dates. Raises ``DatesError``."""
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise DatesError(f"{path} cannot be read ({error.strerror}); mend the path, or its permissions") from None
    if len(content) > LARGEST:
        raise DatesError(f"{path} is larger than {LARGEST // 1024 // 1024} MiB, which no list of days needs")
    return content


def closed_days(path: str, content: bytes, state: str | None) -> list[int]:
    """The days that a file lists. Raises ``DatesError``."""
    if not is_ics(path):
        return _days_of_csv(path, content)
    return [
        day for event in events_of(path, content, state) if event.kind == DAY for day in range(event.start, event.end)
    ]


def is_ics(path: str) -> bool:
    return path.lower().endswith((".ics", ".ical", ".ifb"))


def events_of(path: str, content: bytes, state: str | None) -> list[Event]:
    """The events of an iCalendar file, read once for each content. Raises ``DatesError``."""
    installed = version(ICALENDAR)
    key = f"events {crc32(content)} {len(content)} {installed}"
    place = None if state is None else cache.path_of(state, os.path.basename(path), key, ".events")
    kept = None if place is None else cache.read_file(place)
    if kept is not None:
        return read_lines(kept.decode(errors="replace"))
    if not installed:
        raise DatesError(f"{path} is an iCalendar file, and the library that reads them is not installed: {INSTALL}")
    answer = ask([f"events {os.path.abspath(path)}"])[0]
    if isinstance(answer, LibraryError):
        raise DatesError(f"{path}: {answer}")
    if place is not None and state is not None:
        cache.write_file(state, place, answer)
    return read_lines(answer.decode(errors="replace"))


def _days_of_csv(path: str, content: bytes) -> list[int]:
    """The dates of a CSV: of its column ``date`` if its first line names one, else of its first column."""
    import csv

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DatesError(f"{path} is not UTF-8; save it with the encoding UTF-8") from None
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    found, column, is_first = [], 0, True
    rows = csv.reader(text.splitlines(), delimiter=delimiter)
    try:
        for row in rows:
            cells = [cell.strip() for cell in row]
            if not any(cells) or cells[0].startswith("#"):
                continue
            heads = [cell.lower() for cell in cells]
            if is_first and (names := [name for name in _HEADERS if name in heads]):
                column, is_first = heads.index(names[0]), False
                continue
            is_first = False
            word = cells[column] if column < len(cells) else ""
            try:
                found.append(day_number(date.fromisoformat(word).toordinal()))
            except ValueError:
                raise DatesError(f'{path}:{rows.line_num}: "{word[:40]}" is no date; write it as 2026-12-24') from None
    except csv.Error as error:
        raise DatesError(f"{path}:{rows.line_num}: it is no CSV ({error})") from None
    return found
