"""What a run has used comes with its end, by the kernel's own accounting, and never hides it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.model.records import Run, RunState, Trigger
from peak_console.runs.interface import Usage
from peak_console.runs.local.ends import note_usage, record
from peak_console.runs.local.run_directory import Record, read_exit_status, read_record, read_usage, usage_from
from peak_console.runs.usage import with_usage_so_far
from tests.store.support import NOW
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.processes import Bench

MIB = 1024**2
BURN = f"exec {sys.executable} -c 'import time; x = bytearray(50 * 1024**2); t = time.process_time()\n"
BURN += "while time.process_time() < t + 0.3: pass'"


@pytest.mark.parametrize("script", [BURN, f"({BURN}); true", f"{BURN}; exit 3", f"({BURN}); kill -9 $$"])
def test_processor_time_and_peak_memory_of_a_run_and_its_children(bench: Bench, script: str) -> None:
    handle = bench.shell(script)
    end = bench.ended(handle)
    wait_until(lambda: bench.executor.usage(handle.run_id) is not None, "the note of its keeper")
    used = bench.executor.usage(handle.run_id)
    assert used is not None
    assert used.cpu_seconds >= 0.3
    assert used.peak_memory_bytes >= 50 * MIB
    assert read_exit_status(handle.directory) == (end.return_code, end.at), "the end is where and when it was"


def test_a_run_that_goes_on_tells_what_it_has_used_so_far(bench: Bench) -> None:
    if bench.executor._system.name != "linux":
        pytest.skip("needs /proc")
    gate = f"{bench.root}/gate"
    os.mkfifo(gate)
    burn = BURN.removeprefix("exec ")[:-1] + f'\nopen("{gate}")\''
    handle = bench.shell(burn + "; true")
    run = Run(1, "a", Trigger.MANUAL, None, 1, RunState.RUNNING, NOW, reference=handle.reference)

    def used() -> Run:
        return with_usage_so_far(run)

    wait_until(lambda: (used().cpu_seconds or 0) >= 0.3, "what its child has used")
    assert (used().peak_memory_bytes or 0) >= 50 * MIB
    with open(gate, "w", encoding="ascii"):
        pass
    bench.ended(handle)
    assert used() == run, "nothing is told of a process that is gone"


def test_a_reference_that_is_another_processes_tells_nothing() -> None:
    run = Run(1, "a", Trigger.MANUAL, None, 1, RunState.RUNNING, NOW, reference=f"{os.getpid()} another/1")
    assert with_usage_so_far(run) == run


def test_the_end_stands_without_what_was_used(tmp_path: Path) -> None:
    directory = os.fsencode(tmp_path / "7")
    os.mkdir(directory)
    record(directory, 3, 1_000_000_000.0)
    note_usage(directory, 1.5, 4096)
    assert read_usage(os.fsdecode(directory)) is None, "a job has removed what it would be noted in"
    (tmp_path / "7" / "started").write_text("77 mark 1.0 78 79\n")
    note_usage(directory, 1.5, 4096)
    code, at = read_exit_status(os.fsdecode(directory))
    assert (code, at.timestamp() if at else None) == (3, 1_000_000_000.0)
    assert read_usage(os.fsdecode(directory)) == Usage(1.5, 4096)
    assert read_record(os.fsdecode(directory)) == Record(77, "mark", 1.0, (78, 79))


@given(st.binary(max_size=60) | st.from_regex(rb"\d{0,20}\.?\d{0,6} \d{0,20}\n?", fullmatch=True))
def test_whatever_a_job_writes_there_is_a_usage_or_none(line: bytes) -> None:
    found = usage_from(line)
    assert found is None or (found.cpu_seconds >= 0 and 0 <= found.peak_memory_bytes < 2**63)


def test_what_a_keeper_writes_is_read_as_it_was() -> None:
    assert usage_from(b"0.001274 7585792\n") == Usage(0.001274, 7585792)
