"""Whoever creates ``started`` owns the run: no crash and no race can run it twice."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import StartError
from peak_console.runs.interface import AlreadyStartedError
from peak_console.runs.local.executor import LocalExecutor
from peak_console.runs.local.process import LocalRun
from peak_console.runs.local.run_directory import SPARE, Record, lay_out, read_record, started_path
from peak_console.runs.local.system import this_system

if TYPE_CHECKING:
    from peak_console.runs.interface import RunSpec
    from tests.support.processes import Bench


def attempts_at_once(executors: list[LocalExecutor], spec: RunSpec) -> list[LocalRun | StartError]:
    """What each executor makes of the same run at the same moment."""
    barrier = threading.Barrier(len(executors))
    results: list[LocalRun | StartError] = []

    def attempt(executor: LocalExecutor) -> None:
        barrier.wait()
        results.extend(executor.submit([spec]))

    threads = [threading.Thread(target=attempt, args=[executor]) for executor in executors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_starts_at_once_exactly_one_runs(bench: Bench) -> None:
    executors = [bench.executor, LocalExecutor(str(bench.root), this_system())]
    try:
        for _ in range(50):
            spec = bench.spec("/bin/sh", "-c", "echo ran; exit 8")
            results = attempts_at_once(executors, spec)
            (handle,) = [result for result in results if isinstance(result, LocalRun)]
            (refused,) = [result for result in results if isinstance(result, StartError)]
            assert isinstance(refused, AlreadyStartedError)
            assert bench.ended(handle).return_code == 8
            assert bench.written(handle) == b"ran\n"
            handle.close()
    finally:
        executors[1].close()


def test_fenced_run_never_starts(bench: Bench) -> None:
    spec = bench.spec("/bin/sh", "-c", "echo ran")
    assert bench.executor.fence(spec.run_id)
    assert bench.executor.fence(spec.run_id), "whoever asks is told so"
    assert not bench.executor.is_started(spec.run_id)
    with pytest.raises(AlreadyStartedError, match="#1: another process has started it already"):
        bench.start_spec(spec)  # a start that was under way and comes late


def test_run_that_was_started_cannot_be_fenced(bench: Bench) -> None:
    handle = bench.shell("sleep 60")
    assert bench.executor.is_started(handle.run_id)
    assert not bench.executor.fence(handle.run_id)


def test_start_that_comes_to_nothing_can_be_repeated_by_whoever_finds_it(bench: Bench) -> None:
    spec = bench.spec("/bin/echo", "ran", cwd=str(bench.root / "later"))
    for _ in range(2):
        with pytest.raises(StartError, match="cannot be the working directory"):
            bench.start_spec(spec)
        assert not bench.executor.is_started(spec.run_id)
    (bench.root / "later").mkdir()
    assert bench.output(bench.start_spec(spec)) == b"ran\n"


def test_a_start_leaves_no_spare_file_and_the_mark_is_what_it_was_made_of(bench: Bench) -> None:
    spec = bench.spec("/bin/echo", "ran")
    lay_out(bench.place(spec))
    made_ahead = os.stat(os.path.join(bench.place(spec), SPARE)).st_ino
    handle = bench.start_spec(spec)
    assert os.stat(started_path(bench.place(spec))).st_ino == made_ahead
    assert os.stat(started_path(bench.place(spec))).st_nlink == 1
    assert bench.output(handle) == b"ran\n"
    assert sorted(os.listdir(bench.place(spec))) == ["exit_status", "started", "stderr.log", "stdout.log"]


def test_a_start_without_a_spare_file_makes_its_mark_all_the_same(bench: Bench) -> None:
    spec = bench.spec("/bin/sh", "-c", "exit 8")
    lay_out(bench.place(spec))
    os.unlink(os.path.join(bench.place(spec), SPARE))
    handle = bench.start_spec(spec)
    assert bench.ended(handle).return_code == 8
    assert isinstance(read_record(bench.place(spec)), Record)


def test_a_start_that_comes_to_nothing_leaves_no_spare_file_that_was_written_to(bench: Bench) -> None:
    spec = bench.spec("/bin/echo", "ran", cwd=str(bench.root / "later"))
    with pytest.raises(StartError, match="cannot be the working directory"):
        bench.start_spec(spec)
    assert sorted(os.listdir(bench.place(spec))) == ["stderr.log", "stdout.log"]


def test_seizing_and_starting_at_once_have_one_winner(bench: Bench) -> None:
    for _ in range(20):
        spec = bench.spec("/bin/true")
        fenced: list[bool] = []
        thread = threading.Thread(
            target=lambda spec=spec, fenced=fenced: fenced.append(bench.executor.fence(spec.run_id))
        )
        thread.start()
        (result,) = bench.executor.submit([spec])
        thread.join()
        assert isinstance(result, LocalRun) is not fenced[0]
        if isinstance(result, LocalRun):
            bench.ended(result)
            result.close()


def test_run_directory_appears_with_its_parents(bench: Bench) -> None:
    assert not (bench.root / "runs").exists()
    assert bench.executor.fence(1)
    assert os.stat(bench.root / "runs").st_mode & 0o777 == 0o700
