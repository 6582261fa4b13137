"""The operator's editor and clipboard."""

from __future__ import annotations

import base64
import os
import shlex
import subprocess
from typing import TYPE_CHECKING

from peak_console.errors import PeakConsoleError, StateError
from peak_console.jobs.file.locate import job_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from peak_console.clock import Clock
    from peak_console.tui.app.dialogs import Dialogs
    from peak_console.tui.app.selection import Selection
    from peak_console.tui.state.interface import Session

EDITORS = ("sensible-editor", "nano", "vim", "vi")


class TerminalActions:
    """Gives the terminal to the operator's editor, and text to its clipboard."""

    def __init__(
        self,
        session: Session,
        clock: Clock,
        selection: Selection,
        dialogs: Dialogs,
        suspend: Callable[[], AbstractContextManager[None]],
        write: Callable[[str], None],
    ) -> None:
        """``suspend`` leaves the screen for a while; ``write`` sends text to the terminal as it is."""
        self.editor: subprocess.Popen[bytes] | None = None
        """The operator's editor, while it has the terminal."""
        self._session = session
        self._clock = clock
        self._selection = selection
        self._dialogs = dialogs
        self._suspend = suspend
        self._write = write

    def copy_command(self) -> None:
        """Copy the command line of the job under the cursor."""
        row = self._selection.current()
        if row is None:
            return
        from peak_console.tui.details.data import details_of

        try:
            details = details_of(row, self._session, self._clock.now())
        except StateError as error:
            self._dialogs.say(str(error), "error")
            return
        if details.command_error is not None:
            self._dialogs.say(details.command_error, "error")
            return
        copy(details.command_line, self._write)
        self._dialogs.say("command line copied")

    def edit(self) -> None:
        """Open the jobs file at its mistake, else at the job under the cursor; have it read again afterwards."""
        if self._dialogs.is_refused(self._session.permissions.why_not_leave_screen):
            return
        from textual.app import SuspendNotSupported

        row = self._selection.current()
        failure = ""
        try:
            # Nothing may be awaited while the screen is suspended: a repaint meanwhile would never end. And no error
            # may leave the block: Textual would not bring the screen back.
            with self._suspend():
                try:
                    self.editor = open_editor(
                        self._session.jobs_file, row.name if row is not None else None, self._session.error_line
                    )
                    self.editor.wait()
                except PeakConsoleError as error:
                    failure = str(error)
                self.editor = None
        except SuspendNotSupported:
            failure = "this terminal cannot be given to an editor"
        if failure:
            self._dialogs.say(failure, "error")
        self._session.reload()


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


def open_editor(path: str, job: str | None, error_line: int | None = None) -> subprocess.Popen[bytes]:
    """Open the jobs file in the operator's editor, at its mistake, else at a job. Raises ``PeakConsoleError``."""
    import shutil

    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            line = error_line or (job_line(file.read(), job) if job else 1)
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
