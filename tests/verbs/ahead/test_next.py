from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.model.records import Hold, Override
from peak_console.schedule.model import JobSchedule
from peak_console.schedule.slots import fingerprint
from tests.verbs.support import HOUR, NOW

if TYPE_CHECKING:
    from peak_console.store.store import Store
    from tests.verbs.conftest import Answer, CommandLine

HOURLY = fingerprint(JobSchedule("interval", interval_seconds=3600))


def slots(answer: Answer) -> list[tuple[str, str]]:
    return [(item["job"], item["slot"]) for item in answer.json]


def test_json_merges_the_slots_of_all_enabled_jobs_over_time(peak: CommandLine, store: Store) -> None:
    store.decided("risk_check", HOURLY, NOW - timedelta(minutes=55), None)
    answer = peak("next", "--json", "--count", "4")
    assert [list(item) for item in answer.json] == [["job", "mode", "not_served", "blackout", "slot"]] * 4
    assert slots(answer) == [
        ("risk_check", "2026-11-23T15:00:00+01:00"),
        ("risk_check", "2026-11-23T16:00:00+01:00"),
        ("risk_check", "2026-11-23T17:00:00+01:00"),
        ("risk_check", "2026-11-23T18:00:00+01:00"),
    ]
    names = [item["job"] for item in peak("next", "--json", "--count", "60").json]
    assert set(names) == {"risk_check", "tokyo_scan", "forward_signals"}
    moments = [datetime.fromisoformat(item["slot"]) for item in peak("next", "--json", "--count", "60").json]
    assert moments == sorted(moments)


def test_ten_slots_unless_told_otherwise(peak: CommandLine) -> None:
    assert len(peak("next", "--json").json) == 10
    assert len(peak("next").rows) == 10


def test_one_job_alone_in_its_zone(peak: CommandLine) -> None:
    answer = peak("next", "--json", "--job", "tokyo_scan", "--count", "2")
    assert slots(answer) == [
        ("tokyo_scan", "2026-11-24T09:00:00+09:00"),
        ("tokyo_scan", "2026-11-25T09:00:00+09:00"),
    ]


def test_what_is_due_now_comes_first_and_says_so(peak: CommandLine, store: Store) -> None:
    store.decided("risk_check", HOURLY, NOW - 3 * HOUR + timedelta(minutes=5), None)
    answer = peak("next", "--job", "risk_check", "--count", "2")
    assert answer.rows[0].startswith("Mon 2026-11-23 14:00:00 CET  due ")  # the two before fold into it
    assert answer.rows[1].startswith("Mon 2026-11-23 15:00:00 CET  in 5m00s  ")


def test_a_slot_beyond_its_grace_will_not_run_so_it_is_not_shown(peak: CommandLine, store: Store) -> None:
    daily = JobSchedule("daily", daily_time="07:30", timezone="Europe/Berlin")
    store.decided("forward_signals", fingerprint(daily), NOW - 20 * HOUR, None)
    answer = peak("next", "--json", "--job", "forward_signals", "--count", "1")
    assert slots(answer) == [("forward_signals", "2026-11-24T07:30:00+01:00")]


def test_a_late_slot_within_its_grace_is_shown(peak: CommandLine, store: Store) -> None:
    peak.now = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    daily = JobSchedule("daily", daily_time="07:30", timezone="Europe/Berlin")
    store.decided("forward_signals", fingerprint(daily), peak.now - 20 * HOUR, None)
    answer = peak("next", "--json", "--job", "forward_signals", "--count", "1")
    assert slots(answer) == [("forward_signals", "2026-11-23T07:30:00+01:00")]


def test_from_and_to_bound_the_slots(peak: CommandLine) -> None:
    answer = peak(
        "next", "--json", "--job", "forward_signals", "--from", "2026-12-01T07:30", "--to", "2026-12-03T07:30"
    )
    assert [slot for _, slot in slots(answer)] == ["2026-12-02T07:30:00+01:00", "2026-12-03T07:30:00+01:00"]


def test_an_interval_keeps_its_grid_beyond_from(peak: CommandLine, store: Store) -> None:
    store.decided("risk_check", HOURLY, NOW - timedelta(minutes=20), None)
    answer = peak("next", "--json", "--job", "risk_check", "--from", "2027-11-23T12:00Z", "--count", "1")
    assert slots(answer) == [("risk_check", "2027-11-23T13:35:00+01:00")]


def test_from_may_lie_in_the_past_to_see_what_a_schedule_named(peak: CommandLine) -> None:
    answer = peak("next", "--json", "--job", "forward_signals", "--from", "2026-10-24", "--count", "2")
    assert [slot for _, slot in slots(answer)] == ["2026-10-24T07:30:00+02:00", "2026-10-25T07:30:00+01:00"]


def test_times_may_be_durations_ahead(peak: CommandLine, store: Store) -> None:
    store.decided("risk_check", HOURLY, NOW - timedelta(minutes=20), None)
    answer = peak("next", "--json", "--job", "risk_check", "--from", "2h", "--to", "4h")
    assert [slot for _, slot in slots(answer)] == ["2026-11-23T17:35:00+01:00", "2026-11-23T18:35:00+01:00"]


