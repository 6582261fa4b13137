"""The recorder: who wrote how much when, and a bound that never stops the job."""

from __future__ import annotations

import errno
import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from peak_console.runs.local.system import LinuxSystem, PortableSystem, this_system
from peak_console.runs.output.files import read_deleted, read_dropped, stream_path, stream_size
from peak_console.runs.output.reader import OutputReader
from peak_console.runs.output.recorder import MAX_TIMELINE_BYTES, OutputRecorder
from peak_console.runs.output.removal import disk_bytes
from tests.faults.hardships.disk import DISK_MEGABYTES, CannotMountError, small_disk
from tests.support.processes import Bench, wait_until

if TYPE_CHECKING:
    from pathlib import Path

    from peak_console.runs.output.files import Stream

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MILLISECONDS = int(NOON.timestamp() * 1000)
on_linux = pytest.mark.skipif(not isinstance(this_system(), LinuxSystem), reason="needs fallocate")


def write(directory: Path, stream: Stream, data: bytes) -> None:
    with open(stream_path(str(directory), stream), "ab") as file:
        file.write(data)


def timeline(directory: Path) -> list[list[int]]:
    return [[int(word) for word in line.split()] for line in (directory / "timeline").read_text().splitlines()]


def test_only_growth_is_recorded(tmp_path: Path) -> None:
    recorder = OutputRecorder(str(tmp_path), 0)
    assert not recorder.sample(NOON)
    assert not (tmp_path / "timeline").exists()
    write(tmp_path, "out", b"12345")
    assert recorder.sample(NOON)
    assert not recorder.sample(NOON + timedelta(seconds=1))
    write(tmp_path, "err", b"123")
    assert recorder.sample(NOON + timedelta(seconds=2))
    assert timeline(tmp_path) == [[MILLISECONDS, 5, 0], [MILLISECONDS + 2000, 5, 3]]
    assert os.stat(tmp_path / "timeline").st_mode & 0o777 == 0o600


def test_a_later_recorder_goes_on_where_the_earlier_one_stopped(tmp_path: Path) -> None:
    write(tmp_path, "out", b"12345")
    OutputRecorder(str(tmp_path), 0).sample(NOON)
    recorder = OutputRecorder(str(tmp_path), 0)
    assert not recorder.sample(NOON + timedelta(seconds=1))
    write(tmp_path, "out", b"6")
    assert recorder.sample(NOON + timedelta(seconds=2))
    assert timeline(tmp_path) == [[MILLISECONDS, 5, 0], [MILLISECONDS + 2000, 6, 0]]


def test_timeline_is_thinned_out_before_it_outgrows_its_bound(tmp_path: Path) -> None:
    recorder = OutputRecorder(str(tmp_path), 0)
    count = 40_000
    with open(stream_path(str(tmp_path), "out"), "ab", buffering=0) as file:
        for number in range(count):
            file.write(b"x")
            recorder.sample(NOON + timedelta(milliseconds=100 * number))
    assert os.stat(tmp_path / "timeline").st_size <= MAX_TIMELINE_BYTES
    samples = timeline(tmp_path)
    assert len(samples) > 8_000
    assert samples == sorted(samples)
    assert samples[0][1] <= 100  # the beginning is still there
    assert samples[-1] == [MILLISECONDS + 100 * (count - 1), count, 0]
    gaps = [later[1] - sooner[1] for sooner, later in pairwise(samples)]
    assert gaps == sorted(gaps, reverse=True)  # the older, the coarser


def test_a_directory_that_has_gone_costs_nothing_but_the_times(tmp_path: Path) -> None:
    write(tmp_path, "out", b"12345")
    recorder = OutputRecorder(str(tmp_path), 10)
    (tmp_path / "stdout.log").unlink()
    tmp_path.rmdir()
    assert not recorder.sample(NOON)
    recorder.close()
    tmp_path.mkdir()


