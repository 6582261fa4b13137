"""Completion in real shells: what Tab makes of a line is, read by that shell, exactly the job's name."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 60
JOBS = {
    "with space": "wit",
    "fx:eur": "fx:e",
    'it\'s "so" $HOME': "it",
    "#hash*": "\\#h",
    "Größe=1": "Größe=",
    "-dash": "-- -d",
}
"""Each job with what is typed of it, in any shell."""
QUOTED = [('"wit', "with space"), ('"fx:e', "fx:eur"), ('"it', 'it\'s "so" $HOME')]
LINES = [*((typed, [*typed.split()[:-1], name]) for name, typed in JOBS.items()), *((t, [n]) for t, n in QUOTED)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the shells work: a jobs file, homes with what the docs say to put there."""
    folder = tmp_path_factory.mktemp("shells")
    quoted = (name.replace('"', '\\"') for name in JOBS)
    text = "".join(f'[[job]]\nname = "{name}"\ncommand = "true"\n' for name in quoted)
    (folder / "jobs.toml").write_text(text, encoding="utf-8")
    (folder / ".bashrc").write_text("source <(peak-console completion bash)\n")
    (folder / ".zshrc").write_text("autoload -Uz compinit; compinit -u\nsource <(peak-console completion zsh)\n")
    return folder


def environ(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PEAK_", "ZDOTDIR"))}
    own = str(Path(sys.executable).parent)
    return {**kept, "HOME": str(folder), "PATH": f"{own}:{kept['PATH']}", "TERM": "dumb", "LC_ALL": "C.UTF-8"}


class Shell:
    """An interactive shell on a terminal of its own."""

    def __init__(self, command: list[str], folder: Path) -> None:
        ours, theirs = pty.openpty()
        self._fd = ours
        self.process = subprocess.Popen(
            command, cwd=folder, env=environ(folder), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self._number = 0
        self.words_of("printf ready")  # its startup files are read

    def words_of(self, line: str, keys: str = "") -> list[str]:
        """The words of a line, as the shell reads it once the keys have been typed after it."""
        self._number += 1
        begin, end = f"<{self._number}<", f">{self._number}>"
        # Ctrl+A: back to the line's beginning. The marks are in halves, lest the echo of the line hold them.
        half = len(begin) // 2
        typed = f"{line}{keys}\x01printf '%s\\n' '{begin[:half]}''{begin[half:]}' \x05 '{end[:half]}''{end[half:]}'\r"
        os.write(self._fd, typed.encode())
        answer = self._until(end)
        return answer.partition(begin)[2].partition(end)[0].replace("\r", "").split("\n")[1:-1]

    def _until(self, end: str) -> str:
        read, deadline = b"", time.monotonic() + SECONDS
        while end.encode() not in read:
            assert time.monotonic() < deadline, f"no answer: {read.decode(errors='replace')}"
            if select.select([self._fd], [], [], 0.2)[0]:
                read += os.read(self._fd, 65536)
        return read.decode(errors="replace")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._fd)


@pytest.fixture(scope="module", params=["bash", "zsh"])
def shell(request: pytest.FixtureRequest, folder: Path) -> Iterator[Shell]:
    if shutil.which(request.param) is None:
        pytest.skip(f"there is no {request.param}")
    command = {"bash": ["bash", "--noprofile", "--rcfile", ".bashrc", "-i"], "zsh": ["zsh", "-i"]}[request.param]
    shell = Shell(command, folder)
    yield shell
    shell.close()


def test_what_tab_makes_of_a_line_is_the_name_of_the_job(shell: Shell) -> None:
    begin = ["peak-console", "--config", "jobs.toml", "run"]
    for typed, words in LINES:
        assert shell.words_of(f"{' '.join(begin)} {typed}", "\t") == [*begin, *words], typed
    assert shell.words_of("peak-console vali", "\t") == ["peak-console", "validate"]
    assert shell.words_of("peak-console --config=job", "\t")[-1] == "--config=jobs.toml"
    # Nothing is there to complete, and nothing is said.
    assert shell.words_of("peak-console --config nowhere.toml run fx", "\t")[-1] == "fx"


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
def test_fish_offers_the_jobs_by_name(folder: Path) -> None:
    asked = [f"peak-console --config jobs.toml run {typed}" for typed, _ in LINES]
    asked += ["peak-console vali", "peak-console --config=job", "peak-console --config nowhere.toml run fx"]
    script = "peak-console completion fish | source\n" + "".join(
        f"complete -C {_fish(line)}; echo ---\n" for line in asked
    )
    done = subprocess.run(
        ["fish", "--no-config", "-c", script], cwd=folder, env=environ(folder), capture_output=True, text=True,
        timeout=SECONDS, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    offered = [[line.partition("\t")[0] for line in part.splitlines()] for part in done.stdout.split("---\n")[:-1]]
    assert offered == [*([words[-1]] for _, words in LINES), ["validate"], ["--config=jobs.toml"], []]


def _fish(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
