"""Real engines on a disk that is full, or has no room for another file, before they begin or while they serve."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.faults.hardships.disk import CannotMountError, small_disk
from tests.headless.support import shell
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.headless.support import Program

OFTEN = 'schedule_type = "interval"\ninterval_seconds = 0.3\n'
FULL = "No space left on device|the disk is full|the disk has no room for more files"


@pytest.fixture(params=["bytes", "files"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A small disk, whose bytes or files come to an end."""
    try:
        with small_disk(tmp_path / "disk", files=60 if request.param == "files" else None) as place:
            yield place
    except CannotMountError as error:
        pytest.skip(f"there is no small disk to be had: {error}")


def fill(disk: Path) -> None:
    """Take what is left of the bytes, and of the files."""
    number = 0
    try:
        with (disk / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(4096))
    except OSError:
        pass
    try:
        while number < 1000:
            (disk / f"ballast{number}").touch()
            number += 1
    except OSError:
        pass


def free(disk: Path) -> None:
    for path in disk.glob("ballast*"):
        path.unlink()


@pytest.mark.parametrize("was_there", [False, True], ids=["new", "used"])
def test_an_engine_begins_when_there_is_room_and_says_until_then_what_it_waits_for(
    program: Program, disk: Path, *, was_there: bool
) -> None:
    program.state = disk / "state"
    where = ("--state-dir", str(program.state))
    program.jobs(shell("tick", "echo tick >> {log}", OFTEN))
    if was_there:
        assert program.once(*where).code == 0
    before = len(program.log)
    fill(disk)
    engine = program.start("--headless", *where)
    engine.shows("the engine waits, and begins when that works")
    asked = program.run(*where, "hold")
    assert asked.code == 1
    assert asked.err.count("\n") == 1, "one sentence"
    assert len(program.log) == before
    assert engine.is_alive
    free(disk)
    program.log_has(before + 2)
    assert engine.out.count("the engine waits") <= 3, "each trouble is said once"
    assert engine.leave() == 0
    assert engine.err == ""


def test_one_that_waits_for_room_leaves_when_it_is_told_to(program: Program, disk: Path) -> None:
    program.state = disk / "state"
    program.jobs(shell("tick", "true", OFTEN))
    fill(disk)
    engine = program.start("--headless", "--state-dir", str(program.state))
    engine.shows("the engine waits")
    assert engine.leave() == 0
    free(disk)


def test_runs_that_find_no_room_are_told_of_and_the_engine_goes_on(program: Program, disk: Path) -> None:
    program.state = disk / "state"
    program.jobs(shell("tick", "echo tick >> {log}", OFTEN))
    engine = program.headless("--state-dir", str(program.state))
    program.log_has(2)
    fill(disk)
    wait_until(lambda: any(words in engine.out for words in FULL.split("|")), "what does not work")
    free(disk)
    program.log_has(len(program.log) + 2)
    assert engine.leave() == 0
    assert os.listdir(program.state / "runs")
