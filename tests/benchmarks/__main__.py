"""Measure this program beside the physical limit, in the same run, interleaved, and print a table.

Exits with 1 when a ratio to the limit misses its goal; with --quick, when it does so twice in a row. Absolute times
fail nothing, nor what a busy machine hides.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks import (
    burst,
    calendars,
    growth,
    history,
    idle,
    loading,
    next_slot,
    output,
    slurm,
    starts,
    sustained,
)  # fmt: skip
from tests.benchmarks.measuring import machine
from tests.benchmarks.measuring.figures import Report
from tests.benchmarks.screens import console

if TYPE_CHECKING:
    from collections.abc import Callable

BENCHMARKS: dict[str, Callable[..., None]] = {
    "starts": starts.measure,
    "burst": burst.measure,
    "sustained": sustained.measure,
    "loading": loading.measure,
    "output": output.measure,
    "idle": idle.measure,
    "next-slot": next_slot.measure,
    "calendars": calendars.measure,
    "history": history.measure,
    "console": console.measure,
    "slurm": slurm.measure,
}
QUICK = ("starts", "burst", "sustained", "loading", "output", "history", "calendars")
"""Those with a limit other than nothing."""


def main() -> int:
    """Run what was asked for; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these: {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="under four minutes: only what has a goal by ratio")
    parser.add_argument("--directory", help="where files are written (default: the system's temporary directory)")
    options = parser.parse_args()
    names = options.names or (QUICK if options.quick else BENCHMARKS)
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    report = Report()
    broken: list[str] = []
    before = machine.description()
    with tempfile.TemporaryDirectory(prefix="peak-benchmarks-", dir=options.directory) as directory:
        for name in names:
            part = _measured(name, Path(directory) / name, options.quick, broken)
            if options.quick and part.failures():
                again = _measured(name, Path(directory) / f"{name}-again", options.quick, broken)
                again.remarks += [f"Measured a second time, as the first missed: {each}." for each in part.failures()]
                part = again
            report.add(part)
    sys.stdout.write("\n".join([*before, "", *report.lines(), "", *growth.lines(report.figures), ""]))
    failures = [*(f"missed: {failure}" for failure in report.failures()), *(f"broken off: {each}" for each in broken)]
    for failure in failures:
        sys.stderr.write(f"{failure}\n")
    return 1 if failures else 0


def _measured(name: str, directory: Path, quick: bool, broken: list[str]) -> Report:
    """One benchmark; if it breaks off, why goes to ``broken``, and what has been measured by then is not lost."""
    report = Report()
    directory.mkdir()
    began = time.monotonic()
    with machine.Crowd() as crowd:
        try:
            BENCHMARKS[name](report, directory, quick=quick)
        except RuntimeError as error:
            broken.append(f"{name}: {error}")
    if crowd.is_dense:
        report.doubt(report.figures, f"{crowd.size:g} threads at a time wanted to run")
    sys.stderr.write(f"{name}: {time.monotonic() - began:.0f} s\n")
    return report


if __name__ == "__main__":
    sys.exit(main())
