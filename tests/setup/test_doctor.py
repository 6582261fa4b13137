"""``doctor`` on real folders, and on a machine that is only partly there."""

from __future__ import annotations

import os
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.setup.doctor import machine, site
from peak_console.store.locks import EngineLock
from peak_console.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from tests.verbs.conftest import Answer, CommandLine

GOOD = f"""\
[scheduler]
timezone = "Europe/Berlin"
[[job]]
name = "risk"
command = "{sys.executable}"
argv = ["-V"]
timezone = "Asia/Tokyo"
"""


@pytest.fixture(autouse=True)
def _somewhere(peak: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(peak.folder)
    for name in ("TMUX", "STY", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    peak.jobs(GOOD)
    peak.config.chmod(0o644)


def told(answer: Answer, area: str) -> list[str]:
    return [
        f"{each['grade']}: {each['message']}" + (f" → {each['remedy']}" if each["remedy"] else "")
        for each in answer.json
        if each["area"] == area
    ]


def test_a_machine_where_all_is_well_exits_with_0_and_nothing_is_changed(peak: CommandLine) -> None:
    before = sorted(os.listdir(peak.folder))
    answer = peak("doctor", "--json")
    assert (answer.code, answer.err) == (0, "")
    assert not [each for each in answer.json if each["grade"] == "problem"]
    assert f"ok: {peak.config}: 1 job" in told(answer, "jobs")
    assert f"ok: found what they run: {sys.executable} (1 job)" in told(answer, "jobs")
    assert "ok: time zones of the jobs file: Asia/Tokyo, Europe/Berlin" in told(answer, "time")
    assert any("not there yet" in line for line in told(answer, "state"))
    assert sorted(os.listdir(peak.folder)) == before


def test_for_people_every_finding_has_its_grade_and_every_remedy_a_line(peak: CommandLine) -> None:
    (peak.folder / ".env").touch(0o644)
    answer = peak("doctor")
    lines = answer.out.splitlines()
    place = lines.index(f"  warning  {peak.folder}/.env (.env, mode 0644): anybody can read its secrets")
    assert lines[place + 1] == f"           → chmod 600 {peak.folder}/.env"
    assert lines[0] == "program"
    assert "1 warning" in lines[-1]
    assert answer.code == 0


def test_what_is_wrong_with_dotenv_is_told(peak: CommandLine) -> None:
    (peak.folder / ".env").write_bytes(b"A=1\nnot a variable\n")
    (peak.folder / ".env").chmod(0o600)
    found = told(peak("doctor", "--json"), "jobs")
    assert "warning: .env: line 2 is not NAME=value and does not count → mend it, or begin it with #" in found


def test_a_job_that_cannot_run_is_a_problem_and_exits_with_1(peak: CommandLine) -> None:
    peak.jobs('[[job]]\nname = "a: b"\ncommand = "no-such-program"\n[[job]]\nname = "off"\ncommand = "/nowhere"\n'
              'enabled = false\n')  # fmt: skip
    answer = peak("doctor", "--json")
    assert answer.code == 1
    found = told(answer, "jobs")
    assert any(line.startswith('problem: job "a: b": command "no-such-program" not found on PATH') for line in found)
    assert any(line.startswith('note: job "off" (it is disabled): command "/nowhere" not found') for line in found)
    assert peak("doctor", "--exclude-tags", "x", "--json").code == 1


def test_tags_choose_the_jobs_that_are_looked_at(peak: CommandLine) -> None:
    peak.jobs('[[job]]\nname = "a"\ncommand = "/nowhere"\ntags = ["x"]\n[[job]]\nname = "b"\ncommand = "true"\n')
    assert peak("doctor", "--exclude-tags", "x").code == 0
    assert peak("doctor", "--include-tags", "x").code == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "does not exist → name another with --config"),
        ("[[job", "not valid TOML"),
        (
            (
                '[[job]]\nname = "a"\ntimezone = "Mars/Olympus"\n'
                '[[job]]\nname = "b"\ncommand = "true"\ntimezone = "Asia/Tokyo"\n'
            ),
            "Mars",
        ),
    ],
)
def test_a_jobs_file_that_cannot_be_used_is_said_and_the_rest_looked_at(
    peak: CommandLine, text: str | None, said: str
) -> None:
    if text is None:
        peak.config.unlink()
    else:
        peak.jobs(text)
    answer = peak("doctor", "--json")
    assert answer.code == 1
    [problem] = [line for line in told(answer, "jobs") if line.startswith("problem")]
    assert said in problem
    assert told(answer, "program")
    assert told(answer, "state")
    zones = told(answer, "time")
    assert ("ok: time zones of the jobs file: Asia/Tokyo" in zones) is (text is not None and "Tokyo" in text)


def test_env_files_urls_and_the_jobs_file_itself_are_looked_at(peak: CommandLine) -> None:
    (peak.folder / "desk.env").touch(0o644)
    peak.jobs(GOOD + 'env_file = "desk.env"\n[alerts]\nurls = ["json://127.0.0.1:9/sesame"]\n')
    answer = peak("doctor", "--json")
    secrets = told(answer, "secrets")
    assert any(line.startswith(f"warning: {peak.config} (the jobs file, mode 0644): anybody can") for line in secrets)
    assert any(line.startswith(f"warning: {peak.folder}/desk.env (an env_file") for line in secrets)
    assert any('alerts go to "json"' in line for line in told(answer, "jobs"))
    assert "sesame" not in answer.out


