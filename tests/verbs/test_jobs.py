from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Claim, Hold, Override
from peak_console.schedule.model import JobSchedule
from peak_console.schedule.slots import fingerprint
from tests.verbs.support import HOUR, NOW, record_run

if TYPE_CHECKING:
    from peak_console.store.store import Store
    from tests.verbs.conftest import CommandLine

KEYS = [
    "name", "mode", "enabled", "disabled_by", "state", "schedule", "timezone", "next_slot", "why_not", "not_served",
    "gate", "array", "blackout", "waiting", "last_run", "last_success", "no_success_since",
    "tags", "meta",
]  # fmt: skip


def test_json_holds_the_documented_keys_for_each_job_in_file_order(peak: CommandLine) -> None:
    found = peak("jobs", "--json").json
    assert [list(job) for job in found] == [KEYS] * 4
    assert [job["name"] for job in found] == ["forward_signals", "risk_check", "tokyo_scan", "sweep"]


def test_json_gives_slots_in_the_zone_of_their_job(peak: CommandLine) -> None:
    forward, risk, tokyo, _ = peak("jobs", "--json").json
    assert (forward["timezone"], forward["next_slot"]) == ("Europe/Berlin", "2026-11-24T07:30:00+01:00")
    assert (tokyo["timezone"], tokyo["next_slot"]) == ("Asia/Tokyo", "2026-11-24T09:00:00+09:00")
    assert risk["next_slot"] == "2026-11-23T14:55:00+01:00"  # never run, so due at once


def test_json_of_a_job_that_never_ran(peak: CommandLine) -> None:
    job = peak("jobs", "--json").json[0]
    assert job == {
        "name": "forward_signals",
        "mode": None,
        "enabled": True,
        "disabled_by": None,
        "state": "waiting",
        "schedule": "daily 07:30",
        "timezone": "Europe/Berlin",
        "next_slot": "2026-11-24T07:30:00+01:00",
        "why_not": {
            "condition": "schedule",
            "sentence": "not due before 2026-11-24T07:30:00+01:00",
            "until": "2026-11-24T07:30:00+01:00",
        },
        "not_served": None,
        "gate": None,
        "array": None,
        "blackout": None,
        "waiting": None,
        "last_run": None,
        "last_success": None,
        "no_success_since": None,
        "tags": ["forward", "prod"],
        "meta": {},
    }


def test_json_holds_what_others_keep_of_a_job_without_secrets(peak: CommandLine) -> None:
    peak.jobs(
        '[[job]]\nname = "x"\ncommand = "true"\n[job.meta]\nowner = "risk"\nsince = 2026-01-02\napi_key = "sesame99"\n'
        'deep = { list = [1, { token = "hidden77" }], url = "https://u:secret55@example.com/" }\n'
    )
    [job] = peak("jobs", "--json").json
    assert job["meta"] == {
        "owner": "risk",
        "since": "2026-01-02",
        "api_key": "***",
        "deep": {"list": [1, {"token": "***"}], "url": "https://***@example.com/"},
    }


def test_json_of_the_last_run(peak: CommandLine, store: Store) -> None:
    record_run(store)
    run = record_run(store, outcome="failed", return_code=2, started_at=NOW - HOUR / 2)
    job = peak("jobs", "--json").json[1]
    assert job["state"] == "failed"
    assert job["last_run"] == {
        "id": run.id,
        "outcome": "failed",
        "return_code": 2,
        "started_at": "2026-11-23T14:25:00+01:00",
        "finished_at": "2026-11-23T14:25:02+01:00",
    }


def test_a_job_disabled_by_its_file_has_no_next_slot(peak: CommandLine) -> None:
    sweep = peak("jobs", "--json").json[3]
    assert (sweep["enabled"], sweep["disabled_by"], sweep["next_slot"]) == (False, "file", None)
    assert peak("jobs").rows[3].startswith("disabled in the jobs file  ")


def test_an_operators_override_is_shown_with_who_until_and_why(peak: CommandLine, store: Store) -> None:
    store.set_override("risk_check", Override(False, "ada", NOW - HOUR, NOW + 2 * HOUR, "exchange maintenance"))
    risk = peak("jobs", "--json").json[1]
    assert (risk["enabled"], risk["disabled_by"], risk["state"]) == (False, "operator", "disabled")
    row = peak("jobs").rows[1]
    assert row.startswith("disabled by operator ada until 2026-11-23 16:55:00: exchange maintenance  risk_check")


def test_a_job_disabled_for_a_while_has_its_next_slot_after_that(peak: CommandLine, store: Store) -> None:
    store.set_override("risk_check", Override(False, "ada", NOW - HOUR, NOW + 2 * HOUR))
    risk = peak("jobs", "--json").json[1]
    first = peak("next", "--json", "--job", "risk_check", "--count", "1").json[0]["slot"]
    assert risk["next_slot"] == first == peak("status", "--json").json["next_slot"]["slot"]
    assert risk["why_not"] == {
        "condition": "override",
        "sentence": "disabled by operator ada until 2026-11-23 16:55:00",
        "until": "2026-11-23T16:55:00+01:00",
    }


