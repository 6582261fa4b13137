"""The tables of gates: what they make, and each mistake with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.jobs.beside import Gate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from peak_console.jobs.model import JobSet

JOB = '[[job]]\nname = "orders"\nargs = { script = "o.py" }\ntags = ["live"]\n'

EXAMPLE = " write for example 90s, 15m, 2h or 1h30m"
EXAMPLES = " write for example 30s, 15m or 2h in quotes"
NO_LIST = "must be a list of strings, not a string; put it in brackets"


def test_gates_come_as_they_are_written(loads: Callable[[str], JobSet]) -> None:
    text = '[[gate]]\nname = "venue"\ncommand = ["bin/venue", "-q"]\nevery = "1m30s"\ntimeout = 2.5\ntags = ["live"]\n'
    assert loads(JOB + text + '[[gate]]\nname = "hand"\njobs = ["orders"]\n').gates == (
        Gate("venue", command=("bin/venue", "-q"), every=90, timeout=2.5, tags=("live",)),
        Gate("hand", jobs=("orders",)),
    )


@pytest.mark.parametrize(
    ("gate", "problem"),
    [
        ('name = "g"\ntags = ["lve"]', '7:9: gate "g": tags: no job has the tag "lve"; did you mean "live"?'),
        ('name = "g"\njobs = ["x"]', '7:9: gate "g": jobs: no job is called "x"; nothing would be guarded by it'),
        ('tags = ["live"]', "5:1: gate number 1: name is missing; give each gate one of its own"),
        ('name = "g"\nfile = "a"\nenv = "B"', '8:1: gate "g": has both file and env; keep one of them'),
        ('name = "g"\nevery = "soon"', '7:1: gate "g": every must be a duration: "soon" is not a duration;' + EXAMPLE),
        ('name = "g"\ntimeout = 0', '7:1: gate "g": timeout must be between 0.1 and 3600 seconds, not 0'),
        ('name = "g"\ntimeout = true', '7:1: gate "g": timeout must be a duration, not true;' + EXAMPLES),
        ('name = "g"\n[[gate]]\nname = "g"', '8:1: gate "g": duplicate name; the first is in line 6'),
        ('name = "g"\ncommand = []', '7:1: gate "g": command must not be empty'),
        ('name = "g"\ncommand = [""]', '7:12: gate "g": command must not be empty'),
        ('name = "g"\nfile = " "', '7:1: gate "g": file must not be empty'),
        ('name = "g"\ncommand = "true"', f'7:1: gate "g": command {NO_LIST}'),
    ],
)  # fmt: skip
def test_each_mistake_is_told_with_its_place(gate: str, problem: str, problems: Callable[[str], Sequence[str]]) -> None:
    assert problems(f"{JOB}[[gate]]\n{gate}\n") == [problem]


def test_tags_to_be_confirmed_are_tags_of_jobs(
    loads: Callable[[str], JobSet], problems: Callable[[str], Sequence[str]]
) -> None:
    jobset = loads(JOB + '[[job]]\nname = "other"\n[safety]\nconfirm_tags = ["live"]\n')
    assert [jobset.asks_to_confirm(job) for job in jobset.jobs.values()] == [True, False]
    assert problems(JOB + '[safety]\nconfirm_tags = ["lve"]\n') == [
        '6:17: [safety]: confirm_tags: no job has the tag "lve"; did you mean "live"?'
    ]
    assert problems(JOB + "safety = 3\n")[0].startswith("5:1: ")


def test_a_table_that_is_no_array_says_how_it_is_written(problems: Callable[[str], Sequence[str]]) -> None:
    assert problems(f'{JOB}[gate]\nname = "g"\n') == ["5:1: begin each gate with [[gate]], in two pairs of brackets"]
