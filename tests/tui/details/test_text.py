"""What the details of a job say in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from peak_console.decisions.job_status import DisabledBy, Standing
from peak_console.jobs.model import CatchUp, JobDefinition, Overlap
from peak_console.model.records import Override
from peak_console.schedule.model import JobSchedule
from peak_console.schedule.slots import upcoming
from peak_console.tui.details import text as details_text
from tests.tui.harness import ZONE, fixed_now, make_row, make_run

WEEKDAYS = JobSchedule(
    type="daily", daily_time="08:00", timezone="Europe/Berlin", days=("mon", "tue", "wed", "thu", "fri")
)


def policies(width: int = 80, **definition: Any) -> dict[str, str]:
    """Label (with its mark) to text."""
    lines = details_text.policies(JobDefinition("x", **definition), width).plain.splitlines()
    return {line[:19].strip(): line[19:] for line in lines}


def test_policies_that_are_not_the_default_have_a_mark() -> None:
    found = policies(
        timeout_seconds=3600,
        retries=2,
        overlap=Overlap.QUEUE,
        success_codes=(0, 3),
        schedule=WEEKDAYS,
        kill_grace_seconds=10,
    )
    assert found["• timeout"] == "1h"
    assert found["• retries"] == "2, after 1m, then ×2 each"
    assert found["• overlap"] == "queue: waits for the run's end"
    assert found["• success codes"] == "0, 3"
    assert found["accepted late"] == "up to 1h"
    assert found["kill grace"] == "10s from SIGTERM to SIGKILL"
    assert found["output"] == "256.0 MiB a stream"


@pytest.mark.parametrize(
    ("definition", "label", "text"),
    [
        ({"timeout_seconds": 0}, "• timeout", "none"),
        ({"timeout_seconds": 90}, "• timeout", "1m30s"),
        ({"retries": 1}, "• retries", "1, after 1m"),
        ({}, "retries", "none"),
        ({}, "accepted late", "any"),
        ({"catch_up": CatchUp.SKIP}, "• accepted late", "up to 1m"),
        ({"misfire_grace_seconds": 86400}, "• accepted late", "up to 1d"),
        ({"max_output_bytes": 0}, "• output", "no bound"),
        ({"alert_on_success": False}, "• alert on success", "no"),
    ],
)
def test_each_policy_in_words(definition: dict[str, Any], label: str, text: str) -> None:
    assert policies(**definition)[label] == text


def test_a_long_text_is_wrapped_under_itself() -> None:
    lines = details_text.command("python " + "--flag value " * 10, None, "/srv", None, {}, 40).plain.splitlines()
    assert lines[0].startswith("command   python")
    assert all(line.startswith(" " * 10) for line in lines[1:-1])
    assert max(map(len, lines)) <= 40


def test_a_command_that_cannot_be_resolved_says_why() -> None:
    text = details_text.command(
        "", 'command "nope" not found', "/srv", "live.env", {"owner": "risk", "n": "1"}, 60
    ).plain
    assert '✖ command "nope" not found' in text
    assert "env file  live.env" in text
    assert text.endswith("meta      owner = risk\n          n = 1")


def test_own_variables_stand_before_inherited_ones() -> None:
    lines = details_text.environment({"B": "2", "A": "1"}, {"HOME": "/h", "PATH": "x" * 100}, 30).plain.splitlines()
    assert lines == ["its own", "  A=1", "  B=2", "inherited: 2", "  HOME=/h", "  PATH=" + "x" * 22 + "…"]


def why(view_of: dict[str, Any]) -> str:
    return details_text.why_disabled(make_row(**view_of).view, fixed_now(), ZONE)


def test_who_switched_a_job_off_or_on() -> None:
    hour = timedelta(hours=1)
    off = Override(False, "anna", fixed_now() - hour, fixed_now() + hour, "exchange maintenance")
    on = Override(True, "ben", fixed_now() - hour)
    assert why({"standing": Standing.OK}) == ""
    assert why({"standing": Standing.CLAIMED}) == "claimed: no engine serves; the next engine starts the run"
    assert why({"standing": Standing.DISABLED}) == "disabled in the jobs file"
    assert (
        why({"standing": Standing.DISABLED, "disabled_by": DisabledBy.OPERATOR, "override": off})
        == "disabled by operator anna since 13:55 until 15:55: exchange maintenance"
    )
    assert why({"standing": Standing.OK, "override": on}) == "enabled by operator ben since 13:55"


def test_ten_slots_each_with_its_countdown_across_the_end_of_summer_time() -> None:
    before = fixed_now().replace(month=10, day=23)
    slots = upcoming(WEEKDAYS, before, before, 20)
    view = make_row(schedule=WEEKDAYS).view
    lines = details_text.schedule(view, slots, ZONE, before, 60).plain.splitlines()
    assert lines[0] == "schedule  mon–fri 08:00 Europe/Berlin"
    assert lines[1] == "next      Mon 26 Oct 08:00:00 CET    2d 17h"
    assert len(lines) == 11


def test_a_job_with_nothing_ahead_says_so() -> None:
    assert "nothing ahead" in details_text.schedule(make_row().view, [], ZONE, fixed_now(), 60).plain
    off = make_row(standing=Standing.DISABLED).view
    assert "nothing while it is disabled" in details_text.schedule(off, [], ZONE, fixed_now(), 60).plain


def test_the_chain_of_a_job_stands_below_its_slots_with_what_it_waits_for() -> None:
    wait = make_run(9, "report", ended_ago=None, state="queued", awaits="waiting for fetch (#8 running)")
    view = make_row("report", Standing.AWAITING, queued=(wait,), next_in=None).view
    chain = ["  fetch  running", "› └─ report  waiting for fetch (#8 running)"]
    lines = details_text.schedule(view, [], ZONE, fixed_now(), 60, chain=chain).plain.splitlines()
    assert [" ".join(line.split()) for line in lines[-3:]] == [
        "waits waiting for fetch (#8 running)",
        "chain fetch running",
        "› └─ report waiting for fetch (#8 running)",
    ]
