"""``blackout``: listed, added and ended from a shell, and shown by the verbs that tell what starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.verbs.conftest import CommandLine

JOBS = """\
[scheduler]
timezone = "UTC"
[[job]]
name = "trade"
command = "true"
schedule_type = "interval"
interval_seconds = 3600
tags = ["live"]
[[job]]
name = "backup"
command = "true"
schedule_type = "cron"
cron = "0 * * * *"
[[blackout]]
name = "all-day"
from = "00:00"
until = "23:59:59"
jobs = ["backup"]
policy = "defer"
"""


def test_a_blackout_is_added_listed_and_ended(peak: CommandLine) -> None:
    peak.jobs(JOBS)
    done = peak("blackout", "add", "--tags", "live", "--until", "2h", "--reason", "exchange maintenance")
    assert done.out.startswith("blackout live: nothing of jobs tagged live starts until ")
    listed = {each["name"]: each for each in peak("blackout", "list", "--json").json}
    assert listed.keys() == {"all-day", "live"}
    live = listed["live"]
    assert (live["active"], live["jobs"], live["reason"]) == (True, ["trade"], "exchange maintenance")
    assert listed["all-day"]["rule"] == "00:00 to 23:59:59"
    table = peak("blackout").out
    assert "ACTIVE" in table
    assert "exchange maintenance" in table
    assert peak("blackout", "end", "live", "--json").json == {"answer": "done", "message": "blackout live is ended"}
    assert [each["name"] for each in peak("blackout", "list", "--json").json] == ["all-day"]


def test_whoever_tells_what_starts_tells_of_it(peak: CommandLine) -> None:
    peak.jobs(JOBS)
    peak("blackout", "add", "--tags", "live", "--until", "100h", "--name", "freeze")
    jobs = {each["name"]: each for each in peak("jobs", "--json").json}
    assert jobs["trade"]["blackout"].startswith("blackout freeze by ")
    assert jobs["trade"]["why_not"]["condition"] == "blackout"
    slots = [each for each in peak("next", "--count", "6", "--json").json if each["job"] == "trade"]
    assert {each["blackout"]["name"] for each in slots} == {"freeze"}
    assert "skipped: blackout freeze" in peak("next", "--job", "trade", "--count", "2").out
    assert "deferred to " in peak("next", "--job", "backup", "--count", "2").out
    status = peak("status", "--json").json
    assert "freeze" in [each["name"] for each in status["blackouts"]]
    assert "jobs tagged live: freeze by " in peak("status").out
    assert "blackout " in peak("status", "--line").out
    why = peak("why", "trade", "--json").json
    assert why["sentence"].startswith("trade does not start now: blackout freeze by ")
    assert why["change"] == "the end of the blackout"
    assert "would skip trade, slot " in peak("--headless", "--once", "--dry-run").out
    refused = peak("run", "trade")
    assert "; wait for its end, or use --force" in refused.err
    assert peak("run", "trade", "--force").code == 0
    coming = peak("timeline", "trade", "--json", "--from", "1m", "--to", "99h").json
    assert {each["foreseen"] for each in coming if each["what"] == "coming"} <= {"skipped"}
    foreseen = peak("forecast", "--job", "trade", "--to", "2h", "--json").json
    assert {each["outcome"] for each in foreseen if each["run_id"] is None} == {"skipped"}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["list", "x"], "blackout list takes neither a name nor what is for blackout add"),
        (["end"], "blackout end: name a blackout; see: peak-console blackout list"),
        (["end", "x", "--until", "2h"], "blackout end takes a name only"),
        (["end", "x"], "no blackout is called x; see: peak-console blackout list"),
        (["end", "all-day"], "blackout all-day stands in the jobs file; take it out there"),
        (["add", "x"], "blackout add: give the name as --name x"),
        (["add", "--until", "2001-01-01"], "is over"),
        (["add", "--until", "soon"], '--until: "soon" is neither a time nor a duration'),
        (["add", "--tags", ","], "--tags: names no tag; name some (a,b,c), or leave it out"),
        (["add", "--name", "all-day"], "a blackout is called all-day already; name it otherwise"),
    ],
)
def test_what_makes_no_sense_is_refused(peak: CommandLine, words: list[str], sentence: str) -> None:
    peak.jobs(JOBS)
    done = peak("blackout", *words)
    assert done.code != 0
    assert sentence in done.err
