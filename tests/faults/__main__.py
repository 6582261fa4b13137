"""The longer mode: ``python -m tests.faults --points 5000 --seed 7``; ``--hardships`` for what does not kill."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.faults.campaign import run_flavour
from tests.faults.flavours import FLAVOURS
from tests.faults.hardships.disk import CannotMountError, fill_up, small_disk
from tests.faults.hardships.halts import halt
from tests.faults.hardships.saves import save_storm
from tests.faults.tally import Tally

Scenarios = dict[str, Callable[[Path], Tally]]


def main() -> int:
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="faults-"))
    total = Tally()
    for name, scenario in (_hardships(options) if options.hardships else _kills(options)).items():
        began = time.monotonic()
        try:
            tally = scenario(folder / name)
        except CannotMountError as error:
            print(f"{name}: skipped, a small disk cannot be mounted here: {error}")
            continue
        print(f"{name}: {tally} ({time.monotonic() - began:.0f} s)", flush=True)
        print("".join(f"  {problem}\n" for problem in tally.problems), end="", flush=True)
        total.add(tally)
    print(f"all: {total}; seed {options.seed}; {len(total.problems)} problems")
    if total.problems:
        print(f"see {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--points", type=int, default=1000, help="how many, over all flavours (default: 1000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--flavour", choices=sorted(FLAVOURS), action="append", help="only these")
    parser.add_argument("--lives", type=int, default=10, help="how many engines die over one directory (default: 10)")
    parser.add_argument("--at-once", type=int, default=6, help="scenarios at a time (default: 6)")
    parser.add_argument(
        "--hardships", action="store_true", help="1,000 saves in a minute, stops and full disks instead"
    )
    return parser.parse_args()


def _kills(options: argparse.Namespace) -> Scenarios:
    names = options.flavour or sorted(FLAVOURS)
    points = -(-options.points // len(names))

    def scenario(name: str) -> Callable[[Path], Tally]:
        return lambda folder: run_flavour(
            folder, FLAVOURS[name], points=points, seed=options.seed, lives=options.lives, at_once=options.at_once
        )

    return {name: scenario(name) for name in names}


def _hardships(options: argparse.Namespace) -> Scenarios:
    def full_disk(folder: Path, crash: bool) -> Tally:
        with small_disk(folder / "disk") as disk:
            return fill_up(folder / "world", disk, times=10, seconds=3, crash=crash)

    return {
        "saves": lambda folder: save_storm(folder, saves=1000, seconds=60, seed=options.seed),
        "stops": lambda folder: halt(folder, times=10, seconds=3),
        "full disk": lambda folder: full_disk(folder, crash=False),
        "full disk and a crash": lambda folder: full_disk(folder, crash=True),
    }


if __name__ == "__main__":
    sys.exit(main())
