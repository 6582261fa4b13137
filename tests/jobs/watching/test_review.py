from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.jobs.file.loader import check, load, validate_job_config
from peak_console.jobs.model import JobDefinition
from peak_console.jobs.startable import size_fault, start_fault
from peak_console.schedule.model import JobSchedule

if TYPE_CHECKING:
    from collections.abc import Sequence


def reviewed(jobs_file: Path, text: str) -> Sequence[str]:
    jobs_file.write_text(text)
    problems, job_set = check(str(jobs_file), {"PATH": "/bin:/usr/bin"}, datetime(2026, 11, 30, tzinfo=UTC))
    assert job_set is not None
    assert not any(problem.is_error for problem in problems)
    assert load(str(jobs_file), environ={}).warnings == ()  # only check looks around
    return [f"{problem.line}:{problem.column}: {problem.message}" for problem in problems]


def test_good_file_has_no_problems(jobs_file: Path) -> None:
    Path("a.py").write_text("")
    assert reviewed(jobs_file, '[[job]]\nname = "x"\nargs = { script = "a.py" }\n') == []


def test_file_without_jobs_is_a_warning(jobs_file: Path) -> None:
    assert reviewed(jobs_file, "[scheduler]\n") == ["0:0: no jobs: begin each with [[job]]"]


def test_missing_script_is_placed(jobs_file: Path) -> None:
    assert reviewed(jobs_file, '[[job]]\nname = "x"\nargs = { n = 1, script = "no.py" }\n') == [
        f'3:17: job "x": script "no.py" not found: there is no {Path.cwd()}/no.py; mend the path, or cwd'
    ]


def test_script_is_looked_for_in_the_working_directory_of_the_job(jobs_file: Path) -> None:
    Path("sub").mkdir()
    Path("sub/a.py").write_text("")
    assert reviewed(jobs_file, '[[job]]\nname = "x"\ncwd = "sub"\nargs = { script = "a.py" }\n') == []


def test_missing_command_directory_and_env_file_are_placed(jobs_file: Path) -> None:
    found = reviewed(
        jobs_file,
        '[[job]]\nname = "a"\ncommand = "no-such-tool"\n'
        '[[job]]\nname = "b"\ncommand = "sh"\ncwd = "nowhere"\n'
        '[[job]]\nname = "c"\ncommand = "sh"\nenv_file = "no.env"\n',
    )
    assert [problem.partition(" not ")[0].partition(" is ")[0] for problem in found] == [
        '3:1: job "a": command "no-such-tool"',
        '7:1: job "b": cwd: there',
        '11:1: job "c": env_file "no.env"',
    ]


def test_path_of_the_job_counts(jobs_file: Path) -> None:
    tool = Path("bin/tool")
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    assert reviewed(jobs_file, f'[[job]]\nname = "x"\ncommand = "tool"\nenv = {{ PATH = "{tool.parent}" }}\n') == []


def test_python_with_nothing_to_run_is_a_warning(jobs_file: Path) -> None:
    assert reviewed(jobs_file, '[[job]]\nname = "x"\n') == [
        '1:1: job "x": python is given nothing to run; put a script into args'
    ]


def test_missing_python_of_the_scheduler_is_a_warning(jobs_file: Path) -> None:
    found = reviewed(jobs_file, '[scheduler]\npython = "/no/python"\n[[job]]\nname = "x"\nargv = ["-V"]\n')
    assert len(found) == 1
    assert "[scheduler] python" in found[0]


def test_file_with_errors_is_looked_through_all_the_same(jobs_file: Path) -> None:
    jobs_file.write_text('[[job]]\nretries = -1\n[[job]]\nname = "x"\nargs = { script = "no.py" }\n')
    problems, job_set = check(str(jobs_file), {})
    assert job_set is None
    assert [(problem.line, problem.is_error) for problem in problems] == [(1, True), (2, True), (5, False)]


@pytest.mark.parametrize("text", ["job = 5", "[job]", "job = [1, { name = 2 }]", "scheduler = 1"])
def test_document_of_the_wrong_shape_is_looked_through(jobs_file: Path, text: str) -> None:
    jobs_file.write_text(text)
    problems, job_set = check(str(jobs_file))
    assert job_set is None
    assert problems


# Definitions made by hand


def job(**parts: Any) -> JobDefinition:
    return JobDefinition(**{"name": "x", "args": {"script": "a.py"}, **parts})


