"""A file that somebody may still be writing is told from one that stands, also where the system does not tell."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import JobsFileError
from peak_console.jobs.watching import standing
from peak_console.jobs.watching.standing import (
    STANDING_SECONDS,
    file_status,
    is_being_written,
    load_jobs_from_toml,
    load_standing,
)

if TYPE_CHECKING:
    from pathlib import Path

JOBS = '[[job]]\nname = "a"\ncommand = "true"\n'

leases = pytest.mark.skipif(not hasattr(fcntl, "F_SETLEASE"), reason="only Linux tells who has a file open")


@pytest.fixture
def _untold(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a system, or a file system, that does not tell."""
    monkeypatch.setattr(standing, "is_being_written", lambda _path: None)


@leases
@pytest.mark.parametrize(
    ("flags", "expected"),
    [(os.O_WRONLY, True), (os.O_RDWR, True), (os.O_WRONLY | os.O_APPEND, True), (os.O_RDONLY, False)],
)
def test_who_may_write_is_known(jobs_file: Path, flags: int, expected: bool) -> None:
    jobs_file.write_text(JOBS, encoding="utf-8")
    assert is_being_written(str(jobs_file)) is False
    link = jobs_file.with_name("link.toml")
    link.symlink_to(jobs_file)
    fd = os.open(jobs_file, flags)
    assert is_being_written(str(link)) is expected
    os.close(fd)
    assert is_being_written(str(link)) is False


def test_nothing_is_known_of_a_file_that_is_not_there(jobs_file: Path) -> None:
    assert is_being_written(str(jobs_file)) is None
    assert file_status(str(jobs_file)) is None


@leases
def test_nothing_is_known_of_a_file_system_that_others_write_to(
    jobs_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs_file.write_text(JOBS, encoding="utf-8")
    monkeypatch.setattr(standing, "_is_shared", lambda _device: True)
    assert is_being_written(str(jobs_file)) is None
    monkeypatch.undo()
    monkeypatch.setattr(standing, "SHARED", ("",))
    assert is_being_written(str(jobs_file)) is None, "by its mount"


@leases
def test_looking_neither_hurts_a_writer_nor_is_hurt_by_one(jobs_file: Path) -> None:
    """The kernel sends a signal to whoever holds a lease that a writer waits for; the default one ends programs."""
    code = (
        "import sys, time\nfrom peak_console.jobs.watching.standing import is_being_written\n"
        "until = time.monotonic() + 1.5\n"
        "while time.monotonic() < until: is_being_written(sys.argv[1])\n"
    )
    jobs_file.write_text(JOBS, encoding="utf-8")
    looking = subprocess.Popen([sys.executable, "-c", code, str(jobs_file)])
    writes = 0
    while looking.poll() is None:
        jobs_file.write_text(JOBS, encoding="utf-8")
        writes += 1
    assert looking.returncode == 0, signal.Signals(-looking.returncode).name
    assert writes > 100


@pytest.mark.parametrize("way", ["same times", "another inode"])
def test_a_save_that_keeps_size_and_time_changes_the_status(jobs_file: Path, way: str) -> None:
    jobs_file.write_text("one", encoding="utf-8")
    before, times = file_status(str(jobs_file)), os.stat(jobs_file)
    time.sleep(0.02)  # a tick of the file system's clock
    target = jobs_file if way == "same times" else jobs_file.with_name("new")
    target.write_text("two", encoding="utf-8")
    os.utime(target, ns=(times.st_atime_ns, times.st_mtime_ns))
    os.replace(target, jobs_file)
    assert os.stat(jobs_file).st_mtime_ns == times.st_mtime_ns
    assert file_status(str(jobs_file)) != before


@leases
def test_a_start_waits_for_the_writer(jobs_file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = jobs_file.open("w", encoding="utf-8")
    file.write(JOBS)
    file.flush()

    def finish() -> None:
        file.write(JOBS.replace('"a"', '"b"'))
        file.close()

    timer = threading.Timer(1.5, finish)
    timer.start()
    jobset, status = load_standing(str(jobs_file))
    timer.join()
    assert list(jobset.jobs) == ["a", "b"]
    assert status == file_status(str(jobs_file))
    assert "waiting for the jobs file" in capfd.readouterr().err


@leases
def test_a_start_waits_for_no_writer_for_ever(jobs_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "PATIENCE_SECONDS", 0.2)
    with jobs_file.open("w", encoding="utf-8") as file:
        file.write(JOBS)
        file.flush()
        with pytest.raises(JobsFileError, match="another program has it open for writing"):
            load_standing(str(jobs_file))


@pytest.mark.usefixtures("_untold")
def test_where_nobody_tells_a_new_file_has_to_stand_and_an_old_one_does_not(jobs_file: Path) -> None:
    jobs_file.write_text(JOBS, encoding="utf-8")
    began = time.monotonic()
    load_standing(str(jobs_file))
    assert time.monotonic() - began >= STANDING_SECONDS


@pytest.mark.usefixtures("_untold")
def test_an_old_file_is_read_at_once(jobs_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs_file.write_text(JOBS, encoding="utf-8")
    monkeypatch.setattr(standing, "OLD_SECONDS", -1.0)
    began = time.monotonic()
    load_standing(str(jobs_file))
    assert time.monotonic() - began < STANDING_SECONDS


def test_a_file_that_cannot_be_used_is_refused_at_once(jobs_file: Path) -> None:
    began = time.monotonic()
    with pytest.raises(JobsFileError, match="is a directory"):
        load_standing(str(jobs_file.parent))
    os.mkfifo(jobs_file.with_name("pipe"))
    with pytest.raises(JobsFileError, match="not a regular file"):
        load_standing(str(jobs_file.with_name("pipe")))
    assert time.monotonic() - began < STANDING_SECONDS
    with pytest.raises(JobsFileError, match="does not exist"):
        load_standing(str(jobs_file))
    jobs_file.write_text("[[job", encoding="utf-8")
    with pytest.raises(JobsFileError, match="not valid TOML"):
        load_standing(str(jobs_file))


@leases
def test_the_python_api_refuses_a_file_that_is_still_being_written(
    jobs_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "WRITER_SECONDS", 0.1)
    with jobs_file.open("w", encoding="utf-8") as file:
        file.write(JOBS)
        file.flush()
        with pytest.raises(JobsFileError, match="is not complete yet"):
            load_jobs_from_toml(jobs_file)
    assert [job.name for job in load_jobs_from_toml(jobs_file)] == ["a"]
