"""Slots against the slow, obvious oracle, wherever clocks do something."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from peak_console.schedule.model import WEEKDAYS, JobSchedule
from peak_console.schedule.offsets import EPOCH
from peak_console.schedule.slots import ScheduleError, next_slot, pending, slots_between, validate
from peak_console.schedule.timetable import Timetable
from peak_console.schedule.wall_clock_kinds import CronKind
from tests.schedule.oracle import (
    MINUTE,
    SECOND,
    WINDOW,
    WINDOWS,
    CronExpression,
    Matches,
    change_in,
    cron_expressions,
    fires_as_shown,
    fires_once,
    readings,
)
from tests.support.properties import examples

windows = st.sampled_from(WINDOWS)
weekday_sets = st.sets(st.sampled_from(WEEKDAYS)).map(lambda days: tuple(sorted(days)))
# most times of day near the hours at which clocks change
times = st.one_of(
    st.builds(time, st.integers(0, 3), st.integers(0, 59)),
    st.builds(time, st.integers(0, 23), st.integers(0, 59)),
    st.sampled_from([time(0), time(1), time(2), time(2, 30), time(3), time(23, 30)]),
)


def daily_rule(at: time, days: tuple[str, ...]) -> Matches:
    return lambda wall: wall.time() == at and (not days or WEEKDAYS[wall.weekday()] in days)


def cron_oracle(expression: CronExpression, zone: str, start: datetime) -> list[datetime]:
    seen = readings(zone, start, WINDOW, MINUTE)
    if expression.as_shown:
        return list(fires_as_shown(expression.matches, seen))
    return list(fires_once(expression.matches, seen, MINUTE))


@examples(40)
@given(windows, times, weekday_sets)
def test_daily_slots_are_those_of_the_oracle(window: tuple[str, datetime], at: time, days: tuple[str, ...]) -> None:
    zone, start = window
    schedule = JobSchedule("daily", daily_time=f"{at:%H:%M}", days=days, timezone=zone)
    expected = list(fires_once(daily_rule(at, days), readings(zone, start, WINDOW, MINUTE), MINUTE))
    assert list(slots_between(schedule, start, start + WINDOW)) == expected


@examples(8)
@given(
    st.sampled_from(
        [
            ("Europe/Berlin", datetime(2026, 3, 29, 0, 30, tzinfo=UTC)),
            ("Europe/Berlin", datetime(2026, 10, 25, 0, tzinfo=UTC)),
            ("Australia/Lord_Howe", datetime(2026, 10, 3, 15, tzinfo=UTC)),
        ]
    ),
    st.builds(time, st.integers(1, 3), st.integers(0, 59), st.integers(1, 59)),
)
def test_daily_seconds_are_those_of_the_oracle(window: tuple[str, datetime], at: time) -> None:
    zone, start = window
    span = timedelta(hours=2)
    schedule = JobSchedule("daily", daily_time=f"{at:%H:%M:%S}", timezone=zone)
    expected = list(fires_once(daily_rule(at, ()), readings(zone, start, span, SECOND), SECOND))
    assert list(slots_between(schedule, start, start + span)) == expected


@examples(30)
@given(windows, cron_expressions())
def test_cron_slots_are_those_of_the_oracle(window: tuple[str, datetime], expression: CronExpression) -> None:
    zone, start = window
    schedule = JobSchedule("cron", cron=expression.text, timezone=zone)
    assert list(slots_between(schedule, start, start + WINDOW)) == cron_oracle(expression, zone, start)


@examples(25)
@given(
    cron_expressions(),
    st.datetimes(datetime(2023, 1, 1), datetime(2029, 1, 1)),
)
def test_cron_slots_in_utc_are_those_of_cronsim(expression: CronExpression, start: datetime) -> None:
    now = start.replace(tzinfo=UTC)
    schedule = JobSchedule("cron", cron=expression.text, timezone="UTC")
    expected = list(islice(CronSim(expression.text, now), 15))
    assert list(islice(slots_between(schedule, now, datetime.max.replace(tzinfo=UTC)), 15)) == expected


@examples(25)
@given(
    st.sampled_from(
        [
            "0 0 l * *",
            "0 0 lw * *",
            "30 7 * * 5l",
            "15 10 * * fri#2",
            "0 0 29 2 *",
            "0 12 1 1 *",
            "0 9 13 * fri",
            "*/7 * * * sun",
            "@weekly",
            "@monthly",
            "@yearly",
            "0 0 * 2 mon#5",
            "59 23 31 12 *",
            "5 4 * * 7",
        ]
    ),
    st.datetimes(datetime(2023, 1, 1), datetime(2029, 1, 1)),
    st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"]),
)
def test_cron_specialities_are_those_of_cronsim_in_either_direction(text: str, start: datetime, zone: str) -> None:
    now = start.replace(tzinfo=UTC)
    spelt = {"@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *"}.get(text, text)
    schedule = JobSchedule("cron", cron=text, timezone=zone)
    assert next_slot(schedule, None, now) == next(CronSim(spelt, now.astimezone(ZoneInfo(zone)))).astimezone(UTC)
    # cronsim steps back from the moment it is given, which itself counts as due here
    before = next(CronSim(spelt, (now + SECOND).replace(microsecond=0).astimezone(ZoneInfo(zone)), reverse=True))
    folded = pending(schedule, now - timedelta(days=366 * 45), now, limit=1)
    assert folded is not None
    assert folded.latest == before.astimezone(UTC)


@st.composite
def schedules(draw: st.DrawFn) -> tuple[JobSchedule, datetime, datetime]:
    """Any schedule with two moments, ascending, that often are close to where clocks jump in its zone."""
    zone, start = draw(windows)
    change = change_in(zone, start)
    anywhere = st.integers(0, 3 * 86_400_000).map(lambda ms: start + timedelta(milliseconds=ms))
    close = st.integers(-120, 120).map(lambda minutes: change + minutes * MINUTE)
    first, last = sorted((draw(st.one_of(anywhere, close)), draw(st.one_of(anywhere, close))))
    match draw(st.sampled_from(["daily", "cron", "interval", "once"])):
        case "daily":
            at, days = draw(times), draw(weekday_sets)
            schedule = JobSchedule("daily", daily_time=f"{at:%H:%M}", days=days, timezone=zone)
        case "cron":
            schedule = JobSchedule("cron", cron=draw(cron_expressions()).text, timezone=zone)
        case "interval":
            schedule = JobSchedule("interval", interval_seconds=draw(st.sampled_from([57.5, 60, 3600, 86400])))
        case _:
            wall = start.replace(tzinfo=None) + timedelta(minutes=draw(st.integers(0, 4320)))
            schedule = JobSchedule("once", run_at=wall, timezone=zone)
    return schedule, first, last


@examples(40)
@given(schedules(), st.integers(1, 40))
def test_pending_is_the_fold_of_every_slot_between(case: tuple[JobSchedule, datetime, datetime], limit: int) -> None:
    schedule, decided, now = case
    slots = list(slots_between(schedule, decided, now))
    folded = pending(schedule, decided, now, limit)
    if not slots:
        assert folded is None
        return
    assert folded is not None
    assert (folded.oldest, folded.latest) == (slots[0], slots[-1])
    assert folded.count == len(slots) if len(slots) <= limit else limit <= folded.count <= len(slots)


@examples(40)
@given(windows, cron_expressions(), st.integers(-180, 360))
def test_latest_pending_cron_slot_is_the_last_of_the_oracle(
    window: tuple[str, datetime], expression: CronExpression, minutes: int
) -> None:
    zone, start = window
    now = change_in(zone, start) + minutes * MINUTE
    slots = [slot for slot in cron_oracle(expression, zone, start) if slot <= now]
    folded = pending(JobSchedule("cron", cron=expression.text, timezone=zone), start, now, limit=1)
    assert (folded and folded.latest) == (slots[-1] if slots else None)


@examples(40)
@given(schedules(), st.booleans())
def test_next_slot_is_strictly_later_than_what_was_decided_and_skips_none(
    case: tuple[JobSchedule, datetime, datetime], is_behind: bool
) -> None:
    schedule, first, last = case
    decided, now = (first, last) if is_behind else (last, first)
    slot = next_slot(schedule, decided, now)
    if slot is None:
        assert schedule.type == "once"
        return
    assert slot > decided
    assert slot.tzinfo is UTC
    if schedule.type != "interval":  # its grid hangs on what was decided
        between = decided + (slot - decided) / 2
        assert next_slot(schedule, between, now) == slot
        assert next_slot(schedule, slot - timedelta(microseconds=1), now) == slot


def field_at_fault(schedule: JobSchedule) -> str | None:
    try:
        validate(schedule)
    except ScheduleError as error:
        return error.field
    return None


@examples(40)
@given(st.text(st.sampled_from("0123456789*/-,#@LlWwfrimon \t²é"), max_size=30))
def test_whatever_is_written_as_cron_is_either_refused_or_happens(text: str) -> None:
    schedule = JobSchedule("cron", cron=text, timezone="UTC")
    if field_at_fault(schedule) is None:
        assert next_slot(schedule, None, datetime(2026, 1, 1, tzinfo=UTC)) is not None
    else:
        assert field_at_fault(schedule) == "cron"


@examples(40)
@given(st.text("0123456789: +-.²٣é", max_size=9))
def test_whatever_is_written_as_a_time_of_day_is_either_refused_or_happens(text: str) -> None:
    schedule = JobSchedule("daily", daily_time=text, timezone="UTC")
    if field_at_fault(schedule) is None:
        assert next_slot(schedule, None, datetime(2026, 1, 1, tzinfo=UTC)) is not None
    else:
        assert field_at_fault(schedule) == "daily_time"


@examples(40)
@given(
    cron_expressions(),
    st.sampled_from(
        ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata"]
    ),
    st.datetimes(datetime(1970, 1, 3), datetime(2099, 12, 28)),
)
def test_far_from_any_change_of_clocks_the_short_way_leads_to_the_same_slot(
    expression: CronExpression, zone: str, moment: datetime
) -> None:
    table = CronKind(JobSchedule("cron", cron=expression.text, timezone=zone)).timetable()
    assert isinstance(table, Timetable)
    instant = moment.replace(tzinfo=UTC)
    table.after(instant)  # from here on it knows how far clocks are ahead around this day
    slot = table.after(instant)
    found = table._after((instant - EPOCH) // SECOND)
    assert slot == (None if found is None else EPOCH + found * SECOND)
