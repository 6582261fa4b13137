"""A run that cannot start says why, in a sentence, and leaves no process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.errors import StartError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.processes import Bench


def refusal(bench: Bench, *argv: str, cwd: str | None = None) -> str:
    with pytest.raises(StartError) as caught:
        bench.start(*argv, cwd=cwd)
    message = str(caught.value)
    assert "\n" not in message
    assert bench.ended(bench.shell("exit 6")).return_code == 6  # and the next one starts
    return message


def test_no_such_program(bench: Bench) -> None:
    assert refusal(bench, "/no/such/program").startswith("/no/such/program: no such program")


def test_program_that_is_not_executable(bench: Bench, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    assert "not an executable file" in refusal(bench, str(script))


def test_program_that_is_no_program(bench: Bench, tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_bytes(b"\0\1\2\3")
    script.chmod(0o755)
    assert "neither a program for this machine nor a script" in refusal(bench, str(script))


def test_missing_working_directory(bench: Bench, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    message = refusal(bench, "/bin/pwd", cwd=missing)
    assert (
        message == f"{missing}: cannot be the working directory (No such file or directory); check cwd in the jobs file"
    )


def test_file_as_working_directory(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "Not a directory" in refusal(bench, "/bin/pwd", cwd=str(tmp_path / "file"))


def test_argument_beyond_the_systems_limit(bench: Bench) -> None:
    message = refusal(bench, "/bin/echo", "x" * 4_000_000)
    assert "too long for this system (the longest has 4,000,000 bytes)" in message


def test_argument_with_a_nul(bench: Bench) -> None:
    assert "cannot be started (embedded null byte)" in refusal(bench, "/bin/echo", "a\0b")


def test_state_directory_that_cannot_hold_a_run(bench: Bench) -> None:
    (bench.root / "runs").write_text("in the way")
    with pytest.raises(StartError, match="cannot create the run's files"):
        bench.start("/bin/true")
    with pytest.raises(StartError, match="cannot create the run's files"):
        bench.executor.fence(1)
