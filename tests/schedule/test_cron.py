"""Cron expressions against cronsim: what is accepted, what is refused and why, and which days are meant."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cronsim import CronSim, CronSimError
from hypothesis import given
from hypothesis import strategies as st

from peak_console.schedule import wallclock
from peak_console.schedule.offsets import EPOCH
from peak_console.schedule.wallclock import ScheduleError
from tests.support.properties import examples

YEAR = datetime(2027, 1, 1, tzinfo=UTC)
LEAP_YEAR = datetime(2028, 1, 1, tzinfo=UTC)

numbers = st.one_of(st.integers(0, 8), st.integers(0, 62)).map(str)
words = st.one_of(
    numbers, st.sampled_from(["*", "mon", "sun", "sat", "jan", "dec", "l", "lw", "5l", "7l", "fri#5", ""])
)
spans = st.one_of(words, st.builds("{}-{}".format, words, words))
terms = st.one_of(spans, st.builds("{}/{}".format, spans, words), st.builds("{}#{}".format, words, words))
fields = st.lists(terms, min_size=1, max_size=3).map(",".join).filter(bool)
likely = st.one_of(st.just("*"), st.integers(1, 6).map(str), fields)


def as_cronsim(text: str, start: datetime, count: int) -> list[datetime] | str:
    """The first moments, or which field is wrong."""
    try:
        found = CronSim(text, start)
    except CronSimError as error:
        return str(error).removeprefix("Bad ")
    return [moment for _, moment in zip(range(count), found, strict=False)]


def as_ours(text: str, start: datetime, count: int) -> list[datetime] | str:
    try:
        rule = wallclock.cron(text)
    except ScheduleError as error:
        return [] if "never happens" in str(error) else str(error).rpartition(" bad ")[2].partition(";")[0]
    found: list[datetime] = []
    wall = int(start.timestamp())
    while len(found) < count and (later := rule.after(wall)) is not None:
        wall = later
        found.append(datetime.fromtimestamp(wall, UTC))
    return found


@examples(80)
@given(st.tuples(likely, likely, likely, likely, likely).map(" ".join), st.sampled_from([YEAR, LEAP_YEAR]))
def test_any_expression_is_read_or_refused_as_by_cronsim(text: str, start: datetime) -> None:
    assert as_ours(text, start, 5) == as_cronsim(text, start, 5)


@pytest.mark.parametrize(
    "text",
    [
        "0 0 l * *", "0 0 lw * *", "0 0 l/2 * *", "0 0 15,l * *", "0 0 lw,1 * mon", "0 0 */10 * 1", "0 0 10 * */2",
        "0 0 * * 0l", "0 0 * * 7l,3l", "0 0 * * sun#1,7#5", "0 0 3-3/9 * *", "0 0 * * 5/1", "0 0 29-31 2,4 *",
        "0 0 31 2 1", "59 23 31 12 *", "*/7,3 1/5 * * *", "0 0 * 2 mon#5",
    ],
)  # fmt: skip
def test_days_of_years_are_those_of_cronsim(text: str) -> None:
    ours = as_ours(text, YEAR, 40)
    assert ours == as_cronsim(text, YEAR, 40)
    assert ours


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("60 * * * *", "minute"), ("* 24 * * *", "hour"), ("* * 0 * *", "day-of-month"), ("* * * 13 *", "month"),
        ("* * * * 8", "day-of-week"), ("*/0 * * * *", "minute"), ("5-3 * * * *", "minute"), ("1,,2 * * * *", "minute"),
        ("* * * jan-1x *", "month"), ("* * * * fri-mon", "day-of-week"), ("* * * * mon#6", "day-of-week"),
        ("* * * * fril", "day-of-week"), ("* * l-2 * *", "day-of-month"), ("* * 31 2,4,6 *", "day-of-month"),
        ("¹ * * * *", "minute"), ("* * * mon *", "month"), ("l * * * *", "minute"), ("* * l/0 * *", "day-of-month"),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_read_is_named(text: str, field: str) -> None:
    with pytest.raises(ScheduleError, match=f"cannot be read: bad {field}; write "):
        wallclock.cron(text)
    assert as_cronsim(text, YEAR, 1) == field


def test_moments_before_1970_are_found_too() -> None:
    wall = int((datetime(1904, 2, 28, 12, tzinfo=UTC) - EPOCH).total_seconds())
    rule = wallclock.cron("30 6 29 2 *")
    assert rule.after(wall) == wall + 18 * 3600 + 1800
    assert rule.until(wall) == int((datetime(1896, 2, 29, 6, 30, tzinfo=UTC) - EPOCH).total_seconds())
