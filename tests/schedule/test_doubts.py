from __future__ import annotations

import pytest

from peak_console.schedule.wallclock import ScheduleError, cron
from peak_console.schedule.wording.doubts import cron_doubts


@pytest.mark.parametrize(
    ("expression", "word"),
    [
        ("0 9 1-7 * MON", "matches either of them"),
        ("0 9 1 * 1", "matches either of them"),
        ("*/90 * * * *", "*/90 in the minute is its first value only"),
        ("0 */24 * * *", "*/24 in the hour is its first value only"),
        ("*/7 * * * *", "begins anew at 0"),
        ("0 0 */40 * *", "*/40 in the day-of-month"),
    ],
)
def test_what_seldom_means_what_its_writer_thinks_is_doubted(expression: str, word: str) -> None:
    [doubt] = cron_doubts(expression)
    assert word in doubt


@pytest.mark.parametrize(
    "expression", ["*/5 * * * *", "0 9 * * mon", "0 9 1 * *", "0 9 */2 * 1", "@daily", "0 */6 * * *", "0 9 * * mon#1"]
)
def test_what_is_plain_is_not_doubted(expression: str) -> None:
    assert cron_doubts(expression) == []


@pytest.mark.parametrize(
    ("expression", "instead"),
    [
        ("0 9 * * fri-mon", "fri-sat,sun-mon"),
        ("0 9 * * fri-sun", "fri-sat,sun"),
        ("0 9 * * 6-1", "6-7,0-1"),
        ("0 22-3 * * *", "22-23,0-3"),
        ("0 0 * nov-feb *", "nov-dec,jan-feb"),
    ],
)
def test_a_range_that_runs_backwards_says_what_to_write(expression: str, instead: str) -> None:
    with pytest.raises(ScheduleError, match=f"write {instead}"):
        cron(expression)
    cron(" ".join(instead if "-" in field else field for field in expression.split()))
