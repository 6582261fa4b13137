"""One-shot start: what cron pays every few minutes for nothing being due."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.measuring.figures import OURS, Figure
from tests.benchmarks.measuring.program import environment, peak_console, run
from tests.benchmarks.measuring.rounds import interleaved
from tests.benchmarks.peers.cronstable import Cronstable, jobs_file
from tests.benchmarks.peers.install import PeerError
from tests.benchmarks.peers.invited import invited
from tests.benchmarks.peers.resident import Task

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.measuring.figures import Report
    from tests.benchmarks.measuring.program import Finished

LIMIT = "python -c pass"
BARE = "bare script, same reads"
ALLOWED = 5.0
"""What a real start with nothing due may cost. It is aimed at 4, which runs on one machine met and missed in turns."""
ALLOWED_WITH_RUN = 6.0
DRY = "peak-console, dry run"
SHARE = 0.5
SIZES = (1, 10, 100, 1_000)
JOB = """
[[job]]
name = "nightly {number}"
command = "true"
schedule_type = "daily"
daily_time = "04:00"
"""
DUE = """
[[job]]
name = "often"
command = "true"
schedule_type = "interval"
interval_seconds = 0.1
catch_up = "latest"
alert_on_success = false
"""
"""Due at each start."""


def measure(report: Report, directory: Path, *, quick: bool) -> None:
    """``--headless --once``, and its dry run, with daily jobs and a state directory that is there already."""
    for count in (1,) if quick else SIZES:
        _measure(report, directory, count, quick=quick)
    if not quick:
        _measure_one_run(report, directory)


def _measure(report: Report, directory: Path, count: int, *, quick: bool) -> None:
    jobs = directory / f"{count}.toml"
    jobs.write_text("".join(JOB.format(number=number) for number in range(count)), encoding="utf-8")
    state = directory / f"state of {count}"
    ours = [*peak_console(), "--headless", "--once", "--config", str(jobs), "--state-dir", str(state)]
    subprocess.run(ours, env=environment(), stdout=subprocess.DEVNULL, check=True)  # makes the state directory
    bare = [sys.executable, str(Path(__file__).with_name("bare_start.py")), str(jobs), str(state / "registry.db")]
    contenders = {
        OURS: partial(run, ours),
        DRY: partial(run, [*ours, "--dry-run"]),
        LIMIT: partial(run, [sys.executable, "-c", "pass"]),
        BARE: partial(run, bare),
    }
    guests = _peers(report, directory) if count == 1 and not quick else {}
    rounds = 30 if quick or count > 1 else 60
    results = interleaved(rounds, contenders, guests=guests, absent=report.missing)
    for what in ("wall", "CPU"):
        allowed = ALLOWED if count == 1 else None
        values = {
            name: [1000 * (each.seconds if what == "wall" else each.cpu_seconds) for each in finished]
            for name, finished in results.items()
        }
        rivals = tuple(name for name in guests if name.startswith("cronstable")) if what == "wall" else ()
        work = "one-shot start, nothing due, jobs:"
        report.figures.append(
            Figure(f"{work} {count:,}", what, "ms", values, LIMIT, allowed, size=count, rivals=rivals, share=SHARE)
        )


def _measure_one_run(report: Report, directory: Path) -> None:
    """A start that runs one job of nothing: claimed, started by a keeper, recorded, and waited for."""
    jobs = directory / "due.toml"
    jobs.write_text(DUE, encoding="utf-8")
    ours = [*peak_console(), "--headless", "--once", "--config", str(jobs), "--state-dir", str(directory / "due")]
    subprocess.run(ours, env=environment(), stdout=subprocess.DEVNULL, check=True)
    contenders = {OURS: partial(run, ours), LIMIT: partial(run, [sys.executable, "-c", "pass"])}
    results = interleaved(60, contenders, guests={}, absent=report.missing)
    for what in ("wall", "CPU"):
        values = {
            name: [1000 * (each.seconds if what == "wall" else each.cpu_seconds) for each in finished]
            for name, finished in results.items()
        }
        allowed = ALLOWED_WITH_RUN if what == "CPU" else None
        report.figures.append(Figure("one-shot start that runs one job", what, "ms", values, LIMIT, allowed))


def _peers(report: Report, directory: Path) -> dict[str, Callable[[], Finished]]:
    """Programs that only validate a file of one job: they have no start that runs what is due and ends."""
    file = directory / "one.yaml"
    file.write_text(jobs_file([Task(["/bin/true"])]), encoding="utf-8")
    makers: dict[str, Callable[[Path], Cronstable]] = {
        "cronstable": Cronstable,
        "yacron": partial(Cronstable, package="yacron"),
    }
    found = invited(directory.parent / "peers", makers, report.missing)
    return {f"{peer.name}, validates": partial(_validate, peer.validation(file)) for peer in found}


def _validate(argv: list[str]) -> Finished:
    try:
        return run(argv)
    except subprocess.CalledProcessError as error:
        raise PeerError(str(error)) from error
