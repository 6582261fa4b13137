"""Schedules that can never work are refused, and each has a fingerprint of its own."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from peak_console.errors import PeakConsoleError
from peak_console.schedule.model import JobSchedule
from peak_console.schedule.slots import (
    ScheduleError,
    fingerprint,
    kind_of,
    next_slot,
    pending,
    validate,
)
from tests.schedule.test_slots import BERLIN, HOUR, NOW, cron, daily, every


class TestValidate:
    @pytest.mark.parametrize(
        "schedule",
        [
            JobSchedule(),
            JobSchedule("once", run_at=datetime(2026, 12, 1, 9)),
            every(1),
            every(0.25),
            daily("7:30"),
            daily("07:30:59"),
            daily("23:59", days=("sun", "mon", "sun")),
            JobSchedule("daily", daily_time="00:00"),
            cron("*/5 9-17 * * mon-fri"),
            cron("  0 0   L * * "),
            cron("0 0 29 feb *"),
        ],
    )
    def test_accepts(self, schedule: JobSchedule) -> None:
        validate(schedule)

    @pytest.mark.parametrize(
        ("values", "field", "message"),
        [
            ({"type": "dayly"}, "type", 'schedule_type "dayly" is unknown; use once, interval, daily, cron'),
            ({"type": "interval"}, "interval_seconds", "is missing"),
            ({"type": "daily"}, "daily_time", "is missing"),
            ({"type": "cron"}, "cron", "is missing"),
            ({"type": "daily", "daily_time": 730}, "daily_time", "730 is not a text"),
            ({"type": "cron", "cron": ["0 * * * *"]}, "cron", "is not a text; put it in quotes"),
            ({"type": "daily", "daily_time": "07:30", "days": ("monday",)}, "days", 'weekday "monday"; use mon, tue,'),
            ({"type": "once", "timezone": "Europe/Berln"}, "timezone", 'did you mean "Europe/Berlin"?'),
            ({"type": "daily", "daily_time": "07:30", "timezone": ""}, "timezone", 'unknown time zone ""'),
            ({"type": "once", "timezone": 3}, "timezone", "3 is not a name"),
            ({"type": "once", "run_at": date(2026, 12, 1)}, "run_at", "is not a date with a time"),
            ({"type": "once", "run_at": datetime.max, "timezone": "America/New_York"}, "run_at", "too far away"),
            (
                {"type": "cron", "cron": "61 * * * *"},
                "cron",
                (
                    'cron "61 * * * *" cannot be read: bad minute; write *, numbers, lists (1,5), '
                    "ranges (1-5), steps (*/5), and days that the months have"
                ),
            ),
            ({"type": "cron", "cron": "* * * *"}, "cron", "five fields"),
            ({"type": "cron", "cron": "0 * * * * *"}, "cron", "five fields"),
            ({"type": "cron", "cron": "@dayly"}, "cron", 'did you mean "@daily"?'),
            ({"type": "cron", "cron": "@dawn"}, "cron", "known are @hourly, @daily"),
            ({"type": "cron", "cron": "@reboot"}, "cron", "no schedule for a boot"),
            ({"type": "cron", "cron": "@every 5m"}, "cron", "interval_seconds = 300 "),
            ({"type": "cron", "cron": "@Every 1h30m"}, "cron", "interval_seconds = 5400 "),
            ({"type": "cron", "cron": "@every"}, "cron", "interval_seconds = the seconds"),
            ({"type": "cron", "cron": "@every_minute"}, "cron", "write * * * * *"),
            ({"type": "cron", "cron": "0 0 31 2 *"}, "cron", "day-of-month"),
            ({"type": "cron", "cron": "9" * 5000 + " * * * *"}, "cron", "five fields"),
            ({"type": "cron", "cron": "\x1b[31m* *"}, "cron", 'cron "* *" must'),
        ],
    )
    def test_names_the_field_at_fault_and_what_is_wrong(self, values: dict[str, Any], field: str, message: str) -> None:
        with pytest.raises(ScheduleError) as caught:
            validate(JobSchedule(**values))
        assert caught.value.field == field
        assert message in str(caught.value)
        assert len(str(caught.value)) < 300
        if values["type"] in ("daily", "cron"):
            with pytest.raises(ScheduleError) as again:
                next_slot(JobSchedule(**values), None, NOW)
            assert str(again.value) == str(caught.value)

    @pytest.mark.parametrize(
        "text",
        ["25:00", "24:00", "0730", "07:60", "07:30:60", "", "7", "7:3", "07:30:1", "-1:30", "+7:30", " 07:30", "07:30 ",
         "٠٧:٣٠", "07:30:00:00", "007:30"],
    )  # fmt: skip
    def test_refuses_what_is_not_a_time_of_day(self, text: str) -> None:
        with pytest.raises(ScheduleError, match="is not a time of day; write HH:MM or HH:MM:SS"):
            validate(daily(text))

    @pytest.mark.parametrize("seconds", [0, -1, 1e-9, math.nan, math.inf, -math.inf, 1e300, 10**400, True, "60"])
    def test_refuses_what_is_not_a_length_of_time(self, seconds: Any) -> None:
        with pytest.raises(ScheduleError, match="interval_seconds must be a number greater than 0") as caught:
            validate(every(seconds))
        assert caught.value.field == "interval_seconds"

    def test_error_is_one_of_ours_and_a_value_error(self) -> None:
        assert issubclass(ScheduleError, PeakConsoleError)
        assert issubclass(ScheduleError, ValueError)


class TestFingerprint:
    SAME = (
        (daily("7:30"), daily("07:30:00")),
        (daily("07:30", days=("wed", "mon")), daily("07:30", days=("mon", "wed", "mon"))),
        (daily("07:30"), daily("07:30", days=("mon", "tue", "wed", "thu", "fri", "sat", "sun"))),
        (daily("07:30", "UTC"), daily("07:30", "Etc/UTC")),
        (cron("0 0 * * MON"), cron(" 0 0  * * mon")),
        (cron("@daily"), cron("0 0 * * *")),
        (every(60), every(60.0)),
        (every(60), JobSchedule("interval", interval_seconds=60, timezone=BERLIN)),
        (JobSchedule("once", run_at=NOW), JobSchedule("once", run_at=NOW.astimezone(timezone(HOUR)))),
        (daily("07:30"), JobSchedule("daily", daily_time="07:30", timezone=BERLIN, last_run_at=NOW, next_run_at=NOW)),
    )
    DIFFERENT = (
        daily("07:30"),
        daily("07:31"),
        daily("07:30:01"),
        daily("07:30", "UTC"),
        daily("07:30", days=("mon",)),
        daily("07:30", days=("tue",)),
        cron("30 7 * * *"),
        cron("30 7 * * *", "UTC"),
        cron("30 7 * * mon"),
        every(60),
        every(60.5),
        JobSchedule(),
        JobSchedule("once", run_at=NOW),
        JobSchedule("once", run_at=NOW.replace(tzinfo=None), timezone=BERLIN),
    )

    @pytest.mark.parametrize(("one", "other"), SAME)
    def test_is_equal_for_the_same_moments(self, one: JobSchedule, other: JobSchedule) -> None:
        assert fingerprint(one) == fingerprint(other)

    def test_differs_for_other_moments(self) -> None:
        prints = {fingerprint(schedule) for schedule in self.DIFFERENT}
        assert len(prints) == len(self.DIFFERENT)
        assert all(len(text) < 80 for text in prints)

    def test_follows_the_machine_zone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from peak_console.schedule.zones import forget

        monkeypatch.setenv("TZ", "Asia/Tokyo")
        forget()
        try:
            local = fingerprint(JobSchedule("daily", daily_time="07:30"))
        finally:
            monkeypatch.undo()
            forget()
        assert local == fingerprint(daily("07:30", "Asia/Tokyo"))


@given(former=st.floats(1, 10_000), shorter=st.floats(0.1, 10_000), waited=st.floats(0, 100_000))
def test_a_shortened_interval_has_no_more_slots_behind_it_than_there_were(
    former: float, shorter: float, waited: float
) -> None:
    assume(timedelta(seconds=shorter) < timedelta(seconds=former))
    now = NOW + timedelta(seconds=waited)
    decided = kind_of(every(shorter)).decided_after_edit(NOW, fingerprint(every(former)), now)
    existed, on_grid = pending(every(former), NOW, now), pending(every(shorter), NOW, now)
    found = pending(every(shorter), decided, now)
    if on_grid is None:
        assert (decided, found) == (NOW, None)
    else:
        assert found is not None
        assert found.latest == on_grid.latest
        assert found.count == max(1, existed.count if existed is not None else 0)
