from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from peak_console.errors import StartError
from peak_console.jobs.environment import job_environment, load_dotenv_values, own_environment
from peak_console.jobs.model import JobDefinition

BASE = {"PATH": "/bin", "HOME": "/home/desk"}


def environment(base: dict[str, str] | None = None, **parts: Any) -> dict[str, str]:
    return job_environment(
        JobDefinition(name="backup", **parts),
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
