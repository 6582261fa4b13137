"""Several runs as one list of lines: in the order of their times, each once, bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from peak_console.tui.output.merged import merging
from peak_console.tui.output.merged.merging import MergedTail, WatchedRun
from tests.tui.output_stage import RunDirectory, numbered

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def watched(run: RunDirectory, number: int, *, is_over: bool = False) -> WatchedRun:
    return WatchedRun(f"job{number}", number, str(run), is_over)


def told(tail: MergedTail) -> list[str]:
    return [f"{line.job} {'E ' if line.is_error else ''}{line.data.decode()}" for line in tail.lines]


def two_runs(tmp_path: Path) -> tuple[RunDirectory, RunDirectory]:
    return RunDirectory(tmp_path / "1"), RunDirectory(tmp_path / "2")


def test_lines_stand_in_the_order_of_their_times_and_none_comes_twice(tmp_path: Path) -> None:
    one, two = two_runs(tmp_path)
    one.write(b"first\n", at=1_000)
    two.write(b"second\n", b"oops\n", at=2_000)
    one.write(b"third\nunfin", at=3_000)
    tail = MergedTail()
    tail.watch([watched(one, 1), watched(two, 2)])
    assert tail.read()
    assert told(tail) == ["job1 first", "job2 second", "job2 E oops", "job1 third"]
    assert not tail.read()
    one.write(b"ished\n", at=4_000)
    assert tail.read()
    assert told(tail)[-1] == "job1 unfinished"


def test_the_last_line_of_a_run_that_is_over_counts_without_its_end(tmp_path: Path) -> None:
    one, _ = two_runs(tmp_path)
    one.write(b"a\nb", at=1_000)
    tail = MergedTail()
    tail.watch([watched(one, 1)])
    tail.read()
    assert told(tail) == ["job1 a"]
    tail.watch([watched(one, 1, is_over=True)])
    tail.read()
    assert told(tail) == ["job1 a", "job1 b"]


def test_a_run_that_begins_later_is_read_from_its_start_and_one_that_is_over_to_its_end(tmp_path: Path) -> None:
    one, two = two_runs(tmp_path)
    one.write(numbered(10_000), at=1_000)
    tail = MergedTail()
    tail.watch([watched(one, 1)])
    tail.read()
    assert told(tail)[-1] == "job1 line 9999"
    assert "job1 line 0" not in told(tail), "of what was there before, the end"
    one.write(b"last\n", at=2_000)
    two.write(numbered(3_000), at=3_000)
    tail.watch([watched(two, 2)])
    tail.read()
    assert "job1 last" in told(tail)
    assert "job2 line 0" in told(tail)
    one.write(b"never\n", at=4_000)
    tail.read()
    assert "job1 never" not in told(tail)


def test_no_more_is_kept_than_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "READ_BYTES", 100_000)
    one, _ = two_runs(tmp_path)
    one.write(b"x\n", at=1_000)
    tail = MergedTail()
    tail.watch([watched(one, 1)])
    tail.read()
    for part in range(4):
        one.write(numbered(2_000, part * 2_000), at=2_000 + part)
        tail.read()
    assert (len(tail.lines), tail.dropped) == (merging.MOST_LINES, 8_001 - merging.MOST_LINES)
    one.write(numbered(50_000), at=9_000)  # faster than it is read: its end counts
    tail.read()
    assert told(tail)[-1] == "job1 line 49999"


def test_output_that_was_cut_short_is_read_anew(tmp_path: Path) -> None:
    one, _ = two_runs(tmp_path)
    one.write(numbered(5), at=1_000)
    tail = MergedTail()
    tail.watch([watched(one, 1)])
    tail.read()
    (one.path / "stdout.log").write_bytes(b"new\n")
    tail.read()
    assert told(tail)[-1] == "job1 new"
