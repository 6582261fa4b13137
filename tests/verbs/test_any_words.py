"""Whatever somebody types behind a verb, the answer is a sentence and an exit code."""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.cli import main
from peak_console.cli_parser import make_parser
from peak_console.cli_verbs import VERBS
from tests.support.properties import examples

if TYPE_CHECKING:
    from pathlib import Path

JOBS = """
[scheduler]
timezone = "America/New_York"
[[job]]
name = "a"
command = "true"
schedule_type = "interval"
interval_seconds = 3600
[[job]]
name = "$(touch pwned)"
command = "true"
run_at = 9999-12-31T18:00:00
"""
HOSTILE = (
    "9" * 20, "9" * 5000, "#" + "9" * 30, "0", "-1", "#0", "#", "-", "", " ", "nan", "inf", "1e309", "0x10", "٣", "²",
    "0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31", "9999-12-31T23:59:59.999999-14:00", "99999999999w", "1e9d",
    "\x1b]0;owned\x07", "\x9b31m", "\u202eevil", "a\nb", "a\0b", "\udcff", "$(touch pwned)", "'", "a=b", "=", "n=1e999",
    "n=" + "[" * 2000, "n={}", "d=0001-01-01", "a" * 5000, "a", "all", "2h", "True", "//", "~nobody/x",
)  # fmt: skip
LEFT_OUT = {"serve", "completion", "install"}
"""``serve`` goes on until it is told to stop; the others have a fixed choice only."""
NO_VALUE = {"--write", "--remove", "--follow", "--help"}
"""What writes outside of the test's own folder, or waits."""


def words_of(verb: str) -> tuple[list[str], list[tuple[str, bool]]]:
    """The places of a verb for plain words, and its flags with whether each takes a value."""
    parser = make_parser([verb])
    (subparsers,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    actions = subparsers.choices[verb]._actions
    flags = [(action.option_strings[0], action.nargs != 0) for action in actions if action.option_strings]
    return [a.dest for a in actions if not a.option_strings], [f for f in flags if f[0] not in NO_VALUE]


@st.composite
def lines(draw: st.DrawFn) -> list[str]:
    verb = draw(st.sampled_from(sorted(VERBS.keys() - LEFT_OUT)))
    places, flags = words_of(verb)
    value = st.sampled_from(HOSTILE)
    line = [verb, *(draw(value) for _ in places)]
    for flag, takes_value in draw(st.lists(st.sampled_from(flags), max_size=2)):
        line += [f"{flag}={draw(value)}"] if takes_value else [flag]
    if draw(st.booleans()):
        line += [draw(value)]
    return line


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "jobs.toml").write_text(JOBS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def answer_to(line: list[str]) -> tuple[int, str]:
    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True)
    with pytest.MonkeyPatch.context() as patch, open(os.devnull, encoding="utf-8") as nothing:
        patch.setattr(sys, "stdin", nothing)
        patch.setenv("HOME", os.getcwd())
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                code = main(["--config", "jobs.toml", *line])
            except SystemExit as error:
                code = int(str(error.code))
    assert isinstance(said.buffer, io.BytesIO)
    return code, said.buffer.getvalue().decode()


@examples(40)
@given(line=lines())
def test_any_words_get_an_answer(folder: Path, line: list[str]) -> None:
    code, said = answer_to(line)
    assert code in (0, 1, 2, 3), said
    assert "Traceback" not in said
    controls = [c for c in said if not c.isprintable() and c not in "\n\t"]
    assert controls == [], said
    assert not (folder / "pwned").exists()


@pytest.mark.parametrize(
    "line",
    [
        ["runs", "--limit", "9" * 20], ["alerts", "--limit", "9" * 20], ["runs", "--since", "0001-01-01"],
        ["next", "--from", "0001-01-01", "--count", "3"], ["alerts", "--limit", "0"],
    ],
)  # fmt: skip
def test_large_numbers_and_early_dates_are_answered(folder: Path, line: list[str]) -> None:
    assert folder.exists()
    code, said = answer_to(line)
    assert code in (0, 2), said


def test_more_slots_than_anybody_reads_are_refused_or_cut(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert folder.exists()
    code, said = answer_to(["next", "--count", "9" * 20])
    assert (code, said) == (2, "peak-console: --count: give 100000 at the most, and go on with --from\n")
    monkeypatch.setattr("peak_console.verbs.listing.MOST_SLOTS", 20)
    code, said = answer_to(["next", "--count", "0", "--to", "9999-12-01"])
    assert code == 0
    assert "the first 20; there are more, see --from" in said


def test_a_hint_names_a_job_so_that_a_shell_takes_it_for_a_name(folder: Path) -> None:
    answer_to(["hold"])  # so that there is a registry
    code, said = answer_to(["logs", "$(touch pwned)"])
    assert code == 1
    assert said.endswith("has not run yet; see: peak-console next --job '$(touch pwned)'\n")
