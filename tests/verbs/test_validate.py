from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.verbs.conftest import CommandLine

TWO_PROBLEMS = """\
[[job]]
name = "risk"
args = { script = "risk.py" }
schedule_type = "interval"
interval_seconds = "often"
intervall = 3
"""


def test_every_problem_is_shown_with_its_place_and_severity(peak: CommandLine) -> None:
    peak.jobs(TWO_PROBLEMS)
    answer = peak("validate")
    assert answer.code == 1
    assert f"{peak.config}:5:1: error: " in answer.out or f"{peak.config}:5:20: error: " in answer.out
    assert f"{peak.config}:6:1: warning: " in answer.out
    assert answer.out.splitlines()[-1].startswith(f"{peak.config}: 1 error, ")


def test_json_holds_the_documented_keys(peak: CommandLine) -> None:
    peak.jobs(TWO_PROBLEMS)
    answer = peak("validate", "--json")
    assert answer.code == 1
    assert all(list(problem) == ["path", "line", "column", "message", "severity"] for problem in answer.json)
    [error] = [problem for problem in answer.json if problem["severity"] == "error"]
    assert (error["path"], error["line"]) == (str(peak.config), 5)


def test_a_good_file_says_how_many_jobs_it_holds(peak: CommandLine) -> None:
    for script in ("forward.py", "risk.py", "scan.py", "sweep.py"):
        peak.jobs(peak.config.read_text().replace(f'"{script}"', f'"{peak.folder / script}"'))
        (peak.folder / script).touch()
    answer = peak("validate")
    interpreter, verdict = answer.out.splitlines()
    assert interpreter.startswith(f"{peak.config}: python is /")
    assert interpreter.endswith(" (4 jobs)")
    assert (answer.code, verdict) == (0, f"{peak.config}: 4 jobs; all is well")
    assert peak("validate", "--json").json == []


def test_warnings_alone_are_no_failure(peak: CommandLine) -> None:
    peak.jobs('[[job]]\nname = "risk"\ncommand = "true"\nteam = "desk"\n')
    answer = peak("validate")
    assert answer.code == 0
    assert ":4:1: warning: " in answer.out
    assert "1 job; 0 errors, 1 warning" in answer.out


def test_tags_are_counted(peak: CommandLine) -> None:
    assert "4 jobs, 2 of them selected by the tags" in peak("validate", "--include-tags", "risk,scan").out


def test_no_file_is_one_sentence_and_exit_1(peak: CommandLine) -> None:
    peak.config.unlink()
    answer = peak("validate")
    assert answer.code == 1
    assert "does not exist" in answer.out
    assert peak("validate", "--json").json[0]["severity"] == "error"


def test_a_channel_that_nobody_can_send_to_is_a_warning_without_its_url(peak: CommandLine) -> None:
    peak.jobs(
        '[[job]]\nname = "risk"\ncommand = "true"\n'
        '[[alerts.channel]]\nname = "desk"\nurl = "nosuch://user:sesame@host/"\n'
        '[[alerts.channel]]\nname = "log"\nurl = "json://localhost/"\n'
    )
    answer = peak("validate")
    assert answer.code == 0
    [line] = [line for line in answer.out.splitlines() if ": warning: " in line]
    assert line.startswith(f"{peak.config}:6:")
    assert 'warning: alerts channel "desk": ' in line
    assert "sesame" not in answer.out
