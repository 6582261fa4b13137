"""Files of days: CSV, and iCalendar against the events that it was written from."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.calendars.dates import DatesError, closed_days
from peak_console.calendars.ics import DAY, UTC_TIME, WALL, Event, events, read_lines
from tests.support.properties import examples

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = date(1970, 1, 1).toordinal()
YEAR = datetime.now(UTC).year
RELAXED = examples(15)


def number(text: str) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH


def written(path: Path, *entries: dict[str, Any]) -> list[Event]:
    calendar = icalendar.Calendar()
    for entry in entries:
        event = icalendar.Event()
        for key, value in entry.items():
            event.add(key, value)
        calendar.add_component(event)
    path.write_bytes(calendar.to_ical())
    return read_lines(events(str(path)).decode())


@given(st.lists(st.tuples(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(1, 9)), max_size=20))
@RELAXED
def test_whole_days(tmp_path: Path, spans: list[tuple[date, int]]) -> None:
    entries = [
        {"uid": str(n), "dtstart": day, "dtend": day + timedelta(length), "summary": "a\nb"}
        for n, (day, length) in enumerate(spans)
    ]
    found = written(tmp_path / "days.ics", *entries)
    assert sorted((each.start, each.end) for each in found) == sorted(
        (day.toordinal() - EPOCH, day.toordinal() - EPOCH + length) for day, length in spans
    )
    assert {each.kind for each in found} <= {DAY}


@given(
    st.datetimes(datetime(2021, 1, 1), datetime(2029, 12, 31)).map(lambda at: at.replace(microsecond=0)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", None]),
    st.integers(0, 100_000),
)
@RELAXED
def test_times_of_day(tmp_path: Path, start: datetime, name: str | None, seconds: int) -> None:
    at = start if name is None else start.replace(tzinfo=ZoneInfo(name))
    found = written(tmp_path / "times.ics", {"uid": "a", "dtstart": at, "duration": timedelta(seconds=seconds)})
    instant = at.replace(tzinfo=UTC) if name is None else at.astimezone(UTC)
    assert [(each.start, each.end) for each in found] == [
        (int(instant.timestamp()), int(instant.timestamp()) + seconds)
    ]
    assert found[0].kind == (WALL if name is None else UTC_TIME)


def test_what_repeats_is_followed(tmp_path: Path) -> None:
    found = written(
        tmp_path / "a.ics",
        {"uid": "c", "dtstart": date(YEAR, 12, 25), "rrule": {"freq": "yearly"}, "summary": "Christmas"},
        {
            "uid": "w", "dtstart": datetime(YEAR, 3, 20, 9, tzinfo=ZoneInfo("Europe/Berlin")),
            "duration": timedelta(hours=1), "rrule": {"freq": "weekly", "count": 3},
            "exdate": datetime(YEAR, 3, 27, 9, tzinfo=ZoneInfo("Europe/Berlin")),
        },
    )  # fmt: skip
    years = [date.fromordinal(each.start + EPOCH) for each in found if each.kind == DAY]
    assert years == [date(YEAR + n, 12, 25) for n in range(11)]
    assert all(each.is_endless for each in found if each.kind == DAY)
    weeks = [datetime.fromtimestamp(each.start, ZoneInfo("Europe/Berlin")) for each in found if each.kind == UTC_TIME]
    assert [at.replace(tzinfo=None) for at in weeks] == [datetime(YEAR, 3, 20, 9), datetime(YEAR, 4, 3, 9)]


def test_an_occurrence_that_was_moved_counts_where_it_is_now_and_a_cancelled_event_nowhere(tmp_path: Path) -> None:
    start = datetime(YEAR, 5, 4, 9, tzinfo=UTC)
    moved = datetime(YEAR, 5, 12, 9, tzinfo=UTC)
    found = written(
        tmp_path / "a.ics",
        {"uid": "w", "dtstart": start, "duration": timedelta(hours=1), "rrule": {"freq": "weekly", "count": 3}},
        {
            "uid": "w", "dtstart": moved, "duration": timedelta(hours=1),
            "recurrence-id": datetime(YEAR, 5, 11, 9, tzinfo=UTC),
        },
        {"uid": "x", "dtstart": start, "status": "CANCELLED"},
    )  # fmt: skip
    assert [datetime.fromtimestamp(each.start, UTC) for each in found] == [
        start, moved, datetime(YEAR, 5, 18, 9, tzinfo=UTC),
    ]  # fmt: skip


def test_a_rule_with_an_end_ends_there(tmp_path: Path) -> None:
    until = datetime(YEAR, 1, 20, 23, tzinfo=UTC)
    found = written(
        tmp_path / "a.ics",
        {"uid": "w", "dtstart": datetime(YEAR, 1, 5, 9, tzinfo=ZoneInfo("America/New_York")),
         "rrule": {"freq": "weekly", "until": until}},
        {"uid": "d", "dtstart": date(YEAR, 1, 5), "rrule": {"freq": "daily", "until": date(YEAR, 1, 7)}},
    )  # fmt: skip
    assert len([each for each in found if each.kind == UTC_TIME]) == 3
    assert len([each for each in found if each.kind == DAY]) == 3
    assert not any(each.is_endless for each in found)


@pytest.mark.parametrize(
    "content", [b"", b"nothing", b"BEGIN:VEVENT\n", b"BEGIN:VCALENDAR\nEND:VCALENDAR", b"\xff\xfe"]
)
def test_rubbish_is_no_traceback(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.ics"
    path.write_bytes(content)
    found: list[int] | str
    try:
        found = closed_days(str(path), content, None)
    except DatesError as error:
        found = str(error)
    assert found == [] or str(path) in str(found)


def test_whole_day_events_are_closed_days(tmp_path: Path) -> None:
    path = tmp_path / "a.ics"
    written(path, {"uid": "a", "dtstart": date(2026, 12, 24), "dtend": date(2026, 12, 27)},
            {"uid": "b", "dtstart": datetime(2026, 12, 29, 9, tzinfo=UTC), "duration": timedelta(hours=1)})  # fmt: skip
    content = path.read_bytes()
    state = tmp_path / "state"
    state.mkdir()
    for _ in range(2):  # asked, and then kept
        assert closed_days(str(path), content, str(state)) == [number(f"2026-12-{day}") for day in (24, 25, 26)]
    assert len(list((state / "calendars").iterdir())) == 1


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-24\n2026-12-25\n",
        "date,name\n2026-12-24,Eve\n2026-12-25,Day\n",
        "\ufeffDate;Name\n2026-12-24;Eve\n2026-12-25;Day\n",
        "# ours\nname,date\nEve,2026-12-24\n\nDay,2026-12-25\n",
        '"2026-12-24"\r\n"2026-12-25"\r\n',
    ],
)
def test_a_csv_of_days(text: str) -> None:
    assert closed_days("a.csv", text.encode(), None) == [number("2026-12-24"), number("2026-12-25")]


@pytest.mark.parametrize(("text", "place"), [("2026-12-24\n24.12.2026\n", ":2: "), ("name\nx\n", ":1: ")])
def test_what_is_no_date_is_named_with_its_line(text: str, place: str) -> None:
    with pytest.raises(DatesError, match=f"a.csv{place}"):
        closed_days("a.csv", text.encode(), None)
