"""A state directory on a disk that fills up and is freed again."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.faults.rest import come_to_rest, take_stock
from tests.faults.tally import Tally
from tests.faults.world import NotingJob, World, looking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.world import Engine

JOBS = [
    NotingJob("plain", every=0.2),
    NotingJob("fails", every=0.4, fails=2, fields={"retries": 1, "retry_delay_seconds": 0.05}),
    NotingJob("slow", every=0.5, takes=0.7, fields={"overlap": "queue"}),
    NotingJob("kills", every=0.6, takes=0.8, fields={"overlap": "kill_previous", "kill_grace_seconds": 0.2}),
    NotingJob("long", every=0.8, takes=5, fields={"timeout_seconds": 0.4, "kill_grace_seconds": 0.2}),
]
DISK_MEGABYTES = 16
FULL = "the disk is full"


class CannotMountError(Exception):
    """There is no small disk to be had here; says why."""


@contextmanager
def small_disk(place: Path, files: int | None = None) -> Iterator[Path]:
    """A file system of a few megabytes, and for so many files. Raises ``CannotMountError``."""
    place.mkdir(parents=True)
    options = f"size={DISK_MEGABYTES}m,mode=0700" + ("" if files is None else f",nr_inodes={files}")
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise CannotMountError(str(error)) from None
    if done.returncode:
        raise CannotMountError(done.stderr.strip())
    try:
        yield place
    finally:
        for _ in looking():  # the last keeper may still be there
            if subprocess.run(["umount", str(place)], capture_output=True, check=False).returncode == 0:
                break


def fill_up(folder: Path, disk: Path, *, times: int, seconds: float, crash: bool = False) -> Tally:
    """Let an engine work on a disk that is full now and then; with ``crash`` it dies meanwhile and others try."""
    folder.mkdir(parents=True)
    world, tally = World(folder, state=disk / "state"), Tally()
    try:
        world.save(world.jobs_text(JOBS, {}))
        engine = world.start("--headless")
        for number in range(1, times + 1):
            rows = len(world.runs())
            for _ in looking():
                if len(world.runs()) > rows + 8:
                    break
            tally.problems += _keep_full(disk, engine, seconds, number=1 if crash else number)
            if crash:
                engine.kill()
                tally.kills += 1
                tally.problems += _try_again(world)
            (disk / "ballast").unlink()
            if crash:
                engine = world.start("--headless")
        tally.problems += come_to_rest(world, JOBS, {}, engine=engine)
        found = take_stock(world, tally, codes_can_be_lost=crash)
        tally.sums["times without space"] += times
        told = sum("could record nothing" in alert.message for alert in found.alerts)
        if not crash and told != times:
            tally.problems.append(f"{told} alerts say how long nothing could be recorded, not {times}")
    finally:
        (disk / "ballast").unlink(missing_ok=True)
        world.end()
    return tally


def _keep_full(disk: Path, engine: Engine, seconds: float, *, number: int) -> list[str]:
    """Leave no free byte for so long, counted from when the engine says for the ``number``-th time that it noticed."""
    until = 0.0
    with (disk / "ballast").open("wb", buffering=0) as ballast:
        for _ in looking():
            _fill(ballast.fileno())
            if not engine.is_alive:
                break
            if not until and engine.out.count(FULL) >= number:
                until = time.monotonic() + seconds
            if until and time.monotonic() > until:
                return []
    return [f"on a full disk it left, or said nothing of it:\n{engine.out}{engine.err}"]


def _fill(fd: int) -> None:
    size = 64 * 1024
    while size >= 1:
        try:
            os.write(fd, b"x" * size)
        except OSError:
            size //= 4


def _try_again(world: World) -> list[str]:
    """A start on a full disk says why it cannot, in a sentence."""
    start = world.start("--headless", "--once")
    code = start.wait()
    if code not in (0, 1, 3) or (code == 1 and FULL not in start.err):
        return [f"a start on a full disk left with {code}:\n{start.out}{start.err}"]
    return []
