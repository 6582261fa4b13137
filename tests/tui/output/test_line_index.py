from __future__ import annotations

import os
import tempfile
import time
import tracemalloc
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.tui.output.files import OutputFiles
from peak_console.tui.output.line_index import LineIndex, tail_start
from peak_console.tui.output.stream_lines import CHUNK_BYTES
from tests.support.properties import examples
from tests.tui.output_stage import RunDirectory, indexed, texts


def refreshed(index: LineIndex) -> LineIndex:
    index.files.refresh()
    while not index.advance(1 << 20):
        pass
    return index


def test_streams_are_merged_in_the_order_of_the_timeline(run: RunDirectory) -> None:
    run.write(b"one\n", at=1000)
    run.write(err=b"two\n", at=1100)
    run.write(b"three\n", b"four\n", at=1200)
    run.write(b"five\n", at=1300)
    index = indexed(run)
    assert texts(index) == ["one", "E two", "three", "E four", "five"]
    assert [line.at for line in index.window(0, 9)] == [1000, 1100, 1200, 1200, 1300]


def test_a_line_stands_where_its_end_was_written(run: RunDirectory) -> None:
    run.write(b"begun ", at=1000)
    run.write(err=b"meanwhile\n", at=1100)
    run.write(b"and ended\n", at=1200)
    assert texts(indexed(run)) == ["E meanwhile", "begun and ended"]


def test_unfinished_lines_come_last_and_count(run: RunDirectory) -> None:
    run.write(b"prompt> ", b"done\nwarn", at=1000)
    index = indexed(run)
    assert texts(index) == ["E done", "prompt> ", "E warn"]
    assert (index.complete_lines, index.total) == (1, 3)


def test_without_a_timeline_stdout_comes_before_stderr_and_has_no_times(run: RunDirectory) -> None:
    run.write(b"a\nb\n", b"c\n")
    index = indexed(run)
    assert texts(index) == ["a", "b", "E c"]
    assert {line.at for line in index.window(0, 3)} == {None}


def test_a_line_gets_its_time_once_the_recorder_has_seen_it(run: RunDirectory) -> None:
    run.write(b"a\n")
    index = indexed(run)
    assert index.window(0, 1)[0].at is None
    run.write(at=1500)
    assert refreshed(index).window(0, 1)[0].at == 1500


def test_growing_output_is_taken_up(run: RunDirectory) -> None:
    index = indexed(run)
    assert index.total == 0
    for number in range(300):
        run.write(b"line %d\n" % number, at=number)
        refreshed(index)
    assert texts(index) == [f"line {number}" for number in range(300)]


def test_a_thinned_out_timeline_is_read_anew(run: RunDirectory) -> None:
    for number in range(10):
        run.write(b"out\n", b"err\n", at=1000 + number)
    index = indexed(run)
    timeline = run.path / "timeline"
    thinned = "".join(timeline.read_text().splitlines(keepends=True)[1::2])
    (run.path / "timeline.new").write_text(thinned)
    (run.path / "timeline.new").rename(timeline)
    refreshed(index)
    assert index.total == 20
    assert [line.at for line in index.window(0, 4)] == [1001, 1001, 1001, 1001]


@pytest.mark.parametrize("junk", [b"x", b"1 2\n", b"-1 5 5\n", b"99999999999999999999 1 1\n", b"\xff\xff \n\n"])
def test_a_damaged_timeline_costs_times_and_nothing_else(run: RunDirectory, junk: bytes) -> None:
    run.write(b"a\n", b"b\n", at=1000)
    with (run.path / "timeline").open("ab") as file:
        file.write(junk)
    run.write(b"c\n")
    assert texts(indexed(run)) == ["a", "E b", "c"]


def test_many_dense_lines_take_little_memory(run: RunDirectory) -> None:
    run.write(b"\n" * 4_000_000)
    files = OutputFiles(str(run))
    tracemalloc.start()
    try:
        index = LineIndex(files)
        while not index.advance(1 << 20):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert index.total == 4_000_000
    assert peak < 1_000_000
    assert len(index.window(3_999_990, 100)) == 10