@on_linux
def test_head_and_tail_stay_and_the_middle_is_recorded_as_dropped(tmp_path: Path) -> None:
    recorder = OutputRecorder(str(tmp_path), 40_000)
    data = bytes(range(256)) * 400  # 102,400 bytes
    write(tmp_path, "out", data)
    write(tmp_path, "err", b"short")
    recorder.sample(NOON)
    assert read_dropped(str(tmp_path)) == {"out": (10_000, 72_400)}
    kept = (tmp_path / "stdout.log").read_bytes()
    assert (kept[:10_000], kept[72_400:]) == (data[:10_000], data[72_400:])
    assert kept[10_000:72_400].strip(b"\0") == b""
    assert len(kept) == len(data)
    assert recorder.can_bound


@on_linux
def test_output_that_fills_the_disk_is_cut_all_the_same_and_makes_room(tmp_path: Path) -> None:
    try:
        with small_disk(tmp_path / "disk") as disk:
            recorder = OutputRecorder(str(disk), 100_000)
            with pytest.raises(OSError, match="No space left"):
                write(disk, "out", b"x" * (DISK_MEGABYTES + 1) * 2**20)
            size = stream_size(str(disk), "out")
            recorder.sample(NOON)
            assert read_dropped(str(disk)) == {"out": (25_000, size - 75_000)}
            assert disk_bytes(str(disk)) < 200_000
    except CannotMountError as error:
        pytest.skip(f"there is no small disk to be had: {error}")


