"""``python -m tests.simulation``: worlds without end, or one of them again."""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser

from tests.simulation.runner import account_of, run
from tests.simulation.stories import SMALL_SEEDS


def main() -> int:
    parser = ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="for how long (default: 1)")
    parser.add_argument("--runs", type=int, default=0, help="until there were so many runs")
    parser.add_argument("--crashes", type=int, default=0, help="and so many crashes")
    parser.add_argument("--first", type=int, default=SMALL_SEEDS, help=f"the first seed (default: {SMALL_SEEDS})")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, help="this world only; tell what is broken in it")
    parser.add_argument("--only", help="with --seed: these of its actions, by number")
    options = parser.parse_args()
    if options.seed is not None:
        numbers = None if options.only is None else [int(n) for n in options.only.split(",") if n.isdigit()]
        account = account_of(options.seed, numbers)
        sys.stdout.write(account + "\n")
        return int("replay:" in account)
    began = time.monotonic()
    tally = run(
        options.first, options.processes, seconds=options.minutes * 60, most_runs=options.runs,
        least_crashes=options.crashes,
    )  # fmt: skip
    sys.stdout.write(f"{tally} in {time.monotonic() - began:.0f} s\n")
    for seed, what in sorted(tally.failed.items()):
        sys.stdout.write(f"seed {seed}: {what}\n{account_of(seed)}\n")
    too_few = tally.runs < options.runs or tally.crashes < options.crashes
    if too_few and not tally.failed:
        sys.stdout.write(f"fewer than the {options.runs:,} runs and {options.crashes:,} crashes that were to be\n")
    return int(bool(tally.failed) or too_few)


if __name__ == "__main__":
    sys.exit(main())
