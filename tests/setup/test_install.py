from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.cli import main
from peak_console.errors import PeakConsoleError
from peak_console.setup import units
from peak_console.setup.units import Service, cron, launchd, systemd, with_block

if TYPE_CHECKING:
    from pathlib import Path

JOB = '[[job]]\nname = "a"\ncommand = "true"\n'
ODD = 'odd "names" 100% \\ $HOME'
"""A folder that every format would like to misread."""


def service(folder: Path, **changes: Any) -> Service:
    directory = folder / ODD
    directory.mkdir(exist_ok=True)
    jobs_file = directory / "jobs.toml"
    values: dict[str, Any] = {
        "name": "desk",
        "program": [sys.executable, "-m", "peak_console"],
        "flags": ["--config", str(jobs_file)],
        "jobs_file": str(jobs_file),
        "state_dir": str(directory / ".peak_console"),
        "directory": str(directory),
        "environ": {"PATH": f"/usr/bin:{directory}"},
        "is_system": False,
        "user": "root",
        "home": str(folder),
    }
    return Service(**{**values, **changes})


def unit(text: str) -> dict[str, list[str]]:
    """What a unit says, each key with all of its values."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
@pytest.mark.parametrize("level", ["user", "system"])
def test_systemd_finds_no_fault_with_the_unit(level: str, tmp_path: Path) -> None:
    path = tmp_path / "desk.service"
    path.write_text(systemd(service(tmp_path, is_system=level == "system")), encoding="utf-8")
    manager = ["--user"] if level == "user" else []
    done = subprocess.run(
        ["systemd-analyze", *manager, "--man=no", "--recursive-errors=no", "verify", str(path)],
        env={**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def test_a_unit_notifies_reloads_and_leaves_runs_alone(tmp_path: Path) -> None:
    said = unit(systemd(service(tmp_path)))
    assert said["Type"] == ["notify"]
    assert said["KillMode"] == ["process"]
    assert said["OOMPolicy"] == ["continue"]
    assert said["Delegate"] == ["yes"]
    assert said["WatchdogSec"] == ["60"]
    assert said["WorkingDirectory"] == [str(tmp_path / ODD).replace("%", "%%")]
    [start], [reload] = said["ExecStart"], said["ExecReload"]
    assert start.endswith('100%% \\\\ $$HOME/jobs.toml" --headless')
    assert reload.endswith('jobs.toml" reload')
    assert "User" not in said
    assert "ProtectSystem" not in said


def test_the_machines_unit_is_hardened_unless_the_engine_has_to_write_there(tmp_path: Path) -> None:
    said = unit(systemd(service(tmp_path, is_system=True, user="trading")))
    assert said["User"] == ["trading"]
    assert "ProtectControlGroups" not in said  # it would take back what Delegate gives
    assert said["ProtectSystem"] == ["full"]
    assert said["WantedBy"] == ["multi-user.target"]
    assert "ProtectSystem" not in unit(systemd(service(tmp_path, is_system=True, state_dir="/etc/desk/.peak_console")))


def test_a_property_list_says_what_it_was_given(tmp_path: Path) -> None:
    given = service(tmp_path)
    text = launchd(given)
    assert units.MARK in text
    values = plistlib.loads(text.encode())
    assert values["ProgramArguments"] == given.engine
    assert values["WorkingDirectory"] == given.directory
    assert values["EnvironmentVariables"] == given.environ
    assert values["AbandonProcessGroup"] is True
    assert "UserName" not in values
    assert plistlib.loads(launchd(service(tmp_path, is_system=True)).encode())["UserName"] == "root"


def test_a_line_for_cron_starts_a_shell_where_it_should(tmp_path: Path) -> None:
    script = tmp_path / "say"
    script.write_text('#!/bin/sh\npwd\necho "$PATH"\nprintf "%s\\n" "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    given = service(tmp_path, program=[str(script)])
    [_, line, _] = cron(given).splitlines()
    assert line.startswith("*/5 * * * * cd ")
    command = line.removeprefix("*/5 * * * * ").replace("\\%", "%")  # as cron does
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == [given.directory, given.environ["PATH"], *given.flags, "--headless", "--once"]


def test_the_block_in_a_crontab_is_renewed_in_its_place_and_leaves_no_trace() -> None:
    before = "# mine\n0 1 * * * true"
    once = with_block(before, "desk", "# Written by peak-console install: desk\nA\n# end of desk\n")
    assert once == f"{before}\n# Written by peak-console install: desk\nA\n# end of desk\n"
    assert with_block(once, "desk", once.partition("true\n")[2]) == once
    assert with_block(once + "0 2 * * * false\n", "desk", "") == f"{before}\n0 2 * * * false\n"
    assert with_block(before, "desk", "") == before
    with pytest.raises(PeakConsoleError, match="mend it"):
        with_block(once.replace("# end", "# fin"), "desk", "")


def test_a_path_that_no_unit_can_name_and_a_name_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PeakConsoleError, match="control character"):
        service(tmp_path, directory="/srv/a\nb")
    with pytest.raises(PeakConsoleError, match="--name"):
        service(tmp_path, name="a/b")
    with pytest.raises(PeakConsoleError, match="shorter PATH"):
        cron(service(tmp_path, environ={"PATH": "/x:" * 400}))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home and working directory with a jobs file, and a ``crontab`` that keeps its table there."""
    for name in ("SUDO_USER", "XDG_CONFIG_HOME", "VIRTUAL_ENV", "PEAK_CONSOLE_STATE_DIR", "PEAK_CONSOLE_ALERT_URLS"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "jobs.toml").write_text(JOB, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    crontab = tmp_path / "bin" / "crontab"
    crontab.write_text(
        f'#!/bin/sh\nif [ "$1" = - ]; then cat > {tmp_path}/table; '
        f'elif [ -e {tmp_path}/table ]; then cat {tmp_path}/table; else echo "no crontab for me" >&2; exit 1; fi\n',
        encoding="utf-8",
    )
    crontab.chmod(0o755)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*words: str) -> int:
    return main(["install", "--config", "jobs.toml", *words])


