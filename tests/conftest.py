"""What must hold before any test imports Textual: the screen looks the same whoever runs the tests, and where."""

from __future__ import annotations

import gc
import os
import signal
import sqlite3
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from peak_console.store.database import Database
from tests.support import bytecode

if TYPE_CHECKING:
    from collections.abc import Iterator

for ambient in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM", "TEXTUAL_FPS", "TEXTUAL_DEBUG", "COLORFGBG"):
    os.environ.pop(ambient, None)
os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ["COLORTERM"] = "truecolor"
# Compiling the tests for each worker, and the program for each of its hundreds of starts, took a fifth of the time.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Where tests are started in the background these are ignored, and so they were in all that the tests start.
for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)

# Properties try the same examples each time and go by no clock; ``--hypothesis-profile=thorough`` looks for new ones.
LENIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
settings.register_profile("suite", LENIENT, max_examples=50, derandomize=True)
settings.register_profile("thorough", LENIENT, max_examples=2000)
settings.load_profile("suite")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    bytecode.make(config.args)


def pytest_collection_finish() -> None:
    """What collecting has loaded stays: to look through it again and again took an eighth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.fixture(autouse=True)
def _connections_end_with_their_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test has opened and left open is closed after it: from Python 3.13 on, that is a warning else."""
    opened: list[Database] = []
    connect = Database._connect

    def connect_and_remember(database: Database, read_only: bool) -> None:
        opened.append(database)
        connect(database, read_only)

    monkeypatch.setattr(Database, "_connect", connect_and_remember)
    yield
    for database in opened:
        with suppress(AttributeError, sqlite3.ProgrammingError):  # never opened; another thread's, which has ended
            database._connection.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests have counted (``record_property("counts", …)``), whichever process they ran in."""
    reports = [
        report for kind in terminalreporter.stats.values() for report in kind if isinstance(report, pytest.TestReport)
    ]
    counts = [str(value) for report in reports for name, value in report.user_properties if name == "counts"]
    if counts:
        terminalreporter.section("what was counted")
        for line in sorted(set(counts)):
            terminalreporter.write_line(line)
