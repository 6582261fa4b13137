from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.cli import main
from peak_console.jobs.command import build_command_args
from peak_console.jobs.file.loader import load
from peak_console.setup.crontab.importer import convert
from peak_console.setup.crontab.machine import ThisMachine
from peak_console.setup.units import cron
from tests.jobs.file.test_any_file import CHARACTERS
from tests.setup.test_install import service

if TYPE_CHECKING:
    from pathlib import Path

    from peak_console.jobs.model import JobDefinition
    from peak_console.setup.crontab.importer import Imported

CRONTAB = """\
# the desk's
MAILTO=desk@example.com
LEVEL = "two words"
*/5 9-17 * * MON-FRI /usr/bin/report --top-n 10
@daily cd /srv/desk && ./signals.py > /dev/null 2>&1
@reboot /usr/bin/first
0 7 * * * mail desk%hello
0 8 * * * date +\\%F
CRON_TZ=Asia/Tokyo
SHELL=/bin/bash
0 9 1,15 jan-jun 0 X=1 report
0 9 * * * python scan.py
61 * * * * report
nonsense
"""


class FakeMachine:
    """One with a few users, and programs of which only ``bare`` needs a shell."""

    def is_user(self, name: str) -> bool:
        return name in ("root", "www", "mail")

    def program(self, word: str, path: str, home: str) -> str | None:
        return word if word in ("/usr/bin/report", "report", "date", "mail", "bare", "mon") else None

    def starts_by_itself(self, word: str, path: str, home: str) -> bool:
        return word != "bare" and self.program(word, path, home) is not None


def converted(text: str, user: str | None = None) -> Imported:
    return convert(text, user=user, machine=FakeMachine())


def reasons(text: str, user: str | None = None) -> dict[int, str]:
    return {number: why for number, _, why in converted(text, user).left}


def jobs_of(text: str, user: str | None = None) -> dict[str, JobDefinition]:
    jobset = load("jobs.toml", converted(text, user).text.encode(), {})
    assert list(jobset.warnings) == []
    return dict(jobset.jobs)


def test_a_crontab_becomes_jobs_that_mean_the_same() -> None:
    jobs = jobs_of(CRONTAB)
    assert list(jobs) == ["report", "signals", "date", "report_2", "scan"]
    report = jobs["report"]
    assert (report.command, build_command_args(report)) == ("/usr/bin/report", ["--top-n", "10"])
    assert report.schedule.cron == "*/5 9-17 * * mon-fri"
    assert report.env == {"PATH": "/usr/bin:/bin", "LEVEL": "two words"}
    assert (report.cwd, report.timeout_seconds, report.overlap, report.catch_up) == ("~", 0, "allow", "skip")
    signals = jobs["signals"]
    assert (signals.command, signals.schedule.cron) == ("/bin/sh", "@daily")
    assert build_command_args(signals) == ["-c", "cd /srv/desk && ./signals.py > /dev/null 2>&1"]
    assert build_command_args(jobs["date"]) == ["+%F"]
    assert (jobs["report_2"].command, jobs["report_2"].schedule.timezone) == ("/bin/bash", "Asia/Tokyo")
    assert build_command_args(jobs["scan"]) == ["-c", "python scan.py"]


def test_what_is_not_converted_is_named_with_its_line_and_why() -> None:
    left = reasons(CRONTAB)
    assert list(left) == [2, 6, 7, 13, 14]
    for number, word in {2: "alerts", 6: "boot", 7: "percent", 13: "minute", 14: "neither"}.items():
        assert word in left[number]


def test_lines_below_an_unknown_zone_are_left_out() -> None:
    found = converted("CRON_TZ=Mars/Base\n0 1 * * * true\nCRON_TZ=UTC\n0 2 * * * true\n")
    assert [number for number, *_ in found.left] == [1, 2]
    assert found.jobs == 1


def test_lines_that_name_users() -> None:
    text = "17 * * * *\troot\tcd / && run-parts /etc/cron.hourly\n0 1 * * * www report a\n0 1 * * * www\n"
    assert build_command_args(jobs_of(text, "root")["cron.hourly"]) == ["-c", "cd / && run-parts /etc/cron.hourly"]
    assert list(jobs_of(text, "www")) == ["report"]
    assert next(iter(reasons(text, "root").values())) == "it runs as www: import it as that user"


