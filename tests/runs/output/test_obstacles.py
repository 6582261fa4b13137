"""What a job may put in the place of the files beside its output: it is never waited for, followed or believed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.runs.local.run_directory import Claim, Record, _started_from, read_exit_status
from peak_console.runs.output.files import read_dropped, replace_file
from peak_console.runs.output.reader import OutputReader
from peak_console.runs.output.recorder import MAX_TIMELINE_BYTES, OutputRecorder
from peak_console.tui.output.files import OutputFiles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW = datetime(2026, 3, 2, tzinfo=UTC)
OUTPUT = b"a line of output\n" * 20


def as_pipe(path: Path) -> None:
    os.mkfifo(path)


def as_directory(path: Path) -> None:
    (path / "with something in it").mkdir(parents=True)


def as_endless_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def as_link_to_nowhere(path: Path) -> None:
    path.symlink_to("/nowhere/at/all")


def as_huge_file(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


def as_huge_numbers(path: Path) -> None:
    path.write_text("out 9223372036854775808 99999999999999999999\n9223372036854775808 9223372036854775808 1\n")


OBSTACLES = (as_pipe, as_directory, as_endless_device, as_link_to_nowhere, as_huge_file, as_huge_numbers)


@pytest.mark.parametrize("name", ["timeline", "dropped", "timeline.new", "dropped.new", "exit_status", "started"])
@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_output_is_recorded_and_read_all_the_same(tmp_path: Path, name: str, obstacle: Callable[[Path], None]) -> None:
    (tmp_path / "stdout.log").write_bytes(OUTPUT)
    (tmp_path / "stderr.log").touch()
    obstacle(tmp_path / name)
    recorder = OutputRecorder(str(tmp_path), max_output_bytes=100)
    recorder.sample(NOW)
    recorder.close()
    chunks = OutputReader(str(tmp_path)).read_new()
    files = OutputFiles(str(tmp_path))
    read_exit_status(str(tmp_path))
    assert files.sizes == (len(OUTPUT), 0)
    kept = sum(len(chunk.data) + chunk.dropped for chunk in chunks)
    assert kept == len(OUTPUT)


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_what_stands_in_the_place_of_the_output_is_not_read_and_nothing_is_cut_from_it(
    tmp_path: Path, obstacle: Callable[[Path], None]
) -> None:
    (tmp_path / "stderr.log").write_bytes(OUTPUT)
    obstacle(tmp_path / "stdout.log")
    recorder = OutputRecorder(str(tmp_path), max_output_bytes=10_000)
    recorder.sample(NOW)
    recorder.close()
    assert OutputReader(str(tmp_path)).tail("err", 1000).encode() == OUTPUT
    OutputReader(str(tmp_path)).tail("out", 1000)
    OutputFiles(str(tmp_path))


def test_nothing_is_cut_from_a_file_that_a_job_has_linked_to(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(OUTPUT * 1000)
    (tmp_path / "stdout.log").symlink_to(precious)
    recorder = OutputRecorder(str(tmp_path), max_output_bytes=100)
    recorder.sample(NOW)
    recorder.close()
    assert precious.read_bytes() == OUTPUT * 1000


def test_numbers_that_no_file_can_have_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "dropped").write_text("out 9223372036854775808 99999999999999999999\nerr 3 5\n")
    assert read_dropped(str(tmp_path)) == {"err": (3, 5)}


def test_a_directory_in_the_place_of_a_file_makes_way(tmp_path: Path) -> None:
    as_directory(tmp_path / "file")
    as_directory(tmp_path / "file.new")
    replace_file(str(tmp_path / "file"), b"content")
    assert (tmp_path / "file").read_bytes() == b"content"


def test_a_timeline_that_a_job_has_made_longer_than_any_is_thinned_out(tmp_path: Path) -> None:
    (tmp_path / "stdout.log").write_bytes(OUTPUT)
    as_huge_file(tmp_path / "timeline")
    OutputRecorder(str(tmp_path), max_output_bytes=0).sample(NOW)
    assert (tmp_path / "timeline").stat().st_size <= MAX_TIMELINE_BYTES


words = st.sampled_from(
    ["by", "never", "nan", "inf", "-inf", "1e300", "-1", "0", "1", "4711", "99999999999999999999", "x"]
)


@given(st.lists(words | st.integers().map(str) | st.floats().map(str), max_size=7).map(" ".join))
def test_whatever_a_mark_says_it_names_no_process_that_cannot_be(text: str) -> None:
    found = _started_from(text.split())
    if isinstance(found, Record):
        pids = [found.pid, *found.keepers]
        datetime.fromtimestamp(found.began, UTC)
    else:
        pids = [pid for pid, _ in found.keepers] if isinstance(found, Claim) else []
    assert all(1 < pid <= 1 << 22 for pid in pids)
