"""How the program ends: at once where nothing needs the interpreter any more, and with all that it has printed."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

START = "import sys; {first}; import peak_console.__main__ as program; program.main = lambda: {code}; program.run()"


def ended(first: str, code: int = 3, **redirected: int) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-c", START.format(first=first, code=code)]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(words, text=True, env=environ, stdin=subprocess.DEVNULL, check=False, **redirected)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("first", ["pass", "import atexit; atexit.register(print, 'atexit')", "import threading"])
def test_what_was_printed_comes_out_and_the_code_is_that_of_the_program(first: str) -> None:
    done = ended(f"{first}; sys.stdout.write('said '); sys.stderr.write('told ')", stdout=-1, stderr=-1)
    assert (done.returncode, done.stderr) == (3, "told ")
    assert done.stdout == ("said atexit\n" if "register" in first else "said ")


def test_a_thread_that_still_works_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "written"
    thread = (
        f"import threading, time; threading.Thread(target=lambda: (time.sleep(0.1), open({str(file)!r}, 'w'))).start()"
    )
    assert ended(thread).returncode == 3
    assert file.exists()


def test_output_that_cannot_be_written_is_an_error_as_in_any_python_program() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    done = ended("sys.stdout.write('lost')", code=0, stdout=full, stderr=-1)
    os.close(full)
    assert done.returncode == 120
    assert "No space left on device" in done.stderr
