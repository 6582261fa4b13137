"""The program, with points at which it dies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.faults.points import Plan, install

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(plan: dict[str, Any], words: Sequence[str]) -> int:
    """Be the program; its exit code. ``plan`` has the fields of ``points.Plan``, ``words`` are the command line."""
    deaths = Plan(**plan)
    install(deaths)
    from peak_console.cli import main as program

    try:
        return program(words)
    finally:
        deaths.leave()