def test_channels_that_nobody_can_send_to(peak: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEAK_CONSOLE_ALERT_URLS", "nosuch://user:sesame@host/")
    answer = peak("doctor", "--json")
    assert any('alerts channel "env-1": not a URL' in line for line in told(answer, "jobs"))
    assert "sesame" not in answer.out
    monkeypatch.setenv("PEAK_CONSOLE_ALERT_LEVEL", "loud")
    assert any('"loud" is no alert level' in line for line in told(peak("doctor", "--json"), "jobs"))


def test_a_state_directory_that_others_can_write_to(peak: CommandLine) -> None:
    peak.directory.mkdir()
    peak.directory.chmod(0o777)
    answer = peak("doctor", "--json")
    assert answer.code == 1
    assert any("others can write" in line and f"chmod 700 {peak.directory}" in line for line in told(answer, "state"))


def test_a_file_where_the_state_directory_should_be(peak: CommandLine) -> None:
    peak.directory.touch()
    assert any("is not a directory" in line for line in told(peak("doctor", "--json"), "state"))
    below = str(peak.directory / "deeper")
    assert any("is not a directory" in line for line in told(peak("doctor", "--json", "--state-dir", below), "state"))


def test_a_registry_that_is_none(peak: CommandLine) -> None:
    peak.directory.mkdir(mode=0o700)
    (peak.directory / "registry.db").write_bytes(b"no database at all" * 100)
    answer = peak("doctor", "--json")
    assert answer.code == 1
    assert any(line.startswith("problem: ") and "registry.db" in line for line in told(answer, "state"))


def test_who_serves_the_state_directory(peak: CommandLine) -> None:
    import socket

    from peak_console.model.records import EngineInfo

    store = Store.open(str(peak.directory))
    lock = EngineLock(str(peak.directory))
    assert lock.acquire()
    try:
        assert "ok: an engine serves it" in told(peak("doctor", "--json"), "state")
        store.engine_started(EngineInfo(pid=os.getpid(), host=socket.gethostname(), mode="headless", version="9.9",
                                        jobs_file="jobs.toml", started_at=peak.now, loaded_at=peak.now))  # fmt: skip
        served = f"ok: served by pid {os.getpid()} on {socket.gethostname()} (headless, 9.9)"
        assert served in told(peak("doctor", "--json"), "state")
    finally:
        lock.release()
        store.close()
    assert any("no engine serves it" in line for line in told(peak("doctor", "--json"), "state"))


# --- the machine ---------------------------------------------------------------------------------------------


def program(folder: Path, name: str, script: str) -> dict[str, str]:
    """An environment in which a program of that name answers by a script."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def test_tmux_that_does_not_answer_leaves_its_settings_open(tmp_path: Path) -> None:
    assert machine.tmux_settings(program(tmp_path, "tmux", "exit 1")) is None
    assert machine.tmux_settings(program(tmp_path, "tmux", "echo 3.4")) is None
    assert machine.tmux_settings({"PATH": str(tmp_path / "nothing")}) is None
    settings = machine.tmux_settings(program(tmp_path, "tmux", "printf '3.4\\n500\\nexternal\\n256,title\\n'"))
    assert settings is not None
    assert (settings["escape-time"], settings["client_termfeatures"]) == ("500", "256,title")


def test_what_screen_reads_at_its_start(tmp_path: Path) -> None:
    (tmp_path / "system").write_text("altscreen off\nterm xterm\n# altscreen on\n")
    (tmp_path / ".screenrc").write_text("altscreen on\nbell\n")
    environ = {"SYSSCREENRC": str(tmp_path / "system"), "HOME": str(tmp_path)}
    assert machine.screen_settings(environ) == {"altscreen": "on"}
    assert machine.screen_settings({"SYSSCREENRC": "/nowhere", "HOME": "/nowhere"}) == {}


def test_a_program_that_is_not_installed_has_no_libraries_to_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(name: str) -> Any:
        raise metadata.PackageNotFoundError(name)

    with monkeypatch.context() as patched:
        patched.setattr(metadata, "version", nothing)
        missing = machine.programs().libraries
    assert missing is not None
    assert {library.found for library in missing} == {None}
    assert {library.extra for library in missing} == {"", "web"}
    monkeypatch.setattr(metadata, "requires", nothing)
    assert machine.programs().libraries is None


def test_our_own_libraries_fit() -> None:
    from peak_console.setup.doctor.judge import fits

    libraries = machine.programs().libraries
    assert libraries
    assert all(fits(library.found, library.wanted) for library in libraries if library.found is not None)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel is asked as Linux wants it")
def test_the_kernel_is_asked_for_its_clock_and_its_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.clock().is_synchronised in (True, False, None)
    watching = machine.watching()
    assert watching.watches is None or watching.watches > 0

    class Deaf:
        """A C library that forbids everything."""

        def adjtimex(self, _answer: object) -> int:
            return -1

        def inotify_init(self) -> int:
            import ctypes

            ctypes.set_errno(24)
            return -1

    monkeypatch.setattr(machine, "_libc", Deaf)
    assert machine.clock().is_synchronised is None
    assert machine.watching().fault == os.strerror(24)


def test_the_file_system_is_that_of_the_nearest_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nsrv:/x {tmp_path}/a\\040b nfs4 rw 0 0\nx {tmp_path}/a tmpfs rw 0 0\n\n")
    found = [site.filesystem_of(str(tmp_path / name), str(mounts)) for name in ("a b/state", "a/state", "ab/state")]
    assert found == ["nfs4", "tmpfs", "ext4"]
    assert site.filesystem_of(str(tmp_path), str(tmp_path / "no mounts")) == ""
