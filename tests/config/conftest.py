"""Running the shipped scripts as the scheduler does: a process each, from the project's root."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.config.shipped import PROJECT, SCRIPTS

if TYPE_CHECKING:
    from pathlib import Path


class Reports:
    """Runs scripts that report into ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(
        self, script: str, *flags: str, cwd: Path = PROJECT, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run one script and check that it shows no traceback."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PEAK_")}
        environment.pop("FORCE_COLOR", None)
        environment |= {"PEAK_REPORTS_DIR": str(self.folder), "PYTHONDONTWRITEBYTECODE": "1"} | (env or {})
        done = subprocess.run(
            [sys.executable, str(SCRIPTS / script), *flags],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def written(self, script: str, *flags: str, env: dict[str, str] | None = None) -> str:
        """The text of the one file that the script says it wrote."""
        done = self.run(script, *flags, env=env)
        assert done.returncode == 0, done.stderr
        [line] = [line for line in done.stdout.splitlines() if line.startswith("wrote ")]
        return (PROJECT / line.removeprefix("wrote ")).read_text(encoding="utf-8")

    def refusal(self, script: str, *flags: str, env: dict[str, str] | None = None) -> str:
        """The one line that the script refuses its input with."""
        done = self.run(script, *flags, env=env)
        assert done.returncode == 2
        [line] = done.stderr.splitlines()
        assert line.startswith(f"{script}: ")
        assert line.endswith((".", "?"))
        return line


@pytest.fixture
def reports(tmp_path: Path) -> Reports:
    return Reports(tmp_path / "reports")
