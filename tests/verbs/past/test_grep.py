"""``logs --grep``: a text in the outputs of all runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.store.directory import run_directory
from tests.verbs.support import HOUR, NOW, record_run

if TYPE_CHECKING:
    from peak_console.store.store import Store
    from tests.verbs.conftest import CommandLine


@pytest.fixture
def _outputs(store: Store) -> None:
    """Runs #1 to #3: two of one job, the older one longer ago, and one of another job."""
    record_run(store, "risk_check", started_at=NOW - HOUR * 30)
    record_run(store, "risk_check", started_at=NOW - HOUR)
    record_run(store, "sweep", started_at=NOW - HOUR / 2)
    for run, text in ((1, "ok\nlimit breached\n"), (2, "limit near\n"), (3, "Limit breached\n")):
        write(store, run, text)


def write(store: Store, run: int, text: str) -> None:
    import os

    directory = run_directory(store.directory, run)
    os.makedirs(directory)
    with open(os.path.join(directory, "stdout.log"), "w", encoding="utf-8") as file:
        file.write(text)


@pytest.mark.usefixtures("_outputs")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["limit"], ["risk_check #2 out 1: limit near", "risk_check #1 out 2: limit breached"]),
        (["limit", "-i", "--job", "sweep"], ["sweep #3 out 1: Limit breached"]),
        (["(?i)^limit b"], ["sweep #3 out 1: Limit breached", "risk_check #1 out 2: limit breached"]),
        (["limit", "--since", "today"], ["risk_check #2 out 1: limit near"]),
        (["limit", "risk_check", "--limit", "1"], ["risk_check #2 out 1: limit near"]),
        (["limit", "#1"], ["risk_check #1 out 2: limit breached"]),
        (["limit", "--stream", "err"], []),
        (["limit", "-i", "--include-tags", "heavy"], ["sweep #3 out 1: Limit breached"]),
    ],
)
def test_lines_are_found(peak: CommandLine, words: list[str], found: list[str]) -> None:
    text, *rest = words
    answer = peak("logs", "--grep", text, *rest)
    assert answer.out.splitlines() == found
    assert "B/s)" in answer.err


@pytest.mark.usefixtures("_outputs")
def test_json_names_the_run_and_the_line(peak: CommandLine) -> None:
    assert peak("logs", "--grep", "near", "--json").json == [
        {"run_id": 2, "job": "risk_check", "started_at": "2026-11-23T13:55:00+01:00", "stream": "out", "line": 1,
         "text": "limit near"}
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["logs"], "name a job or a run"),
        (["logs", "--grep", "("], "is no regular expression"),
        (["logs", "--grep", ""], "there is nothing to look for"),
        (["logs", "--grep", "x", "--follow"], "--follow is for the output of one run"),
        (["logs", "--grep", "x", "--limit", "-1"], "--limit: -1 is negative"),
        (["logs", "--grep", "x", "--job", "nobody"], "nobody"),
        (["logs", "risk_check", "--json"], "are for --grep"),
    ],
)
def test_what_makes_no_sense_is_refused(peak: CommandLine, words: list[str], why: str) -> None:
    answer = peak(*words)
    assert answer.code in (1, 2)
    assert why in answer.err
