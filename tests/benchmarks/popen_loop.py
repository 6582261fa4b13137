"""At a given moment start one command many times by ``subprocess.Popen``, and wait for all: a scheduler's limit."""

from __future__ import annotations

import subprocess
import sys
import time


def main() -> None:
    slot, count, argv = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    time.sleep(slot - time.time())
    for process in [subprocess.Popen(argv) for _ in range(count)]:
        process.wait()


main()