def test_without_write_a_unit_is_only_printed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(home.rglob("*"))
    assert call("systemd", "--user") == 0
    said = capsys.readouterr()
    assert f"WorkingDirectory={home}\n" in said.out
    assert f"--config {home}/jobs.toml --headless\n" in said.out
    assert f"{home}/.config/systemd/user/peak-console.service" in said.err
    assert sorted(home.rglob("*")) == before


@pytest.mark.parametrize(
    ("kind", "place", "then"),
    [
        ("systemd", ".config/systemd/user/desk.service", "systemctl --user enable --now desk"),
        ("launchd", "Library/LaunchAgents/local.desk.plist", "launchctl bootstrap gui/"),
    ],
)
def test_a_unit_is_written_renewed_and_removed(
    kind: str, place: str, then: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert call(kind, "--user", "--name", "desk", "--write") == 0
        assert then in capsys.readouterr().out
        assert units.MARK in (home / place).read_text(encoding="utf-8")
    assert call(kind, "--user", "--name", "desk", "--remove") == 0
    assert not (home / place).exists()
    assert call(kind, "--user", "--name", "desk", "--remove") == 1
    assert "nothing of that name" in capsys.readouterr().err
    (home / place).write_text("mine", encoding="utf-8")
    for flag in ("--write", "--remove"):
        assert call(kind, "--user", "--name", "desk", flag) == 1
        assert "was not written by Peak Console" in capsys.readouterr().err
    assert (home / place).read_text(encoding="utf-8") == "mine"


def test_a_crontab_gets_one_line_however_often(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("cron", "--user", "--write") == 0
    (home / "table").write_text("0 1 * * * mine\n" + (home / "table").read_text(encoding="utf-8"), encoding="utf-8")
    for _ in range(2):
        assert call("cron", "--user", "--write") == 0
        table = (home / "table").read_text(encoding="utf-8")
        assert table.startswith("0 1 * * * mine\n")
        assert table.count("--headless --once\n") == 1
    assert call("cron", "--user", "--remove") == 0
    assert (home / "table").read_text(encoding="utf-8") == "0 1 * * * mine\n"
    (home / "bin" / "crontab").unlink()
    os.environ["PATH"] = str(home / "bin")
    assert call("cron", "--user", "--write") == 1
    assert "there is no program crontab" in capsys.readouterr().err


def test_a_file_that_cannot_be_used_gets_no_unit(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "jobs.toml").write_text("[[job]]\n", encoding="utf-8")
    assert call("systemd", "--user") == 1
    assert "name is missing" in capsys.readouterr().err
    (home / "jobs.toml").write_text(JOB, encoding="utf-8")
    assert call("systemd", "--user", "--run-as", "root") == 2
    assert call("systemd", "--system", "--run-as", "nobody-of-that-name") == 2


def test_what_the_unit_will_miss_is_said(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PEAK_CONSOLE_ALERT_URLS", "ntfy://secret")
    monkeypatch.setenv("PEAK_CONSOLE_STATE_DIR", "state")
    assert call("systemd", "--user", "--include-tags", "prod") == 1, "the unit would be refused at each start"
    assert 'no job has the tag "prod"' in capsys.readouterr().err
    (home / "jobs.toml").write_text(f'{JOB}tags = ["prod"]\n', encoding="utf-8")
    assert call("systemd", "--user", "--include-tags", "prod") == 0
    said = capsys.readouterr()
    assert "PEAK_CONSOLE_ALERT_URLS is set here" in said.err
    assert "secret" not in said.out + said.err
    assert f"--state-dir {home}/state --include-tags prod --headless" in said.out
