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
LISTENERS = ("atexit", "concurrent.futures.thread")
"""Modules through which code is called at the very end."""


def run() -> NoReturn:
    """Run the program and leave the process."""
    gc.set_threshold(ALLOCATIONS)
    _leave(main())


def _leave(code: int) -> NoReturn:
    """End the process without taking the interpreter apart first, which is a tenth of a start, where nothing needs it.

    With a thread that is to be waited for, or what wants to hear of the end, it ends as any Python program does.
    """
    if not _has_threads() and sys.modules.keys().isdisjoint(LISTENERS):
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):  # Python says what is to be said of it
            sys.exit(code)
        os._exit(code)
    sys.exit(code)


def _has_threads() -> bool:
    """Whether a thread works that a Python program waits for at its end."""
    threading = sys.modules.get("threading")
    if threading is None:
        return False
    return any(not each.daemon and each is not threading.main_thread() for each in threading.enumerate())


if __name__ == "__main__":
    run()
