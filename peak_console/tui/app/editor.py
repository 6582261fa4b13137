"""What lies outside the screen: the operator's editor and clipboard."""

from __future__ import annotations

import base64
import os
import shlex
import subprocess
from typing import TYPE_CHECKING

from peak_console.errors import PeakConsoleError
from peak_console.jobs.locate import job_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EDITORS = ("sensible-editor", "nano", "vim", "vi")


def editor_command(environ: Mapping[str, str], path: str, line: int, exists: Callable[[str], bool]) -> list[str]:
    """The command line that opens ``path`` at a line, by ``$VISUAL``, ``$EDITOR`` or what there is.

    Raises ``PeakConsoleError`` when there is no editor at all.
    """
    chosen = (environ.get("VISUAL") or "").strip() or (environ.get("EDITOR") or "").strip()
    try:
        words = shlex.split(chosen) if chosen else [next(editor for editor in EDITORS if exists(editor))]
    except StopIteration:
        raise PeakConsoleError("no editor found; set EDITOR") from None
    except ValueError:
        raise PeakConsoleError(f"EDITOR cannot be read ({chosen}); set it to a program and its flags") from None
    name = os.path.basename(words[0])
    if name in ("code", "code-insiders", "codium", "cursor"):
        return [*words, "--goto", f"{path}:{line}"]
    if name in ("hx", "helix", "subl", "zed"):
        return [*words, f"{path}:{line}"]
    return [*words, f"+{line}", path]


def open_editor(path: str, job: str | None) -> subprocess.Popen[bytes]:
    """Open the jobs file in the operator's editor, at a job. Raises ``PeakConsoleError``."""
    import shutil

    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            line = job_line(file.read(), job) if job else 1
    except OSError:
        line = 1
    command = editor_command(os.environ, path, line, lambda name: shutil.which(name) is not None)
    try:
        return subprocess.Popen(command)
    except OSError as error:
        raise PeakConsoleError(f"{command[0]}: the editor cannot be started ({error.strerror}); set EDITOR") from None


def copy(text: str, write: Callable[[str], None], environ: Mapping[str, str] = os.environ) -> None:
    """Put text on the clipboard of the terminal that the operator sits at.

    By OSC 52, through ``write``; inside tmux by tmux itself, which drops that sequence by default.
    """
    if environ.get("TMUX"):
        try:
            subprocess.run(["tmux", "load-buffer", "-w", "-"], input=text.encode(), check=True, timeout=2)
        except (OSError, subprocess.SubprocessError):
            pass
        else:
            return
    payload = base64.b64encode(text.encode()).decode()
    write(f"\x1b]52;c;{payload}\a")
