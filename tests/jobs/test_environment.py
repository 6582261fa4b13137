from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.errors import StartError
from peak_console.jobs.environment import (
    dotenv_fault,
    dotenv_to_mask,
    job_environment,
    load_dotenv_values,
    own_environment,
)
from peak_console.jobs.model import JobDefinition
from peak_console.schedule.model import JobSchedule

BASE = {"PATH": "/bin", "HOME": "/home/desk"}


def environment(base: dict[str, str] | None = None, **parts: Any) -> dict[str, str]:
    return job_environment(
        JobDefinition(**{"name": "backup", "schedule": JobSchedule(timezone="UTC"), **parts}),
        BASE if base is None else base,
        run_id=7,
        scheduled_for=datetime(2026, 3, 1, 6, 30, tzinfo=UTC),
        attempt=2,
        trigger="retry",
        state_dir="/state",
    )


def test_run_is_told_about_itself() -> None:
    assert environment() == {
        **BASE,
        "PEAK_JOB_NAME": "backup",
        "PEAK_RUN_ID": "7",
        "PEAK_SCHEDULED_FOR": "2026-03-01T06:30:00+00:00",
        "PEAK_SLOT_DATE": "2026-03-01",
        "PEAK_TIMEZONE": "UTC",
        "PEAK_ATTEMPT": "2",
        "PEAK_TRIGGER": "retry",
        "PEAK_CONSOLE_STATE_DIR": "/state",
        "PYTHONUNBUFFERED": "1",
    }


def test_base_is_left_as_it_was() -> None:
    base = dict(BASE)
    environment(base, env={"PATH": "/usr/bin"})
    assert base == BASE


def test_env_wins_over_env_file_and_that_over_the_base() -> None:
    Path("desk.env").write_text("# of the desk\nB=file\nexport C='file'\n")
    made = environment({"A": "base", "B": "base", "C": "base"}, env={"C": "own"}, env_file="desk.env")
    assert (made["A"], made["B"], made["C"]) == ("base", "file", "own")


def test_unbuffered_output_is_left_to_whoever_says() -> None:
    assert environment({"PYTHONUNBUFFERED": ""})["PYTHONUNBUFFERED"] == ""
    assert environment(env={"PYTHONUNBUFFERED": "0"})["PYTHONUNBUFFERED"] == "0"


def test_facts_of_an_outer_run_do_not_reach_an_inner_one() -> None:
    outer = environment()
    inner = job_environment(
        JobDefinition(name="inner"), outer, run_id=8, scheduled_for=None, attempt=1, trigger="manual", state_dir="/b"
    )
    assert "PEAK_SCHEDULED_FOR" not in inner
    assert (inner["PEAK_JOB_NAME"], inner["PEAK_RUN_ID"], inner["PEAK_CONSOLE_STATE_DIR"]) == ("inner", "8", "/b")


def test_job_cannot_lie_about_its_run_but_may_point_elsewhere() -> None:
    made = environment(env={"PEAK_RUN_ID": "0", "PEAK_CONSOLE_STATE_DIR": "/other"})
    assert (made["PEAK_RUN_ID"], made["PEAK_CONSOLE_STATE_DIR"]) == ("7", "/other")


def test_values_of_jobs_made_by_hand_become_text() -> None:
    own = own_environment(JobDefinition(name="x", env={"A": 1, "B": True}), {})  # type: ignore[dict-item]
    assert own == {"A": "1", "B": "true"}


def test_env_file_may_be_below_home_and_refer_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(Path.cwd()))
    Path("desk.env").write_text("\ufeffA=1\nB=${A}2\nC\nD=\n")
    assert own_environment(JobDefinition(name="x", env_file="~/desk.env"), {}) == {"A": "1", "B": "12", "D": ""}


def test_missing_env_file_is_explained() -> None:
    with pytest.raises(StartError, match=r'env_file "no.env" not found: there is no /.*/no.env; create it'):
        environment(env_file="no.env")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"A=1\n\nB='open\n", "line 3 is not NAME=value"),
        (b"A=\xff\n", "is not UTF-8 text"),
        (b"A=\0\n", "is not UTF-8 text"),
    ],
)
def test_env_file_that_says_nothing_clear_is_an_error(content: bytes, message: str) -> None:
    Path("desk.env").write_bytes(content)
    with pytest.raises(StartError, match=message):
        environment(env_file="desk.env")


def test_directory_as_env_file_is_an_error() -> None:
    Path("desk.env").mkdir()
    with pytest.raises(StartError, match=r"cannot be read \(Is a directory\); mend"):
        environment(env_file="desk.env")


def test_dotenv_is_read_from_its_directory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / ".env").write_text("A='x y' # z\nB='open\n")
    assert load_dotenv_values(str(tmp_path)) == {"A": "x y"}
    assert caplog.records == []


def test_missing_unreadable_or_foreign_dotenv_says_nothing(tmp_path: Path) -> None:
    assert load_dotenv_values(str(tmp_path)) == {}
    (tmp_path / ".env").write_bytes(b"A=\xff")
    assert load_dotenv_values(str(tmp_path)) == {}
    (tmp_path / ".env").unlink()
    (tmp_path / ".env").mkdir()  # some keep their virtual environment there
    assert load_dotenv_values(str(tmp_path)) == {}


