"""Verbs on several jobs at once, and holds on some of the jobs, without an engine that stays."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Outcome
from tests.verbs.support import NOW, record_run

if TYPE_CHECKING:
    from peak_console.store.store import Store
    from tests.verbs.conftest import CommandLine


def disabled(peak: CommandLine) -> list[str]:
    return [job["name"] for job in peak("jobs", "--json").json if job["disabled_by"] == "operator"]


def test_several_jobs_are_disabled_and_enabled_at_once(peak: CommandLine) -> None:
    answer = peak("disable", "risk_check", "tokyo_scan", "--reason", "audit")
    assert answer.out.splitlines() == ["risk_check is disabled", "tokyo_scan is disabled"]
    assert disabled(peak) == ["risk_check", "tokyo_scan"]
    assert peak("enable", "--tags", "risk,scan").code == 0
    assert disabled(peak) == []


def test_an_end_is_a_moment_or_a_duration(peak: CommandLine) -> None:
    assert peak("disable", "risk_check", "--until", "18:00").out == "risk_check is disabled until 2026-11-23 18:00\n"
    assert peak("disable", "risk_check", "--until", "tomorrow 08:00").out.endswith("until 2026-11-24 08:00\n")
    assert peak("disable", "risk_check", "--for", "2h").out == "risk_check is disabled until 2026-11-23 16:55\n"


def test_jobs_are_held_by_tags_until_a_moment_and_released(peak: CommandLine) -> None:
    answer = peak("hold", "--tags", "risk", "--until", "18:00", "--reason", "maintenance")
    assert answer.out == "jobs tagged risk are held until 2026-11-23 18:00: 1 job now\n"
    (hold,) = peak("status", "--json").json["holds"]
    assert hold["until"] == "2026-11-23T18:00:00+01:00"
    assert (hold["tags"], hold["jobs"], hold["reason"]) == (["risk"], ["risk_check"], "maintenance")
    jobs = {job["name"]: job["why_not"] for job in peak("jobs", "--json").json}
    assert jobs["risk_check"]["condition"] == "hold"
    assert jobs["risk_check"]["until"] == "2026-11-23T18:00:00+01:00"
    assert jobs["forward_signals"]["condition"] == "schedule"
    assert "jobs tagged risk are held by" in peak("next").err
    assert "jobs tagged risk: by" in peak("status").out
    assert "held: jobs tagged risk" in peak("status", "--line").out
    assert peak("release", "--tags", "risk").out == "released: jobs tagged risk\n"
    assert peak("status", "--json").json["holds"] == []


def test_a_hold_is_over_at_its_end_even_if_no_engine_has_been_there(peak: CommandLine) -> None:
    peak("hold", "--jobs", "risk", "--for", "1h")
    peak.now = NOW + timedelta(hours=2)
    assert peak("status", "--json").json["holds"] == []
    assert {job["why_not"]["condition"] for job in peak("jobs", "--json").json if job["why_not"]} <= {
        "schedule",
        "enabled",
    }


def test_a_dry_run_starts_nothing_that_is_held(peak: CommandLine) -> None:
    peak("hold", "--tags", "risk")
    out = peak("--once", "--dry-run").out
    assert "jobs tagged risk: held by" in out
    assert "risk_check" not in out.replace("jobs tagged risk: held", "")


def test_everything_is_held_until_a_moment(peak: CommandLine) -> None:
    assert peak("hold", "--until", "18:00").out == "all jobs are held until 2026-11-23 18:00: 4 jobs now\n"
    assert peak("release", "--all").out == "released: all jobs\n"


def test_what_is_refused_for_one_job_is_done_for_the_others(peak: CommandLine, store: Store) -> None:
    record_run(store, "risk_check", outcome=Outcome.SUCCEEDED)
    answer = peak("stop", "--tags", "risk")
    assert "none of these jobs is running" in answer.err
    answer = peak("stop", "risk_check", "sweep")
    assert answer.code == 1
    assert "2 of 2 commands refused" in answer.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["disable"], "name a job, or --tags"),
        (["disable", "--tags", "zzz"], "--tags: no job has zzz"),
        (["disable", "--tags", " , "], "--tags: names no tag"),
        (["disable", "risk_check", "--for", "2h", "--until", "18:00"], "--for and --until: name one end"),
        (["disable", "risk_check", "--until", "yesterday"], "--until: yesterday is over"),
        (["hold", "--tags", "risk", "--until", "soon"], '--until: "soon" is neither a time nor a duration'),
        (["hold", "--jobs", "/(/"], "is no regular expression"),
        (["release", "--tags", "risk"], "there is no hold on jobs tagged risk"),
        (["stop", "#x"], '"#x" is no run'),
    ],
)
def test_what_makes_no_sense_is_refused(peak: CommandLine, words: list[str], why: str) -> None:
    answer = peak(*words)
    assert answer.code in (1, 2)
    assert why in answer.err
