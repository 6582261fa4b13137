"""``diff``: what is different between two runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import Outcome
from peak_console.store.directory import run_directory
from tests.verbs.support import HOUR, NOW, record_run

if TYPE_CHECKING:
    from peak_console.store.store import Store
    from tests.verbs.conftest import CommandLine


@pytest.fixture
def _two(store: Store) -> None:
    """Run #1 was well; #2 has failed with another argument, another definition and one other line."""
    record_run(store, args={"n": 1}, started_at=NOW - HOUR * 24, definition="daily_time = 16:10\nargs.n = 1")
    record_run(
        store, args={"n": 2}, outcome=Outcome.FAILED, return_code=2, seconds=90, started_at=NOW - HOUR,
        definition="daily_time = 16:15\nargs.n = 2",
    )  # fmt: skip
    for run, last in ((1, "all well"), (2, "limit \x1b[31mbreached\x1b[0m")):
        directory = run_directory(store.directory, run)
        os.makedirs(directory)
        with open(os.path.join(directory, "stdout.log"), "w", encoding="utf-8") as file:
            file.write(f"reading\nchecking\n{last}\n")


@pytest.mark.usefixtures("_two")
@pytest.mark.parametrize("words", [["#1", "#2"], ["1", "2"], ["risk_check"]])
def test_facts_definition_and_output_are_told(peak: CommandLine, words: list[str]) -> None:
    (found,) = peak("diff", *words, "--json").json
    assert found["runs"] == [1, 2]
    assert found["facts"]["outcome"] == ["succeeded", "failed (2)"]
    assert found["facts"]["took"] == ["2.0s", "1m30s"]
    assert found["facts"]["args.n"] == ["1", "2"]
    assert found["definition"] == {"daily_time": ["16:10", "16:15"], "args.n": ["1", "2"]}
    assert len(set(found["digests"])) == 2
    assert found["output"][-2:] == ["-all well", "+limit breached"]


@pytest.mark.usefixtures("_two")
def test_the_table_marks_what_differs(peak: CommandLine) -> None:
    out = peak("diff", "#1", "#2").out
    rows = {line.split()[1]: line for line in out.splitlines() if line.startswith("≠")}
    assert "16:10" in rows["daily_time"]
    assert "16:15" in rows["daily_time"]
    assert "job" not in rows
    assert "+limit breached" in out


def test_runs_with_the_same_output_and_no_definition_are_told_so(peak: CommandLine, store: Store) -> None:
    record_run(store, started_at=NOW - HOUR * 2)
    record_run(store)
    answer = peak("diff", "risk_check")
    assert "the outputs are the same" in answer.out
    assert "the definition of a run from before this version is not known" in answer.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["#1"], "name two runs"),
        (["#1", "#2", "#3"], "name two runs"),
        (["#1", "#99"], "there is no run #99"),
        (["sweep"], 'job "sweep" has not run twice yet'),
    ],
)
def test_what_makes_no_sense_is_refused(peak: CommandLine, store: Store, words: list[str], why: str) -> None:
    record_run(store)
    answer = peak("diff", *words)
    assert answer.code in (1, 2)
    assert why in answer.err


def test_the_engine_keeps_the_definition_of_each_run_once(peak: CommandLine, store: Store) -> None:
    for _ in range(2):
        peak("run", "risk_check")
    (found,) = peak("diff", "risk_check", "--json").json
    assert found["definition"] == {}
    assert found["digests"][0] == found["digests"][1] is not None
    assert store._rows("SELECT count(*) FROM definitions") == [(1,)]
    peak.jobs(peak.config.read_text().replace("interval_seconds = 3600", "interval_seconds = 7200"))
    peak("run", "risk_check")
    (found,) = peak("diff", "risk_check", "--json").json
    assert found["definition"] == {"interval_seconds": ["3600", "7200"]}
