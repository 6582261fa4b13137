"""Tables that no definition could make, held against what the program reads, writes and reports."""

from __future__ import annotations

import re
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.engine.dispatch.output_preparation import EARLY_SECONDS, FEWEST
from peak_console.store import private
from peak_console.tui.state.successor import Successor
from tests.docs.contract import RUN_VARIABLES, VARIABLES
from tests.docs.pages import DOCS, ROOT
from tests.headless.support import Program, programs, shell
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STATE_PAGE = (DOCS / "state.md").read_text(encoding="utf-8")
CLUMSY = "mkdir -p $PEAK_CONSOLE_STATE_DIR/runs/$PEAK_RUN_ID/exit_status/mine; echo a; sleep 0.5; echo b > /dev/stdout"
"""Stands in the way of its own end, and deletes what it has printed."""
LOUD = "head -c 300000 /dev/zero | tr '\\0' x; env | grep ^PEAK_ >&2; exit 1"


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    yield from programs(tmp_path)


def told_files() -> list[str]:
    """The paths in the page's table, as patterns."""
    table = STATE_PAGE.partition("| path |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return [re.sub(r"<\w+>", "*", path) for cell in cells for path in re.findall(r"`([^`]+)`", cell)]


def files_in(folder: Path) -> set[Path]:
    return {path.relative_to(folder) for path in folder.rglob("*") if path.is_file() or path.is_fifo()}


def is_called(path: Path, pattern: str) -> bool:
    return path.match(pattern) and len(path.parts) == pattern.count("/") + 1


def leave_engine_behind(program: Program) -> None:
    """As a console does that keeps scheduling in the background; and end that engine."""
    options = Namespace(
        config=str(program.config), poll_interval=30.0, include_tags="loud", exclude_tags=None, no_registry=False,
        no_alerts=True,
    )  # fmt: skip
    Successor(options, str(program.state)).dismiss()


def test_every_file_of_the_state_directory_is_on_its_page_and_the_other_way_round(program: Program) -> None:
    slot = (datetime.now(UTC) + timedelta(seconds=EARLY_SECONDS)).isoformat()
    later = f'schedule_type = "once"\nrun_at = {slot}'  # places are made ahead for so many
    coming = [shell(f"later {number}", "true", later) for number in range(FEWEST + 1)]
    loud = shell("loud", LOUD, 'tags = ["loud"]\nmax_output_bytes = 100000')
    program.jobs(loud + shell("clumsy", CLUMSY, 'tags = ["loud"]') + "".join(coming))
    assert program.once(PEAK_CONSOLE_ALERT_URLS="json://127.0.0.1:9/nobody").code == 3
    (program.state / "registry.db").write_bytes(b"damaged" * 1000)
    program.once()
    engine = program.headless()
    engine.shows("engine started")
    wait_until(lambda: list(program.state.glob("runs/*/spare")), "a place that was made ahead")
    assert engine.leave() == 0
    private.keep(str(program.state), {"top_n": 10})  # while no engine is there that would remove it
    there = files_in(program.state)
    leave_engine_behind(program)
    engine = program.headless("--exclude-tags", "loud")
    there |= files_in(program.state)
    told = told_files()
    assert [path for path in there if not any(is_called(path, each) for each in told)] == []
    assert [each for each in told if not any(is_called(path, each) for path in there)] == []
    assert engine.leave() == 0


def test_a_run_is_told_what_the_reference_says(program: Program) -> None:
    program.jobs(shell("teller", "env", 'mode = "paper"\narray = "0"'))
    program.once()
    printed = (program.state / "runs" / "2" / "stdout.log").read_text(encoding="utf-8")
    told = set(re.findall(r"^(PEAK_\w+|PYTHONUNBUFFERED)=", printed, re.MULTILINE))
    assert told == set(RUN_VARIABLES)


def test_every_variable_of_ours_that_the_source_names_is_in_the_reference() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "peak_console").rglob("*.py"))
    assert set(re.findall(r"\"(PEAK_[A-Z_]+)\"", source)) == {
        name for name in (*VARIABLES, *RUN_VARIABLES) if name.startswith("PEAK_")
    }


def test_the_events_of_the_json_report_have_the_fields_of_the_reference(program: Program) -> None:
    page = (DOCS / "command-line.md").read_text(encoding="utf-8")
    table = page.partition("| event |")[2].partition("\n\n")[0]
    told = {
        name: re.findall(r"`(\w+)`", columns)
        for name, columns in re.findall(r"^\| `(\w+)` \| (.*?) \|", table, re.MULTILINE)
    }
    program.jobs(shell("note", "echo noted"))
    seen = program.once("--log-format", "json").objects
    assert {each["event"] for each in seen} == {"EngineStarted", "RunStarted", "RunFinished", "EngineStopped"}
    for each in seen:
        assert list(each) == ["time", "level", "event", "message", *told[each["event"]]]
