"""Every kind of save is noticed, each is judged by what the file then says, and nothing is said twice."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from peak_console.jobs.file.loader import load
from peak_console.jobs.watching.notices import listen
from peak_console.jobs.watching.standing import file_status
from peak_console.jobs.watching.watcher import BEING_WRITTEN, Watcher, _way
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from watchfiles._rust_notify import RustNotify

    from peak_console.jobs.model import JobSet

GOOD = '[[job]]\nname = "{}"\n'
BROKEN = "[[job\n"


class Watched:
    """A watcher at work on a file, and what it has said."""

    def __init__(self, path: Path) -> None:
        self.said: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.watcher = Watcher(str(path), on_jobs=self._jobs, on_error=lambda error: self.said.put(f"error: {error}"))
        self.watcher.start()

    def _jobs(self, jobset: JobSet) -> None:
        self.said.put(" ".join(jobset.jobs))

    def next(self) -> str:
        return self.said.get(timeout=20)


@pytest.fixture
def watch() -> Iterator[Callable[[Path], Watched]]:
    made: list[Watched] = []

    def begin(path: Path) -> Watched:
        made.append(Watched(path))
        return made[-1]

    yield begin
    for each in made:
        each.watcher.stop()


def test_saves_in_place_and_by_rename(jobs_file: Path, watch: Callable[[Path], Watched]) -> None:
    jobs_file.write_text(GOOD.format("first"), encoding="utf-8")
    watched = watch(jobs_file)
    for number in range(3):
        jobs_file.write_text(GOOD.format(f"placed{number}"), encoding="utf-8")
        assert watched.next() == f"placed{number}"
        beside = jobs_file.with_suffix(".new")
        beside.write_text(GOOD.format(f"renamed{number}"), encoding="utf-8")
        os.replace(beside, jobs_file)
        assert watched.next() == f"renamed{number}"
    assert watched.said.empty(), "a save is told of once"


def test_a_broken_file_and_a_missing_one_are_told_of_once_each(
    jobs_file: Path, watch: Callable[[Path], Watched]
) -> None:
    jobs_file.write_text(GOOD.format("first"), encoding="utf-8")
    watched = watch(jobs_file)
    jobs_file.write_text(BROKEN, encoding="utf-8")
    assert watched.next().startswith(f"error: {jobs_file}:1")
    jobs_file.unlink()
    assert "error: " in watched.next()
    jobs_file.write_text(GOOD.format("back"), encoding="utf-8")
    assert watched.next() == "back"
    assert watched.said.empty()


def test_half_a_file_from_a_slow_writer_is_given_a_moment(jobs_file: Path, watch: Callable[[Path], Watched]) -> None:
    jobs_file.write_text(GOOD.format("first"), encoding="utf-8")
    watched = watch(jobs_file)
    for number in range(5):
        with jobs_file.open("w", encoding="utf-8") as file:
            file.write(BROKEN[:3])
            file.flush()
            file.seek(0)
            file.write(GOOD.format(f"slow{number}"))
        said = watched.next()
        while said != f"slow{number}":  # a very slow machine may show both
            said = watched.next()


def test_a_directory_that_is_replaced_is_found_again(jobs_file: Path, watch: Callable[[Path], Watched]) -> None:
    jobs_file.write_text(GOOD.format("first"), encoding="utf-8")
    watched = watch(jobs_file)
    folder = jobs_file.parent
    folder.rename(folder.with_name("away"))
    assert watched.next().startswith("error: ")
    folder.mkdir()
    jobs_file.write_text(GOOD.format("new"), encoding="utf-8")
    assert watched.next() == "new"
    jobs_file.write_text(GOOD.format("newer"), encoding="utf-8")
    assert watched.next() == "newer"


def test_each_link_on_the_way_is_watched(tmp_path: Path, watch: Callable[[Path], Watched]) -> None:
    """As deployments do it: jobs.toml leads into ``current``, which leads to a release."""
    for release in ("1", "2"):
        (tmp_path / "releases" / release).mkdir(parents=True)
        (tmp_path / "releases" / release / "jobs.toml").write_text(GOOD.format(f"v{release}"), encoding="utf-8")
    (tmp_path / "deploy").mkdir()
    current = tmp_path / "deploy" / "current"
    current.symlink_to("../releases/1")
    (tmp_path / "conf").mkdir()
    path = tmp_path / "conf" / "jobs.toml"
    path.symlink_to("../deploy/current/jobs.toml")
    real = os.path.realpath(tmp_path)
    assert {os.path.relpath(one, real) for one in _way(str(path)) if one.startswith(real)} == {
        "conf",
        "deploy",
        "releases/1",
    }
    watched = watch(path)
    (tmp_path / "deploy" / "next").symlink_to("../releases/2")
    os.replace(tmp_path / "deploy" / "next", current)
    assert watched.next() == "v2"


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    assert str(tmp_path) in _way(str(tmp_path / "a"))
    assert file_status(str(tmp_path / "a")) is None


def test_a_look_that_is_asked_for_reads_even_an_unchanged_file(
    jobs_file: Path, watch: Callable[[Path], Watched]
) -> None:
    jobs_file.write_text(GOOD.format("same"), encoding="utf-8")
    watched = watch(jobs_file)
    watched.watcher.look()
    assert watched.next() == "same"
    assert watched.watcher.read_now() == ""
    assert watched.next() == "same"


def test_reading_at_once_gives_the_error(jobs_file: Path, watch: Callable[[Path], Watched]) -> None:
    jobs_file.write_text(BROKEN, encoding="utf-8")
    watched = watch(jobs_file)
    error = watched.watcher.read_now()
    assert error.startswith(str(jobs_file))
    assert watched.next() == f"error: {error}"


def test_a_save_between_reading_and_watching_is_not_lost(jobs_file: Path) -> None:
    jobs_file.write_text(GOOD.format("read"), encoding="utf-8")
    seen = file_status(str(jobs_file))
    jobs_file.write_text(GOOD.format("saved meanwhile"), encoding="utf-8")
    said: list[str] = []
    watcher = Watcher(str(jobs_file), on_jobs=lambda jobset: said.extend(jobset.jobs), on_error=said.append, seen=seen)
    watcher.compare()
    assert said == ["saved meanwhile"]
    watcher.compare()
    assert said == ["saved meanwhile"]


def test_other_files_beside_it_mean_nothing(jobs_file: Path, watch: Callable[[Path], Watched]) -> None:
    jobs_file.write_text(GOOD.format("first"), encoding="utf-8")
    watched = watch(jobs_file)
    for number in range(5):
        jobs_file.with_name(f"other{number}.toml").write_text(BROKEN, encoding="utf-8")
    jobs_file.write_text(GOOD.format("second"), encoding="utf-8")
    assert watched.next() == "second"
    assert watched.said.empty()


def test_a_save_is_told_of_without_a_look(
    jobs_file: Path, watch: Callable[[Path], Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    listening = threading.Event()

    def listen_and_say_so(directories: Iterable[str]) -> RustNotify | None:
        listener = listen(directories)
        listening.set()
        return listener

    monkeypatch.setattr("peak_console.jobs.watching.notices.listen", listen_and_say_so)
    monkeypatch.setattr("peak_console.jobs.watching.watcher.LOOK_SECONDS", 20)
    jobs_file.write_text(GOOD.format("first"), encoding="utf-8")
    watched = watch(jobs_file)
    assert listening.wait(20)
    began = time.monotonic()
    jobs_file.write_text(GOOD.format("placed"), encoding="utf-8")
    assert watched.next() == "placed"
    jobs_file.with_suffix(".new").write_text(GOOD.format("renamed"), encoding="utf-8")
    os.replace(jobs_file.with_suffix(".new"), jobs_file)
    assert watched.next() == "renamed"
    assert time.monotonic() - began < 15


def test_where_nothing_tells_it_looks(
    jobs_file: Path, watch: Callable[[Path], Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peak_console.jobs.watching.notices.listen", lambda _directories: None)
    monkeypatch.setattr("peak_console.jobs.watching.watcher.LOOK_SECONDS", 3600)
    jobs_file.write_text(GOOD.format("first"), encoding="utf-8")
    watched = watch(jobs_file)
    jobs_file.write_text(GOOD.format("second"), encoding="utf-8")
    assert watched.next() == "second"


def test_a_system_that_has_no_listener_left_to_give_is_no_error(tmp_path: Path) -> None:
    code = (
        "import os, resource, sys; from peak_console.jobs.watching.notices import listen; assert listen(sys.argv[1:]); "
        "resource.setrlimit(resource.RLIMIT_NOFILE, (os.dup(0), 4096)); assert listen(sys.argv[1:]) is None"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


def test_the_listener_comes_alone_and_the_library_around_it_can_follow(tmp_path: Path) -> None:
    code = (
        "import sys; from peak_console.jobs.watching.notices import listen; heard = listen(sys.argv[1:]); "
        "assert heard is not None and 'asyncio' not in sys.modules; import watchfiles; "
        "assert isinstance(heard, watchfiles.main.RustNotify)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


def test_stopping_takes_no_time(jobs_file: Path) -> None:
    jobs_file.write_text(GOOD.format("first"), encoding="utf-8")
    watched = Watched(jobs_file)
    wait_until(watched.watcher._thread.is_alive)
    began = time.monotonic()
    watched.watcher.stop()
    assert time.monotonic() - began < 2
    assert not watched.watcher._thread.is_alive()


class Clocked:
    """A watcher that is asked to look at moments that a test names."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch, known: str = "first") -> None:
        self.path, self.now, self.said = path, 100.0, list[str]()
        self.written: bool | None = False
        monkeypatch.setattr("peak_console.jobs.watching.watcher.monotonic", lambda: self.now)
        monkeypatch.setattr("peak_console.jobs.watching.watcher.is_being_written", lambda _path: self.written)
        monkeypatch.setattr("peak_console.jobs.watching.watcher.is_old", lambda _status: False)
        path.write_text(known, encoding="utf-8")
        self.watcher = Watcher(
            str(path), on_jobs=lambda jobset: self.said.append(" ".join(jobset.jobs) or "none"),
            on_error=lambda error: self.said.append(f"error: {error}"),
            on_held=lambda why: self.said.append(f"held: {why}"), known=load(str(path)),
        )  # fmt: skip

    def save(self, text: str) -> None:
        beside = self.path.with_name("new")
        beside.write_text(text, encoding="utf-8")
        os.replace(beside, self.path)

    def after(self, seconds: float) -> list[str]:
        """What it says when it looks so many seconds later."""
        self.now += seconds
        self.said.clear()
        self.watcher.compare()
        return list(self.said)


