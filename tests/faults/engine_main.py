"""The program, with points at which it dies: ``python -m tests.faults.engine_main PLAN WORDS…``.

``PLAN`` is a JSON object with the fields of ``points.Plan``. Everything after it goes to the program as it is.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from tests.faults.points import Plan, install

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(plan: dict[str, Any], words: Sequence[str]) -> int:
    """Be the program; its exit code."""
    deaths = Plan(**plan)
    install(deaths)
    from peak_console.cli import main as program

    try:
        return program(words)
    finally:
        deaths.leave()


if __name__ == "__main__":
    sys.exit(run(json.loads(sys.argv[1]), sys.argv[2:]))
