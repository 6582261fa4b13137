"""A state directory that cannot be used: one clear sentence, exit code 1, nothing lost."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.headless.support import shell

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.headless.support import Answer, Program

NOTE = shell("note", "echo ran >> {log}")
AS_ROOT = os.geteuid() == 0


def one_sentence(answer: Answer) -> str:
    """What a refused start said; fails when it was anything but one sentence and exit code 1."""
    assert answer.code == 1, answer
    assert answer.err.startswith("peak-console: ")
    assert answer.err.count("\n") == 1, answer.err
    return answer.err.rstrip("\n")


@contextlib.contextmanager
def mounted(place: Path, *options: str) -> Iterator[None]:
    """A small file system of its own at ``place``; skips the test where that is not permitted."""
    place.mkdir(exist_ok=True)
    if not AS_ROOT or sys.platform != "linux":
        pytest.skip("only root may mount")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"mounting is not permitted here: {done.stderr.decode().strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_file_in_its_place(program: Program) -> None:
    program.jobs(NOTE)
    program.state.write_text("mine", encoding="utf-8")
    assert "is not a directory" in one_sentence(program.once())
    assert program.state.read_text(encoding="utf-8") == "mine"


def test_a_parent_that_is_a_file(program: Program) -> None:
    program.jobs(NOTE)
    (program.folder / "file").touch()
    assert "cannot create the state directory" in one_sentence(program.once("--state-dir", "file/state"))


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_one_that_others_can_write_to(program: Program, mode: int) -> None:
    program.jobs(NOTE)
    program.state.mkdir()
    program.state.chmod(mode)
    said = one_sentence(program.once())
    assert f"mode {mode:04o}" in said
    assert f"chmod 700 {program.state}" in said
    assert list(program.state.iterdir()) == []


@pytest.mark.skipif(not AS_ROOT, reason="only root may give files away")
def test_one_of_somebody_else(program: Program) -> None:
    program.jobs(NOTE)
    program.once()
    os.chown(program.state, 65534, 65534)
    said = one_sentence(program.once())
    assert "belongs to user nobody, not to root" in said
    assert len(program.log) == 1


def test_one_that_is_read_only(program: Program) -> None:
    program.jobs(NOTE)
    program.once()
    place = program.folder / "mount"
    with mounted(place, "size=4m", "mode=700"):
        shutil.copytree(program.state, place / "state")
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        flags = ("--state-dir", str(place / "state"))
        assert "on a file system that is mounted read-only" in one_sentence(program.once(*flags))
        assert "cannot create the state directory (Read-only file system)" in one_sentence(
            program.once("--state-dir", str(place / "other"))
        )
        assert "nothing is due" in program.once("--dry-run", *flags).out, "it can still be looked at"
        assert "note" in program.run("runs", *flags).out
    assert len(program.log) == 1


def test_a_full_disk_before_anything_is_recorded(program: Program) -> None:
    program.jobs(NOTE)
    place = program.folder / "mount"
    with mounted(place, "size=64k", "mode=700"):
        said = one_sentence(program.once("--state-dir", str(place / "state")))
        assert "the disk" in said
        assert "full" in said
    assert program.log == [], "nothing runs that could not be recorded"


def test_a_disk_that_fills_up_later_loses_nothing(program: Program) -> None:
    tick = shell("tick", "echo ran >> {log}", 'schedule_type = "interval"\ninterval_seconds = 1')
    program.jobs(tick)
    place = program.folder / "mount"
    with mounted(place, "size=2m", "mode=700"):
        resident = program.headless("--state-dir", str(place / "state"))
        resident.shows("tick #1 succeeded")
        ballast = place / "ballast"
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        resident.shows("the disk")
        assert resident.is_alive
        ballast.unlink()
        ran = len(program.log)
        resident.shows("succeeded", times=ran + 2)
        assert resident.leave() == 0
        assert "Traceback" not in resident.err
        registry = sqlite3.connect(place / "state" / "registry.db")
        outcomes = registry.execute("SELECT outcome, count(*) FROM runs GROUP BY outcome").fetchall()
        registry.close()
    assert {outcome for outcome, _ in outcomes} <= {"succeeded", "not_started"}
    assert dict(outcomes)["succeeded"] == len(program.log), "each run is in the registry, once"


def test_a_registry_of_a_newer_version(program: Program) -> None:
    program.jobs(NOTE)
    program.once()
    registry = program.state / "registry.db"
    connection = sqlite3.connect(registry)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = registry.read_bytes()
    for words in (("--once",), ("--headless",), ("--once", "--dry-run"), ("runs",), ("status",)):
        said = one_sentence(program.run(*words))
        assert "written by a newer Peak Console (schema 99" in said
    assert registry.read_bytes() == before
    assert len(program.log) == 1


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda _: b"These are the times that try men's souls.\n" * 100, "this is not a registry"),
        (lambda content: content[:100] + os.urandom(len(content) - 100), "the registry is damaged"),
        (lambda content: content[: len(content) // 2], "the registry is damaged"),
    ],
    ids=["not a database", "overwritten", "cut off"],
)
def test_a_damaged_registry(program: Program, damage: object, words: str) -> None:
    program.jobs(NOTE)
    program.once()
    registry = program.state / "registry.db"
    assert callable(damage)
    registry.write_bytes(damage(registry.read_bytes()))
    before = registry.read_bytes()
    for reading in (("--once", "--dry-run"), ("runs",), ("status",)):
        said = one_sentence(program.run(*reading))
        assert words in said
        assert "an engine that starts sets it aside" in said
    assert registry.read_bytes() == before, "who only looks changes nothing"
    answer = program.once()
    assert answer.code == 0, answer
    assert "the registry was damaged: it is set aside as registry.db.damaged-" in answer.out
    [aside] = program.state.glob("registry.db.damaged-*Z")
    assert aside.read_bytes() == before
    assert len(program.log) == 1, "a once job may have run, and does not run again"
    assert "note" in program.run("alerts").out
    assert (program.state / "runs" / "1" / "stdout.log").exists()
    assert "set aside" not in program.once().out, "said once"
    assert program.run("run", "note").code == 0
    assert program.runs()[-1].id > 1


def test_a_folder_in_the_registrys_place(program: Program) -> None:
    program.jobs(NOTE)
    (program.state / "registry.db").mkdir(parents=True)
    assert "registry" in one_sentence(program.once())


def test_everything_created_is_ours_alone(program: Program) -> None:
    program.jobs(NOTE + shell("bad", "exit 1"))
    before = os.umask(0)
    try:
        resident = program.headless()
        program.finished(2)
        assert resident.leave() == 0
    finally:
        os.umask(before)
    for path in [program.state, *program.state.rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), f"{path} {mode:o}"
    assert (program.state / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_the_choice_of_directory(program: Program) -> None:
    """The flag outranks the environment, which outranks the jobs file; the default lies beside the jobs file."""
    program.jobs(NOTE, 'state_dir = "from_file"')
    elsewhere = program.folder / "elsewhere"
    elsewhere.mkdir()

    def made(*flags: str, **changes: str) -> list[str]:
        done = subprocess.run(
            program.command("--once", *flags), cwd=elsewhere, env={**program.environ, **changes}, check=False,
            capture_output=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return [str(path.parent.relative_to(program.folder)) for path in sorted(program.folder.rglob("registry.db"))]

    assert made("--state-dir", "from_flag", PEAK_CONSOLE_STATE_DIR="env") == ["elsewhere/from_flag"]
    assert made(PEAK_CONSOLE_STATE_DIR="from_env") == ["elsewhere/from_env", "elsewhere/from_flag"]
    assert "from_file" in made()
    program.jobs(NOTE)
    assert ".peak_console" in made()
