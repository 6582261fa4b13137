"""At a given moment start one command many times by ``subprocess.Popen``, and wait for all: a scheduler's limit."""

from __future__ import annotations

import subprocess
import sys
import time


def main() -> None:
    slot, count, argv = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    seconds = slot - time.time()
    if seconds < 0:
        sys.exit(75)
    time.sleep(seconds)
    for process in [subprocess.Popen(argv) for _ in range(count)]:
        process.wait()


main()
