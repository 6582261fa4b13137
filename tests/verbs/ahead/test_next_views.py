"""``next --calendar`` and ``next --ics``."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import icalendar
import pytest

from peak_console.cli import main
from tests.support.exchanges import exchange

if TYPE_CHECKING:
    from pathlib import Path

JOBS = """\
[scheduler]
timezone = "America/New_York"
[[job]]
name = "signals; all"
command = "true"
schedule_type = "session"
calendar = "XNYS"
every = "3h"
[[job]]
name = "backup"
command = "true"
schedule_type = "daily"
daily_time = "23:00"
days = ["sat"]
"""


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange("XNYS")
    (tmp_path / "jobs.toml").write_text(JOBS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


def test_weeks_show_sessions_closed_days_half_days_and_how_many_slots_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--config", "jobs.toml", "next", "--calendar", "--from", "2026-12-21", "--to", "2027-01-03"]) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "XNYS MON TUE WED THU FRI SAT SUN",
        "2026-12-21 21 3× 22 3× 23 3× 24 early 2× 25 closed 26 closed 27 closed",
        "2026-12-28 28 3× 29 3× 30 3× 31 3× 1 closed 2 closed 3 closed",
        "OTHER JOBS MON TUE WED THU FRI SAT SUN",
        "2026-12-21 21 22 23 24 25 26 1× 27",
        "2026-12-28 28 29 30 31 1 2 1× 3",
    ]


def test_a_file_for_calendar_programs_has_the_slots_that_next_shows(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--config", "jobs.toml", "next", "--from", "2026-12-21", "--to", "2027-01-03", "--count", "0"]
    assert main([*words, "--json"]) == 0
    slots = {(each["job"], datetime.fromisoformat(each["slot"])) for each in json.loads(capsys.readouterr().out)}
    assert main([*words, "--ics"]) == 0
    events: list[Any] = icalendar.Calendar.from_ical(capsys.readouterr().out).walk("VEVENT")
    assert {(str(each["SUMMARY"]), each["DTSTART"].dt) for each in events} == slots
    assert len(events) == len(slots) == 25
    assert len({str(each["UID"]) for each in events}) == 25


def test_one_form_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--config", "jobs.toml", "next", "--calendar", "--ics"])
    assert "not allowed with" in capsys.readouterr().err
