"""Names, descriptions, output and errors that are written against the terminal: shown as text, never obeyed."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.support.processes import is_alive

if TYPE_CHECKING:
    from tests.terminal.conftest import Stage

CLIPBOARD = base64.b64encode(b"rm -rf /").decode()
ATTACKS = [
    "\x1b]2;taken over\x07", "\x1b]0;taken over\x1b\\", f"\x1b]52;c;{CLIPBOARD}\x07", "\x1b[2J\x1b[H", "\x1bc",
    "\x1b[?1049l", "\x1b[?25h", "\x1b[?1000l", "\x1b[6n", "\x1b[c", "\x1bP$qm\x1b\\", "\x1b]8;;http://evil\x07link",
    "\x9b2J", "\x9d2;taken over\x9c", "\x90q\x9c", "\x0e", "\x1b(0", "\x1b#8", "\x1b[1;1H", "\x1b[20t", "\x1b[999C",
    "[/]", "[red]", "[/red", "[@click=app.bell]x[/]", "[foo='x", "\u202eright to left\u202c", "a\u0301\u0302\u0303",
    "\u200b\ufeff", "\x08\x08\x08", "\x7f", "\x00", "\r", "\x85", "\u2028",
]  # fmt: skip
NAMES = [attack for attack in ATTACKS if not re.search("[\x00-\x1f\x7f-\x9f\u2028]", attack)]
"""What a job may be called: control characters are refused when the jobs file is read."""


def toml(text: str) -> str:
    """A basic string: JSON's escapes are TOML's, but for those of characters beyond sixteen bits."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def jobs(stage: Stage) -> None:
    spite = "".join(attack for attack in ATTACKS if attack != "\x00")
    (stage.folder / "attack").write_bytes(
        "\n".join(ATTACKS).encode() + b"\n\xff\xfe\xc3(" + spite.encode() + b"\nend\n"
    )
    names = [f"job{number} {attack} after" for number, attack in enumerate(NAMES)]
    text = "".join(
        f"""
[[job]]
name = {toml(name)}
description = {toml(spite)}
command = "cat"
argv = ["attack", {toml(spite.replace(chr(0), ""))}]
schedule_type = "daily"
daily_time = "04:00"
tags = [{toml(name)}, "all"]
"""
        for name in names
    )
    stage.jobs(text)


def wide(stage: Stage) -> None:
    stage.jobs("""
[[job]]
name = "wide"
command = "sh"
argv = ["-c", "head -c 10000000 /dev/zero | tr '\\\\000' x; echo; echo the end"]
schedule_type = "daily"
daily_time = "04:00"
""")


@pytest.mark.usefixtures("_tmux")
def test_hostile_names_and_output_are_shown_and_not_obeyed(stage: Stage) -> None:
    jobs(stage)
    tmux = stage.tmux(height=60, width=180)
    assert tmux.ask("#{pane_title}") == "jobs.toml"
    tmux.wait_for("job0")
    tmux.keys("k", "r")
    tmux.wait_for("✖ failed")  # there is no file of the second name
    tmux.keys("2")
    tmux.wait_for("end")
    tmux.keys("1", "Down", "Down")
    for key, sign in (("Enter", "─ Environment"), ("d", "─ Disable"), ("R", "─ Run with"), ("t", "─ Tags"),
                      ("?", "─ Help"), ("C-p", "find a command")):  # fmt: skip
        tmux.keys(key)
        tmux.wait_for(sign)
        tmux.keys("Escape")
        tmux.wait_until_gone(sign)
    tmux.keys("4", "a", "3", "1")
    tmux.keys("/")
    tmux.type("job3")
    tmux.keys("Enter")
    shown = tmux.wait_for("1 of ")
    assert "job3 [@click=app.bell]x[/] after" in shown
    assert is_alive(stage.pid)
    assert re.fullmatch("(✖[0-9]+ |▶[0-9]+ )*jobs.toml", tmux.ask("#{pane_title}"))
    assert "rm -rf" not in tmux.buffers()
    assert tmux.ask("#{alternate_on}#{mouse_any_flag}#{cursor_flag}") == "110"
    assert shown.startswith(" PEAK CONSOLE")
    only_colours = re.sub(r"\x1b\[[0-9;:]*m", "", tmux.coloured())
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e]", only_colours)
    tmux.leave()
    tmux.wait_for("left with 0")


def test_not_one_byte_of_an_attack_is_written(stage: Stage) -> None:
    jobs(stage)
    pty = stage.pty()
    pty.wait_for(b"job0")
    stage.serves()
    pty.keys("kr")
    stage.ended(f"job0 {NAMES[0]} after")
    pty.wait_for(b"failed")
    for key in ("2", "1", "\r", "\x1b[27u", "R", "\x1b[27u", "d", "\x1b[27u", "?", "\x1b[27u", "4", "1"):
        pty.keys(key)
    pty.leave()
    assert pty.process.wait(20) == 0
    written = pty.written
    for attack in (b"\x1b]2;taken", b"\x1b]0;taken", b"\x1b]52;", b"\x1b]8;;http", b"\x1bc", b"\x1b#8", b"\x1b(0",
                   b"\x1b[999C", b"\x1b[20t", b"\x1b[6n", b"\x0e", b"\xc2\x9b", b"\xc2\x9d",
                   "\u202e".encode()):  # fmt: skip
        assert attack not in written
    assert written.count(b"\x1b[?1049l") == 1


@pytest.mark.usefixtures("_tmux")
def test_a_line_of_ten_megabytes_is_a_line(stage: Stage) -> None:
    wide(stage)
    tmux = stage.tmux()
    tmux.keys("k", "r")
    tmux.wait_for(lambda screen: "xxxxxxxx" in screen and "the end" in screen)
    assert stage.ended("wide").return_code == 0
    tmux.wait_for("● ok")
    tmux.keys("2")
    tmux.keys("l")
    tmux.keys("l")
    tmux.keys("Home")
    tmux.leave()
    tmux.wait_for("left with 0")
