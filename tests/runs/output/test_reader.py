"""The reader: two streams in time order, in bounded pieces, whatever the files beside them look like."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.runs.output import reader
from peak_console.runs.output.files import stream_path, write_dropped
from peak_console.runs.output.reader import CHUNK_BYTES, Chunk, OutputReader
from peak_console.runs.output.recorder import OutputRecorder

if TYPE_CHECKING:
    from pathlib import Path

    from peak_console.runs.output.files import Stream

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Scene:
    """A run's directory, written to by hand, one sample a second."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.recorder = OutputRecorder(str(directory), 0)
        self.seconds = 0

    def write(self, stream: Stream, data: bytes) -> None:
        with open(stream_path(str(self.directory), stream), "ab") as file:
            file.write(data)

    def moment(self, *, out: bytes = b"", err: bytes = b"") -> None:
        self.write("out", out)
        self.write("err", err)
        self.recorder.sample(NOON + timedelta(seconds=self.seconds))
        self.seconds += 1

    def reader(self) -> OutputReader:
        return OutputReader(str(self.directory))


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def everything(following: OutputReader) -> list[Chunk]:
    chunks: list[Chunk] = []
    while new := following.read_new():
        chunks += new
    return chunks


def told(chunks: list[Chunk]) -> list[tuple[str, int | None, bytes]]:
    """Stream, second, bytes."""
    return [(c.stream, None if c.at is None else int((c.at - NOON).total_seconds()), c.data) for c in chunks]


def test_streams_are_merged_in_time_order(scene: Scene) -> None:
    scene.moment(out=b"one\n")
    scene.moment(err=b"oops\n")
    scene.moment(out=b"two\n", err=b"again\n")
    expected = [("out", 0, b"one\n"), ("err", 1, b"oops\n"), ("out", 2, b"two\n"), ("err", 2, b"again\n")]
    assert told(everything(scene.reader())) == expected


def test_only_what_is_new_is_read(scene: Scene) -> None:
    following = scene.reader()
    assert following.read_new() == []
    scene.moment(out=b"one\n")
    assert told(following.read_new()) == [("out", 0, b"one\n")]
    assert following.read_new() == []
    scene.moment(err=b"two\n")
    scene.moment(out=b"three\n")
    assert told(following.read_new()) == [("err", 1, b"two\n"), ("out", 2, b"three\n")]


def test_a_line_is_not_split_by_the_other_stream(scene: Scene) -> None:
    scene.moment(out=b"working ... ")
    scene.moment(err=b"warning\n")
    scene.moment(out=b"done\nnext\n")
    expected = [("out", 0, b"working ... done\n"), ("err", 1, b"warning\n"), ("out", 2, b"next\n")]
    assert told(everything(scene.reader())) == expected


def test_in_one_moment_whole_lines_come_before_an_unfinished_one(scene: Scene) -> None:
    scene.moment(out=b"first\npassword? ", err=b"warning\n")
    assert told(everything(scene.reader())) == [("err", 0, b"warning\n"), ("out", 0, b"first\npassword? ")]


def test_an_unfinished_line_is_shown_at_once_while_following(scene: Scene) -> None:
    following = scene.reader()
    scene.moment(out=b"10 %\r")
    assert told(following.read_new()) == [("out", 0, b"10 %\r")]
    scene.moment(out=b"20 %\r")
    assert told(following.read_new()) == [("out", 1, b"20 %\r")]


def test_what_the_recorder_has_not_seen_is_stamped_by_its_file(scene: Scene) -> None:
    scene.moment(out=b"one\n")
    scene.write("err", b"late\n")
    os.utime(stream_path(str(scene.directory), "err"), (0, (NOON + timedelta(seconds=7)).timestamp()))
    assert told(everything(scene.reader())) == [("out", 0, b"one\n"), ("err", 7, b"late\n")]


