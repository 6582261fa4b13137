"""Lines for crontabs and for the settings of tmux and screen, as the pages have them, in the programs they are for."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, blocks, name
from tests.support.processes import wait_until

JOB = '[[job]]\nname = "desk_report"\ncommand = "/bin/sh"\nargv = ["-c", "echo told"]\n'
HOME = "/srv/trading"
"""Where the pages suppose the project to be."""
CRON = [(page, line) for page in PAGES for block in blocks(page) if block.language == "cron" and not block.title
        for line in block.text.splitlines() if not line.startswith("#")]  # fmt: skip
TERMINAL_PAGES = [page for page in PAGES if any(block.language == "tmux" for block in blocks(page))]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project as the pages suppose it: a jobs file in its usual place, the program in ``.venv``."""
    jobs_file = tmp_path / "config" / "scheduler" / "jobs.toml"
    jobs_file.parent.mkdir(parents=True)
    jobs_file.write_text(JOB, encoding="utf-8")
    program = tmp_path / ".venv" / "bin" / "peak-console"
    program.parent.mkdir(parents=True)
    script = Path(sys.executable).with_name("peak-console")
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(str(script))} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize(("page", "line"), CRON, ids=[name(page) for page, _ in CRON])
def test_a_line_for_cron_runs_what_is_due(page: Path, line: str, project: Path) -> None:
    times, command = line.split()[:5], line.split(maxsplit=5)[5].replace("\\%", "%")
    assert times == ["*/5", "*", "*", "*", "*"]
    ended = subprocess.run(
        ["/bin/sh", "-c", command.replace(HOME, str(project))],
        env={"HOME": str(project), "PATH": "/usr/bin:/bin", "SHELL": "/bin/sh"}, cwd="/", capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    reported = ended.stdout + "".join(path.read_text(encoding="utf-8") for path in project.glob("*.log"))
    assert "desk_report #1 succeeded" in reported


class Tmux:
    """A tmux of our own with a page's settings."""

    def __init__(self, folder: Path, settings: str) -> None:
        path = folder / "tmux.conf"
        path.write_text(settings, encoding="utf-8")
        left_out = ("TMUX", "TMUX_PANE", "STY")
        environ = {name: value for name, value in os.environ.items() if name not in left_out}
        self._environ = {**environ, "HOME": str(folder), "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
        self._socket = str(folder / "socket")
        self._settings = str(path)

    def __call__(self, *words: str) -> str:
        command = ["tmux", "-S", self._socket, "-f", self._settings, *words]
        ended = subprocess.run(command, env=self._environ, capture_output=True, text=True, timeout=30, check=False)
        assert (ended.returncode, ended.stderr) == (0, ""), command
        return ended.stdout

    def end(self) -> None:
        command = ["tmux", "-S", self._socket, "kill-server"]
        subprocess.run(command, env=self._environ, capture_output=True, timeout=30, check=False)


@pytest.mark.terminal
@pytest.mark.skipif(not (shutil.which("tmux") and shutil.which("screen")), reason="tmux or screen is not installed")
@pytest.mark.parametrize("page", TERMINAL_PAGES, ids=name)
def test_the_settings_of_tmux_and_screen_show_the_next_slot_in_the_status_bar(page: Path, project: Path) -> None:
    settings = [block.text.replace(HOME, str(project)) for block in blocks(page) if block.language == "tmux"]
    for_screen = [text for text in settings if "hardstatus" in text]
    for_tmux = [text for text in settings if "hardstatus" not in text]
    screenrc = project / "screenrc"
    screenrc.write_text("\n".join(for_screen), encoding="utf-8")
    (screens := project / "screens").mkdir(mode=0o700)
    # The outer tmux shows both lines in its panes, those of screen and of the tmux inside.
    inner = Tmux(project, "\n".join(for_tmux))
    (outer_home := project / "outer").mkdir()
    outer = Tmux(outer_home, "set -g status off\nset -g default-terminal tmux-256color")
    try:
        inner("new-session", "-d", "-s", "desk", "-x", "120", "-y", "20", "sleep 600")
        attach = f"env -u TMUX tmux -S {project}/socket attach -t desk"
        outer("new-session", "-d", "-s", "look", "-x", "120", "-y", "20", attach)
        if for_screen:
            seen = f"env -u TMUX SCREENDIR={screens} screen -c {screenrc} sleep 600"
            outer("new-window", "-t", "look", seen)
            wait_until(lambda: "next desk_report" in outer("capture-pane", "-p", "-t", "look:1"), "the line of screen")
        wait_until(lambda: "next desk_report" in outer("capture-pane", "-p", "-t", "look:0"), "the line of tmux")
    finally:
        outer.end()
        inner.end()
        quit_screen = ["screen", "-X", "quit"]  # it would only detach with its terminal
        subprocess.run(
            quit_screen, env={**os.environ, "SCREENDIR": str(screens)}, capture_output=True, timeout=30, check=False
        )
