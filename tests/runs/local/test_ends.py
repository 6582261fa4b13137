"""How a run ended is learnt whatever a job does to its directory, to its keeper, or to other runs."""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.runs.interface import AlreadyStartedError, Ended
from peak_console.runs.local.ends import WRITTEN, record
from peak_console.runs.local.keeper import RETRY_SECONDS
from peak_console.runs.local.process import LONGEST_PAUSE_SECONDS, PAUSE_SECONDS, LocalRun
from peak_console.runs.local.run_directory import read_exit_status
from tests.support.processes import (
    is_alive,
    keeper_of,
    started_by_an_engine_that_died,
    wait_until,
    witness_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from peak_console.runs.local.system import System
    from tests.support.processes import Bench

OBSTACLES = {
    "directory": "mkdir exit_status",
    "full directory": "mkdir -p exit_status/x",
    "pipe": "mkfifo exit_status",
    "link to a full disk": "ln -s /dev/full exit_status",
    "link to nowhere": "ln -s /nowhere/at/all exit_status",
    "link to a file": "echo mine > ../../file; ln -s ../../file exit_status",
    "second name of a file": "echo mine > ../../file; ln ../../file exit_status",
    "directory removed": "rm -r $PWD",
    "all directories removed": "rm -r ../../runs",
    "directory replaced by a file": "rm -r $PWD; touch $PWD",
    "pipes in place of the output": "rm std*; mkfifo stdout.log stderr.log",
}


@pytest.mark.parametrize("obstacle", OBSTACLES.values(), ids=OBSTACLES)
def test_end_is_learnt_whatever_a_job_does_to_its_directory(bench: Bench, obstacle: str) -> None:
    other = bench.shell(f"while [ ! -e '{bench.root}/go' ]; do sleep 0.01; done; exit 3")
    directory = bench.place(bench.spec("/bin/true", run_id=other_id(other) + 1))
    handle = bench.shell(f"cd {directory} && {obstacle}; touch {bench.root}/go; exit 4")
    assert bench.ended(handle).return_code == 4
    assert bench.ended(other).return_code == 3
    if (bench.root / "file").exists():
        assert (bench.root / "file").read_text() == "mine\n", "nothing is written through a link"


def other_id(handle: LocalRun) -> int:
    return int(os.path.basename(handle.directory))


def refuse_every_end(directory: str) -> None:
    """Nothing takes the end of this run; as on a full disk, but of no other."""
    os.makedirs(os.path.join(directory, "exit_status", "in the way"))
    os.makedirs(os.path.join(f"{directory}.exit_status", "in the way"))


def accept_ends(directory: str) -> None:
    with suppress(OSError):
        os.rmdir(os.path.join(directory, "exit_status", "in the way"))


def test_end_that_no_file_takes_is_told_to_the_engine_and_holds_up_no_other(bench: Bench) -> None:
    handle = bench.shell(f"while [ ! -e '{bench.root}/go' ]; do sleep 0.01; done; exit 3")
    refuse_every_end(handle.directory)
    (bench.root / "go").touch()
    end = bench.ended(handle)
    assert end.return_code == 3
    assert end.at is not None
    assert bench.ended(bench.shell("exit 7")).return_code == 7
    assert read_exit_status(handle.directory) == (None, None)
    accept_ends(handle.directory)
    wait_until(lambda: read_exit_status(handle.directory) == (3, end.at))


def test_end_of_a_run_whose_state_directory_was_removed_is_told_to_the_engine(bench: Bench) -> None:
    root = bench.root
    bench.root = root / "state"
    handle = bench.shell(f"rm -r {bench.root}; exit 6")
    assert bench.ended(handle).return_code == 6
    assert not bench.root.exists(), "whoever removed it wants it gone"


@pytest.fixture
def adopted(bench: Bench, system: System) -> Iterator[LocalRun]:
    """A run that waits for the file ``go`` and whose engine is dead, so that nobody is told of its end."""
    directory = bench.place(bench.spec("/bin/true"))
    script = f"while [ ! -e '{bench.root}/go' ]; do sleep 0.01; done; exit 3"
    handle = bench.adopt(directory, *started_by_an_engine_that_died(system, directory, script))
    assert isinstance(handle, LocalRun)
    yield handle
    handle.kill()
    accept_ends(handle.directory)
    wait_until(lambda: not is_alive(keeper_of(handle)), "the keeper's leave")


def test_end_is_recorded_as_soon_as_it_can_be(bench: Bench, adopted: LocalRun) -> None:
    refuse_every_end(adopted.directory)
    (bench.root / "go").touch()
    wait_until(lambda: not is_alive(adopted.pid))
    assert adopted.poll() is None
    over = datetime.now(UTC)
    accept_ends(adopted.directory)
    end = bench.ended(adopted)
    assert end.return_code == 3
    assert end.at is not None
    assert end.at < over + timedelta(seconds=RETRY_SECONDS / 2), "when it ended, not when that could be written"


def test_an_end_that_cannot_be_recorded_yet_keeps_nobody_from_sleeping(bench: Bench, adopted: LocalRun) -> None:
    if (fd := adopted.fileno()) is None:
        pytest.skip("nothing to wait on: the portable way asks again")
    refuse_every_end(adopted.directory)
    (bench.root / "go").touch()
    assert select.select([fd], [], [], 10)[0]
    wait_until(lambda: adopted.poll() is not None or adopted.fileno() is None)
    pauses = [adopted.pause]
    for _ in range(2000):  # a disk may be full for long
        assert adopted.poll() is None
        pauses.append(adopted.pause)
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)


