"""Slots by example: what the documentation promises, moment by moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import islice

import pytest

from peak_console.schedule.model import JobSchedule
from peak_console.schedule.slots import (
    Pending,
    next_slot,
    pending,
    slots_between,
    upcoming,
)

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def daily(at: str, zone: str = BERLIN, days: tuple[str, ...] = ()) -> JobSchedule:
    return JobSchedule("daily", daily_time=at, timezone=zone, days=days)


def cron(expression: str, zone: str = BERLIN) -> JobSchedule:
    return JobSchedule("cron", cron=expression, timezone=zone)


def every(seconds: float) -> JobSchedule:
    return JobSchedule("interval", interval_seconds=seconds)


class TestDaylightSaving:
    @pytest.mark.parametrize(
        ("zone", "at", "start", "expected"),
        [
            # spring: clocks jump over the slot, which fires at the end of the gap
            (BERLIN, "02:30", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:30"]),
            (BERLIN, "02:00", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T00:00"]),
            (BERLIN, "03:00", "2026-03-28T12:00", ["2026-03-29T01:00", "2026-03-30T01:00"]),
            ("America/New_York", "02:59:59", "2026-03-07T18:00", ["2026-03-08T07:00", "2026-03-09T06:59:59"]),
            ("Australia/Lord_Howe", "02:15", "2026-10-03T04:00", ["2026-10-03T15:30", "2026-10-04T15:15"]),
            ("Asia/Beirut", "00:30", "2026-03-28T08:00", ["2026-03-28T22:00", "2026-03-29T21:30"]),
            ("America/Sao_Paulo", "00:00", "2018-11-03T12:00", ["2018-11-04T03:00", "2018-11-05T02:00"]),
            # 30 December 2011 never was in Apia: its slot falls together with midnight of the 31st
            ("Pacific/Apia", "09:00", "2011-12-29T12:00", ["2011-12-29T19:00", "2011-12-30T10:00"]),
            ("Pacific/Apia", "00:00", "2011-12-29T12:00", ["2011-12-30T10:00", "2011-12-31T10:00"]),
            # autumn: clocks show the slot twice, it fires the first time
            (BERLIN, "02:30", "2026-10-24T12:00", ["2026-10-25T00:30", "2026-10-26T01:30"]),
            ("America/New_York", "01:30", "2026-10-31T18:00", ["2026-11-01T05:30", "2026-11-02T06:30"]),
            ("Asia/Beirut", "23:30", "2026-10-24T08:00", ["2026-10-24T20:30", "2026-10-25T21:30"]),
        ],
    )
    def test_daily_slot_fires_once_and_never_early(self, zone: str, at: str, start: str, expected: list[str]) -> None:
        slots = islice(slots_between(daily(at, zone), utc(start), utc(start) + 9 * DAY), 2)
        assert list(slots) == [utc(text) for text in expected]

    @pytest.mark.parametrize("now", ["2026-10-25T00:30", "2026-10-25T00:45", "2026-10-25T01:30", "2026-10-25T02:00"])
    def test_slot_of_a_folded_hour_does_not_come_again_in_the_second_pass(self, now: str) -> None:
        assert next_slot(daily("02:30"), None, utc(now)) == utc("2026-10-26T01:30")

    @pytest.mark.parametrize(
        ("start", "expected"),
        [
            ("2026-10-18T12:00", ["2026-10-25T11:00", "2026-11-01T11:00"]),  # the last before the change was in summer
            ("2026-03-22T12:00", ["2026-03-29T10:00", "2026-04-05T10:00"]),
        ],
    )
    def test_a_week_in_which_clocks_are_changed_has_its_slot(self, start: str, expected: list[str]) -> None:
        schedule = cron("0 12 * * 0")
        for moment in (utc(start), utc(start) + 5 * DAY, utc(expected[0]) - timedelta(seconds=1)):
            first = next_slot(schedule, moment, moment)
            assert first == utc(expected[0])
            assert next_slot(schedule, first, first) == utc(expected[1])

    def test_cron_at_fixed_hours_folds_what_a_gap_skips_into_one_slot(self) -> None:
        slots = slots_between(cron("0,15,30 2,3 * * *"), utc("2026-03-29T00:00"), utc("2026-03-29T02:00"))
        assert list(slots) == [utc("2026-03-29T01:00"), utc("2026-03-29T01:15"), utc("2026-03-29T01:30")]

    def test_cron_at_fixed_hours_fires_once_in_a_fold(self) -> None:
        slots = slots_between(cron("0,30 2 * * *"), utc("2026-10-24T22:00"), utc("2026-10-25T03:00"))
        assert list(slots) == [utc("2026-10-25T00:00"), utc("2026-10-25T00:30")]

    @pytest.mark.parametrize("start", ["2026-03-28T22:10", "2026-10-24T22:10"])
    def test_cron_at_a_steady_pace_stays_steady_across_a_change(self, start: str) -> None:
        slots = list(slots_between(cron("*/30 * * * *"), utc(start), utc(start) + 6 * HOUR))
        assert slots == [utc(start) + timedelta(minutes=20 + 30 * number) for number in range(12)]

    def test_cron_by_real_time_has_no_slot_for_an_hour_that_is_skipped(self) -> None:
        assert next_slot(cron("*/20 2 * * *"), None, utc("2026-03-28T12:00")) == utc("2026-03-30T00:00")

    def test_naive_run_at_follows_the_same_rule(self) -> None:
        gap = JobSchedule("once", run_at=datetime(2026, 3, 29, 2, 30), timezone=BERLIN)
        fold = JobSchedule("once", run_at=datetime(2026, 10, 25, 2, 30, fold=1), timezone=BERLIN)
        assert next_slot(gap, None, NOW) == utc("2026-03-29T01:00")
        assert next_slot(fold, None, NOW) == utc("2026-10-25T00:30")


class TestNextSlot:
    def test_daily_job_first_seen_at_or_after_its_time_waits_for_tomorrow(self) -> None:
        assert next_slot(daily("15:00"), None, NOW) == NOW + DAY
        assert next_slot(daily("15:01"), None, NOW) == NOW + timedelta(minutes=1)

    def test_slot_that_nobody_decided_is_named_however_late(self) -> None:
        assert next_slot(daily("07:30"), utc("2026-11-20T06:30"), NOW) == utc("2026-11-21T06:30")

    def test_days_limit_a_daily_job_to_weekdays_of_its_own_zone(self) -> None:
        schedule = daily("00:30", "Asia/Tokyo", ("mon",))
        assert next_slot(schedule, None, utc("2026-11-18T00:00")) == utc("2026-11-22T15:30")  # a Sunday in UTC

    def test_leap_day_and_year_end(self) -> None:
        assert next_slot(cron("0 0 29 2 *", "UTC"), None, utc("2096-03-01T00:00")) == utc("2104-02-29T00:00")
        assert next_slot(daily("00:00", "UTC"), None, utc("2026-12-31T00:00")) == utc("2027-01-01T00:00")
        assert next_slot(daily("12:00", "UTC"), None, utc("2028-02-28T12:00")) == utc("2028-02-29T12:00")

    def test_interval_is_due_at_once_and_then_on_a_grid_without_drift(self) -> None:
        assert next_slot(every(3600), None, NOW) == NOW
        assert next_slot(every(3600), NOW - 5 * HOUR, NOW) == NOW - 4 * HOUR
        assert next_slot(every(0.1), NOW, NOW) == NOW + timedelta(milliseconds=100)

    def test_once_is_due_at_first_sight_and_never_again(self) -> None:
        assert next_slot(JobSchedule(), None, NOW) == NOW
        assert next_slot(JobSchedule(), NOW, NOW + DAY) is None

    def test_once_with_run_at_is_due_then_even_when_something_was_decided_before(self) -> None:
        at = datetime(2026, 12, 1, 9, tzinfo=timezone(HOUR))
        schedule = JobSchedule("once", run_at=at)
        assert next_slot(schedule, None, NOW) == utc("2026-12-01T08:00")
        assert next_slot(schedule, utc("2026-12-01T07:59"), NOW) == utc("2026-12-01T08:00")
        assert next_slot(schedule, utc("2026-12-01T08:00"), NOW) is None

    @pytest.mark.parametrize("schedule", [every(86400), daily("09:00", "UTC"), cron("* * * * *", "UTC")])
    def test_there_is_no_slot_beyond_the_calendar(self, schedule: JobSchedule) -> None:
        end = datetime.max.replace(tzinfo=UTC)
        assert next_slot(schedule, end, NOW) is None

    @pytest.mark.parametrize("text", ["@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually"])
    def test_shorthand_means_its_five_fields(self, text: str) -> None:
        expected = {
            "@hourly": "2026-11-23T15:00",
            "@daily": "2026-11-24T00:00",
            "@midnight": "2026-11-24T00:00",
            "@weekly": "2026-11-29T00:00",
            "@monthly": "2026-12-01T00:00",
            "@yearly": "2027-01-01T00:00",
            "@annually": "2027-01-01T00:00",
        }
        assert next_slot(cron(text.upper(), "UTC"), None, NOW) == utc(expected[text])


class TestPending:
    def test_nothing_is_pending_before_the_next_slot(self) -> None:
        assert pending(daily("15:00"), NOW, NOW + DAY - timedelta(microseconds=1)) is None
        assert pending(daily("15:00"), None, NOW) is None
        assert pending(JobSchedule(), NOW, NOW + DAY) is None

    def test_latest_may_be_later_on_the_clock_than_now_in_the_second_pass_of_a_fold(self) -> None:
        now = utc("2026-10-25T01:20")  # 02:20 for the second time
        folded = pending(cron("10,50 2 * * *"), utc("2026-10-24T12:00"), now)
        assert folded == Pending(utc("2026-10-25T00:50"), utc("2026-10-25T00:10"), 2)

    def test_latest_by_real_time_is_found_on_the_other_side_of_a_change(self) -> None:
        spring = pending(cron("0 */6 * * *"), utc("2026-03-28T12:00"), utc("2026-03-29T03:00"))
        assert spring == Pending(utc("2026-03-28T23:00"), utc("2026-03-28T17:00"), 2)
        autumn = pending(cron("*/40 2 * * *"), utc("2026-10-24T12:00"), utc("2026-10-25T00:59"))
        assert autumn == Pending(utc("2026-10-25T00:40"), utc("2026-10-25T00:00"), 2)

    def test_slot_is_due_at_its_very_instant(self) -> None:
        assert pending(daily("15:00"), NOW - DAY, NOW) == Pending(NOW, NOW, 1)

    def test_first_sight_makes_once_and_interval_due(self) -> None:
        assert pending(JobSchedule(), None, NOW) == Pending(NOW, NOW, 1)
        assert pending(every(60), None, NOW) == Pending(NOW, NOW, 1)

    def test_run_at_in_the_past_is_due_until_decided(self) -> None:
        schedule = JobSchedule("once", run_at=NOW - DAY)
        assert pending(schedule, None, NOW) == Pending(NOW - DAY, NOW - DAY, 1)
        assert pending(schedule, NOW - DAY, NOW) is None

    def test_a_thousand_years_of_an_interval_cost_one_division(self) -> None:
        folded = pending(every(1), NOW, NOW + 365_000 * DAY + timedelta(milliseconds=500))
        assert folded == Pending(NOW + 365_000 * DAY, NOW + timedelta(seconds=1), 365_000 * 86400)

    @pytest.mark.parametrize("years", [1, 50])
    def test_years_of_minutes_are_folded_without_walking_through_them(
        self, years: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from peak_console.schedule.wallclock import WallClock

        looks = 0
        original = WallClock.after

        def counting(self: WallClock, wall: int) -> int | None:
            nonlocal looks
            looks += 1
            return original(self, wall)

        monkeypatch.setattr(WallClock, "after", counting)
        folded = pending(cron("* * * * *"), NOW - years * 365 * DAY, NOW, limit=100)
        assert folded == Pending(NOW, NOW - years * 365 * DAY + timedelta(minutes=1), 100)
        assert looks < 300

    def test_clock_that_went_back_leaves_nothing_pending(self) -> None:
        assert pending(cron("* * * * *"), NOW + DAY, NOW) is None
        assert pending(every(60), NOW + DAY, NOW) is None


class TestUpcoming:
    def test_begins_with_the_latest_undecided_slot_that_is_due(self) -> None:
        assert upcoming(daily("14:00"), NOW - 3 * DAY, NOW, 3) == [NOW - HOUR, NOW + 23 * HOUR, NOW + 47 * HOUR]

    def test_is_strictly_later_than_now_when_everything_is_decided(self) -> None:
        assert upcoming(daily("15:00"), NOW, NOW, 2) == [NOW + DAY, NOW + 2 * DAY]
        assert upcoming(daily("15:00"), None, NOW, 1) == [NOW + DAY]

    def test_interval_keeps_its_grid(self) -> None:
        assert upcoming(every(3600), None, NOW, 2) == [NOW, NOW + HOUR]
        decided = NOW - HOUR / 2
        assert upcoming(every(3600), decided, NOW, 2) == [decided + HOUR, decided + 2 * HOUR]

    def test_once_comes_once(self) -> None:
        assert upcoming(JobSchedule(), None, NOW, 5) == [NOW]
        assert upcoming(JobSchedule(), NOW - DAY, NOW, 5) == []
        assert upcoming(JobSchedule("once", run_at=NOW + DAY), None, NOW, 5) == [NOW + DAY]

    def test_none_are_asked_for(self) -> None:
        assert upcoming(daily("15:00"), None, NOW, 0) == []
