from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.errors import JobsFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from peak_console.jobs.model import JobSet

    Loads = Callable[[str], JobSet]
    Problems = Callable[[str], Sequence[str]]


def job(body: str) -> str:
    return f'[[job]]\nname = "backup"\n{body}\n'


@pytest.mark.parametrize(
    ("body", "place", "problem"),
    [
        ("intervall_seconds = 60", "3:1", 'unknown key "intervall_seconds"; did you mean "interval_seconds"?'),
        ('owner_desk = "fx"', "3:1", 'unknown key "owner_desk"'),
        ("keep_runs = 3", "3:1", 'unknown key "keep_runs"; it belongs in [scheduler]'),
        ('enabled = "true"', "3:1", "enabled must be true or false, not a string; write it without quotes"),
        ("enabled = 1", "3:1", "enabled must be true or false, not a whole number"),
        ("retries = true", "3:1", "retries must be a whole number, not true"),
        ("retries = 1.5", "3:1", "retries must be a whole number, not a number with a fraction"),
        ("retries = -1", "3:1", "retries must be 0 or more, not -1"),
        ("retries = 5000", "3:1", "retries must be at most 1000, not 5000"),
        ('timeout_seconds = "5"', "3:1", "timeout_seconds must be a number, not a string; write it without quotes"),
        ("timeout_seconds = -0.5", "3:1", "timeout_seconds must be 0 or more, not -0.5"),
        ("timeout_seconds = nan", "3:1", "timeout_seconds must be 0 or more, not nan"),
        ("timeout_seconds = inf", "3:1", "timeout_seconds must be at most 100000000000, not inf"),
        ("description = 5", "3:1", "description must be a string, not a whole number; put it in quotes"),
        ('command = " "', "3:1", "command must not be empty"),
        ('command = "a\\u0000b"', "3:1", "command must not hold a NUL character: no program can be given one"),
        ('tags = "prod"', "3:1", "tags must be a list of strings, not a string; put it in brackets"),
        ('tags = ["a", 5]', "3:14", "tags must be a list of strings, not a list with a whole number"),
        ('argv = ["a", "b\\u0000"]', "3:14", "argv must not hold a NUL character: no program can be given one"),
        ("argv = { a = 1 }", "3:1", "argv must be a list of strings, not a table"),
        ('argv = ["a"]\nargs = { b = 1 }', "3:1", "argv and args exclude each other; put everything into argv"),
        ("args = [1]", "3:1", "args must be a table of arguments, not a list"),
        ("args = { script = 5 }", "3:10", 'args must have a string as "script", not a whole number'),
        ('args = { "" = 5 }', "3:10", "args must not have an empty name"),
        (
            "[job.args]\nx = 1\ny.z = 2",
            "5:1",
            'args must hold strings, numbers, true, false or lists of them: "y" holds a table',
        ),
        (
            "args = { x = [1, [2]] }",
            "3:18",
            'args must hold strings, numbers, true, false or lists of them: "x" holds a list',
        ),
        (
            'args = { x = "\\u0000" }',
            "3:10",
            'args must not hold a NUL character: no program can be given the one in "x"',
        ),
        ("args = { x = 99999999999999999999 }", "3:10", 'args must hold numbers of 64 bits: "x" is larger'),
        ("env = { A = [1] }", "3:9", 'env must hold strings: "A" is a list'),
        ('env = { "A=B" = "" }', "3:9", 'env must not hold a variable called "A=B"'),
        (
            '[job.env]\nA = "\\u0000"',
            "4:1",
            'env must not hold a NUL character: no program can be given the one in "A"',
        ),
        (
            'overlap = "skp"',
            "3:1",
            'overlap must be one of "skip", "queue", "allow", "kill_previous", not "skp"; did you mean "skip"?',
        ),
        ("success_codes = []", "3:1", "success_codes must not be empty"),
        ('success_codes = ["0"]', "3:18", "success_codes must be a list of whole numbers, not a list with a string"),
        ("success_codes = [256]", "3:18", "success_codes must be at most 255, not 256"),
        (
            'schedule_type = "daly"',
            "3:1",
            (
                'schedule_type must be one of "once", "interval", "daily", "cron", "after", "session", not "daly";'
                ' did you mean "daily"?'
            ),
        ),
        ('schedule_type = "interval"', "3:1", "interval_seconds is missing; an interval schedule needs it"),
        ('schedule_type = "interval"\ninterval_seconds = 0', "4:1", "interval_seconds must be 0.1 or more, not 0"),
        (
            'schedule_type = "daily"\ndays = ["Fryday"]\ndaily_time = "7:00"',
            "4:9",
            'days must be weekdays such as "mon", not "Fryday"; did you mean "friday"?',
        ),
        ('timezone = "Europe/Berln"', "3:1", 'unknown time zone "Europe/Berln"; did you mean "Europe/Berlin"?'),
        ("run_at = 07:30:00", "3:1", "run_at must be a date and time, not a time"),
        ('run_at = "soon"', "3:1", 'run_at must be a date and time such as 2026-03-01T07:30:00, not "soon"'),
        (
            'daily_time = "07:30"',
            "3:1",
            'daily_time has no effect without schedule_type; did you mean schedule_type = "daily"?',
        ),
        (
            'schedule_type = "interval"\ninterval_seconds = 5\ncron = "@daily"',
            "5:1",
            'cron has no effect since schedule_type is "interval"',
        ),
    ],
)
def test_each_fault_is_named_with_its_place(problems: Problems, body: str, place: str, problem: str) -> None:
    assert problems(job(body)) == [f'{place}: job "backup": {problem}']