@on_linux
def test_a_cut_that_nobody_could_record_is_made_up_for_though_nothing_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the hole and its record somebody else may have taken the room."""

    def refuse(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    write(tmp_path, "out", b"x" * 102_400)
    recorder = OutputRecorder(str(tmp_path), 40_000)
    with monkeypatch.context() as patch:
        patch.setattr("peak_console.runs.output.recorder.write_dropped", refuse)
        patch.setattr("peak_console.runs.output.recorder.OutputRecorder._append", refuse)
        assert recorder.sample(NOON)
    assert read_dropped(str(tmp_path)) == {}
    assert not recorder.sample(NOON + timedelta(seconds=1))
    assert read_dropped(str(tmp_path)) == {"out": (10_000, 72_400)}


@on_linux
def test_bound_moves_on_with_the_output_and_across_recorders(tmp_path: Path) -> None:
    for number in range(1, 11):
        write(tmp_path, "err", b"x" * 10_000)
        recorder = OutputRecorder(str(tmp_path), 40_000)
        recorder.sample(NOON + timedelta(seconds=number))
        recorder.close()
    assert read_dropped(str(tmp_path)) == {"err": (10_000, 70_000)}


@on_linux
def test_a_little_over_the_bound_is_cut_only_at_the_end(tmp_path: Path) -> None:
    recorder = OutputRecorder(str(tmp_path), 16_000)
    write(tmp_path, "out", b"x" * 16_900)
    recorder.sample(NOON)
    assert read_dropped(str(tmp_path)) == {}
    recorder.close()
    assert read_dropped(str(tmp_path)) == {"out": (4_000, 4_900)}


def test_without_hole_punching_all_is_kept_and_the_recorder_says_so(tmp_path: Path) -> None:
    recorder = OutputRecorder(str(tmp_path), 1_000, PortableSystem())
    write(tmp_path, "out", b"x" * 50_000)
    assert recorder.sample(NOON)
    assert not recorder.can_bound
    assert read_dropped(str(tmp_path)) == {}
    assert (tmp_path / "stdout.log").read_bytes() == b"x" * 50_000
    assert timeline(tmp_path) == [[MILLISECONDS, 50_000, 0]]


@on_linux
def test_a_gigabyte_without_a_newline_stays_bounded_on_disk_and_in_memory(tmp_path: Path) -> None:
    bench = Bench(LinuxSystem(), tmp_path)
    try:
        limit = 1024 * 1024
        handle = bench.python("import os\nfor _ in range(1024): os.write(1, b'x' * 2**20)\nos.write(1, b'\\nend\\n')")
        recorder = OutputRecorder(handle.directory, limit)
        reader = OutputReader(handle.directory)
        most_blocks, most_bytes, read, dropped, last = 0, 0, 0, 0, b""

        def look() -> bool:
            nonlocal most_blocks, most_bytes, read, dropped, last
            recorder.sample(datetime.now(UTC))
            most_blocks = max(most_blocks, os.stat(stream_path(handle.directory, "out")).st_blocks)
            while chunks := reader.read_new():
                most_bytes = max(most_bytes, sum(len(chunk.data) for chunk in chunks))
                assert not any(b"\0" in chunk.data for chunk in chunks)  # nothing punched is taken for output
                read += sum(len(chunk.data) for chunk in chunks)
                dropped += sum(chunk.dropped for chunk in chunks)
                last = (last + chunks[-1].data)[-6:]
                recorder.sample(datetime.now(UTC))
            return handle.poll() is not None

        wait_until(look)
        look()
        recorder.close()
        assert bench.ended(handle).return_code == 0
        assert stream_size(handle.directory, "out") == 1024**3 + 5
        assert read + dropped == 1024**3 + 5
        assert last == b"x\nend\n"
        assert most_bytes <= 2 * 1024 * 1024
        assert most_blocks * 512 < 256 * 1024 * 1024  # what is written between two looks comes on top of the bound
        assert os.stat(stream_path(handle.directory, "out")).st_blocks * 512 <= limit + 3 * 4096
    finally:
        bench.close()


def cut_short(directory: Path, stream: Stream, data: bytes) -> None:
    """What a job does by ``> /dev/stdout``."""
    with open(stream_path(str(directory), stream), "wb") as file:
        file.write(data)


@pytest.mark.parametrize(
    "after", [b"", b"new", b"as long, new", b"a much longer line than the one that was there before"]
)
def test_what_a_job_deletes_of_its_own_output_is_recorded(tmp_path: Path, after: bytes) -> None:
    recorder = OutputRecorder(str(tmp_path), 0)
    write(tmp_path, "out", b"precious")
    write(tmp_path, "err", b"twelve bytes")
    recorder.sample(NOON)
    cut_short(tmp_path, "err", after)
    assert recorder.sample(NOON + timedelta(seconds=1))
    assert read_deleted(str(tmp_path)) == {"err": 12}
    assert timeline(tmp_path) == [[MILLISECONDS, 8, 0], [MILLISECONDS + 1000, 8, len(after)]]
    write(tmp_path, "err", b"more")
    recorder.sample(NOON + timedelta(seconds=2))
    assert read_deleted(str(tmp_path)) == {"err": 12}


def test_each_loss_counts_and_a_bounded_stream_is_bounded_anew(tmp_path: Path) -> None:
    recorder = OutputRecorder(str(tmp_path), 400_000)
    lost = 0
    for _ in range(2):
        write(tmp_path, "out", b"x" * 1_000_000)
        recorder.sample(NOON)
        written = stream_size(str(tmp_path), "out")
        kept = written - sum(end - start for start, end in read_dropped(str(tmp_path)).values())
        assert kept == (400_000 if recorder.can_bound else written)
        lost += kept
        cut_short(tmp_path, "out", b"short\n")
        recorder.sample(NOON)
        assert read_dropped(str(tmp_path)) == {}
        assert OutputReader(str(tmp_path)).tail("out", 100) == "short\n"
    assert read_deleted(str(tmp_path)) == {"out": lost}


def test_a_stream_that_only_grows_has_lost_nothing(tmp_path: Path) -> None:
    recorder = OutputRecorder(str(tmp_path), 3000)
    for number in range(400):
        write(tmp_path, "out", b"%d\n" % number * 10)
        write(tmp_path, "err", b"tick\n")
        recorder.sample(NOON + timedelta(seconds=number), final=number == 399)
    assert read_deleted(str(tmp_path)) == {}
