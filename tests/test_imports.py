"""What a start loads: nothing that it does not need, because cron starts it every few minutes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.headless.support import Program, programs, shell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LISTING = """\
import os, signal, sys, threading, time
before = set(sys.modules) - {{"threading"}}
del sys.modules["threading"]
from peak_console.cli import main
{meanwhile}
try:
    code = main(sys.argv[1:])
except SystemExit as left:
    code = left.code
print(*sorted(set(sys.modules) - before), file=open({file!r}, "w"))
sys.exit(code)
"""
TERMINATE = """\
def leave(wanted={wanted!r}):
    while not os.path.exists(wanted):
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGTERM)
threading.Thread(target=leave, daemon=True).start()
"""
WATCHER = "watchfiles._rust_notify"
ALWAYS_TOO_MUCH = {
    "apprise", "asyncio", "concurrent.futures", "cronsim", "ctypes", "dataclasses", "dotenv", "hashlib", "http",
    "inspect", "json", "logging", "multiprocessing", "pathlib", "pwd", "random", "requests", "rich", "shutil", "socket",
    "ssl", "subprocess", "tempfile", "textual", "threading", "traceback", "typing", "urllib.parse", WATCHER,
    "zoneinfo",
}  # fmt: skip
MOST_MODULES = 130
"""How many modules a real start with nothing due loads at the most; each costs some 0.2 ms."""
NO_SCREEN = {"textual", "rich", "asyncio"}


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    yield from programs(tmp_path)


def loaded(program: Program, *words: str, leave_after: str | None = None) -> set[str]:
    """Every module that a start of the program has loaded by its end; it leaves once a file exists."""
    listing = program.folder / "modules"
    wanted = str(program.folder / leave_after) if leave_after else ""
    code = LISTING.format(file=str(listing), meanwhile=TERMINATE.format(wanted=wanted) if leave_after else "")
    done = subprocess.run(
        [sys.executable, "-c", code, "--config", str(program.config), *words],
        cwd=program.folder, env=program.environ, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(listing.read_text(encoding="utf-8").split())


def names(modules: set[str], unwanted: set[str]) -> set[str]:
    """Those of ``unwanted`` that were loaded, or anything inside them."""
    return {name for name in unwanted for module in modules if module == name or module.startswith(f"{name}.")}


def test_a_cold_start_with_nothing_to_do_loads_the_least(program: Program) -> None:
    program.jobs(shell("tick", "true", 'schedule_type = "daily"\ndaily_time = "00:00"'))
    modules = loaded(program, "--headless", "--once", "--dry-run")
    assert names(modules, ALWAYS_TOO_MUCH) == set()
    ours = {module for module in modules if module.startswith("peak_console.")}
    assert names(ours, {f"peak_console.{part}" for part in ("tui", "alerts", "runs", "verbs", "api")}) == set()


def test_a_real_start_with_nothing_due_loads_little_more(program: Program) -> None:
    program.jobs(shell("tick", "true", 'schedule_type = "daily"\ndaily_time = "00:00"'))
    assert program.once().code == 0
    modules = loaded(program, "--headless", "--once")
    assert program.runs() == []
    assert names(modules, ALWAYS_TOO_MUCH | {"argparse", "gettext", "locale", "shlex"}) == set()
    ours = {module for module in modules if module.startswith("peak_console.")}
    parts = (
        "tui",
        "verbs",
        "api",
        "alerts.delivery",
        "alerts.judge",
        "setup",
        "cli_parser",
        "runs.local",
        "decisions.conditions",
    )
    engine = ("core", "startup", "one_shot", "dispatch", "supervision", "alerting", "upkeep", "registry_loss")
    unwanted = {f"peak_console.{part}" for part in (*parts, *(f"engine.{part}" for part in engine))}
    assert names(ours, unwanted) == set()
    assert len(modules) <= MOST_MODULES


def test_a_start_whose_calendars_are_known_and_far_from_their_end_loads_no_engine(program: Program) -> None:
    bank = '[calendars.bank]\nweekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]\ntimezone = "UTC"\n'
    job = shell("tick", "true", 'schedule_type = "daily"\ndaily_time = "00:00"\ncalendar = "bank"')
    program.jobs(bank + job)
    assert program.once().code == 0
    engine = {"peak_console.engine.core", "peak_console.engine.startup", "peak_console.engine.dispatch"}
    assert names(loaded(program, "--headless", "--once"), engine) == set()
    program.jobs(bank + 'closed = ["9999-01-01"]\nextra_sessions = []\n'.replace("9999", "2099") + job)
    assert names(loaded(program, "--headless", "--once"), engine) != set()


def test_a_dry_run_of_what_is_due_stays_small_too(program: Program) -> None:
    program.jobs(shell("setup", "true"))
    assert program.once().code == 0
    program.jobs(shell("setup", "true") + shell("more", "true"))
    modules = loaded(program, "--once", "--dry-run")
    assert names(modules, ALWAYS_TOO_MUCH) == set()


def test_a_cron_schedule_loads_its_reader_and_a_zone_its_library(program: Program) -> None:
    program.jobs(shell("tick", "true", 'schedule_type = "cron"\ncron = "@daily"'), 'timezone = "Europe/Berlin"')
    modules = loaded(program, "--once", "--dry-run")
    assert {"peak_console.schedule.cron", "zoneinfo"} <= modules
    assert "cronsim" not in modules
    assert names(modules, NO_SCREEN | {"apprise", "subprocess", "logging"}) == set()


def test_a_start_that_runs_something_needs_neither_screen_nor_alerts_nor_a_watcher(program: Program) -> None:
    program.jobs(shell("setup", "true"))
    modules = loaded(program, "--once")
    assert [run.outcome for run in program.runs()] == ["succeeded"]
    assert names(modules, NO_SCREEN | {"apprise", WATCHER, "dotenv", "subprocess", "logging", "random"}) == set()
    assert "peak_console.alerts.delivery" not in modules


def test_a_resident_engine_needs_no_screen_and_without_channels_no_delivery(program: Program) -> None:
    program.jobs(shell("setup", "touch {folder}/ran; exit 1"))
    modules = loaded(program, "--headless", leave_after="ran")
    assert WATCHER in modules
    assert names(modules, NO_SCREEN | {"apprise", "watchfiles.main", "subprocess", "logging"}) == set()
    assert "peak_console.alerts.delivery" not in modules
    assert not any(module.startswith("peak_console.tui") for module in modules)


@pytest.mark.parametrize(
    "words", [("--version",), ("jobs",), ("runs",), ("status", "--line"), ("next", "--count", "3")]
)
def test_verbs_load_no_screen(program: Program, words: tuple[str, ...]) -> None:
    program.jobs(shell("setup", "true"))
    modules = loaded(program, *words)
    assert names(modules, NO_SCREEN | {"apprise", WATCHER}) == set()


@pytest.mark.parametrize("verb", ["jobs", "next", "runs", "status"])
def test_a_verb_that_shows_something_loads_neither_a_screen_nor_an_engine(program: Program, verb: str) -> None:
    program.jobs(shell("tick", "true", 'schedule_type = "daily"\ndaily_time = "00:00"'))
    assert program.once().code == 0
    modules = loaded(program, verb)
    assert names(modules, NO_SCREEN | {"apprise", "dataclasses", "inspect", "logging", "subprocess", WATCHER}) == set()
    ours = {module for module in modules if module.startswith("peak_console.")}
    assert (
        names(ours, {f"peak_console.{part}" for part in ("tui", "engine.core", "runs.local", "setup", "api")}) == set()
    )
