"""The program, with points at which it dies: ``python -m tests.faults.engine_main PLAN WORDS…``.

``PLAN`` is a JSON object with the fields of ``points.Plan``. Everything after it goes to the program as it is.
"""

from __future__ import annotations

import json
import sys

from tests.faults.points import Plan, install


def main() -> int:
    plan = Plan(**json.loads(sys.argv[1]))
    install(plan)
    from peak_console.cli import main as program

    try:
        return program(sys.argv[2:])
    finally:
        plan.leave()


if __name__ == "__main__":
    sys.exit(main())
