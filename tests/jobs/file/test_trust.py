"""Who else may write to the jobs file and to what jobs find: refused, warned of, or borne."""

from __future__ import annotations

import grp
import os
import pwd
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import JobsFileError
from peak_console.jobs.file import trust
from peak_console.jobs.file.loader import check, load
from peak_console.jobs.file.trust import EVERYBODY, GROUP, OWNER, strangers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

JOB = '[[job]]\nname = "a"\ncommand = "/bin/true"\nschedule_type = "once"\n'
SOMEBODY, SOME_GROUP = 54321, 54322


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A jobs file of our own in a folder of our own, which is the working directory."""
    folder = tmp_path / "place"
    folder.mkdir(mode=0o755)
    monkeypatch.chdir(folder)
    path = folder / "jobs.toml"
    path.write_text(JOB)
    path.chmod(0o644)
    return path


@pytest.fixture
def owned(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Gives a path another owner or group, as ``stat`` tells it."""
    os_stat = os.stat
    changed: dict[str, dict[int, int]] = {}

    def told(path: str, **how: object) -> os.stat_result:
        found = list(os_stat(path))
        for index, value in changed.get(os.fspath(path), {}).items():
            found[index] = value
        return os.stat_result(found)

    def own(path: Path, *, user: int | None = None, group: int | None = None) -> None:
        changes = {4: user, 5: group}
        changed[str(path)] = {index: value for index, value in changes.items() if value is not None}
        monkeypatch.setattr(os, "stat", told)

    return own


def warnings(path: Path) -> list[str]:
    return [problem.message for problem in load(str(path)).warnings]


def test_a_file_of_our_own_is_nobody_elses(ours: Path) -> None:
    assert warnings(ours) == []
    assert check(str(ours))[0] == []


def test_a_jobs_file_to_which_everybody_can_write_is_refused(ours: Path) -> None:
    ours.chmod(0o646)
    with pytest.raises(JobsFileError, match=rf"everybody can write to {ours}, and so decide .*; run: chmod o-w"):
        load(str(ours))
    [problem] = check(str(ours))[0]
    assert problem.is_error


def test_one_that_belongs_to_another_user_is_warned_of(ours: Path, owned: Callable[..., None]) -> None:
    owned(ours, user=SOMEBODY)
    [warning] = warnings(ours)
    assert warning.startswith(f"{ours} belongs to user {SOMEBODY}, who can decide what runs as ")
    owned(ours, user=0)
    assert warnings(ours) == [], "root may do anything"


def test_a_directory_above_it_that_others_can_write_to_is_warned_of(
    ours: Path, tmp_path: Path, owned: Callable[..., None]
) -> None:
    tmp_path.chmod(0o777)
    [warning] = warnings(ours)
    assert f"everybody can write to {tmp_path}, and so replace the jobs file; run: chmod o-w {tmp_path}" in warning
    tmp_path.chmod(0o1777)
    assert warnings(ours) == [], "with the sticky bit nobody replaces another's file"
    tmp_path.chmod(0o755)
    owned(tmp_path, user=SOMEBODY)
    [warning] = warnings(ours)
    assert f"{tmp_path} belongs to user {SOMEBODY}, who can replace the jobs file; unless that is meant: " in warning


def test_so_is_what_a_link_leads_to(ours: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    ours.rename(shared / "jobs.toml")
    ours.symlink_to(shared / "jobs.toml")
    [warning] = warnings(ours)
    assert f"everybody can write to {shared}" in warning


def test_so_is_the_working_directory(ours: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "other"
    other.mkdir()
    other.chmod(0o777)
    monkeypatch.chdir(other)
    [warning] = warnings(ours)
    assert f"everybody can write to {other}, and so decide what jobs find in the working directory" in warning


def test_a_group_is_named_by_validate_but_not_at_each_start(ours: Path, owned: Callable[..., None]) -> None:
    ours.chmod(0o664)
    owned(ours, group=SOME_GROUP)
    assert warnings(ours) == []
    [problem] = check(str(ours))[0]
    assert not problem.is_error
    assert f"group {SOME_GROUP} can write to {ours}" in problem.message


def test_a_group_of_ones_own_is_nobody_else(ours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours.chmod(0o664)
    me = pwd.getpwuid(os.geteuid()).pw_name
    group = grp.struct_group((me, "x", ours.stat().st_gid, [me]))
    monkeypatch.setattr(grp, "getgrgid", lambda _gid: group)
    assert list(strangers(str(ours), groups=True)) == []


def test_validate_names_who_else_decides_what_a_job_runs(ours: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    program = elsewhere / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o757)
    ours.write_text(JOB.replace("/bin/true", str(program)) + JOB.replace('"a"', '"b"').replace("once", "once"))
    [problem] = check(str(ours))[0]
    assert f'job "a": everybody can write to {program}, and so decide what it runs; run: chmod o-w' in problem.message


def test_a_group_that_can_write_dotenv_is_named(ours: Path, owned: Callable[..., None]) -> None:
    dotenv = ours.parent / ".env"
    dotenv.write_text("A=1\n")
    dotenv.chmod(0o660)
    owned(dotenv, group=SOME_GROUP)
    [problem] = check(str(ours))[0]
    assert f"group {SOME_GROUP} can write to {dotenv}, and so decide where alerts go" in problem.message


def test_the_kinds_of_strangers_the_nearest_first(
    ours: Path, tmp_path: Path, owned: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours.chmod(0o666)
    ours.parent.chmod(0o775)
    owned(ours.parent, group=SOME_GROUP)
    owned(tmp_path, user=SOMEBODY)
    found = [(each.place, each.kind) for each in strangers(str(ours), groups=True)]
    assert found == [(str(ours), EVERYBODY), (str(ours.parent), GROUP), (str(tmp_path), OWNER)]
    monkeypatch.setattr(trust, "_is_without_modes", lambda _device: True)
    assert [each.kind for each in strangers(str(ours), groups=True)] == [OWNER], "there a mode says nothing"