def test_count_zero_gives_all_up_to_an_end(peak: CommandLine) -> None:
    answer = peak("next", "--json", "--job", "forward_signals", "--count", "0", "--to", "2027-11-24T00:00")
    assert len(answer.json) == 365


@pytest.mark.parametrize("words", [["--count", "0"], ["--count", "-1"], ["--to", "2026-11-01"], ["--from", "soon"]])
def test_what_makes_no_sense_is_refused(peak: CommandLine, words: list[str]) -> None:
    answer = peak("next", *words)
    assert (answer.code, answer.out) == (2, "")
    assert words[0] in answer.err


def test_a_time_that_cannot_be_read_is_answered_with_examples(peak: CommandLine) -> None:
    answer = peak("next", "--from", "whenever")
    assert '--from: "whenever" is neither a time nor a duration' in answer.err
    assert "2026-11-23T14:55" in answer.err


@pytest.mark.parametrize("far", ["99999999999w", "0001-01-01T00:00+14:00"])
def test_a_time_off_the_calendar_is_refused(peak: CommandLine, far: str) -> None:
    answer = peak("next", "--from", far)
    assert (answer.code, "too far away" in answer.err) == (2, True)


def test_the_offset_tells_on_which_side_of_a_clock_change_a_slot_lies(peak: CommandLine) -> None:
    peak.jobs(
        '[[job]]\nname = "night"\nargs = {script = "n.py"}\nschedule_type = "daily"\ndaily_time = "02:30"\n'
        'timezone = "Europe/Berlin"\n'
    )
    spring = peak("next", "--from", "2027-03-27T12:00", "--count", "1").rows[0]
    autumn = peak("next", "--from", "2026-10-24T12:00", "--count", "2").rows
    assert spring.startswith("Sun 2027-03-28 03:00:00 CEST")  # 02:30 does not exist there
    assert autumn[0].startswith("Sun 2026-10-25 02:30:00 CEST")  # the first of two
    assert autumn[1].startswith("Mon 2026-10-26 02:30:00 CET")


def test_a_hold_is_told_on_stderr(peak: CommandLine, store: Store) -> None:
    store.set_hold(Hold(NOW - HOUR, "ada", "exchange closed"))
    answer = peak("next", "--json")
    assert len(answer.json) == 10
    assert "held by ada since 2026-11-23 13:55:00 (exchange closed)" in answer.err


def of_risk(peak: CommandLine, count: int = 2) -> list[Any]:
    return [slot for _, slot in slots(peak("next", "--json", "--job", "risk_check", "--count", str(count)))]


def test_a_job_disabled_for_a_while_comes_back_with_its_grid(peak: CommandLine, store: Store) -> None:
    store.decided("risk_check", HOURLY, NOW - timedelta(minutes=10), None)
    store.set_override("risk_check", Override(False, "ada", NOW - HOUR, NOW + 2 * HOUR))
    assert of_risk(peak) == ["2026-11-23T17:45:00+01:00", "2026-11-23T18:45:00+01:00"]


def test_a_job_disabled_for_good_has_nothing_ahead(peak: CommandLine, store: Store) -> None:
    store.set_override("risk_check", Override(False, "ada", NOW - HOUR))
    assert of_risk(peak) == []
    assert "no job has anything ahead" in peak("next", "--job", "risk_check").err


def test_a_job_enabled_for_a_while_ends_with_its_override(peak: CommandLine, store: Store) -> None:
    weekly = fingerprint(JobSchedule("interval", interval_seconds=604800))
    store.decided("sweep", weekly, NOW - 167 * HOUR, None)
    store.set_override("sweep", Override(True, "ada", NOW - HOUR, NOW + 24 * HOUR))
    assert slots(peak("next", "--json", "--job", "sweep")) == [("sweep", "2026-11-23T15:55:00+01:00")]


def test_a_once_that_has_run_never_comes_again(peak: CommandLine, store: Store) -> None:
    peak.jobs('[[job]]\nname = "setup"\nargs = { script = "s.py" }\n')
    assert [job for job, _ in slots(peak("next", "--json"))] == ["setup"]
    store.decided("setup", "once", NOW - HOUR, None)
    answer = peak("next")
    assert (answer.code, answer.out) == (0, "")
    assert "no job has anything ahead" in answer.err


def test_tags_select_jobs(peak: CommandLine) -> None:
    found = peak("next", "--json", "--count", "50", "--include-tags", "scan,forward").json
    assert {item["job"] for item in found} == {"tokyo_scan", "forward_signals"}


def test_a_job_that_tags_leave_out_is_refused(peak: CommandLine) -> None:
    answer = peak("next", "--job", "tokyo_scan", "--exclude-tags", "scan")
    assert answer.code == 1
    assert 'job "tokyo_scan" is left out by the tags' in answer.err


def test_a_misspelt_job_is_answered_with_the_nearest(peak: CommandLine) -> None:
    answer = peak("next", "--job", "risk_chek")
    assert answer.code == 1
    assert 'did you mean "risk_check"?' in answer.err