def test_our_own_line_for_cron_can_be_read(tmp_path: Path) -> None:
    [job] = jobs_of(cron(service(tmp_path))).values()
    [dash_c, line] = build_command_args(job)
    assert (job.schedule.cron, dash_c) == ("*/5 * * * *", "-c")
    assert line.endswith("--headless --once")
    assert str(service(tmp_path).jobs_file) in line


PARTS = st.sampled_from(
    ["* * * * * ", "@daily ", "0 1 * * 7 ", "PATH=", "A = ", "CRON_TZ=UTC", "SHELL='", "'a b", "\n", "%"]
)


@given(
    st.lists(PARTS | st.text(CHARACTERS, max_size=6) | st.sampled_from(["a.sh", "cd /x; y"]), max_size=14).map("".join)
)
def test_whatever_a_crontab_holds_the_jobs_file_loads(text: str) -> None:
    jobs_of(text)
    jobs_of(text, "root")


def test_the_verb_prints_the_file_and_says_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "table").write_text(CRONTAB, encoding="utf-8")
    assert main(["import-crontab", str(tmp_path / "table")]) == 1
    said = capsys.readouterr()
    assert said.out == convert(CRONTAB).text
    assert f"{tmp_path}/table:6: not converted: @reboot /usr/bin/first: " in said.err
    assert "5 jobs; 5 lines not converted" in said.err
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf@daily report\n")))
    out = str(tmp_path / "new.toml")
    assert main(["import-crontab", "-", "--write", out]) == 0
    assert list(load(out).jobs) == ["report"]
    assert main(["import-crontab", str(tmp_path / "table"), "--write", out]) == 1
    assert "exists already" in capsys.readouterr().err


def test_a_crontab_that_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["import-crontab", str(tmp_path / "none")]) == 1
    assert "none: cannot be read" in capsys.readouterr().err
    (tmp_path / "latin").write_bytes(b"\xe9")
    assert main(["import-crontab", str(tmp_path / "latin")]) == 1
    assert "is not UTF-8" in capsys.readouterr().err


def test_what_cron_s_shell_would_run_runs_through_the_shell() -> None:
    assert jobs_of("0 1 * * * bare a\n")["bare"].command == "/bin/sh"
    assert jobs_of("0 1 * * * unknown a\n")["unknown"].command == "/bin/sh"
    assert jobs_of("0 1 * * * report a\n")["report"].command == "report"


