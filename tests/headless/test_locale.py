"""Names of files, arguments and variables are bytes of UTF-8 or whatever they were, under any locale."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.headless.support import Program

if TYPE_CHECKING:
    from pathlib import Path

TEXT = "für €5 ✓"
LATIN = b"x\xfc"
"""No UTF-8, and no ASCII either."""


def c_locale(_folder: Path) -> dict[str, str]:
    return {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


def latin_locale(folder: Path) -> dict[str, str]:
    made = subprocess.run(
        ["/bin/sh", "-c", "localedef -i de_DE -f ISO-8859-15 ./de_DE@euro"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    if not (folder / "de_DE@euro").exists():
        pytest.skip(f"no such locale can be made here: {made.stderr!r}")
    return {"LC_ALL": "de_DE@euro", "LOCPATH": str(folder), "PYTHONUTF8": "0"}


@pytest.mark.parametrize("locale", [c_locale, latin_locale])
def test_a_job_gets_the_very_bytes_under_any_locale(tmp_path: Path, locale: object) -> None:
    assert callable(locale)
    changes = locale(tmp_path)
    folder = tmp_path / "dü ✓"
    folder.mkdir()
    program = Program(folder)
    environ = {**{os.fsencode(name): os.fsencode(value) for name, value in {**program.environ, **changes}.items()}}
    script = 'printf \'%s|\' "$1" "$LATIN" "$WORD"; pwd'
    program.jobs(
        f"[[job]]\nname = 'says'\ncommand = '/bin/sh'\nargv = ['-c', \"\"\"{script}\"\"\", 'sh', '{TEXT}']\n"
        f"env = {{ WORD = '{TEXT}' }}\nschedule_type = 'once'\n"
    )
    done = subprocess.run(
        program.command("--headless", "--once"), cwd=folder, env={**environ, b"LATIN": LATIN}, capture_output=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    output = (program.state / "runs" / "1" / "stdout.log").read_bytes()
    assert output == b"|".join((TEXT.encode(), LATIN, TEXT.encode(), os.fsencode(folder))) + b"\n"
