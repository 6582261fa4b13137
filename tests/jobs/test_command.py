from __future__ import annotations

import shlex
import subprocess
import sys
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.errors import StartError
from peak_console.jobs.command import build_command_args, resolve_command, shown, which, working_directory
from peak_console.jobs.model import JobDefinition


def words(**args: Any) -> list[str]:
    return build_command_args(JobDefinition(name="x", args=args))


@pytest.fixture
def cwd(tmp_path: Path) -> Path:
    return tmp_path


def program(path: Path, mode: int = 0o755) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(mode)
    return str(path)


def resolved(command: str, cwd: Path, python: str | None = None, **environ: str) -> str:
    return resolve_command(JobDefinition(name="x", command=command), python, environ, str(cwd))[0]


# args → argv


def test_script_comes_first_wherever_it_stands() -> None:
    assert words(top_n=10, script="scripts/scan.py") == ["scripts/scan.py", "--top-n", "10"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("BTC/EUR", ["--flag", "BTC/EUR"]),
        ("", ["--flag", ""]),
        ("two words; $(x)", ["--flag", "two words; $(x)"]),
        (0, ["--flag", "0"]),
        (0.1, ["--flag", "0.1"]),
        (1e-7, ["--flag", "1e-07"]),
        (True, ["--flag"]),
        (False, []),
        (None, []),
        ([], []),
        (["a", 1, 2.5], ["--flag", "a", "--flag", "1", "--flag", "2.5"]),
        ([True, False, None], ["--flag"]),
        (("a",), ["--flag", "a"]),
        (date(2026, 1, 2), ["--flag", "2026-01-02"]),
        (PurePosixPath("a/b"), ["--flag", "a/b"]),
    ],
)
def test_value_becomes_flag_and_word(value: Any, expected: list[str]) -> None:
    assert words(flag=value) == expected


def test_order_of_args_is_kept_and_underscores_are_dashes() -> None:
    assert words(b_c_d=1, a=2) == ["--b-c-d", "1", "--a", "2"]


def test_name_with_a_dash_stands_as_it_is() -> None:
    assert words(**{"-v": True, "--top_n": 3}) == ["-v", "--top_n", "3"]


def test_argv_is_taken_word_by_word() -> None:
    job = JobDefinition(name="x", argv=("-m", "desk", "--", "--top_n"))
    assert build_command_args(job) == ["-m", "desk", "--", "--top_n"]


def test_no_args_are_no_words() -> None:
    assert words() == []
    assert words(script="") == []


SCALARS = st.text() | st.integers() | st.floats(allow_nan=False)
NAMES = st.text(min_size=1).filter(lambda name: name != "script" and not name.startswith("-"))


@given(st.text(min_size=1), st.dictionaries(NAMES, SCALARS | st.lists(SCALARS) | st.booleans()))
def test_no_value_is_lost_or_changed(script: str, args: dict[str, Any]) -> None:
    built = words(**args, script=script)
    assert built[0] == script
    rest = iter(built[1:])
    for name, value in args.items():
        flag = "--" + name.replace("_", "-")
        if isinstance(value, bool):
            if value:
                assert next(rest) == flag
            continue
        for item in value if isinstance(value, list) else [value]:
            assert next(rest) == flag
            assert type(item)(next(rest)) == item
    assert list(rest) == []


# The program


def test_python_is_the_one_of_the_scheduler_first(cwd: Path) -> None:
    own = program(cwd / "own" / "python3.12")
    active = program(cwd / "active" / "bin" / "python").removesuffix("/bin/python")
    local = program(cwd / ".venv" / "bin" / "python")
    path = program(cwd / "path" / "python").removesuffix("/python")
    assert resolved("python", cwd, own, VIRTUAL_ENV=active, PATH=path) == own
    assert resolved("python", cwd, None, VIRTUAL_ENV=active, PATH=path) == f"{active}/bin/python"
    assert resolved("python3", cwd, None, VIRTUAL_ENV=active, PATH=path) == f"{active}/bin/python"
    assert resolved("python", cwd, None, PATH=path) == local
    Path(local).unlink()
    assert resolved("python", cwd, None, PATH=path) == f"{path}/python"
    assert resolved("python3", cwd, None, PATH=path) == sys.executable
    assert resolved("python", cwd, None, PATH="") == sys.executable


def test_environment_that_is_gone_is_passed_over(cwd: Path) -> None:
    local = program(cwd / ".venv" / "bin" / "python")
    assert resolved("python", cwd, None, VIRTUAL_ENV="/nowhere", PATH="") == local
    Path(local).chmod(0o644)
    assert resolved("python", cwd, None, PATH="") == sys.executable


def test_interpreter_of_an_environment_stays_its_link(cwd: Path) -> None:
    (cwd / ".venv" / "bin").mkdir(parents=True)
    (cwd / ".venv" / "bin" / "python").symlink_to(sys.executable)
    assert resolved("python", cwd) == str(cwd / ".venv" / "bin" / "python")


