"""What the doctor makes of facts: no machine is asked anything here."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.jobs.model import Problem
from peak_console.setup.doctor import judge_site
from peak_console.setup.doctor.facts import (
    Clock,
    Engine,
    Job,
    JobsFile,
    Library,
    Programs,
    SecretFile,
    State,
    Terminal,
    Watching,
    Zones,
)
from peak_console.setup.doctor.findings import Finding, Grade
from peak_console.setup.doctor.judge import (
    fits,
    judge_clock,
    judge_leavers,
    judge_processes,
    judge_programs,
    judge_watching,
    judge_zones,
)
from peak_console.setup.doctor.judge_site import judge_files, judge_jobs, judge_state
from peak_console.setup.doctor.judge_terminal import judge_terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

PROGRAMS = Programs(
    version="1.2.3",
    python=(3, 11, 7),
    interpreter="/usr/bin/python3",
    sqlite=(3, 40, 1),
    libraries=[Library(name="textual", wanted="==8.2.8", found="8.2.8")],
)
TERMINAL = Terminal(
    is_terminal=True, term="xterm-256color", colorterm="truecolor", locale="C.UTF-8", columns=140, lines=42
)
TMUX = {
    "version": "3.4",
    "escape-time": "10",
    "set-clipboard": "on",
    "client_termfeatures": "256,RGB,title",
}
FILE = JobsFile(
    path="jobs.toml",
    problems=[],
    jobs=[Job(name="risk", enabled=True, program="/usr/bin/python3", faults=[])],
    channels={"desk": ""},
    directory="/srv/desk",
    search_path="/usr/bin",
)
STATE = State(directory="/srv/state", exists=True, free_bytes=10**11, free_files=10**6, filesystem="ext4")
ENGINE = Engine(pid=7, host="box", mode="headless", version="1.2.3", is_here=True, directory="/srv/desk",
                search_path="/usr/bin")  # fmt: skip


def graded(findings: Iterable[Finding], grade: str) -> str:
    """The one finding of that grade, with its remedy."""
    [found] = [finding for finding in findings if finding.grade == grade]
    return f"{found.message} → {found.remedy}"


def all_well(findings: Iterable[Finding]) -> bool:
    return all(finding.grade == Grade.OK and not finding.remedy for finding in findings)


def of_terminal(**changes: Any) -> list[Finding]:
    return list(judge_terminal(replace(TERMINAL, **changes)))


def of_state(file: JobsFile = FILE, **changes: Any) -> list[Finding]:
    return list(judge_state(replace(STATE, is_served=True, engine=ENGINE, **changes), file))


def of_jobs(**changes: Any) -> list[Finding]:
    return list(judge_jobs(replace(FILE, **changes)))


def test_where_all_is_well_nothing_else_is_said() -> None:
    assert all_well(judge_programs(PROGRAMS))
    assert all_well(of_terminal())
    assert all_well(of_terminal(inside="tmux", settings=TMUX))
    assert all_well(judge_clock(Clock(is_synchronised=True, in_container=True)))
    assert all_well(judge_zones(Zones(machine="Europe/Berlin", named=["Asia/Tokyo"])))
    assert all_well(judge_watching(Watching(watches=8192, instances=128)))
    assert all_well(of_jobs())
    assert all_well(judge_files([SecretFile(path="/srv/.env", what=".env", mode=0o600, has_secrets=True)]))
    assert all_well(of_state())


def test_old_programs_are_problems() -> None:
    found = list(judge_programs(replace(PROGRAMS, python=(3, 10, 2), sqlite=(3, 22, 0))))
    problems = [finding for finding in found if finding.grade == Grade.PROBLEM]
    assert ["3.10.2 is too old" in problems[0].message, "3.22.0 is too old" in problems[1].message] == [True, True]
    assert all(problem.remedy for problem in problems)


@pytest.mark.parametrize(
    ("library", "grade", "said"),
    [
        (
            Library(name="textual", wanted="==8.2.8", found="7.0"),
            Grade.PROBLEM,
            "textual is 7.0, and ==8.2.8 is needed → pip install 'textual==8.2.8'",
        ),
        (
            Library(name="tomli", wanted=">=2.2", found=None),
            Grade.PROBLEM,
            "tomli is not installed → pip install 'tomli>=2.2'",
        ),
        (
            Library(name="aiohttp", wanted=">=3.10", found=None, extra="web"),
            Grade.NOTE,
            (
                "aiohttp is not installed; only the extra [web] needs it → "
                "pip install 'peak-console[web]', for peak-console serve"
            ),
        ),
        (
            Library(name="aiohttp", wanted=">=3.10", found="3.9.5", extra="web"),
            Grade.PROBLEM,
            "aiohttp is 3.9.5, and >=3.10 is needed → pip install 'peak-console[web]'",
        ),
    ],
)
def test_libraries_that_do_not_fit(library: Library, grade: Grade, said: str) -> None:
    assert graded(judge_programs(replace(PROGRAMS, libraries=[library])), grade) == said


def test_a_checkout_that_is_not_installed_is_noted() -> None:
    assert "pip install -e ." in graded(judge_programs(replace(PROGRAMS, libraries=None)), Grade.NOTE)


@pytest.mark.parametrize(
    ("version", "wanted", "fit"),
    [
        ("1.1.3", ">=1.1,<1.2", True),
        ("1.2", ">=1.1,<1.2", False),
        ("8.2.8", "==8.2.8", True),
        ("8.2.8.post1", "==8.2.8", True),
        ("8.2.9", "==8.2.8", False),
        ("2.0", "==2", True),
        ("2.0", "!=2.0", False),
        ("3.10.1", ">3.9", True),
        ("3.9", ">3.9", False),
        ("3.9", "<=3.9", True),
        ("2026.1", "", True),
        ("1.0", "~=1.0", True),
    ],
)
def test_versions_are_compared_number_by_number(version: str, wanted: str, fit: bool) -> None:
    assert fits(version, wanted) is fit


@pytest.mark.parametrize(
    ("changes", "grade", "said"),
    [
        ({"is_terminal": False}, Grade.NOTE, "this is no terminal"),
        ({"no_color": True}, Grade.NOTE, "unset NO_COLOR"),
        ({"term": "dumb"}, Grade.PROBLEM, 'TERM is "dumb"'),
        ({"term": "", "colorterm": ""}, Grade.PROBLEM, "set TERM"),
        ({"term": "linux", "colorterm": ""}, Grade.NOTE, "16 colours at the most"),
        ({"locale": "C"}, Grade.WARNING, "the locale (C) is not UTF-8"),
        ({"locale": ""}, Grade.WARNING, "the locale (none) is not UTF-8"),
        ({"columns": 60}, Grade.NOTE, "60 by 42 cells are few"),
        ({"columns": 0}, Grade.NOTE, "stty rows 42 cols 140"),
        ({"inside": "tmux", "settings": None}, Grade.NOTE, "tmux does not say how it is set"),
    ],
)
def test_terminals_that_lack_something(changes: dict[str, Any], grade: Grade, said: str) -> None:
    assert said in graded(of_terminal(**changes), grade)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"client_termfeatures": "256,title"}, 'set -as terminal-features ",*:RGB"'),
        ({"escape-time": "500"}, "tmux holds Esc back for 500 ms → set -sg escape-time 10"),
        ({"set-clipboard": "off"}, "set -s set-clipboard external"),
    ],
)
def test_settings_of_tmux_that_take_something_from_the_console(changes: dict[str, str], said: str) -> None:
    assert said in graded(of_terminal(inside="tmux", settings={**TMUX, **changes}), Grade.NOTE)


def test_settings_of_screen_that_take_something_from_the_console() -> None:
    assert all_well(of_terminal(inside="screen", settings={"altscreen": "on"}))
    assert "altscreen on" in graded(of_terminal(inside="screen", settings={"altscreen": "off"}), Grade.NOTE)
    assert "altscreen on" in graded(of_terminal(inside="screen", settings={}), Grade.NOTE)


@pytest.mark.parametrize(
    ("inside", "remedy"),
    [("", "COLORTERM=truecolor"), ("tmux", 'default-terminal "tmux-256color"'), ("screen", "term screen-256color")],
)
def test_how_there_come_to_be_more_colours_depends_on_what_we_are_in(inside: str, remedy: str) -> None:
    few = of_terminal(
        term="screen", colorterm="", inside=inside, settings=TMUX if inside == "tmux" else {"altscreen": "on"}
    )
    assert f"16 colours at the most → {remedy}" in graded(few, Grade.NOTE).replace("export ", "").replace("set -g ", "")


def test_clocks_that_nobody_keeps() -> None:
    assert "timedatectl set-ntp" in graded(judge_clock(Clock(is_synchronised=False, in_container=False)), Grade.WARNING)
    assert "ask its host" in graded(judge_clock(Clock(is_synchronised=False, in_container=True)), Grade.NOTE)
    assert "does not tell" in graded(judge_clock(Clock(is_synchronised=None, in_container=False)), Grade.NOTE)


def test_a_machine_whose_zone_does_not_exist_is_a_problem() -> None:
    fault = 'environment variable TZ: unknown time zone "Mars"; use an IANA name, as Europe/Berlin'
    said = graded(judge_zones(Zones(machine="", machine_fault=fault, named=[])), Grade.PROBLEM)
    assert said == 'environment variable TZ: unknown time zone "Mars" → use an IANA name, as Europe/Berlin'


def test_files_that_cannot_be_watched_are_noted() -> None:
    watching = Watching(watches=1, instances=1, fault="Too many open files")
    assert "max_user_instances" in graded(judge_watching(watching), Grade.NOTE)
    assert all_well(judge_watching(Watching(watches=None, instances=None)))


def test_processes_that_cannot_be_told_apart_are_a_warning() -> None:
    assert "/proc is hidden" in graded(judge_processes("/proc is hidden"), Grade.WARNING)
    assert all_well(judge_processes(None))


def test_what_leaves_its_session_unfound_is_worth_knowing() -> None:
    assert "Delegate=yes" in graded(judge_leavers(has_cgroups=False), Grade.NOTE)
    assert all_well(judge_leavers(has_cgroups=True))


def test_every_error_of_the_jobs_file_is_a_problem_and_every_warning_one() -> None:
    problems = [
        Problem("jobs.toml", 3, 1, 'job "a": cron is missing; a cron schedule needs it'),
        Problem("jobs.toml", 4, 1, "without advice"),
        Problem("jobs.toml", 5, 1, 'job "a": unknown key "x"', is_error=False),
    ]
    findings = of_jobs(problems=problems, jobs=[])
    told = [(each.grade, each.message, each.remedy) for each in findings[:3]]
    mend = "mend the file there; peak-console validate shows all"
    assert told == [
        ("problem", 'jobs.toml:3:1: job "a": cron is missing', "a cron schedule needs it"),
        ("problem", "jobs.toml:4:1: without advice", mend),
        ("warning", 'jobs.toml:5:1: job "a": unknown key "x"', mend),
    ]
    assert not any("no jobs" in finding.message for finding in findings)


def test_a_job_that_lacks_something_is_a_problem_unless_it_is_disabled() -> None:
    lacking = Job(name="risk", enabled=True, program=None, faults=['script "x.py" not found: there is no /x.py'])
    assert graded(of_jobs(jobs=[lacking]), Grade.PROBLEM) == (
        'job "risk": script "x.py" not found: there is no /x.py → mend it in the jobs file'
    )
    assert "(it is disabled)" in graded(of_jobs(jobs=[replace(lacking, enabled=False)]), Grade.NOTE)


def test_of_many_findings_of_a_kind_the_rest_is_counted() -> None:
    lacking = [Job(name=f"j{n}", enabled=True, program=None, faults=["gone"]) for n in range(25)]
    problems = [finding for finding in of_jobs(jobs=lacking) if finding.grade == Grade.PROBLEM]
    assert len(problems) == judge_site.MOST_SHOWN + 1
    assert problems[-1].message == "and 15 more jobs"
    assert problems[-1].remedy == "see peak-console --config jobs.toml validate"
    many = [Job(name=f"j{n}", enabled=True, program=f"/bin/{n}", faults=[]) for n in range(25)]
    assert any(", 15 more" in finding.message for finding in of_jobs(jobs=many))


def test_alert_channels() -> None:
    assert "go nowhere else" in graded(of_jobs(channels={}), Grade.NOTE)
    bad = graded(of_jobs(channels={"desk": "not a URL that Apprise understands"}), Grade.WARNING)
    assert bad.startswith('alerts channel "desk": not a URL that Apprise understands: it gets no alerts → ')
    fault = 'PEAK_CONSOLE_ALERT_LEVEL: "x" is no alert level; use one of info'
    assert graded(of_jobs(channels_fault=fault), Grade.WARNING).endswith(" is no alert level → use one of info")


def test_no_jobs_to_look_at_are_noted() -> None:
    assert "no jobs to look at" in graded(of_jobs(jobs=[]), Grade.NOTE)


@pytest.mark.parametrize(
    ("mode", "has_secrets", "grade", "said"),
    [
        (0o644, True, Grade.WARNING, "anybody can read its secrets → chmod 600 '/srv/my .env'"),
        (0o640, True, Grade.NOTE, "its group can read its secrets → chmod 600"),
        (0o602, True, Grade.WARNING, "anybody can change it, and with it what runs as you → chmod 600"),
        (0o664, False, Grade.NOTE, "its group can change it, and with it what runs as you → chmod go-w"),
        (0o666, False, Grade.WARNING, "anybody can change it"),
    ],
)
def test_files_that_are_open_to_others(mode: int, has_secrets: bool, grade: Grade, said: str) -> None:
    file = SecretFile(path="/srv/my .env", what=".env", mode=mode, has_secrets=has_secrets)
    assert said in graded(judge_files([file]), grade)


def test_a_jobs_file_without_secrets_may_be_read_by_anybody() -> None:
    file = SecretFile(path="/srv/jobs.toml", what="the jobs file", mode=0o644, has_secrets=False)
    assert all_well(judge_files([file]))


@pytest.mark.parametrize(
    ("changes", "grade", "said"),
    [
        ({"refusal": "/srv/state: is a file; name another"}, Grade.PROBLEM, "/srv/state: is a file → name another"),
        ({"damage": "registry.db: damaged; start an engine"}, Grade.PROBLEM, "registry.db: damaged → start an engine"),
        ({"free_bytes": 1000}, Grade.PROBLEM, "only 1000 B free"),
        ({"free_bytes": 5 * 10**8}, Grade.WARNING, "only 476.8 MiB free"),
        ({"free_files": 9}, Grade.WARNING, "room for only 9 more files"),
        ({"free_files": 1}, Grade.WARNING, "room for only 1 more file →"),
        ({"lock_fault": "No locks available"}, Grade.PROBLEM, "cannot be locked there (No locks available)"),
        ({"filesystem": "nfs4"}, Grade.WARNING, "a network's file system (nfs4)"),
        ({"filesystem": "tmpfs"}, Grade.WARNING, "lies in memory (tmpfs)"),
    ],
)
def test_state_directories_that_will_not_do(changes: dict[str, Any], grade: Grade, said: str) -> None:
    assert said in graded(of_state(**changes), grade)


def test_a_state_directory_that_nobody_serves() -> None:
    assert "no engine serves it" in graded(judge_state(replace(STATE, exists=False), FILE), Grade.NOTE)
    assert all_well(judge_state(replace(STATE, is_served=True), FILE))  # by one that is just starting


def test_an_engine_that_finds_other_things_than_we_do_here() -> None:
    elsewhere = replace(FILE, directory="/root")
    assert graded(of_state(elsewhere), Grade.WARNING).endswith("cd /srv/desk && peak-console doctor")
    assert "another PATH than this shell: /usr/bin" in graded(of_state(replace(FILE, search_path="/x")), Grade.NOTE)
    far = replace(ENGINE, is_here=False, directory=None, search_path=None)
    assert all_well(judge_state(replace(STATE, is_served=True, engine=far), elsewhere))


def test_a_channel_that_takes_no_alerts_is_a_problem() -> None:
    sentence = 'alerts do not get out through channel "desk" since 2026-11-23 08:00 UTC: HTTP 404'
    findings = list(judge_state(replace(STATE, undelivered=[sentence]), FILE))
    [found] = [finding for finding in findings if "desk" in finding.message]
    assert (found.grade, found.message) == (Grade.PROBLEM, sentence)
    assert "mend its URL" in found.remedy


def test_why_a_dotenv_is_ignored_and_whose_a_file_is() -> None:
    ignored = SecretFile(path="/srv/.env", what=".env", mode=0o600, has_secrets=True, owner="mallory",
                         fault=".env belongs to another user (7): nothing in it counts; mend that")  # fmt: skip
    [finding] = [each for each in judge_files([ignored]) if each.grade != Grade.OK]
    assert finding.grade == Grade.WARNING
    assert ".env belongs to another user (7): nothing in it counts" in finding.message
    theirs = SecretFile(path="/srv/x.env", what="an env_file", mode=0o600, has_secrets=True, owner="mallory")
    [finding] = judge_files([theirs])
    assert "belongs to user mallory" in finding.message
