"""The tiny C programs that jobs run: what they take themselves must be next to nothing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

SOURCES = Path(__file__).parent.with_name("programs")


class NoCompilerError(Exception):
    """There is no C compiler on this machine."""


def compiled(name: str, directory: Path) -> str:
    """The absolute path of ``programs/<name>.c``, compiled into ``directory``. Raises ``NoCompilerError``."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise NoCompilerError("there is no C compiler; install gcc")
    program = directory / name
    if not program.exists():
        subprocess.run([compiler, "-O2", "-o", str(program), str(SOURCES / f"{name}.c")], check=True)
    return str(program)
