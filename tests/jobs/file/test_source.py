from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import JobsFileError, JobsFileNotFoundError, PeakConsoleError
from peak_console.jobs.file.loader import check, load

if TYPE_CHECKING:
    from pathlib import Path


def refusal(path: Path | str) -> str:
    """Why the file at ``path`` is refused; ``check`` must find the same without raising."""
    with pytest.raises(JobsFileError) as caught:
        load(str(path))
    problems, job_set = check(str(path))
    assert job_set is None
    assert problems == list(caught.value.problems) != []
    assert isinstance(caught.value, PeakConsoleError)
    assert isinstance(caught.value, ValueError)
    return str(caught.value)


def test_missing_file_names_the_path_and_the_option(jobs_file: Path) -> None:
    assert refusal(jobs_file) == f"jobs file {jobs_file} does not exist; name another with --config"
    with pytest.raises(JobsFileNotFoundError):
        load(str(jobs_file))


def test_directory_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path) == f"jobs file {tmp_path} is a directory; name the jobs file in it with --config"


def test_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is not a regular file" in refusal(tmp_path / "pipe")


def test_path_through_a_file_and_loop_of_links_are_refused(tmp_path: Path, jobs_file: Path) -> None:
    jobs_file.write_text("")
    assert "cannot be read (Not a directory); mend its permissions" in refusal(jobs_file / "jobs.toml")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert "cannot be read" in refusal(tmp_path / "loop")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_is_refused(jobs_file: Path) -> None:
    jobs_file.write_text("")
    jobs_file.chmod(0)
    assert refusal(jobs_file) == (
        f"jobs file {jobs_file} cannot be read (Permission denied); mend its permissions, or name another with --config"
    )


def test_path_that_no_file_can_have_is_refused() -> None:
    assert refusal("a\ud800b") == "jobs file a\ufffdb is not a path; name a jobs file with --config"
    assert refusal("a\0b") == "jobs file a\ufffdb is not a path; name a jobs file with --config"


def test_50_mb_file_is_refused_unread(jobs_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with jobs_file.open("wb") as file:
        file.truncate(50_000_000)
    monkeypatch.setattr("peak_console.jobs.file.source.open", None, raising=False)
    assert "is larger than 16 MiB" in refusal(jobs_file)


def test_file_of_10000_jobs_is_not_too_large(jobs_file: Path) -> None:
    jobs_file.write_text("# padding\n" * 400_000)
    assert load(str(jobs_file)).jobs == {}


def test_invalid_utf8_is_placed_at_its_first_byte(jobs_file: Path) -> None:
    jobs_file.write_bytes('[[job]]\nname = "ü'.encode() + b'\xff"\n')
    assert refusal(jobs_file) == f"{jobs_file}:2:10: the byte 0xff is not UTF-8; save the file with the encoding UTF-8"


def test_utf16_is_named(jobs_file: Path) -> None:
    jobs_file.write_text("[[job]]", encoding="utf-16")
    assert refusal(jobs_file) == f"{jobs_file}:1:1: the file is UTF-16; save the file with the encoding UTF-8"


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ('[[job]]\nname = "x\n', "2:10", ""),
        ("[[job]]\nname = x\n", "2:8", ""),
        ("[[job]]\nenabled = True\n", "2:11", "TOML writes True as true"),
        ('[job]\nname = "a"\n[job]\nname = "b"\n', "3:5", "begin each job with [[job]]"),
        ('[[job]]\nname = "a"\nname = "b"\n', "3:11", ""),
        ("[[job]\n", "1:6", ""),
        ("[[job]]\n[job.args]\n[job.args]\n", "3:10", "the table job.args is declared twice; write each table once"),
        ('["a b".c]\n["a b".c]\n', "2:9", 'the table "a b".c is declared twice'),
        ("a = { b = 1 }\na.c = 2\n", "2:8", "a is complete where it was given first"),
        ("a = [1]\n[[a]]\n", "2:4", "a is complete where it was given first"),
        ("a = 1\n[a]\n", "2:3", "this key has a value already; keep one of them"),
        ("[[job", "1:6", "(the file ends here)"),
    ],
)
def test_broken_toml_is_placed_and_explained(jobs_file: Path, text: str, place: str, hint: str) -> None:
    jobs_file.write_text(text)
    message = refusal(jobs_file)
    assert message.startswith(f"{jobs_file}:{place}: not valid TOML: ")
    assert hint in message
    assert "('" not in message
    assert "\n" not in message


def test_deeply_nested_toml_is_refused(jobs_file: Path) -> None:
    jobs_file.write_text("x = " + "[" * 100_000)
    assert "is nested too deeply" in refusal(jobs_file)


def test_deeply_nested_tables_have_no_effect(jobs_file: Path) -> None:
    jobs_file.write_text("[" + ".".join("a" * 900) + "]\nx = 1\n")
    assert [problem.message for problem in load(str(jobs_file)).warnings] == ["unknown table [a]"]


def test_number_of_thousands_of_digits_is_refused(jobs_file: Path) -> None:
    jobs_file.write_text("x = " + "9" * 5000)
    assert "a number in it is too long" in refusal(jobs_file)


def test_huge_hexadecimal_number_is_an_error_like_any_other(jobs_file: Path) -> None:
    jobs_file.write_text('[[job]]\nname = "x"\nretries = 0x' + "f" * 5000)
    assert refusal(jobs_file) == f'{jobs_file}:3:1: job "x": retries must be at most 1000, not a larger one'


def test_escapes_in_a_file_do_not_reach_the_terminal(jobs_file: Path) -> None:
    jobs_file.write_text('[[job]]\nname = "x"\n"\\u001b[2Jkey\\n" = 1\noverlap = "\\u001b]0;title\\u0007"\n')
    message = refusal(jobs_file)
    assert "\x1b" not in message
    assert "\x07" not in message
    assert len(message.splitlines()) == 2