def test_the_first_condition_that_does_not_hold_is_the_one_that_is_told(peak: CommandLine, store: Store) -> None:
    risk = peak("jobs", "--json").json[1]
    assert risk["why_not"] is None, "it is due and nothing is in its way"
    running = record_run(store, outcome=None).id
    risk = peak("jobs", "--json").json[1]
    assert risk["why_not"] == {"condition": "overlap", "sentence": f"#{running} is still running", "until": None}
    store.set_hold(Hold(NOW - HOUR, "ada", "exchange closed"))
    answer = peak("jobs", "--json")
    said = "held by ada since 2026-11-23 13:55:00 (exchange closed)"
    assert [job["why_not"]["sentence"] for job in answer.json] == [said, said, said, "disabled in the jobs file"]
    assert f"{said}: nothing starts until it is released" in answer.err


def test_an_override_that_has_lapsed_counts_no_more(peak: CommandLine, store: Store) -> None:
    store.set_override("risk_check", Override(False, "ada", NOW - 2 * HOUR, NOW - HOUR))
    assert peak("jobs", "--json").json[1]["enabled"] is True


def test_an_operator_can_enable_what_the_file_disables(peak: CommandLine, store: Store) -> None:
    store.set_override("sweep", Override(True, "ada", NOW))
    sweep = peak("jobs", "--json").json[3]
    assert (sweep["enabled"], sweep["disabled_by"]) == (True, None)
    assert peak("jobs").rows[3].startswith("waiting, enabled by operator ada  sweep")


def test_the_table_tells_the_next_slot_and_the_last_run(peak: CommandLine, store: Store) -> None:
    schedule = JobSchedule("interval", interval_seconds=3600)
    record_run(store, outcome="failed", return_code=2, started_at=NOW - timedelta(minutes=56))
    store.decided("risk_check", fingerprint(schedule), NOW - timedelta(minutes=56), None)
    row = peak("jobs").rows[1]
    assert "every 1h" in row
    assert "Mon 2026-11-23 14:59:00 CET  in 4m00s" in row
    assert "#1 failed (2), 55m ago" in row


def test_a_run_under_way_has_no_outcome_yet(peak: CommandLine, store: Store) -> None:
    record_run(store, outcome=None)
    job = peak("jobs", "--json").json[1]
    assert job["state"] == "running"
    assert (job["last_run"]["outcome"], job["last_run"]["finished_at"]) == (None, None)
    assert "#1 running" in peak("jobs").rows[1]


def test_an_edited_schedule_starts_afresh_as_it_will_for_the_engine(peak: CommandLine, store: Store) -> None:
    store.decided("forward_signals", "daily 03:00:00 0123456 Europe/Berlin", NOW - 30 * HOUR, None)
    assert peak("jobs", "--json").json[0]["next_slot"] == "2026-11-24T07:30:00+01:00"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["--include-tags", "risk,scan"], ["risk_check", "tokyo_scan"]),
        (["--exclude-tags", "forward, heavy"], ["risk_check", "tokyo_scan"]),
        (["--include-tags", "prod", "--exclude-tags", "forward"], []),
    ],
)
def test_tags_select_jobs(peak: CommandLine, words: list[str], names: list[str]) -> None:
    assert [job["name"] for job in peak("jobs", "--json", *words).json] == names


def test_tags_that_nothing_has_are_told(peak: CommandLine) -> None:
    answer = peak("jobs", "--include-tags", "nothing")
    assert (answer.code, answer.out) == (0, "")
    assert "has the tags asked for; see: peak-console jobs, without tags" in answer.err


def test_an_empty_file_is_helped(peak: CommandLine) -> None:
    peak.jobs("")
    answer = peak("jobs")
    assert (answer.code, answer.out) == (0, "")
    assert "holds no jobs yet; add a [[job]] table" in answer.err


def test_a_broken_file_is_refused_with_its_place(peak: CommandLine) -> None:
    peak.jobs("[[job]\n")
    answer = peak("jobs")
    assert answer.code == 1
    assert "jobs.toml:1:" in answer.err


def test_names_cannot_reach_the_terminal(peak: CommandLine, store: Store) -> None:
    store.set_override("risk_check", Override(False, "ada", NOW, None, "\x1b[31mred\x1b[0m\nnext"))
    answer = peak("jobs")
    assert "\x1b" not in answer.out
    assert len(answer.rows) == 4


def test_a_claimed_run_is_not_said_to_run_while_no_engine_serves(peak: CommandLine, store: Store) -> None:
    store.claim([Claim("risk_check", NOW - HOUR)], NOW - HOUR, "1 another")
    assert "claimed, no engine serves; the next engine starts the run" in peak("jobs").out
    assert [job["state"] for job in peak("jobs", "--json").json][1] == "claimed"
    status = peak("status")
    assert "none: nothing is dispatched; 1 claimed run waits for one: risk_check" in status.out
    assert "1 claimed" in status.out


def test_a_job_of_which_another_run_goes_on_is_said_to_run(peak: CommandLine, store: Store) -> None:
    record_run(store, outcome=None)
    store.claim([Claim("risk_check", NOW - HOUR)], NOW - HOUR, "1 another")
    assert [job["state"] for job in peak("jobs", "--json").json][1] == "running"