@pytest.mark.parametrize("timeline", [None, b"", b"\xff\x00 garbage", b"1 2\n3 4 5 6\nx y z\n-1 -2 -3\n", b"9" * 5000])
def test_without_a_timeline_stdout_comes_before_stderr(scene: Scene, timeline: bytes | None) -> None:
    scene.write("err", b"oops\n")
    scene.write("out", b"one\n")
    (scene.directory / "exit_status").write_text("0\n")
    if timeline is not None:
        (scene.directory / "timeline").write_bytes(timeline)
    assert told(everything(scene.reader())) == [("out", None, b"one\n"), ("err", None, b"oops\n")]


def test_malformed_lines_of_a_timeline_are_left_out(scene: Scene) -> None:
    scene.moment(out=b"one\n")
    with (scene.directory / "timeline").open("ab") as file:
        file.write(b"what?\n99999999999999999 5 5\n1772452800000 1 0\n\n")
    scene.moment(err=b"two\n")
    assert told(everything(scene.reader())) == [("out", 0, b"one\n"), ("err", 1, b"two\n")]


def test_timeline_that_promises_more_than_there_is(scene: Scene) -> None:
    scene.write("out", b"one\n")
    (scene.directory / "timeline").write_text(f"{int(NOON.timestamp() * 1000)} 4000 900\n")
    following = scene.reader()
    assert told(everything(following)) == [("out", 0, b"one\n")]
    scene.write("out", b"two\n")
    assert [chunk.data for chunk in following.read_new()] == [b"two\n"]


def test_reading_goes_on_when_the_timeline_is_thinned_out_meanwhile(scene: Scene) -> None:
    following = scene.reader()
    for number in range(10):
        scene.moment(out=b"%d\n" % number)
    assert len(following.read_new()) == 10
    lines = (scene.directory / "timeline").read_bytes().splitlines(keepends=True)
    (scene.directory / "timeline.new").write_bytes(b"".join(lines[1::2]))
    (scene.directory / "timeline.new").replace(scene.directory / "timeline")
    with (scene.directory / "timeline").open("ab"):
        scene.moment(err=b"more\n")
    assert told(following.read_new()) == [("err", 10, b"more\n")]


def test_chunks_are_bounded_and_end_with_a_line_where_they_can(scene: Scene) -> None:
    line = b"0123456789abcdef" * 7 + b"\n"
    scene.moment(out=line * 5000)
    chunks = everything(scene.reader())
    assert b"".join(chunk.data for chunk in chunks) == line * 5000
    assert all(len(chunk.data) <= CHUNK_BYTES and chunk.data.endswith(b"\n") for chunk in chunks)


def test_one_call_reads_about_as_much_as_it_may(scene: Scene) -> None:
    scene.moment(out=b"x" * 1_000_000)
    following = scene.reader()
    assert sum(len(chunk.data) for chunk in following.read_new(200_000)) == 200_000
    assert sum(len(chunk.data) for chunk in everything(following)) == 800_000


def test_what_was_dropped_is_counted_and_never_shown(scene: Scene) -> None:
    scene.moment(out=b"a" * 100 + b"\0" * 300 + b"b" * 100)
    write_dropped(str(scene.directory), {"out": (100, 400)})
    chunks = everything(scene.reader())
    assert [(chunk.data, chunk.dropped) for chunk in chunks] == [(b"a" * 100, 0), (b"b" * 100, 300)]


def test_what_is_dropped_behind_a_slow_reader_is_counted(scene: Scene) -> None:
    scene.moment(out=b"a" * 100 + b"b" * 400)
    following = scene.reader()
    assert following.read_new(200)[0].data == b"a" * 100 + b"b" * 100
    write_dropped(str(scene.directory), {"out": (50, 450)})
    assert [(chunk.data, chunk.dropped) for chunk in everything(following)] == [(b"b" * 50, 250)]