@pytest.mark.parametrize(
    "good",
    [
        job(),
        job(tags=["prod"], args={"script": Path("a.py"), "flag": True, "levels": (1, 2)}, env={"A": "1"}),
        job(schedule=JobSchedule(type="daily", daily_time="7:30", days=("mon",))),
        job(schedule=JobSchedule(type="interval", interval_seconds=0.5)),
        job(args={}, argv=("-V",), command=sys.executable),
        job(args={"script": "a.py", "maybe": None}),
    ],
)
def test_good_definition_has_no_warnings(good: JobDefinition) -> None:
    assert validate_job_config(good) == []


@pytest.mark.parametrize(
    ("bad", "warnings"),
    [
        (job(name=""), ["the job has no name; give it one of its own"]),
        (job(name="unnamed_job"), ["the job has no name; give it one of its own"]),
        (
            job(args={"strategy": "ma"}),
            ['job "x": there is neither a script in args nor argv: nothing but python would be run'],
        ),
        (job(argv=("-V",)), ['job "x": argv and args exclude each other; args is not used']),
        (
            job(schedule=JobSchedule(type="interval")),
            ['job "x": interval_seconds is missing; an interval schedule needs it'],
        ),
        (job(schedule=JobSchedule(type="daily")), ['job "x": daily_time is missing; a daily schedule needs it']),
        (
            job(schedule=JobSchedule(type="daily", daily_time="25:00")),
            ['job "x": daily_time "25:00" is not a time of day; write HH:MM or HH:MM:SS'],
        ),
        (
            job(retries=-1, timeout_seconds="5"),
            [
                'job "x": timeout_seconds must be a number, not a string; write it without quotes',
                'job "x": retries must be 0 or more, not -1',
            ],
        ),
        (
            job(catch_up="alll"),
            ['job "x": catch_up must be one of "skip", "latest", "all", not "alll"; did you mean "all"?'],
        ),
        (
            job(args={"script": "a.py", "deep": {"a": 1}}),
            ['job "x": args must hold strings, numbers, true, false or lists of them: "deep" holds a table'],
        ),
    ],
)
def test_bad_definition_is_warned_about(bad: JobDefinition, warnings: list[str]) -> None:
    assert validate_job_config(bad) == warnings


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("args = { top_n = 10 }", 'python is given "--top-n" and no script before it'),
        ('argv = ["--top-n", "10"]', 'python is given "--top-n" and no script before it'),
        ('argv = ["-u"]', "python is given nothing to run"),
        ('argv = ["-u", "-B"]', "python is given nothing to run"),
        ('argv = ["no.py", "x"]', 'script "no.py" not found'),
        ('argv = ["-m", "site"]', None),
        ('argv = ["--version"]', None),
        ('argv = ["-c", "print()"]', None),
        ('args = { "-m" = "site" }', None),
        ('args = { "-u" = true, "-m" = "site" }', None),
    ],
)  # fmt: skip
def test_python_that_will_find_no_script_is_a_warning(jobs_file: Path, words: str, fault: str | None) -> None:
    found = reviewed(jobs_file, f'[[job]]\nname = "x"\n{words}\n')
    assert len(found) == (fault is not None)
    assert fault is None or fault in found[0]


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("echo hi\n", "has no '#!' line"),
        ("", "has no '#!' line"),
        ("#!\n", "names no interpreter"),
        ("#! /no/such -x\n", "names /no/such, which is no program here"),
        ("#!/bin/sh\r\n", "end in CR LF"),
        ("#!/tmp\n", "names /tmp, which is no program here"),
        ("#! \t/bin/sh\t-e\n", None),
        ("#!/bin/sh", None),
        ("#!own/sh\n", None),
        ("#!/usr/bin/env sh\n", None),
        ("#!/usr/bin/env -S A=1 sh -e\n", None),
        ("#!/usr/bin/env -i sh\n", None),
        ("#!/usr/bin/env nosuchsh\n", "has env look for nosuchsh, which is not on PATH; install it"),
        ("#!/usr/bin/env -S nosuchsh -e\n", "has env look for nosuchsh, which is not on PATH"),
        ("#!/usr/bin/env sh -e\n", 'one program called "sh -e"; write #!/usr/bin/env -S sh -e'),
        ("#!/usr/bin/env sh\r\n", "end in CR LF"),
        ("\0\0some machine code", None),
    ],
)
def test_a_program_that_the_system_will_refuse_is_a_warning(jobs_file: Path, content: str, fault: str | None) -> None:
    Path("own").mkdir()
    Path("own/sh").symlink_to("/bin/sh")
    Path("tool").write_text(content, newline="")
    Path("tool").chmod(0o755)
    found = reviewed(jobs_file, '[[job]]\nname = "x"\ncommand = "./tool"\n')
    assert len(found) == (fault is not None)
    assert fault is None or fault in found[0]