def test_why_an_end_is_not_known_is_said_after_a_while(
    bench: Bench, adopted: LocalRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert adopted.overdue() is None
    refuse_every_end(adopted.directory)
    (bench.root / "go").touch()
    wait_until(lambda: not is_alive(adopted.pid))
    adopted.poll()
    assert adopted.overdue() is None, "a moment is nothing"
    monkeypatch.setattr("peak_console.runs.local.process.OVERDUE_SECONDS", 0.0)
    monkeypatch.setattr("peak_console.runs.local.process.REASON_SECONDS", 0.0)

    def reason() -> str | None:
        assert adopted.poll() is None  # its keeper may not have taken leave of it yet
        return adopted.overdue()

    wait_until(lambda: reason() is not None, "the reason")
    assert reason() == "the process that records how runs end does not answer"
    monkeypatch.setattr("peak_console.runs.local.process.why_unwritten", lambda _: "No space left on device")
    assert adopted.overdue() == "No space left on device"


def test_keeper_with_nothing_but_ends_that_nothing_takes_leaves_when_told(bench: Bench, adopted: LocalRun) -> None:
    keeper = keeper_of(adopted)
    os.kill(keeper, signal.SIGTERM)
    refuse_every_end(adopted.directory)
    (bench.root / "go").touch()
    wait_until(lambda: not is_alive(adopted.pid))

    def left() -> bool:
        try:
            os.kill(keeper, signal.SIGTERM)  # not heard before it has seen the end
        except ProcessLookupError:
            return True
        return not is_alive(keeper)

    wait_until(left, "the keeper's leave")


def test_end_is_learnt_although_the_keeper_was_killed(bench: Bench) -> None:
    """By the job itself, and that of another run, too."""
    if bench.system.name != "linux":
        pytest.skip("only Linux gives orphans to another parent than the first process")
    other = bench.shell(f"while [ ! -e '{bench.root}/go' ]; do sleep 0.01; done; exit 3")
    before = bench.shell("exit 2")
    keeper, witness = keeper_of(other), witness_of(other)
    spec = bench.spec("/bin/sh", "-c", "kill -9 $PPID; exit 4")
    try:
        handle: LocalRun | Ended = bench.start_spec(spec)
    except AlreadyStartedError:  # the keeper did not live to tell of the start; then it is adopted
        handle = bench.adopt(bench.place(spec), None, None)
    end = handle if isinstance(handle, Ended) else bench.ended(handle)
    assert end.return_code == 4
    assert bench.ended(before).return_code == 2
    wait_until(lambda: not is_alive(keeper))
    assert other.poll() is None
    assert bench.ended(bench.shell("exit 5")).return_code == 5, "another keeper starts what comes after"
    (bench.root / "go").touch()
    assert bench.ended(other).return_code == 3
    wait_until(lambda: not is_alive(witness), "the witness's leave")


def test_the_death_of_keeper_and_witness_leaves_the_run_alive_and_loses_its_end(bench: Bench, system: System) -> None:
    handle = bench.start("/bin/sleep", "60")
    if system.name == "linux":
        os.kill(witness_of(handle), signal.SIGKILL)
    os.kill(keeper_of(handle), signal.SIGKILL)
    wait_until(lambda: not is_alive(keeper_of(handle)))
    assert handle.poll() is None
    handle.terminate()
    assert bench.ended(handle) == Ended(None, None)


def test_a_killed_witness_is_not_missed(bench: Bench, system: System) -> None:
    if system.name != "linux":
        pytest.skip("there is none")
    handle = bench.shell(f"while [ ! -e '{bench.root}/go' ]; do sleep 0.01; done; exit 3")
    os.kill(witness_of(handle), signal.SIGKILL)
    (bench.root / "go").touch()
    assert bench.ended(handle).return_code == 3
    assert bench.ended(bench.shell("exit 5")).return_code == 5


def test_starts_and_ends_go_on_although_a_job_stops_its_keeper(
    bench: Bench, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peak_console.runs.local.executor.LOOK_SECONDS", 0)
    handle = bench.shell("kill -STOP $PPID; exit 3")
    assert bench.ended(bench.shell("exit 4")).return_code == 4
    assert bench.ended(handle).return_code == 3
    if system.name == "linux":  # elsewhere it has no witness, who would tell
        told = iter(bench.executor.mishaps, ["never"])
        wait_until(lambda: any("was stopped, and is awake again" in words for words in next(told)), "a word about it")
    assert bench.executor.mishaps() == []


def test_orphans_of_runs_are_no_runs(bench: Bench, system: System) -> None:
    """A keeper's witness gets them as its children, and takes them away when they have ended."""
    handle = bench.shell("for i in 1 2 3; do (setsid sh -c 'echo $$; sleep 0.2; exit 9' & ) ; done; sleep 60")
    wait_until(lambda: bench.written(handle).count(b"\n") == 3)
    orphans = [int(word) for word in bench.written(handle).split()]
    wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in orphans), "the orphans' going")
    assert handle.poll() is None
    if system.name == "linux":
        os.kill(keeper_of(handle), signal.SIGKILL)
        wait_until(lambda: not is_alive(keeper_of(handle)))
    handle.kill()
    assert bench.ended(handle).return_code == 128 + signal.SIGKILL


