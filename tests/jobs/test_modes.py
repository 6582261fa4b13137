"""A machine accepts the modes that it names, and refuses a file with a job of any other."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from peak_console.jobs.model import Mode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from peak_console.jobs.model import JobSet

JOB = '[[job]]\nname = "{name}"\nargs = {{ script = "x.py" }}\nmode = "{name}"\n'
SUBSETS = [some for count in range(4) for some in combinations(Mode, count)]


@pytest.mark.parametrize("allowed", SUBSETS, ids="-".join)
def test_a_job_of_each_other_mode_is_named_with_its_place(
    allowed: Sequence[Mode], problems: Callable[[str], Sequence[str]]
) -> None:
    header = f"[scheduler]\nallow_modes = {[str(mode) for mode in allowed]}\n"
    found = problems(header + "".join(JOB.format(name=mode) for mode in Mode) + '[[job]]\nname = "none"\nargs = {}\n')
    refused = [mode for mode in Mode if mode not in allowed]
    assert len(found) == len(refused)
    for line, mode in zip(found, refused, strict=True):
        assert line.startswith(f'{6 + 4 * list(Mode).index(mode)}:1: job "{mode}": mode "{mode}" is not allowed')


def test_every_mode_is_allowed_where_nothing_is_said(loads: Callable[[str], JobSet]) -> None:
    jobs = loads("".join(JOB.format(name=mode) for mode in Mode)).jobs.values()
    assert [job.mode for job in jobs] == list(Mode)
    assert [job.is_live for job in jobs] == [False, False, True]


def test_a_mode_or_a_list_of_them_that_is_misspelt_is_an_error(problems: Callable[[str], Sequence[str]]) -> None:
    assert problems('[[job]]\nname = "a"\nmode = "lve"\n') == [
        '3:1: job "a": mode must be one of "paper", "testnet", "live", not "lve"; did you mean "live"?'
    ]
    assert problems('[scheduler]\nallow_modes = ["papr"]\n[[job]]\nname = "a"\n')[0].startswith(
        '2:16: [scheduler]: allow_modes must be one of "paper", "testnet", "live", not "papr"'
    )
