"""Looking at what has run: a run of a million lines, a search in it, and all there is about a job."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.benchmarks.measuring.compiled import compiled
from tests.benchmarks.measuring.figures import OURS, Figure
from tests.benchmarks.peers.install import PeerError
from tests.benchmarks.screens.programs import Desk, quiet_jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from tests.benchmarks.measuring.figures import Report
    from tests.benchmarks.peers.toolong import Toolong
    from tests.benchmarks.screens.terminal import Terminal

LARGE = 1_000_000
SIZES = (1_000, 10_000, 100_000, LARGE, 10_000_000)
OPENED = "opened, its end on the screen"
ONE_MATCH = "search, one match"
WANTED = {
    OPENED: 100.0,
    "all of its lines counted": None,
    ONE_MATCH: 500.0,
    "search, every line matches": 500.0,
    "details of the job": 100.0,
}
PRINTED = """
[[job]]
name = "a large run"
command = "{pace}"
argv = ["{lines}", "100000000", "{notes}"]
schedule_type = "once"
max_output_bytes = 0
"""


def measure(report: Report, directory: Path, peers: Sequence[Toolong], *, quick: bool) -> None:
    """From the key to what it is pressed for; a peer that opens a file only as it starts, from its start."""
    pace = compiled("pace", directory)
    for lines in (LARGE,) if quick else SIZES:
        desk = Desk(directory, PRINTED.format(pace=pace, lines=lines, notes=directory / "notes") + quiet_jobs(20))
        desk.run_what_is_due()
        rounds = [_look(desk, lines) for _ in range(3 if quick else 7)]
        others = {peer: _by_peer(peer, desk, report.missing) for peer in (peers if lines == LARGE else ())}
        for what, wanted in WANTED.items():
            values = {OURS: [1000 * each[what] for each in rounds]}
            values |= {peer.name: found[what] for peer, found in others.items() if what in found}
            limit = wanted if lines == LARGE else None
            report.figures.append(Figure(f"console: a run of {lines:,} lines", what, "ms", values, wanted=limit))
        for output in desk.state.glob("runs/*/stdout.log"):
            output.unlink()


def _by_peer(peer: Toolong, desk: Desk, absent: list[str]) -> Mapping[str, list[float]]:
    """Milliseconds, of what it can do."""
    output = max(desk.state.glob("runs/*/stdout.log"), key=lambda file: file.stat().st_size)
    found = {}
    acts: Mapping[str, Callable[[Path, str], float]] = {OPENED: peer.opened, ONE_MATCH: peer.found}
    for what, act in acts.items():
        try:
            found[what] = [1000 * act(output, f"line {LARGE} ") for _ in range(3)]
        except PeerError as error:
            absent.append(f"{what}, {peer.name}: {error}")
    return found


def _look(desk: Desk, lines: int) -> Mapping[str, float]:
    """Open the run in a console that has just come, with nothing kept of it from before."""
    last = f"line {lines} "
    with desk.console() as terminal:
        terminal.seconds_until("job 0000")
        _rest(terminal)
        # The jobs that wait come first, the one that is done last.
        found = {OPENED: terminal.time_to("G", last)}
        # Where the end is found first, lines are counted behind it.
        found["all of its lines counted"] = max(found.values()) if lines < 100_000 else 0.0
        if lines >= 100_000:
            found["all of its lines counted"] = terminal.seconds_until(f"wrap ─ {lines:,} lines")
        _rest(terminal)
        terminal.press("\t/")
        _rest(terminal)
        found[ONE_MATCH] = terminal.time_to(f"{last}\r", "1 of 1")
        _rest(terminal)
        terminal.press("/\x15")
        _rest(terminal)
        found["search, every line matches"] = terminal.time_to("line\r", f"of {lines:,}")
        _rest(terminal)
        terminal.press("\x1b")
        _rest(terminal)
        terminal.press("1")
        _rest(terminal)
        found["details of the job"] = terminal.time_to("\r", "kill grace")
    return found


def _rest(terminal: Terminal) -> None:
    terminal.settle(0.3)
    time.sleep(0.1)
