"""The operator's editor and clipboard: which command opens a file at a line, and how a text gets to the terminal."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import PeakConsoleError
from peak_console.tui.app.actions.terminal import EDITORS, copy, editor_command, open_editor

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("environ", "command"),
    [
        ({"EDITOR": "vim"}, ["vim", "+7", "/j.toml"]),
        ({"EDITOR": "nano", "VISUAL": "emacs -nw"}, ["emacs", "-nw", "+7", "/j.toml"]),
        ({"EDITOR": "'/opt/my editor/ed' -w"}, ["/opt/my editor/ed", "-w", "+7", "/j.toml"]),
        ({"EDITOR": "code --wait"}, ["code", "--wait", "--goto", "/j.toml:7"]),
        ({"EDITOR": "/usr/bin/codium -w"}, ["/usr/bin/codium", "-w", "--goto", "/j.toml:7"]),
        ({"EDITOR": "subl -w"}, ["subl", "-w", "/j.toml:7"]),
        ({"EDITOR": "hx"}, ["hx", "/j.toml:7"]),
        ({"EDITOR": "micro"}, ["micro", "+7", "/j.toml"]),
        ({"EDITOR": "", "VISUAL": ""}, [EDITORS[0], "+7", "/j.toml"]),
        ({"EDITOR": "  "}, [EDITORS[0], "+7", "/j.toml"]),
        ({}, [EDITORS[0], "+7", "/j.toml"]),
    ],
)
def test_the_operators_editor_opens_the_file_at_the_line(environ: dict[str, str], command: list[str]) -> None:
    assert editor_command(environ, "/j.toml", 7, lambda _name: True) == command


def test_without_a_choice_the_first_editor_there_is() -> None:
    assert editor_command({}, "/j.toml", 1, {"vim", "vi"}.__contains__)[0] == "vim"


@pytest.mark.parametrize(("environ", "text"), [({}, "no editor found"), ({"EDITOR": "vim '"}, "EDITOR cannot be read")])
def test_what_is_wrong_is_a_sentence(environ: dict[str, str], text: str) -> None:
    with pytest.raises(PeakConsoleError, match=text):
        editor_command(environ, "/j.toml", 1, lambda _name: False)


def editor(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An editor that only writes down what it was asked for; where it does."""
    program = directory / "ed"
    program.write_text(f'#!/bin/sh\nprintf "%s|" "$@" > "{directory}/asked"\n')
    program.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(program))
    return directory / "asked"


@pytest.mark.parametrize(("job", "line"), [("b", 5), ("a", 1), (None, 1), ("c", 1)])
def test_the_file_is_opened_at_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, job: str | None, line: int
) -> None:
    path = tmp_path / "jobs.toml"
    path.write_bytes(b'[[job]]\nname = "a"\n# caf\xe9\n\n[[job]]\nname = "b"\n')
    asked = editor(tmp_path, monkeypatch)

    assert open_editor(str(path), job).wait() == 0
    assert asked.read_text() == f"+{line}|{path}|"


def test_a_file_that_is_not_there_is_opened_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = editor(tmp_path, monkeypatch)
    open_editor(str(tmp_path / "new.toml"), "a").wait()

    assert asked.read_text() == f"+1|{tmp_path}/new.toml|"


# The clipboard.


def test_a_text_goes_to_the_terminals_clipboard() -> None:
    written: list[str] = []
    copy("grüße; rm -rf /", written.append, {})

    (sequence,) = written
    assert sequence.startswith("\x1b]52;c;")
    assert sequence.endswith("\a")
    assert base64.b64decode(sequence[7:-1]).decode() == "grüße; rm -rf /"


def tmux(directory: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> Path:
    """A ``tmux`` that writes down what it was given, and ends with ``code``."""
    program = directory / "tmux"
    program.write_text(f'#!/bin/sh\necho "$@" > "{directory}/given"\ncat >> "{directory}/given"\nexit {code}\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
    return directory / "given"


def test_inside_tmux_it_is_tmux_that_takes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given, written = tmux(tmp_path, monkeypatch, 0), list[str]()
    copy("a command", written.append, {"TMUX": "/tmp/x,1,0"})

    assert given.read_text() == "load-buffer -w -\na command"
    assert written == []


@pytest.mark.parametrize("there", [True, False])
def test_where_tmux_cannot_the_terminal_is_asked_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    if there:
        tmux(tmp_path, monkeypatch, 1)
    else:
        monkeypatch.setenv("PATH", str(tmp_path))
    written: list[str] = []
    copy("a command", written.append, {"TMUX": "/tmp/x,1,0"})

    assert len(written) == 1