def test_python_with_a_path_or_version_is_not_bare(cwd: Path) -> None:
    program(cwd / ".venv" / "bin" / "python")
    other = program(cwd / "bin" / "python3.12")
    assert resolved("python3.12", cwd, PATH=str(cwd / "bin")) == other
    assert resolved("bin/python3.12", cwd) == other


def test_python_of_the_scheduler_may_be_relative_or_on_path(cwd: Path) -> None:
    own = program(cwd / "bin" / "python3.12")
    assert resolved("python", cwd, "bin/python3.12") == own
    assert resolved("python", cwd, "python3.12", PATH=str(cwd / "bin")) == own


def test_missing_python_of_the_scheduler_is_an_error_not_another_python(cwd: Path) -> None:
    with pytest.raises(StartError, match=r'\[scheduler\] python: command "/no/python" not found'):
        resolved("python", cwd, "/no/python", PATH="/usr/bin:/bin")


def test_bare_name_is_found_on_the_path_of_the_job(cwd: Path) -> None:
    program(cwd / "first" / "tool", 0o644)
    (cwd / "second" / "tool").mkdir(parents=True)
    third = program(cwd / "third" / "tool")
    path = ":".join(str(cwd / name) for name in ("none", "first", "second", "third"))
    assert resolved("tool", cwd, PATH=path) == third


def test_relative_and_empty_entries_of_path_start_at_the_job(cwd: Path) -> None:
    tool = program(cwd / "bin" / "tool")
    assert resolved("tool", cwd, PATH="bin") == tool
    assert which("tool", {"PATH": "/nowhere:"}, str(cwd / "bin")) == tool


def test_without_path_the_system_directories_are_searched(cwd: Path) -> None:
    assert resolved("sh", cwd) in ("/bin/sh", "/usr/bin/sh")


@pytest.mark.parametrize("command", ["./run.sh", "run/../run.sh"])
def test_path_is_relative_to_the_working_directory_and_made_absolute(cwd: Path, command: str) -> None:
    (cwd / "run").mkdir()
    program(cwd / "run.sh")
    found = resolved(command, cwd)
    assert found.startswith("/")
    assert Path(found).samefile(cwd / "run.sh")


def test_arguments_follow_the_program(cwd: Path) -> None:
    job = JobDefinition(name="x", command="sh", args={"script": "a b.sh", "dry": True})
    assert resolve_command(job, None, {"PATH": "/bin"}, str(cwd)) == ["/bin/sh", "a b.sh", "--dry"]


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("tool", 'command "tool" not found on PATH /nowhere:/none; install it, write its full path, or set PATH'),
        ("python -u x.py", 'command "python -u x.py" not found on PATH .*; command is the program alone'),
        ("here", 'command "here" not found on PATH .*; to run the one in the working directory write ./here'),
        ("./tool", 'command "./tool" not found: there is no .*/tool; a path that does not begin with /'),
        ("sub/", 'command "sub/" is a directory'),
        ("./plain", 'command "./plain" is not executable; run chmod \\+x .*/plain'),
        ("a\0b", 'command "a\ufffdb" not found'),
    ],
)
def test_program_that_cannot_run_is_explained(cwd: Path, command: str, message: str) -> None:
    program(cwd / "here")
    program(cwd / "plain", 0o644)
    (cwd / "sub").mkdir()
    with pytest.raises(StartError, match=message):
        resolved(command, cwd, PATH="/nowhere:/none")


def test_working_directory_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/desk")
    assert working_directory(JobDefinition(name="x")) == str(tmp_path)
    assert working_directory(JobDefinition(name="x", cwd="sub")) == str(tmp_path / "sub")
    assert working_directory(JobDefinition(name="x", cwd="/srv")) == "/srv"
    assert working_directory(JobDefinition(name="x", cwd="~/desk")) == "/home/desk/desk"


# Shown


def test_plain_words_are_shown_plain() -> None:
    assert shown(["/usr/bin/python3", "-m", "desk", "--symbol", "BTC/EUR"]) == (
        "/usr/bin/python3 -m desk --symbol BTC/EUR"
    )


@given(st.lists(st.text().filter(str.isprintable)))
def test_what_is_shown_reads_back_as_it_was(argv: list[str]) -> None:
    assert shlex.split(shown(argv)) == argv


@given(st.text())
def test_what_is_shown_is_one_printable_line(word: str) -> None:
    assert shown([word, "end"]).isprintable()


def test_control_characters_are_shown_as_bash_reads_them() -> None:
    word = "a\n\x1b[2J'\\ü"
    assert shown([word]) == "$'a\\n\\x1b[2J\\'\\\\ü'"
    read_back = subprocess.run(["bash", "-c", f"printf %s {shown([word])}"], capture_output=True, check=True)
    assert read_back.stdout.decode() == word
