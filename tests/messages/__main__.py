"""Writes down anew what the walk is told: ``python -m tests.messages``. Read every line of the difference."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest

from tests.messages import (
    of_calendars,
    of_commands,
    of_forecasts,
    of_insides,
    of_jobs_files,
    of_jobs_tables,
    of_lines,
    of_questions,
    of_setting_up,
    of_state,
)
from tests.messages.scenarios import SCENARIOS
from tests.messages.sites import Recorder, Site, sites
from tests.messages.stage import Stage

MODULES = (
    of_jobs_files,
    of_jobs_tables,
    of_calendars,
    of_lines,
    of_forecasts,
    of_setting_up,
    of_state,
    of_insides,
    of_commands,
    of_questions,
)
"""Each adds its scenarios as it is loaded."""
TRANSCRIPT = Path(__file__).with_name("messages.txt")


def walk(folder: Path) -> tuple[str, set[Site]]:
    """What the user is told, scenario by scenario, and the sites that made it."""
    told: list[str] = []
    with Recorder(sites()) as recorder:
        ordered = sorted(SCENARIOS, key=lambda each: [module.__name__ for module in MODULES].index(each.__module__))
        for number, scenario in enumerate(ordered):
            place = folder / str(number)
            place.mkdir()
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(place)
                stage = Stage(place, patch)
                scenario(stage)
            title = scenario.__name__.replace("_", " ")
            told += [f"=== {title}", *stage.told, ""]
    return "\n".join(told), recorder.seen


if __name__ == "__main__":
    for name in [name for name in os.environ if name.startswith("PEAK_")]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as made:
        text, seen = walk(Path(made).resolve())
    TRANSCRIPT.write_text(text, encoding="utf-8")
    for site in sites():
        if site not in seen:
            sys.stdout.write(f"{site}\n")