@pytest.mark.parametrize(
    ("content", "mode"),
    [
        (b"TOKEN=hush-hush\nB=\xff\n", 0o600),
        (b"TOKEN=hush-hush\nB=\0\n", 0o600),
        (b"TOKEN=hush-hush\n", 0o666),
        (b"TOKEN=hush-hush\n" + b"#" * 1024 * 1024, 0o600),
        (b"TOKEN=hush-hush\nLAST=" + b"x" * 1024 * 1024, 0o600),
    ],
)
def test_secrets_of_a_dotenv_that_does_not_count_are_masked_all_the_same(
    tmp_path: Path, content: bytes, mode: int
) -> None:
    path = tmp_path / ".env"
    path.write_bytes(content)
    path.chmod(mode)
    assert load_dotenv_values(str(tmp_path)) == {}
    assert dotenv_fault(str(tmp_path))
    masked = dotenv_to_mask(str(tmp_path))
    assert masked["TOKEN"] == "hush-hush"
    assert "LAST" not in masked


def test_a_dotenv_that_is_no_file_says_what_to_do(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".env")
    assert dotenv_to_mask(str(tmp_path)) == {}
    assert dotenv_fault(str(tmp_path)) == (
        ".env cannot be read (it is not a regular file), so nothing in it counts or can be masked; put a text file"
        " there, or remove it"
    )


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (r"A='pa$s${HOME}\n'", r"pa$s${HOME}\n"),
        (r"A='C:\dir\'", "C:\\dir\\"),
        (r"A='it\'s ${HOME}'", "it's ${HOME}"),
        ("A='a # b' # c", "a # b"),
        ("export A = 'x'", "x"),
        ("A='two\nlines'", "two\nlines"),
        ("A=''", ""),
        ("A='\"'", '"'),
        ('A="a\\nb ${X}"', "a\nb 1"),
        ("A=${X}y", "1y"),
        ("A='x'\r", "x"),
    ],
)
def test_single_quotes_are_literal_and_the_next_line_counts(line: str, value: str) -> None:
    Path("desk.env").write_text(f"X=1\n{line}\nB='after'\n", newline="")
    own = own_environment(JobDefinition(name="x", env_file="desk.env"), {})
    assert own == {"X": "1", "A": value, "B": "after"}


@given(st.lists(st.text(st.characters(exclude_characters="'\0\r", exclude_categories=["Cs"])), max_size=4))
def test_whatever_stands_in_single_quotes_comes_out_as_it_is(
    tmp_path_factory: pytest.TempPathFactory, values: list[str]
) -> None:
    path = tmp_path_factory.mktemp("env") / "desk.env"
    path.write_text("".join(f"V{n}='{value}'\n" for n, value in enumerate(values)), encoding="utf-8", newline="")
    own = own_environment(JobDefinition(name="x", env_file=str(path)), {})
    assert own == {f"V{n}": value for n, value in enumerate(values)}


@pytest.mark.parametrize("over", [0, 1, 5_000])
def test_a_file_over_the_limit_is_refused_and_never_cut(tmp_path: Path, over: int) -> None:
    line = "TOKEN=abcdefgh\n"
    content = "#" * (1024 * 1024 - len(line) - 1 + over) + "\n" + line
    (tmp_path / ".env").write_text(content)
    job = JobDefinition(name="x", env_file=str(tmp_path / ".env"))
    if over:
        with pytest.raises(StartError, match=r"is larger than 1,048,576 bytes: nothing in it counts"):
            own_environment(job, {})
        assert load_dotenv_values(str(tmp_path)) == {}
        assert "larger than" in dotenv_fault(str(tmp_path))
    else:
        assert own_environment(job, {}) == load_dotenv_values(str(tmp_path)) == {"TOKEN": "abcdefgh"}
        assert dotenv_fault(str(tmp_path)) == ""


def test_what_is_wrong_with_dotenv_is_told(tmp_path: Path) -> None:
    assert dotenv_fault(str(tmp_path)) == ""
    (tmp_path / ".env").write_bytes(b"A=\xff")
    assert "not UTF-8" in dotenv_fault(str(tmp_path))
    (tmp_path / ".env").write_text("A=1\nB='open\n")
    assert "line 2 is not NAME=value" in dotenv_fault(str(tmp_path))


def test_the_slot_is_told_in_the_zone_of_the_job() -> None:
    made = environment(schedule=JobSchedule(timezone="Asia/Tokyo"))
    assert made["PEAK_SCHEDULED_FOR"] == "2026-03-01T15:30:00+09:00"
    far = environment(schedule=JobSchedule(timezone="Pacific/Auckland"))
    assert (far["PEAK_SCHEDULED_FOR"], far["PEAK_SLOT_DATE"]) == ("2026-03-01T19:30:00+13:00", "2026-03-01")
    honolulu = environment(schedule=JobSchedule(timezone="Pacific/Honolulu"))
    assert honolulu["PEAK_SLOT_DATE"] == "2026-02-28"


def test_a_dotenv_that_others_decide_is_not_obeyed_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".env"
    path.write_text("PEAK_CONSOLE_ALERT_URLS=json://mallory\n")
    path.chmod(0o644)
    assert load_dotenv_values(str(tmp_path)) == {"PEAK_CONSOLE_ALERT_URLS": "json://mallory"}
    assert dotenv_fault(str(tmp_path)) == ""
    path.chmod(0o646)
    assert load_dotenv_values(str(tmp_path)) == {}
    assert "can be written to by every user, so nothing in it counts" in dotenv_fault(str(tmp_path))
    path.chmod(0o600)
    owner = path.stat().st_uid
    monkeypatch.setattr("os.geteuid", lambda: owner + 1)
    if owner:  # root's is trusted
        assert load_dotenv_values(str(tmp_path)) == {}
    os_stat = os.stat

    def theirs(name: str, **how: object) -> os.stat_result:
        found = list(os_stat(name))
        found[4] = owner + 2
        return os.stat_result(found)

    monkeypatch.setattr("peak_console.jobs.environment.os.stat", theirs)
    assert load_dotenv_values(str(tmp_path)) == {}
    assert "belongs to another user" in dotenv_fault(str(tmp_path))
