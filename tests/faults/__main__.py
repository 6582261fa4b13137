"""The longer mode: ``python -m tests.faults --points 5000 --seed 7``."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.campaign import run_flavour
from tests.faults.flavours import FLAVOURS
from tests.faults.tally import Tally


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--points", type=int, default=1000, help="how many, over all flavours (default: 1000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--flavour", choices=sorted(FLAVOURS), action="append", help="only these")
    parser.add_argument("--lives", type=int, default=10, help="how many engines die over one directory (default: 10)")
    parser.add_argument("--at-once", type=int, default=4, help="scenarios at a time (default: 4)")
    options = parser.parse_args()
    names = options.flavour or sorted(FLAVOURS)
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    total = Tally()
    for name in names:
        began = time.monotonic()
        tally = run_flavour(
            folder / name, FLAVOURS[name], points=-(-options.points // len(names)), seed=options.seed,
            lives=options.lives, at_once=options.at_once,
        )  # fmt: skip
        print(f"{name}: {tally} ({time.monotonic() - began:.0f} s)", flush=True)
        print("".join(f"  {problem}\n" for problem in tally.problems), end="", flush=True)
        total.add(tally)
    print(f"all: {total}; seed {options.seed}; {len(total.problems)} problems")
    if total.problems:
        print(f"see {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