@pytest.mark.parametrize("daily_time", ["7.30", "24:00", "07:60", "", "noon", "07:30 "])
def test_malformed_daily_time_is_an_error_at_its_line(problems: Problems, daily_time: str) -> None:
    found = problems(job(f'schedule_type = "daily"\ndaily_time = "{daily_time}"'))
    assert [problem.partition(": ")[0] for problem in found] == ["4:1"]
    assert "daily_time" in found[0]


@pytest.mark.parametrize("cron", ["* * * *", "61 * * * *", "@sometimes", ""])
def test_malformed_cron_is_an_error_at_its_line(problems: Problems, cron: str) -> None:
    found = problems(job(f'schedule_type = "cron"\ncron = "{cron}"'))
    assert [problem.partition(": ")[0] for problem in found] == ["4:1"]
    assert "cron" in found[0]


def test_every_fault_of_a_schedule_is_named_at_once(problems: Problems) -> None:
    found = problems(job('timezone = "Nowhere"\nschedule_type = "cron"\ncron = "x"'))
    assert [problem.partition(":")[0] for problem in found] == ["3", "5"]
    found = problems(job('timezone = "Nowhere"\nschedule_type = "interval"'))
    assert [problem.partition(":")[0] for problem in found] == ["3", "4"]


def test_unknown_schedule_type_casts_no_doubt_on_the_other_keys(problems: Problems) -> None:
    found = problems(job('schedule_type = "daly"\ndaily_time = "7:30"\ndays = ["mon"]\ntimezone = "Nowhere"'))
    assert [problem.partition(":")[0] for problem in found] == ["3", "6"]


def test_missing_and_empty_names_are_errors(problems: Problems) -> None:
    assert problems('[[job]]\n[[job]]\nname = ""\n[[job]]\nname = "a\\u0007"\n[[job]]\nname = 7\n') == [
        "1:1: job number 1: name is missing; give each job one of its own",
        "3:1: job number 2: name must not be empty",
        '5:1: job "a�": name must not hold control characters',
        "7:1: job number 4: name must be a string, not a whole number; put it in quotes",
    ]


def test_duplicate_name_says_where_the_first_is(problems: Problems) -> None:
    text = '[[job]]\nname = "x"\n[[job]]\nname = "y"\n[[job]]\nretries = 1\nname = "x"\n'
    assert problems(text) == ['7:1: job "x": duplicate name; the first is in line 2']


def test_names_of_any_script_and_emoji_are_good(loads: Loads) -> None:
    assert list(loads('[[job]]\nname = "Überwachung 株 👩‍💻"').jobs) == ["Überwachung 株 👩‍💻"]