def test_what_is_dropped_while_it_is_being_read_is_not_shown(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.moment(out=b"a" * 500 + b"\n")
    read_at = reader._read_at
    cuts = [(100, 400)]

    def cut_while_reading(path: str, offset: int, count: int) -> bytes:
        data = read_at(path, offset, count)
        if offset == 0 and cuts:
            write_dropped(str(scene.directory), {"out": cuts.pop()})
            data = data[:100] + b"\0" * 300 + data[400:]
        return data

    monkeypatch.setattr(reader, "_read_at", cut_while_reading)
    chunks = everything(scene.reader())
    assert [(chunk.data, chunk.dropped) for chunk in chunks] == [(b"a" * 100, 0), (b"a" * 100 + b"\n", 300)]


def test_a_directory_that_was_removed_reads_as_empty(scene: Scene) -> None:
    scene.moment(out=b"one\n")
    following = scene.reader()
    for entry in list(os.scandir(scene.directory)):
        os.unlink(entry.path)
    assert following.read_new() == []
    assert following.tail_lines("err", 5, 100) == []
    assert following.size("out") == 0


@pytest.mark.parametrize(
    ("data", "n", "max_bytes", "expected"),
    [
        (b"", 3, 100, []),
        (b"one\ntwo\nthree\n", 2, 100, ["two", "three"]),
        (b"one\ntwo", 5, 100, ["one", "two"]),
        (b"one\r\ntwo\r\n", 5, 100, ["one", "two"]),
        (b"one\n\n", 2, 100, ["one", ""]),
        (b"first line\nsecond\n", 5, 10, ["second"]),
        (b"no end in sight", 5, 5, ["sight"]),
        (b"bad \xff\xfe bytes\n", 5, 100, ["bad \ufffd\ufffd bytes"]),
        (b"one\n", 0, 100, []),
    ],
)
def test_last_lines(scene: Scene, data: bytes, n: int, max_bytes: int, expected: list[str]) -> None:
    scene.write("err", data)
    assert scene.reader().tail_lines("err", n, max_bytes) == expected


def test_last_lines_of_a_gigabyte_cost_no_more_than_allowed(scene: Scene) -> None:
    path = stream_path(str(scene.directory), "err")
    with open(path, "wb") as file:
        file.truncate(1024**3)
        file.seek(0, os.SEEK_END)
        file.write(b"\nlast words\n")
    assert scene.reader().tail_lines("err", 1, 4096) == ["last words"]
    assert len(scene.reader().tail("err", 4096)) == 4096


def test_last_lines_stop_at_what_was_dropped(scene: Scene) -> None:
    scene.write("err", b"head\n" + b"\0" * 100 + b"rest of a line\nend\n")
    write_dropped(str(scene.directory), {"err": (5, 105)})
    assert scene.reader().tail_lines("err", 10, 1000) == ["end"]
    assert scene.reader().tail("err", 1000) == "rest of a line\nend\n"


@pytest.mark.parametrize("recorded_first", [True, False])
@pytest.mark.parametrize("after", [b"new\n", b"a line that is longer than all the others\n"])
def test_what_follows_goes_on_behind_what_the_job_has_deleted(scene: Scene, after: bytes, recorded_first: bool) -> None:
    following = scene.reader()
    scene.moment(out=b"first\nsecond\n", err=b"oops\n")
    assert len(following.read_new()) == 2
    with open(stream_path(str(scene.directory), "out"), "wb") as file:
        file.write(after)
    found = [] if recorded_first else following.read_new()
    scene.moment(out=b"last\n")
    found += everything(following)
    losses = [chunk for chunk in found if chunk.deleted]
    assert [(loss.stream, loss.deleted, loss.data) for loss in losses] == [("out", 13, b"")]
    if recorded_first or len(after) < 13:
        assert b"".join(chunk.data for chunk in found) == after + b"last\n"
    assert [chunk.deleted for chunk in everything(scene.reader())] == [13, *[0] * (len(everything(scene.reader())) - 1)]
