"""Runs what a page shows: its files are written, its commands executed in one shell, their output compared."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.docs.pages import ROOT, blocks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.docs.pages import Block

SECONDS = 120
_FILES = frozenset(("toml", "python", "sh", "cron", "ini", "text", "dockerfile", "yaml", "tmux"))
_MARK, _CODE = "\x1e", "\x1f"


@dataclass
class Step:
    """One command of a page, and the lines that the page shows as its output."""

    command: str
    expected: list[str] = field(default_factory=list)
    must_succeed: bool = True
    """Of what is shown with its output, that output decides."""


def steps(found: Iterable[Block]) -> list[Step]:
    """What a page says to do, in its order."""
    result: list[Step] = []
    for block in found:
        if block.not_run:
            continue
        if block.language == "hidden" or (block.language == "sh" and not block.title):
            result.append(Step(block.text))
        elif block.title and block.language in _FILES:
            result.append(Step(f"mkdir -p \"$(dirname '{block.title}')\"; cat > '{block.title}' <<'END_OF_FILE'\n"
                               f"{block.text}END_OF_FILE"))  # fmt: skip
        elif block.language == "console":
            for line in block.text.splitlines():
                if line.startswith("$ "):
                    result.append(Step(line[2:], must_succeed=False))
                elif line.startswith("> ") and not result[-1].expected:
                    result[-1].command += f"\n{line[2:]}"
                else:
                    result[-1].expected.append(line)
    return result


def run_page(page: Path, folder: Path) -> None:
    """Do in ``folder`` what a page says. Raises ``AssertionError`` where the output is another one.

    Each line of an expected output has to come, in this order; ``…`` stands for anything, on a line of its own
    for any lines, and blanks between words may be of any number.
    """
    todo = steps(blocks(page))
    shutil.copytree(ROOT / "config", folder / "config", ignore=shutil.ignore_patterns(".peak_console", "reports"))
    script = "".join(f"printf '{_MARK}'\n{{ {step.command}\n}} 2>&1\nprintf '{_CODE}%d' $?\n" for step in todo)
    bin_directory = str(Path(sys.executable).parent)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PEAK_", "PYTEST"))}
    environ |= {
        "PATH": f"{bin_directory}:{os.environ['PATH']}",
        "HOME": str(folder),
        "COLUMNS": "200",
        "LC_ALL": "C.UTF-8",
    }
    ended = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    _, *outputs = ended.stdout.split(_MARK)
    assert len(outputs) == len(todo), f"the shell ended early: {ended.stdout}"
    for step, output in zip(todo, outputs, strict=True):
        _compare(step, *output.rsplit(_CODE, 1))


def _compare(step: Step, output: str, code: str) -> None:
    lines = output.splitlines()
    told = f"\n$ {step.command}\n{textwrap.indent(output, '    ')}exit code {code}"
    assert "Traceback" not in output, told
    assert code == "0" or not step.must_succeed, told
    position = 0
    for expected in step.expected:
        if not expected.strip() or expected.strip() == "…":
            continue
        pattern = re.compile(r"\s+".join(".*".join(map(re.escape, w.split("…"))) for w in expected.split()) + r"\s*")
        while position < len(lines) and not pattern.fullmatch(lines[position].strip()):
            position += 1
        assert position < len(lines), f'no line "{expected}" in order in{told}'
        position += 1
