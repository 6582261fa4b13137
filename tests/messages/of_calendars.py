"""Calendars, schedules on sessions, and files of days."""

from __future__ import annotations

import errno
import subprocess
from typing import TYPE_CHECKING, Any

from peak_console.calendars import library
from peak_console.calendars.book import exchange_names
from peak_console.calendars.library import LibraryError
from tests.messages.scenarios import failing, scenario
from tests.support.exchanges import exchange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.messages.stage import Stage

BANK = '[calendars.bank]\nweekdays = ["mon", "tue", "wed", "thu", "fri"]\ntimezone = "UTC"\n'
DESK = BANK.replace("bank", "desk") + 'open = "09:00"\nclose = "17:00"\n'


def job(number: int, *lines: str) -> str:
    return "\n".join([f'[[job]]\nname = "j{number}"\ncommand = "true"', *lines, ""])


def session(number: int, *lines: str) -> str:
    return job(number, 'schedule_type = "session"', *lines)


def daily(number: int, *lines: str) -> str:
    return job(number, 'schedule_type = "daily"', 'daily_time = "7:00"', *lines)


def answer(requests: Sequence[str]) -> list[bytes | LibraryError]:
    """What the child process answers, without it: the same whichever version of the library is installed."""
    known: dict[str, bytes | LibraryError] = {
        "exchange ": b"XHKG XNYS XBAD",
        "exchange XHKG": exchange("XHKG").to_bytes(),
        "exchange XBAD": LibraryError(
            "exchange_calendars 4 cannot make the calendar XBAD (…); use another version of it"
        ),
    }
    return [known.get(request, LibraryError("it is no iCalendar file")) for request in requests]


def with_known_exchanges(stage: Stage) -> None:
    exchange("XHKG")  # compiled before nobody can be asked any more
    stage.patch.setattr("peak_console.calendars.book.ask", answer)
    stage.patch.setattr("peak_console.calendars.book.version", lambda _library: "4")


@scenario
def calendars_that_are_none(stage: Stage) -> None:
    with_known_exchanges(stage)
    stage.jobs(
        "[calendars.nothing]\n"
        '[calendars.both]\nweekdays = ["mon"]\nall_of = ["XHKG"]\n'
        "[calendars.empty]\nall_of = []\n"
        '[calendars.half]\nweekdays = ["mon"]\nopen = "9:00"\n'
        '[calendars.hours]\nbased_on = "XHKG"\nopen = "9:00"\nclose = "10:00"\n'
        '[calendars.zone]\nweekdays = ["mon"]\ntimezone = "Mars"\n'
        '[calendars.days]\nweekdays = ["mon"]\nclosed = ["24.12.2026", 3]\nuntil = "soon"\nextra_sessions = 1\n'
        'early_close = { "x" = "14:00", "2026-12-31" = "late", "2026-12-30" = 3 }\n'
        "[calendars.more]\nweekdays = ['mon']\nearly_close = 1\nuntil = 1\n"
    )
    stage.run("validate")
    stage.jobs("calendars = 1\n")
    stage.run("validate")
    stage.jobs(
        '[calendars.one]\nbased_on = "two"\n[calendars.two]\nbased_on = "one"\n'
        '[calendars.unknown]\nbased_on = "XNYX"\n'
        '[calendars.never]\nweekdays = ["mon"]\nuntil = "1999-12-31"\ntimezone = "UTC"\n'
        '[calendars.early]\nbased_on = "XHKG"\nearly_close = { "2026-12-25" = "12:00", "2026-12-22" = "19:00" }\n'
        '[calendars.late]\nbased_on = "XHKG"\nearly_close = { "2026-12-22" = "19:00" }\n'
        + BANK
        + 'early_close = { "2026-12-22" = "19:00" }\n'
        '[calendars.missing]\nweekdays = ["mon"]\ntimezone = "UTC"\nclosed_from = "nowhere.csv"\n'
        '[calendars.wrong]\nweekdays = ["mon"]\ntimezone = "UTC"\nclosed_from = "wrong.csv"\n'
        '[calendars.coded]\nweekdays = ["mon"]\ntimezone = "UTC"\nclosed_from = "coded.csv"\n'
        '[calendars.broken]\nweekdays = ["mon"]\ntimezone = "UTC"\nclosed_from = "broken.csv"\n'
        '[calendars.ics]\nweekdays = ["mon"]\ntimezone = "UTC"\nclosed_from = "days.ics"\n'
        '[calendars.large]\nweekdays = ["mon"]\ntimezone = "UTC"\nclosed_from = "large.csv"\n'
        + session(1, 'calendar = "one"', 'at = "open"')
        + session(2, 'calendar = "unknown"', 'at = "open"')
        + session(3, 'calendar = "XBAD"', 'at = "open"')
        + session(4, 'calendar = "xhkg "', 'at = "open"')
        + session(5, 'calendar = "something else"', 'at = "open"')
    )
    stage.write("wrong.csv", "date;name\n2026-12-25;Christmas\n26.12.2026;Boxing day\n")
    stage.write("coded.csv", b"2026-12-25,Weihnachten\xe4\n")
    stage.write("broken.csv", "2026-12-25\n" + "x" * 200_000 + "\n")
    stage.write("days.ics", "nothing")
    stage.write("large.csv", b"2026-12-25\n" * 1_000_000)
    stage.patch.setattr("peak_console.calendars.dates.ask", answer)
    stage.run("validate")
    (stage.folder / "large.csv").unlink()