DAILY = '[[job]]\nname = "{}"\nschedule_type = "daily"\ndaily_time = "22:00"\n'


def of(*names: str) -> str:
    return "".join(map(DAILY.format, names))


def test_nothing_counts_while_it_is_written_however_long(jobs_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clocked = Clocked(jobs_file, monkeypatch, of("a"))
    clocked.written = True
    clocked.save("[[job")
    assert clocked.after(0) == []
    assert clocked.after(5) == []
    assert clocked.after(20) == [f"held: {BEING_WRITTEN}"]
    clocked.save(of("a", "b"))
    assert clocked.after(600) == []
    clocked.written = False
    assert clocked.after(0.1) == ["a b", "held: "]
    assert clocked.after(0.1) == []


def test_where_nobody_tells_it_has_to_stand(jobs_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clocked = Clocked(jobs_file, monkeypatch, of("a"))
    clocked.written = None
    clocked.save(of("a", "b"))
    assert clocked.after(0) == []
    assert clocked.after(1.9) == []
    clocked.save(of("a", "b", "c"))
    assert clocked.after(1.9) == []
    assert clocked.after(1.9) == []
    assert clocked.after(0.2) == ["a b c"]


def test_what_starts_a_job_has_to_stand(jobs_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clocked = Clocked(jobs_file, monkeypatch, of("a"))
    clocked.save(GOOD.format("a"))
    assert clocked.after(0) == []
    assert clocked.after(1.9) == []
    assert clocked.watcher.read_now().startswith("the jobs file as it is now starts jobs at once")
    clocked.save(of("a", "b"))
    assert clocked.after(0) == ["a b"]
    clocked.save(GOOD.format("a"))
    assert clocked.after(0) == []
    assert clocked.after(2.1) == ["a"]


def test_an_error_has_to_stand_unless_it_is_asked_for(jobs_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clocked = Clocked(jobs_file, monkeypatch, of("a"))
    clocked.save(BROKEN)
    assert clocked.after(0) == []
    assert clocked.after(0.9) == []
    assert len(clocked.after(0.2)) == 1
    clocked.save(BROKEN + " ")
    assert clocked.watcher.read_now().startswith(str(jobs_file))


def test_what_drops_many_jobs_waits_for_consent_or_ten_seconds(
    jobs_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocked = Clocked(jobs_file, monkeypatch, of("a", "b", "c", "d"))
    clocked.save(of("a"))
    (said,) = clocked.after(0)
    assert said.startswith("held: the jobs file as it is now would remove 3 of 4 jobs: b, c, d;")
    assert clocked.watcher.wants_consent
    assert clocked.after(9.9) == []
    clocked.save("")
    assert len(clocked.after(0)) == 1
    clocked.watcher.accept()
    clocked.save(of("b"))
    assert len(clocked.after(0)) == 1, "consent is for what the operator has seen"
    assert "reload --accept" in clocked.watcher.read_now()
    clocked.watcher.accept()
    assert clocked.after(0.1) == ["b", "held: "]
    assert clocked.watcher.read_now() == "", "nothing is held back any more"
    clocked.save("")
    clocked.after(0)
    assert clocked.after(10.1) == ["none", "held: "]


def test_two_saves_within_a_tick_of_the_clock_are_both_seen(jobs_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clocked = Clocked(jobs_file, monkeypatch, of("a"))
    clocked.save(of("b"))
    monkeypatch.setattr("peak_console.jobs.watching.watcher.file_status", lambda _path: (1,))
    monkeypatch.setattr("peak_console.jobs.watching.watcher.changed_since", lambda _path, _status: False)
    assert clocked.after(0) == ["b"]
    clocked.save(of("c"))
    assert clocked.after(0.05) == []
    clocked.after(0.1)
    assert "c" in [*clocked.said, *clocked.after(0.01)]


def test_trouble_around_the_file_is_told_of_and_does_not_end_the_watch(
    jobs_file: Path, watch: Callable[[Path], Watched], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when what is looked at beside the file was removed: the thread that watches must live on."""

    def fail(*_: object) -> JobSet:
        raise OSError("gone")

    jobs_file.write_text(of("a"), encoding="utf-8")
    watched = watch(jobs_file)
    with monkeypatch.context() as patch:
        patch.setattr("peak_console.jobs.watching.watcher.load", fail)
        jobs_file.write_text(of("b"), encoding="utf-8")
        assert watched.next() == f"error: jobs file {jobs_file} cannot be looked at (gone)"
    jobs_file.write_text(of("c"), encoding="utf-8")
    assert watched.next() == "c"
