"""The program ``peak-console``, also as ``python -m peak_console``."""

from __future__ import annotations

import gc
import os
import sys

from peak_console.cli import main

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

ALLOCATIONS = 50_000
"""After how many new objects Python looks for garbage. It would do so dozens of times while modules are loaded, which
makes none: that was a tenth of a start."""


def run() -> NoReturn:
    """Run the program and leave the process."""
    gc.set_threshold(ALLOCATIONS)
    _leave(main())


def _leave(code: int) -> NoReturn:
    """End the process without taking the interpreter apart first, which is a tenth of a start, where nothing needs it.

    With threads, or what wants to hear of the end, it ends as any Python program does.
    """
    if "threading" not in sys.modules and "atexit" not in sys.modules:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):  # Python says what is to be said of it
            sys.exit(code)
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    run()
