"""What must hold before any test imports Textual: the screen looks the same whoever runs the tests, and where."""

from __future__ import annotations

import gc
import os

import pytest

for ambient in ("NO_COLOR", "TEXTUAL_THEME", "TEXTUAL_COLOR_SYSTEM", "TEXTUAL_FPS", "TEXTUAL_DEBUG", "COLORFGBG"):
    os.environ.pop(ambient, None)
os.environ["TEXTUAL_ANIMATIONS"] = "none"
os.environ["COLORTERM"] = "truecolor"


def pytest_collection_finish() -> None:
    """What collecting has loaded stays: to look through it again and again took an eighth of the tests' time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show what tests have counted (``record_property("counts", …)``), whichever process they ran in."""
    reports = [
        report for kind in terminalreporter.stats.values() for report in kind if isinstance(report, pytest.TestReport)
    ]
    counts = [str(value) for report in reports for name, value in report.user_properties if name == "counts"]
    if counts:
        terminalreporter.section("what was counted")
        for line in sorted(set(counts)):
            terminalreporter.write_line(line)
