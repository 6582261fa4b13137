"""``forecast``: what will start when, told without starting or writing anything."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Hold
from tests.verbs.support import NOW, record_run

if TYPE_CHECKING:
    from peak_console.store.store import Store
    from tests.verbs.conftest import CommandLine


def test_every_slot_of_the_next_day_is_told_with_how_long_it_takes(peak: CommandLine, store: Store) -> None:
    record_run(store, "forward_signals", seconds=90)
    record_run(store, "risk_check", seconds=4)
    answer = peak("forecast", "--job", "forward_signals")
    assert answer.code == 0
    [row] = answer.rows
    assert row.split() == [
        "Tue", "2026-11-24", "07:30:00", "CET", "forward_signals", "1m30s", "07:31:30", "succeeded",
    ]  # fmt: skip
    assert "busiest at Tue 2026-11-24 07:30:00 CET: 1 at once" in answer.err


def test_what_has_never_run_is_marked_as_a_guess(peak: CommandLine) -> None:
    answer = peak("forecast", "--job", "forward_signals")
    assert "~30.0s" in answer.rows[0]
    assert "no run of forward_signals has ended yet" in answer.err


def test_json_and_csv_hold_the_same(peak: CommandLine, store: Store) -> None:
    record_run(store, "forward_signals", seconds=90)
    found = peak("forecast", "--json", "--job", "forward_signals").json
    assert [(run["slot"], run["ends_at"], run["outcome"], run["is_guess"]) for run in found] == [
        ("2026-11-24T07:30:00+01:00", "2026-11-24T07:31:30+01:00", "succeeded", False)
    ]
    [row] = csv.DictReader(io.StringIO(peak("forecast", "--csv", "--job", "forward_signals").out))
    assert {name: row[name] for name in ("job", "ends_at", "outcome")} == {
        "job": "forward_signals", "ends_at": "2026-11-24T07:31:30+01:00", "outcome": "succeeded",
    }  # fmt: skip
    assert row.keys() == found[0].keys()


def test_as_a_calendar_it_is_read_by_other_programs(peak: CommandLine) -> None:
    icalendar = pytest.importorskip("icalendar")
    read = icalendar.Calendar.from_ical(peak("forecast", "--ics", "--job", "forward_signals").out)
    [event] = read.walk("VEVENT")
    assert event["SUMMARY"] == "forward_signals"
    assert event["DTSTART"].dt == datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
    assert event["DTEND"].dt - event["DTSTART"].dt == timedelta(seconds=30)


def test_many_futures_give_the_spread(peak: CommandLine, store: Store) -> None:
    for number in range(1, 20):
        record_run(store, "forward_signals", seconds=60 * number, started_at=NOW - timedelta(days=number))
    words = ("forecast", "--samples", "40", "--seed", "7", "--job", "forward_signals")
    answer = peak(*words)
    assert answer.out == peak(*words).out
    assert "07:30:00" in answer.out
    assert "–" in answer.out
    [slot] = peak(*words, "--json").json
    assert slot["futures"] == 40
    assert slot["ready"]["low"] < slot["ready"]["middle"] < slot["ready"]["high"]


def test_what_if_the_file_said_something_else(peak: CommandLine) -> None:
    moved = peak("forecast", "--json", "--job", "forward_signals", "--set", "forward_signals.daily_time=09:15").json
    assert [run["slot"] for run in moved] == ["2026-11-24T09:15:00+01:00"]
    off = peak("forecast", "--json", "--set", "forward_signals.enabled=false").json
    assert "forward_signals" not in {run["job"] for run in off}
    assert "risk_check" in {run["job"] for run in off}
    held = peak("forecast", "--json", "--hold", "risk").json
    assert {run["job"] for run in held} == {"forward_signals", "tokyo_scan"}
    assert {
        run["outcome"] for run in peak("forecast", "--json", "--fail", "risk_check", "--job", "risk_check").json
    } == {"failed"}


def test_another_file_is_asked_about_the_present_state(peak: CommandLine) -> None:
    other = peak.folder / "other.toml"
    other.write_text('[[job]]\nname = "only"\nschedule_type = "cron"\ncron = "0 3 * * *"\ntimezone = "UTC"\n')
    assert [run["slot"] for run in peak("forecast", "--json", "--file", str(other)).json] == [
        "2026-11-24T04:00:00+01:00"
    ]


def test_the_places_that_are_needed(peak: CommandLine) -> None:
    answer = peak("forecast", "--places", "--to", "2d")
    assert answer.out == "max_concurrent_runs = 1\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "report"], "--set: report names no job, key and value"),
        (["--set", "risk_chek.retries=1"], 'no job is called "risk_chek"; did you mean "risk_check"?'),
        (["--set", "risk_check.retris=1"], 'unknown key "retris"; did you mean "retries"?'),
        (["--set", "risk_check.retries=often"], "retries"),
        (["--fail", "nobody"], 'no job is called "nobody"'),
        (["--slow", "risk_check"], "write for example report=2x"),
        (["--slow", "risk_check=-2"], "write for example report=2x"),
        (["--hold", "nothing"], '--hold: no job has the tag "nothing"'),
        (["--from", "2020-01-01"], "--from: 2020-01-01 has passed"),
        (["--from", "2d", "--to", "1d"], "--to: 1d lies before --from"),
        (["--to", "3000-01-01"], "--to: 3000-01-01 is too far away"),
        (["--samples", "-1"], "--samples: give at most"),
        (["--samples", "2", "--ics"], "--ics: a calendar shows one future"),
        (["--job", "nobody"], 'no job is called "nobody"'),
    ],
)
def test_a_question_that_makes_no_sense_gets_a_sentence(peak: CommandLine, words: list[str], said: str) -> None:
    answer = peak("forecast", *words)
    assert answer.code in (1, 2)
    assert said in answer.err
    assert answer.out == ""


def test_a_hold_is_said(peak: CommandLine, store: Store) -> None:
    store.set_hold(Hold(NOW, "root"))
    answer = peak("forecast")
    assert "all jobs are held" in answer.err
    assert "nothing starts in that time" in answer.err