def test_any_window_of_many_lines_is_found_at_once(run: RunDirectory) -> None:
    run.write(b"".join(b"line %d of many\n" % number for number in range(200_000)))
    index = indexed(run)
    index.window(0, 50)
    start = time.thread_time()
    for first in range(0, 200_000, 10_007):
        window = texts(index, index.window(first, 50))
        assert window[0] == f"line {first} of many"
        assert len(window) == min(50, 200_000 - first)
    assert (time.thread_time() - start) / 20 < 0.05


def test_a_giant_line_is_read_in_part_only(run: RunDirectory) -> None:
    giant = b"x" * (10 * 1024 * 1024)
    run.write(b"before\n" + giant + b"\nafter\n", b"err\n", at=1000)
    index = indexed(run)
    tracemalloc.start()
    try:
        found = texts(index)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [text[:6] for text in found] == ["before", "xxxxxx", "after", "E err"]
    assert index.window(1, 1)[0].end - index.window(1, 1)[0].start == len(giant)
    assert peak < 1_000_000


def test_of_a_giant_progress_bar_the_last_state_is_read(run: RunDirectory) -> None:
    run.write(b"".join(b"\r%6d of 20000" % number for number in range(20_000)) + b"\r\n")
    assert texts(indexed(run)) == [" 19999 of 20000"]


def test_the_dropped_middle_is_one_line(run: RunDirectory) -> None:
    data = b"".join(b"line %04d\n" % number for number in range(1000))
    run.write(data, at=1000)
    run.drop("out", 25, 9_985)
    found = texts(indexed(run))
    assert found[:4] == ["line 0000", "line 0001", "line ", "dropped 9960"]
    assert found[4:] == ["0998", "line 0999"]


def test_what_is_dropped_after_it_was_indexed_goes_away(run: RunDirectory) -> None:
    for number in range(2000):
        run.write(
            b"out %05d %s\n" % (number, b"x" * 89), b"err %04d\n" % number if number % 100 == 0 else b"", at=number
        )
    index = indexed(run)
    before = index.generation
    for kept in (100_000, 150_000, 199_000):
        run.drop("out", 10_000, kept)
        run.write(b"more\n", at=5000)
        refreshed(index)
        assert texts(index) == texts(indexed(run))
        assert index.total == len(texts(index))
    assert index.generation > before
    assert sum(text.startswith("E") for text in texts(index)) == 20


def test_a_line_keeps_its_place_by_its_bytes_when_numbers_change(run: RunDirectory) -> None:
    for number in range(3000):
        run.write(b"out %05d %s\n" % (number, b"x" * 90), at=number)
    index = indexed(run)
    line = index.window(2500, 1)[0]
    assert index.number_of(line) == 2500
    run.drop("out", 10_100, 202_000)
    run.write(b"more\n")
    number = refreshed(index).number_of(line)
    assert number < 2500
    assert index.window(number, 1)[0][:3] == line[:3]


def test_an_index_of_output_that_was_cut_short_is_stale(run: RunDirectory) -> None:
    run.write(b"a\nb\n")
    index = indexed(run)
    before = index.stale
    os.truncate(run.path / "stdout.log", 2)
    index.files.refresh()
    assert (before, index.stale) == (False, True)
    assert len(index.window(0, 10)) <= 2


def test_the_end_is_found_without_the_rest(run: RunDirectory) -> None:
    for number in range(5000):
        run.write(b"out %06d\n" % number, b"err %06d\n" % number if number % 3 == 0 else b"", at=number)
    whole = texts(indexed(run))
    for reach in (100, 1000, 10_000, 1 << 20):
        files = OutputFiles(str(run))
        index = LineIndex(files, tail_start(files, reach))
        index.advance(1 << 20)
        found = texts(index)
        assert found
        assert found == whole[-len(found) :]
        assert len(found) * 11 <= max(2 * reach, 11)