def test_all_problems_of_a_file_come_at_once_in_its_order(loads: Loads, jobs_file: Path) -> None:
    with pytest.raises(JobsFileError) as caught:
        loads('[[job]]\nname = "a"\nretries = -1\n[[job]]\nnam = "b"\n[scheduler]\nkeep_runs = "3"\n')
    assert str(caught.value).splitlines() == [
        f'{jobs_file}:3:1: job "a": retries must be 0 or more, not -1',
        f"{jobs_file}:4:1: job number 2: name is missing; give each job one of its own",
        f'{jobs_file}:5:1: job number 2: unknown key "nam"; did you mean "name"?',
        f"{jobs_file}:7:1: [scheduler]: keep_runs must be a whole number, not a string; write it without quotes",
    ]
    assert [problem.is_error for problem in caught.value.problems] == [True, True, False, True]


def test_long_list_of_problems_is_cut_but_kept_whole_as_values(loads: Loads) -> None:
    with pytest.raises(JobsFileError) as caught:
        loads("[[job]]\nteam = 1\n" + "[[job]]\n" * 199)
    lines = str(caught.value).splitlines()
    assert len(lines) == 51
    assert lines[-1] == "… and 151 more problems"
    assert not any("team" in line for line in lines)  # errors first
    assert len(caught.value.problems) == 201


def test_unknown_key_of_many_jobs_is_named_a_few_times(loads: Loads) -> None:
    read = loads("".join(f'[[job]]\nname = "j{number}"\nteam = "fx"\n' for number in range(12)))
    assert len(read.jobs) == 12
    assert [problem.line for problem in read.warnings] == [3, 6, 9, 12, 15, 0]
    assert read.warnings[-1].message == 'unknown key "team" in 7 more jobs'


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[[jobs]]\nname = "x"', "1:1: unknown tables [[jobs]]; did you mean [[job]]?"),
        ("[schedular]", '1:1: unknown table [schedular]; did you mean "scheduler"?'),
        ("[desk]", "1:1: unknown table [desk]"),
        ('version = "2"', '1:1: unknown key "version"'),
        ("retries = 2", '1:1: unknown key "retries"; it belongs in [[job]]'),
        ('state_dir = "x"', '1:1: unknown key "state_dir"; it belongs in [scheduler]'),
        ("[scheduler]\nretrys = 2", '2:1: [scheduler]: unknown key "retrys"; did you mean "retries"?'),
        ("[scheduler]\nenabled = true", '2:1: [scheduler]: unknown key "enabled"; it belongs in [[job]]'),
    ],
)
def test_what_is_unknown_is_a_warning_and_never_a_refusal(loads: Loads, text: str, problem: str) -> None:
    found = loads(text).warnings
    assert [f"{one.line}:{one.column}: {one.message}" for one in found] == [problem]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[job]\nname = "x"', "1:1: begin each job with [[job]], in two pairs of brackets"),
        ("job = [1]", "1:1: begin each job with [[job]], in two pairs of brackets"),
        ("scheduler = 5", "1:1: scheduler must be a table, begun with [scheduler]"),
        ("alerts = []", "1:1: alerts must be a table, begun with [alerts]"),
        ('[scheduler]\ntimezone = "Mars"', '2:1: [scheduler]: unknown time zone "Mars"'),
        ("[scheduler]\nmax_concurrent_runs = -1", "2:1: [scheduler]: max_concurrent_runs must be 0 or more, not -1"),
        ('[scheduler]\nstate_dir = ""', "2:1: [scheduler]: state_dir must not be empty"),
    ],
)
def test_tables_of_the_wrong_shape_are_errors(problems: Problems, text: str, problem: str) -> None:
    found = problems(text)
    assert len(found) == 1
    assert found[0].startswith(problem)


def test_wrong_zone_of_the_scheduler_is_said_once(problems: Problems) -> None:
    found = problems(
        '[scheduler]\ntimezone = "Mars"\n[[job]]\nname = "a"\nschedule_type = "daily"\ndaily_time = "7:00"'
    )
    assert len(found) == 1


def test_secrets_do_not_appear_in_messages(problems: Problems) -> None:
    found = problems(
        job('env = { API_KEY = ["hunter2"] }\nargs = { token = ["x", { a = "hunter2" }] }')
        + '[alerts]\nurls = ["hunter2"]\n[[alerts.channel]]\nurl = "hunter2"\n'
    )
    assert len(found) == 4
    assert "hunter2" not in "".join(found)


def test_windows_line_ends_are_tolerated(problems: Problems) -> None:
    assert problems('[[job]]\r\nname = "x"\r\nretries = -1\r\n') == ['3:1: job "x": retries must be 0 or more, not -1']
