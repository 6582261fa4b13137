"""The console on a small jobs file, in a terminal; afterwards nothing of it may be alive."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from peak_console.model.records import RunState
from peak_console.store.store import Store
from tests.headless.support import Program
from tests.support.processes import is_alive, pid_of, wait_until
from tests.support.terminal import Display, GnuScreen, Marked, Pty, Tmux

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from peak_console.model.records import Run

HERE = os.path.dirname(__file__)
CONSOLE_LOADS = "1 Jobs"
LEFT = "left with"
"""What the shell prints around an exit code, followed by the terminal's modes."""
AMBIENT = (
    "TMUX", "TMUX_PANE", "STY", "NO_COLOR", "EDITOR", "VISUAL", "COLORTERM", "XDG_STATE_HOME", "XDG_CONFIG_HOME",
    "COLUMNS", "LINES",
)  # fmt: skip


class Stage(Program):
    """A folder with a jobs file, the console's state beside it, and terminals to open it in."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        environ = {name: value for name, value in self.environ.items() if name not in AMBIENT}
        self.marked = Marked({**environ, "HOME": str(folder), "LANG": "C.UTF-8"})
        self.environ = dict(self.marked.environ)
        self._displays: list[Display | Pty] = []

    def environment(self, **changes: str) -> None:
        """Set variables of whatever is started from now on."""
        self.marked.environ.update(changes)
        self.environ.update(changes)

    @property
    def pid(self) -> int:
        """The process id of the console that was opened last."""
        return int((self.folder / "pid").read_text(encoding="ascii"))

    def console(self, *flags: str) -> list[str]:
        """The command line of the console; it writes its process id to a file."""
        return ["/bin/sh", "-c", 'echo $$ >pid; exec "$@"', "sh", *self.command(*flags)]

    def then_shown(self, *flags: str) -> list[str]:
        """The command line of the console, and of a shell that afterwards shows its exit code and the terminal."""
        tell = f'trap : INT; "$@"; echo "{LEFT} $?"; stty -a; exec cat'
        return ["/bin/sh", "-c", tell, "sh", *self.console(*flags)]

    def tmux(self, words: list[str] | None = None, *, width: int = 140, height: int = 42) -> Tmux:
        """The console, or another program, in a tmux of its own; the console once its engine is at work."""
        tmux = Tmux(self.marked, self.folder, words or self.then_shown(), width, height)
        self._displays.append(tmux)
        if words is None:
            tmux.wait_for("engine running")
            self.serves()
        return tmux

    def serves(self) -> None:
        """Wait until the console's engine is at work, and its jobs file watched: until it has all its threads."""

        def started() -> bool:
            store = Store.look(str(self.state)) if (self.folder / "pid").exists() else None
            if store is None:
                return False
            info = store.engine_info()
            store.close()
            return info.pid == self.pid and info.stopped_at is None

        wait_until(started, "the start of the engine")
        wait_until(self._is_watching, "the watch on the jobs file")

    def _is_watching(self) -> bool:
        """Whether the system tells the console of saves; the library that asks for it has a thread for that by then."""
        descriptors = f"/proc/{self.pid}/fdinfo"
        for name in os.listdir(descriptors):
            with suppress(FileNotFoundError), open(f"{descriptors}/{name}", encoding="ascii") as file:
                if "inotify wd:" in file.read():
                    return True
        return False

    def gnu_screen(self) -> GnuScreen:
        screen = GnuScreen(self.marked, self.folder, self.then_shown())
        self._displays.append(screen)
        return screen

    def pty(self, words: list[str] | None = None) -> Pty:
        """The console in a terminal of which every byte is kept."""
        terminal = Pty(self.marked, self.folder, words or self.console())
        self._displays.append(terminal)
        return terminal

    def running(self, job: str) -> Run:
        """A job's run, once its process is there."""

        def found() -> list[Run]:
            return [run for run in self.runs(job) if run.state == RunState.RUNNING and run.reference is not None]

        wait_until(found, f"a run of {job}")
        return found()[-1]

    def ended(self, job: str) -> Run:
        """A job's newest run, once all of them have finished."""

        def finished() -> bool:
            runs = self.runs(job)
            return bool(runs) and all(run.state == RunState.FINISHED for run in runs)

        wait_until(finished, f"the end of {job}")
        return self.runs(job)[-1]

    def gone(self, pid: int | None = None) -> None:
        """Wait until the console has left."""
        pid = pid or self.pid
        wait_until(lambda: not is_alive(pid), f"the end of process {pid}")

    def threads(self) -> int:
        """How many threads the console has."""
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def has_heard(self) -> bool:
        """Whether the console has taken note of a signal to end: it no longer minds being in the background."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as file:
            ignored = next(int(line.split()[1], 16) for line in file if line.startswith("SigIgn"))
        return bool(ignored & 1 << signal.SIGTTOU - 1)

    def cpu_seconds(self) -> float:
        """Processor time that the console has spent so far."""
        with open(f"/proc/{self.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def assert_true_registry(self) -> None:
        """No run counts as running that has no process."""
        for run in self.runs():
            if run.state != RunState.FINISHED:
                assert run.reference is not None, f"{run} is not under way"
                assert is_alive(pid_of(run)), f"{run} is not under way"

    def clear(self) -> dict[int, str]:
        """Close every terminal; what is still alive then, when everything should have ended."""
        for display in self._displays:
            display.close()
        left = self.marked.wait_for_none()
        self.marked.kill()
        return left


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    if not os.path.exists("/proc/self/environ"):
        pytest.skip("what is left behind can only be found where there is /proc")
    stage = Stage(tmp_path)
    yield stage
    left = stage.clear()
    stage.end()
    assert not left, f"left behind: {left}"


@pytest.fixture
def _tmux() -> None:
    if shutil.which("tmux") is None:
        pytest.skip("there is no tmux")


@pytest.fixture
def _screen() -> None:
    if shutil.which("screen") is None:
        pytest.skip("there is no GNU screen")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if str(item.path).startswith(HERE):
            item.add_marker("terminal")