def test_a_script_without_a_first_line_for_the_system_needs_the_shell(tmp_path: Path) -> None:
    for name, text in (
        ("bare", "echo hi\n"),
        ("script", "#!/bin/sh\n"),
        ("gone", "#!/no/where\n"),
        ("dos", "#!/bin/sh\r\n"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8", newline="")
        (tmp_path / name).chmod(0o755)
    machine = ThisMachine()
    path = str(tmp_path)
    assert [machine.starts_by_itself(name, path, "/") for name in ("bare", "script", "gone", "dos", "none")] == [
        False, True, False, False, False
    ]  # fmt: skip
    assert machine.starts_by_itself("./script", "", path)
    assert machine.is_user("root")
    assert not machine.is_user("nosuchuser")


@pytest.mark.parametrize(
    "line", ["0 5 * * * root cd / && run-parts x", "@daily www /usr/bin/report", "0 1 * * * mail date"]
)
def test_lines_that_name_users_are_not_taken_for_commands(line: str) -> None:
    assert "import this one with --system" in reasons(line)[1]
    assert list(reasons(line, line.split()[-3 if "mail" in line else 1])) in ([1], [])


@pytest.mark.parametrize("command", ["mail -s x y", "mail", "mail desk x", "report root"])
def test_a_program_called_like_a_user_stays_a_program(command: str) -> None:
    assert reasons(f"0 5 * * * {command}") == {}


def test_with_system_a_crontab_without_users_is_noticed() -> None:
    assert "is a program and no user" in reasons("0 5 * * * cd /srv && report", "root")[1]
    assert "is a program and no user" in reasons("0 5 * * * /usr/bin/report", "root")[1]


@pytest.mark.parametrize(
    "line", ["0 0 12 * * ? report", "0 */5 * * * * report", "0 0 9 * * MON-FRI report", "0 9 * * * 2026 report",
             "0 0 12 ? * MON#2 2026 report", "0 0 1 * * L report", "@daily 1 * * * * report"]
)  # fmt: skip
def test_more_fields_than_cron_has_are_no_command(line: str) -> None:
    for user in (None, "root"):
        assert list(reasons(line, user)) == [1]
    assert reasons("0 9 * * * mon -f x") == {}  # a program that is there


@given(
    st.sampled_from(["TZ", "CRON_TZ", "X"]), st.sampled_from(["Asia/Tokyo", "UTC", "a"]), st.sampled_from([" ", "\t"])
)
def test_a_zone_in_front_of_a_schedule_takes_nothing_else_with_it(name: str, value: str, blank: str) -> None:
    text = f"{name}={value}{blank}0 9 * * * report one\n0 7 * * * report two\n"
    assert "a line of its own" in reasons(text)[1]
    [job] = jobs_of(text).values()
    assert (job.schedule.cron, job.schedule.timezone, dict(job.env)) == ("0 7 * * *", None, {"PATH": "/usr/bin:/bin"})


def test_a_zone_of_cronie_s_is_noted() -> None:
    found = converted("CRON_TZ=Asia/Tokyo\nTZ=UTC\n0 9 * * * report\n")
    assert [number for number, *_ in found.notes] == [1, 2]
    assert "Debian" in found.notes[0][2]
    assert found.left == []


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"), ("A = b c ", "b c"), ("A='  b '", "  b "), ('A="b\'c"', "b'c"), ("A=b'c", "b'c"), ('A=""', ""),
        ("A=", ""), ('"A"=b', "b"), ("'A' = b # c", "b # c"), ("A=b=c", "b=c"), ("A=\\$HOME", "\\$HOME"),
    ],
)  # fmt: skip
def test_settings_are_read_as_cron_reads_them(line: str, value: str) -> None:
    [job] = jobs_of(f"{line}\n0 1 * * * report\n").values()
    assert job.env["A"] == value


@pytest.mark.parametrize("line", ['A="b" c', "A='b", "A='b'c'", "A B", "=b", '"A=B"=c'])
def test_what_cron_takes_for_no_setting_is_none(line: str) -> None:
    assert list(reasons(line)) == [1]


@pytest.mark.parametrize(
    ("written", "given_to_the_shell"),
    [
        (r"x \%F", "x %F"),
        (r"x a\\b", "x a\\b"),
        (r"x '\n'", r"x '\n'"),
        ("x a%b", None),
        (r"x \\%b", None),
        ("x\\", "x\\"),
    ],
)
def test_percent_signs_and_backslashes_are_cron_s(written: str, given_to_the_shell: str | None) -> None:
    if given_to_the_shell is None:
        assert "percent" in reasons(f"0 1 * * * {written}")[1]
    else:
        [job] = jobs_of(f"0 1 * * * {written}").values()
        assert " ".join([job.command, *build_command_args(job)]) == f"/bin/sh -c {given_to_the_shell}"


@pytest.mark.parametrize(
    ("when", "word"),
    [
        ("@Daily", "lower case"), ("@every 5m", "interval"), ("@never", "unknown"), ("0~30 * * * *", "chance"),
        ("0 0 ? * 1", "write *"), ("@reboot", "boot"),
    ],
)  # fmt: skip
def test_schedules_that_are_not_cron_s_are_named(when: str, word: str) -> None:
    assert word in reasons(f"{when} report")[1]


def test_comments_describe_the_job_below_or_stay_comments() -> None:
    text = (
        "# m h  dom mon dow   command\n# The report\n#  for the desk\n0 5 * * * report\n#0 6 * * * old\n\n# alone\n\n"
        "# of a setting\nA=b\n# why not\n@reboot x\n# the end \x07\n"
    )
    [job] = jobs_of(text).values()
    assert job.description == "The report for the desk"
    made = converted(text).text
    for kept in ("# m h", "#0 6 * * * old", "# alone", "# of a setting", "# why not", "#     @reboot x", "# the end"):
        assert f"\n{kept}" in made
    assert "The report" not in made.replace('"The report for the desk"', "")