@pytest.mark.parametrize("make", ["directory", "pipe", "link", "nothing"])
def test_only_regular_files_are_read(run: RunDirectory, make: str) -> None:
    path = run.path / "stdout.log"
    match make:
        case "directory":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case "link":
            path.symlink_to("/etc/passwd")
    assert indexed(run).total == 0


def test_an_unreadable_directory_is_no_output(tmp_path: Path) -> None:
    files = OutputFiles(str(tmp_path / "nowhere"))
    assert files.pruned
    assert LineIndex(files).advance(1)


def test_looking_again_at_nothing_new_is_cheap(run: RunDirectory) -> None:
    run.write(b"a\n" * 1000, at=1000)
    index = indexed(run)
    assert not index.files.refresh()
    start = time.thread_time()
    for _ in range(200):
        index.files.refresh()
    assert (time.thread_time() - start) / 200 < 0.001


chunks = st.lists(
    st.tuples(
        st.lists(st.sampled_from([b"a", b"bb", b"\n", b"c\n", b"\n\n\n", b"x" * 700, b"y" * 300 + b"\n"]), max_size=6),
        st.lists(st.sampled_from([b"e", b"\n", b"ee\n", b"z" * 500 + b"\n"]), max_size=4),
        st.booleans(),
    ),
    max_size=12,
)


def expected_lines(parts: list[tuple[list[bytes], list[bytes], bool]]) -> list[str]:
    """A slow, obvious merge: by sample, stdout before stderr; unfinished lines last."""
    lines: list[str] = []
    open_lines = {"": b"", "E ": b""}
    waiting = {"": b"", "E ": b""}
    for place, (out, err, sampled) in enumerate(parts):
        waiting[""] += b"".join(out)
        waiting["E "] += b"".join(err)
        if sampled or place == len(parts) - 1:
            for mark in ("", "E "):
                *whole, open_lines[mark] = (open_lines[mark] + waiting[mark]).split(b"\n")
                lines += [mark + line.decode() for line in whole]
                waiting[mark] = b""
    return lines + [mark + rest.decode() for mark, rest in open_lines.items() if rest]


@given(chunks, st.integers(1, 2000), st.booleans())
@examples(60)
def test_lines_are_those_of_a_slow_and_obvious_merge(
    parts: list[tuple[list[bytes], list[bytes], bool]], budget: int, live: bool
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        run = RunDirectory(Path(directory) / "run")
        index = LineIndex(OutputFiles(str(run)))
        for number, (out, err, sampled) in enumerate(parts):
            run.write(b"".join(out), b"".join(err), at=number if sampled else None)
            if live and sampled:
                index.files.refresh()
                while not index.advance(budget):
                    pass
        index.files.refresh()
        while not index.advance(budget):
            pass
        assert texts(index) == expected_lines(parts)
        assert index.total == len(expected_lines(parts))
        for first, second in pairwise(range(0, index.total + 1, 3)):
            assert texts(index, index.window(first, second - first)) == texts(index)[first:second]


@given(
    st.lists(
        st.sampled_from([b"a\n", b"b" * 3000 + b"\n", b"\n" * 500, b"c" * (CHUNK_BYTES + 5) + b"\n"]), max_size=30
    ),
    st.floats(0, 1),
    st.floats(0, 1),
)
@examples(30)
def test_numbers_after_a_drop_are_those_of_a_fresh_index(parts: list[bytes], low: float, high: float) -> None:
    data = b"".join(parts)
    gone, kept = sorted((int(low * len(data)), int(high * len(data))))
    with tempfile.TemporaryDirectory() as directory:
        run = RunDirectory(Path(directory) / "run")
        run.write(data, b"err\n" * 100, at=1)
        index = indexed(run)
        if gone < kept:
            run.drop("out", gone, kept)
        run.write(b"end\n", at=2)
        index.files.refresh()
        while not index.advance(1 << 20):
            pass
        assert texts(index) == texts(indexed(run))
        assert index.total == len(texts(index))
