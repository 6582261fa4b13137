from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from peak_console.alerts import wording


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (None, "no exit code"),
        (2, "exit code 2"),
        (137, "exit code 137 (SIGKILL)"),
        (-15, "exit code -15 (SIGTERM)"),
        (255, "exit code 255"),
    ],
)
def test_exit_code_names_the_signal_it_stands_for(code: int | None, text: str) -> None:
    assert wording.exit_code(code) == text


def test_moment_leaves_out_the_date_on_the_same_day_of_the_zone() -> None:
    now = datetime(2025, 3, 4, 22, 30, tzinfo=UTC)
    late = datetime(2025, 3, 4, 23, 30, tzinfo=UTC)
    assert wording.moment(late, now, None) == "23:30:00 UTC"
    assert wording.moment(late, now, ZoneInfo("Europe/Berlin")) == "2025-03-05 00:30:00 CET"
    assert wording.moment(late, late, ZoneInfo("Europe/Berlin")) == "00:30:00 CET"


def test_tail_keeps_the_last_lines_and_cuts_long_ones() -> None:
    lines = ["first", *(f"line {n}" for n in range(10)), "", "  ", ""]
    assert wording.tail(lines) == [f"line {n}" for n in range(10)]
    assert wording.tail(["", "x" * 301]) == ["x" * 299 + "…"]
    assert wording.tail(["", ""]) == []


def test_names_beyond_ten_are_counted() -> None:
    jobs = [f"j{n}" for n in range(12)]
    assert wording.names(jobs[:10]) == "j0, j1, j2, j3, j4, j5, j6, j7, j8, j9"
    assert wording.names(jobs).endswith("j9 and 2 more")