def test_run_whose_directory_is_gone_does_not_hold_the_keeper(bench: Bench) -> None:
    from peak_console.runs.output.removal import remove

    handle = bench.start("/bin/sleep", "60")
    keeper = keeper_of(handle)
    assert remove(handle.directory)
    handle.kill()
    bench.executor.close()
    assert bench.ended(handle).return_code == 128 + signal.SIGKILL
    wait_until(lambda: not is_alive(keeper))


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o755])
def test_end_can_be_read_by_whom_the_directory_lets_in(tmp_path: Path, mode: int) -> None:
    directory = tmp_path / "runs" / "1"
    directory.mkdir(parents=True)
    directory.chmod(mode)
    assert record(os.fsencode(directory), 3, None) == WRITTEN
    assert (directory / "exit_status").stat().st_mode & 0o777 == 0o600 | mode & 0o044


@pytest.mark.parametrize("text", ["", "12", "x\n", "-1\n", "256\n", "99999999999999999999\n", "1 2\n"])
def test_what_is_no_return_code_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "exit_status").write_text(text)
    assert read_exit_status(str(tmp_path)) == (None, None)


def test_all_who_ended_before_the_witness_took_over_are_recorded(bench: Bench, system: System) -> None:
    if system.name != "linux":
        pytest.skip("there is none")
    handles = [bench.shell(f"while [ ! -e '{bench.root}/go' ]; do sleep 0.01; done; exit {code}") for code in range(5)]
    keeper = keeper_of(handles[0])
    os.kill(witness_of(handles[0]), signal.SIGSTOP)
    os.kill(keeper, signal.SIGSTOP)
    (bench.root / "go").touch()
    for handle in handles:
        wait_until(lambda pid=handle.pid: not is_alive(pid))  # type: ignore[misc]
    os.kill(keeper, signal.SIGKILL)
    os.kill(witness_of(handles[0]), signal.SIGCONT)
    assert [bench.ended(handle).return_code for handle in handles] == [0, 1, 2, 3, 4]