def test_what_validate_calls_startable_is_what_the_system_starts(jobs_file: Path) -> None:
    tool = Path("tool")
    for content in (b"echo", b"#!/bin/sh\r\n", b"#!/bin/sh\n", b"#!/no/where\n", b"#!\n", b"#! /bin/sh -e\nexit 0\n",
                    b"#!/usr/bin/env sh\n", b"#!/usr/bin/env nosuchsh\n", b"#!/usr/bin/env sh -e\n",
                    b"#!/usr/bin/env -S sh -e\n", b"#!/usr/bin/env sh\r\n"):  # fmt: skip
        tool.write_bytes(content)
        tool.chmod(0o755)
        try:
            starts = subprocess.run([tool.absolute()], check=False).returncode != 127  # what env says
        except OSError:
            starts = False
        assert (start_fault(str(tool.absolute()), "/", os.environ) == "") is starts, content


def test_arguments_that_are_too_long_are_a_warning(jobs_file: Path) -> None:
    found = reviewed(jobs_file, f'[[job]]\nname = "x"\ncommand = "true"\nargv = ["{"a" * 131072}"]\n')
    assert len(found) == 1
    assert "too long for this system (the longest has 131,072 bytes)" in found[0]
    assert size_fault(["true", "a" * 131071], {}) == ""
    assert size_fault(["true", *["a" * 1000] * 10_000], {}) != ""


def test_a_file_system_without_programs_is_named(jobs_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("tool").write_text("#!/bin/sh\n")
    monkeypatch.setattr("peak_console.jobs.startable.is_noexec", lambda _path: True)
    [found] = reviewed(jobs_file, '[[job]]\nname = "x"\ncommand = "./tool"\n')
    assert "mounted noexec" in found
    assert "chmod" not in found


@pytest.mark.parametrize("command", ["/bin/echo hello", "./tool -x", "echo hello"])
def test_a_command_line_as_command_is_explained(jobs_file: Path, command: str) -> None:
    Path("tool").write_text("#!/bin/sh\n")
    Path("tool").chmod(0o755)
    [found] = reviewed(jobs_file, f'[[job]]\nname = "x"\ncommand = "{command}"\n')
    assert "command is the program alone; put what follows it into args or argv" in found


def test_a_virtual_environment_beside_the_jobs_that_is_not_used_is_named_once(jobs_file: Path) -> None:
    other = Path("desk/.venv/bin/python")
    other.parent.mkdir(parents=True)
    other.symlink_to(sys.executable)
    Path("desk/a.py").touch()
    jobs = "".join(f'[[job]]\nname = "{name}"\nargs = {{ script = "desk/a.py" }}\n' for name in "xyz")
    [found] = reviewed(jobs_file, jobs)
    assert "for 3 jobs, not that of" in found
    assert f'set [scheduler] python = "{other.absolute()}"' in found
    assert reviewed(jobs_file, f'[scheduler]\npython = "{other}"\n{jobs}') == []
    assert reviewed(jobs_file, jobs.replace('"desk/a.py" }', '"a.py" }\ncwd = "desk"')) == []
    shutil.rmtree("desk/.venv")
    assert reviewed(jobs_file, jobs) == []


@pytest.mark.parametrize(
    ("name", "word"),
    [("#7", "number of a run"), ("-x", "a flag"), ("a ", "a blank"), (" a", "a blank"), ("a\u200bb", "cannot be seen")],
)
def test_a_name_that_is_hard_to_type_is_a_warning(jobs_file: Path, name: str, word: str) -> None:
    [found] = reviewed(jobs_file, f'[[job]]\nname = "{name}"\ncommand = "true"\n')
    assert found.startswith("2:1: ")
    assert word in found


def test_a_moment_that_has_passed_is_a_warning(jobs_file: Path) -> None:
    [found] = reviewed(jobs_file, '[[job]]\nname = "x"\ncommand = "true"\nrun_at = 2020-01-01T00:00:00\n')
    assert "4:1: " in found
    assert "run_at has passed" in found
    assert reviewed(jobs_file, '[[job]]\nname = "x"\ncommand = "true"\nrun_at = 2999-01-01T00:00:00\n') == []


def test_a_doubtful_cron_expression_is_a_warning(jobs_file: Path) -> None:
    [found] = reviewed(
        jobs_file, '[[job]]\nname = "x"\ncommand = "true"\nschedule_type = "cron"\ncron = "0 9 1-7 * MON"\n'
    )
    assert found.startswith('5:1: job "x": cron: day of the month (1-7) and weekday (mon) are both given')
