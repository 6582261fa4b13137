"""The chains as a tree, as JSON, and as sources of drawings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.verbs.support import NOW

if TYPE_CHECKING:
    from peak_console.store.store import Store
    from tests.verbs.conftest import CommandLine

JOBS = """\
[scheduler]
timezone = "UTC"
[[job]]
name = "fetch"
schedule_type = "daily"
daily_time = "07:00"
tags = ["a"]
[[job]]
name = "risk"
schedule_type = "after"
after = ["fetch"]
[[job]]
name = "report"
schedule_type = "daily"
daily_time = "08:00"
after = ["fetch", "risk:ended"]
[[job]]
name = "alone"
"""


def test_the_tree_shows_each_job_below_those_that_it_waits_for(peak: CommandLine, store: Store) -> None:
    peak.jobs(JOBS)
    store.close()
    assert peak("graph").out.splitlines() == [
        "fetch  waiting",
        "├─ risk  waiting",
        "│  └─ report  waiting  (after fetch, risk:ended)",
        "└─ report  waiting  (after fetch, risk:ended)",
    ]
    assert peak("graph", "risk").out == peak("graph").out
    assert peak("graph", "alone").out == "alone  waiting\n"
    assert peak("graph", "--include-tags", "a").out == "fetch  waiting\n"


def test_a_slot_that_waits_says_for_what(peak: CommandLine, store: Store) -> None:
    from peak_console.model.records import Claim

    peak.jobs(JOBS)
    claim = Claim("report", NOW, queued=True, awaits="waiting for fetch (#1 running)", reason="waiting for fetch")
    store.claim([claim], NOW, "1 x")
    assert "report  waiting for fetch (#1 running)" in peak("graph").out
    (report,) = [each for each in peak("graph", "--json").json if each["name"] == "report"]
    assert report == {
        "name": "report",
        "state": "awaiting",
        "waits_for": "waiting for fetch (#1 running)",
        "after": [{"job": "fetch", "wanted": "succeeded"}, {"job": "risk", "wanted": "ended"}],
        "before": [],
        "round": "day",
    }
    (job,) = [each for each in peak("jobs", "--json").json if each["name"] == "report"]
    assert job["state"] == "awaiting"
    assert job["why_not"] == {"condition": "after", "sentence": "waiting for fetch (#1 running)", "until": None}
    assert "waiting for fetch (#1 running)" in peak("jobs").out


def test_drawings_name_the_jobs_and_the_results_that_are_wanted(peak: CommandLine, store: Store) -> None:
    peak.jobs(JOBS)
    store.close()
    dot = peak("graph", "--dot").out.splitlines()
    assert dot[0] == "digraph jobs {"
    assert '  "risk" -> "report" [label="ended"];' in dot
    assert dot[-1] == "}"
    mermaid = peak("graph", "--mermaid").out.splitlines()
    assert mermaid == [
        "flowchart LR",
        '  j0["fetch (waiting)"]',
        '  j1["risk (waiting)"]',
        '  j2["report (waiting)"]',
        "  j0 --> j1",
        "  j0 --> j2",
        "  j1 -- ended --> j2",
    ]


def test_a_file_without_chains_says_so(peak: CommandLine) -> None:
    answer = peak("graph")
    assert (answer.out, answer.code) == ("", 0)
    assert "no job waits for another; see after in the jobs file" in answer.err
    assert peak("graph", "--json").json == []


@pytest.mark.parametrize("words", [("--dot", "--json"), ("--mermaid", "--dot")])
def test_one_form_at_a_time(peak: CommandLine, words: tuple[str, ...]) -> None:
    assert peak("graph", *words).code == 2


def test_a_chain_is_stopped_from_its_end(peak: CommandLine) -> None:
    peak.jobs(JOBS)
    answer = peak("stop", "fetch", "--chain")
    assert (answer.code, answer.err) == (
        1,
        "peak-console: no job of this chain is running or waits; see: peak-console graph\n",
    )


def test_a_chain_is_run_by_hand_one_way_at_a_time(peak: CommandLine) -> None:
    peak.jobs(JOBS)
    assert peak("run", "fetch", "--with-downstream", "--from-here").code == 2
    assert "no job waits for it; run it by itself" in peak("run", "alone", "--with-downstream").err
    assert "it has not failed" in peak("run", "fetch", "--from-here").err
