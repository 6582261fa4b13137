"""What the console does outside its screen: the editor, the clipboard; and what it does where there is no job."""

from __future__ import annotations

import base64
import contextlib
from typing import TYPE_CHECKING

from tests.support.factories import make_job
from tests.tui.console import Console, covers, running
from tests.tui.stage import Stage

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


# Outside.


@covers("edit")
async def test_edit_opens_the_file_at_the_job_and_has_it_read_again(
    console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "an editor"
    editor.write_text(f'#!/bin/sh\nprintf "%s " "$@" > "{tmp_path}/opened"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("EDITOR", f"'{editor}' --wait")
    monkeypatch.setattr(console.app.actions.terminal, "_suspend", contextlib.nullcontext)
    await console.go_to("beta")
    await console.press("e")

    assert (tmp_path / "opened").read_text() == f"--wait +5 {tmp_path}/jobs.toml "
    assert console.stage.session.left == ["reload"]
    assert console.app.actions.terminal.editor is None


async def test_an_editor_that_is_not_there_is_said(console: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "/nowhere/ed")
    monkeypatch.setattr(console.app.actions.terminal, "_suspend", contextlib.nullcontext)
    await console.press("e")

    assert console.toasts == [
        ("error", "/nowhere/ed: the editor cannot be started (No such file or directory); set EDITOR")
    ]


async def test_a_terminal_that_cannot_be_given_away_is_said(console: Console) -> None:
    await console.press("e")

    assert console.toasts == [("error", "this terminal cannot be given to an editor")]


@covers("copy_command")
async def test_copy_puts_the_resolved_masked_command_line_on_the_clipboard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = make_job(
        "fetch", command="/bin/echo", args={"url": "https://x.test/?k=hunter22"}, env={"API_KEY": "hunter22"}
    )
    async with running(Stage(tmp_path, job)) as console:
        written: list[str] = []
        monkeypatch.setattr(console.app.actions.terminal, "_write", written.append)
        await console.press("c")

        (sequence,) = written
        assert sequence.startswith("\x1b]52;c;")
        copied = base64.b64decode(sequence.removeprefix("\x1b]52;c;").removesuffix("\a")).decode()
        assert copied == "/bin/echo --url 'https://x.test/?k=***'"
        assert console.toasts == [("information", "command line copied")]


async def test_a_command_that_cannot_be_resolved_is_not_copied(tmp_path: Path) -> None:
    async with running(Stage(tmp_path, make_job("fetch", command="/nowhere/x"))) as console:
        await console.press("c")

        ((severity, text),) = console.toasts
        assert severity == "error"
        assert '"/nowhere/x" not found' in text


async def test_no_job_no_action(tmp_path: Path) -> None:
    async with running(Stage(tmp_path)) as console:
        await console.press("r", "x", "d", "R", "c", "enter", "a", "A", "S", "s", "f")

        assert console.stage.commands == []
        assert {text for _, text in console.toasts} == {"no job is selected", "no alert is open"}
