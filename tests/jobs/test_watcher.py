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

from peak_console.jobs.notices import listen
from peak_console.jobs.watcher import Watcher, _way, file_status
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

    monkeypatch.setattr("peak_console.jobs.notices.listen", listen_and_say_so)
    monkeypatch.setattr("peak_console.jobs.watcher.LOOK_SECONDS", 20)
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
    monkeypatch.setattr("peak_console.jobs.notices.listen", lambda _directories: None)
    monkeypatch.setattr("peak_console.jobs.watcher.LOOK_SECONDS", 3600)
    jobs_file.write_text(GOOD.format("first"), encoding="utf-8")
    watched = watch(jobs_file)
    jobs_file.write_text(GOOD.format("second"), encoding="utf-8")
    assert watched.next() == "second"


def test_a_system_that_has_no_listener_left_to_give_is_no_error(tmp_path: Path) -> None:
    code = (
        "import os, resource, sys; from peak_console.jobs.notices import listen; assert listen(sys.argv[1:]); "
        "resource.setrlimit(resource.RLIMIT_NOFILE, (os.dup(0), 4096)); assert listen(sys.argv[1:]) is None"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


def test_the_listener_comes_alone_and_the_library_around_it_can_follow(tmp_path: Path) -> None:
    code = (
        "import sys; from peak_console.jobs.notices import listen; heard = listen(sys.argv[1:]); "
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


def test_a_save_in_place_that_is_empty_for_an_instant_removes_no_job(
    jobs_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs_file.write_text(GOOD.format("first"), encoding="utf-8")
    taken: list[JobSet] = []
    watcher = Watcher(str(jobs_file), on_jobs=taken.append, on_error=pytest.fail)
    jobs_file.write_text("", encoding="utf-8")

    def settle(_seconds: float) -> None:
        jobs_file.write_text(GOOD.format("second"), encoding="utf-8")  # the writer goes on meanwhile

    monkeypatch.setattr("peak_console.jobs.watcher.sleep", settle)
    watcher.compare()
    assert [list(jobset.jobs) for jobset in taken] == [["second"]]
