from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.errors import JobsFileError
from peak_console.jobs.file.loader import load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from peak_console.jobs.model import JobSet


@pytest.fixture
def jobs_file(tmp_path: Path) -> Path:
    """Where the jobs file of a test lies; the working directory is another."""
    return tmp_path / "desk" / "jobs.toml"


@pytest.fixture(autouse=True)
def _working_directory(tmp_path: Path, jobs_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = tmp_path / "work"
    work.mkdir()
    jobs_file.parent.mkdir()
    monkeypatch.chdir(work)


@pytest.fixture
def loads(jobs_file: Path) -> Callable[[str], JobSet]:
    """Write a text as a jobs file and load it."""

    def write_and_load(text: str) -> JobSet:
        jobs_file.write_text(text, encoding="utf-8")
        return load(str(jobs_file), environ={})

    return write_and_load


@pytest.fixture
def problems(loads: Callable[[str], JobSet]) -> Callable[[str], Sequence[str]]:
    """Write a text as a jobs file and give what is wrong with it, each as ``line:column: message``."""

    def write_and_load(text: str) -> Sequence[str]:
        try:
            found = loads(text).warnings
        except JobsFileError as error:
            found = tuple(error.problems)
        return [f"{problem.line}:{problem.column}: {problem.message}" for problem in found]

    return write_and_load