@scenario
def schedules_on_sessions(stage: Stage) -> None:
    with_known_exchanges(stage)
    stage.jobs(
        BANK
        + DESK
        + session(0, 'at = "open"')
        + session(1, 'calendar = "desk"')
        + session(2, 'calendar = "desk"', 'at = "open"', 'every = "5m"')
        + session(3, 'calendar = "desk"', 'at = "noon"')
        + session(4, 'calendar = "desk"', 'at = "open-soon"')
        + session(5, 'calendar = "desk"', 'at = "open-0.5s"')
        + session(6, 'calendar = "desk"', 'at = "break_start"')
        + session(7, 'calendar = "bank"', 'at = "open"')
        + session(8, 'calendar = "desk"', 'every = "often"')
        + session(9, 'calendar = "desk"', 'every = "0s"')
        + session(10, 'calendar = "desk"', 'every = "1h"', 'from = "close"', 'until = "open"')
        + session(11, 'calendar = "desk"', 'at = "open"', "session_of_month = 0")
        + session(12, 'calendar = "desk"', 'at = "open"', "session_of_month = 30")
        + session(13, 'calendar = "desk"', 'at = "open"', "session_of_month = 1", "session_of_year = 1")
        + session(14, 'calendar = "desk"', 'at = "open"', 'nth_weekday = "third"')
        + daily(15, 'if_closed = "before"')
        + daily(16, 'calendar = "bank"', 'if_closed = "before"', "session_of_week = 1")
        + daily(17, 'calendar = "bank"', 'if_closed = "never"')
        + job(18, 'schedule_type = "cron"', 'cron = "0 9 * * *"', 'calendar = "bank"', 'if_closed = "after"')
        + daily(19, 'at = "open"')
        + job(20, 'schedule_type = "interval"', "interval_seconds = 5", 'calendar = "desk"', "jitter_seconds = 5")
    )
    stage.run("validate")


@scenario
def exchanges_without_their_library(stage: Stage) -> None:
    with stage.patch.context() as patched:
        patched.setattr("peak_console.calendars.book.version", lambda _library: "")
        patched.setattr("peak_console.calendars.dates.version", lambda _library: "")
        stage.jobs(
            BANK
            + '[calendars.us]\nbased_on = "XNYS"\nweekdays = ["mon"]\ntimezone = "UTC"\n'
            + '[calendars.days]\nweekdays = ["mon"]\ntimezone = "UTC"\nclosed_from = "days.ics"\n'
            + daily(1, 'calendar = "us"')
            + daily(2, 'calendar = "XNYS"')
            + daily(3, 'calendar = "bnak"')
        )
        stage.write("days.ics", "nothing")
        stage.run("validate")
        stage.ask("the names of all exchanges", lambda: exchange_names(None))
    for what, does in (
        ("a library that is broken", lambda *_, **__: subprocess.CompletedProcess([], 1, b"", b"ImportError: numpy")),
        ("a library that answers nothing", lambda *_, **__: subprocess.CompletedProcess([], 3, b"ok 9\nno", b"")),
        ("a library that does not end", _endless),
        ("no room for another process", failing(errno.EAGAIN)),
    ):
        with stage.patch.context() as patched:
            patched.setattr("subprocess.run", does)
            stage.ask(what, lambda: library.ask(["exchange XNYS"])[0])


def _endless(*_: Any, **__: Any) -> Any:
    raise subprocess.TimeoutExpired([], 1)


@scenario
def a_calendar_that_is_looked_at(stage: Stage) -> None:
    with_known_exchanges(stage)
    stage.jobs(BANK + 'until = "2026-01-09"\n' + daily(1, 'calendar = "bank"'))
    stage.run("sessions bank --from 2026-01-08 --to 2026-01-12")
    stage.run("sessions bank --from 2001-01-01 --to 2001-01-01")
    stage.run("sessions bank --from 2026-01-08 --to 2026-01-01")
    stage.run("sessions XNYX")
    stage.run("validate")
    with stage.patch.context() as patched:
        patched.setattr("peak_console.calendars.book.version", lambda _library: "")
        stage.run("sessions")
