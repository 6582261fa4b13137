"""Exchanges for tests: compiled once for all test processes, and beside them what the library itself says of them."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from peak_console.calendars.book import CalendarBook
from peak_console.calendars.library import EXCHANGES, version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from peak_console.schedule.sessions.table import Calendar

PATIENCE_SECONDS = 120.0
NAMES = (
    "XNYS", "XNAS", "XLON", "XETR", "XHKG", "XTKS", "XASX", "XSES", "CMES", "XTAE", "XSAU", "24/7", "XSHG", "XBOM",
)  # fmt: skip
ORACLE = """\
import json, sys, time, warnings
warnings.simplefilter("ignore")
import exchange_calendars

def text(stamp):
    return None if stamp is None or stamp != stamp else stamp.isoformat()

def made(name):
    try:
        return exchange_calendars.get_calendar(name)
    except ValueError:  # a version of the library that trips over its own past
        return exchange_calendars.get_calendar(name, start=sys.argv[1])

found = {}
for name in sys.argv[2:]:
    calendar = made(name)
    rows = []
    for session in calendar.sessions:
        hours = [calendar.session_open(session), calendar.session_break_start(session),
                 calendar.session_break_end(session), calendar.session_close(session)]
        rows.append([session.date().isoformat(), *map(text, hours)])
    early = [session.date().isoformat() for session in calendar.early_closes]
    found[name] = {"zone": str(calendar.tz), "rows": rows, "early": early}
json.dump(found, sys.stdout)
"""


@dataclass(frozen=True)
class Row:
    """One session as the library tells of it."""

    day: date
    open: datetime
    break_start: datetime | None
    break_end: datetime | None
    close: datetime


@dataclass(frozen=True)
class Oracle:
    """What the library says of one exchange."""

    zone: str
    rows: tuple[Row, ...]
    early: frozenset[date]


def shared_folder() -> Path:
    """Where all test processes of this day and version keep what the library costs seconds to say."""
    name = f"peak-console-tests-{os.getuid()}-{version(EXCHANGES)}-{datetime.now(UTC):%Y%m%d}"
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Only one test process at a time asks the library; after two minutes without its turn another one asks too."""
    with (folder / "lock").open("w") as lock:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.05)
            else:
                break
        yield


@cache
def exchange(name: str) -> Calendar:
    """The calendar of an exchange, as the program compiles it."""
    folder = shared_folder()
    with locked(folder):
        book = CalendarBook({}, str(folder))
        book.prepare([*NAMES, name])
        return book.calendar(name)


@cache
def _oracles() -> dict[str, Oracle]:
    kept = shared_folder() / "oracle.json"
    first = exchange("XTAE").first_day
    with locked(shared_folder()):
        if not kept.exists():
            start = date.fromordinal(first + date(1970, 1, 1).toordinal()).isoformat()
            done = subprocess.run(
                [sys.executable, "-c", ORACLE, start, *NAMES], capture_output=True, text=True, check=True
            )
            new = kept.with_suffix(".new")
            new.write_text(done.stdout, encoding="utf-8")
            new.rename(kept)
    return {name: _oracle(each) for name, each in json.loads(kept.read_text(encoding="utf-8")).items()}


def _oracle(found: dict[str, list[list[str]]]) -> Oracle:
    rows = (
        Row(date.fromisoformat(day), moment(opens), some(start), some(end), moment(closes))
        for day, opens, start, end, closes in found["rows"]
    )
    return Oracle(str(found["zone"]), tuple(rows), frozenset(map(date.fromisoformat, map(str, found["early"]))))


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def some(text: str | None) -> datetime | None:
    return None if text is None else moment(text)


def oracle(name: str) -> Oracle:
    """What the library says of an exchange."""
    return _oracles()[name]
