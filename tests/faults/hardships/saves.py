"""A jobs file that is saved again and again, half of the time broken, in every way that editors and scripts save."""

from __future__ import annotations

import os
import time
from random import Random
from typing import TYPE_CHECKING

from peak_console.clock import SystemClock
from peak_console.store.locks import EngineLock
from tests.faults.rest import come_to_rest, take_stock
from tests.faults.tally import Tally
from tests.faults.world import NotingJob, World, looking

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from tests.faults.world import Engine

JOBS = [
    NotingJob("plain", every=0.2),
    NotingJob("fails", every=0.5, fails=2, fields={"retries": 1, "retry_delay_seconds": 0.05}),
    NotingJob("slow", every=0.3, takes=0.4, fields={"overlap": "queue"}),
]
BROKEN: tuple[Callable[[str], bytes], ...] = (
    lambda text: text[: text.rindex('"', 0, len(text) // 2)].encode(),
    lambda text: (text + '[[job]]\nname = "plain"\ncommand = "true"\n').encode(),
    lambda text: text.replace("interval_seconds = ", 'interval_seconds = "', 1).encode(),
    lambda text: text.encode() + b"\xff\xfe",
    lambda text: (text + "[[job]\n").encode(),
    lambda text: (text + '[[job]]\nname = "x"\nschedule_type = "weekly"\n').encode(),
)
"""Ways to spoil a file."""


def save_storm(folder: Path, *, saves: int, seconds: float, seed: int) -> Tally:
    """Save so often in so much time, at an even pace, over an engine at work; it must end with the last valid file."""
    folder.mkdir(parents=True)
    random = Random(f"saves {seed}")
    world, tally = World(folder), Tally()
    try:
        world.save(_valid(world, 0))
        engine = world.start("--headless")
        _wait(lambda: bool(world.runs()), "the first run")
        began = time.monotonic()
        for number in range(1, saves + 1):
            broken = number % 2 == 0
            text = _valid(world, number)
            _write(world, random.choice(BROKEN)(text) if broken else text.encode(), random)
            tally.sums["broken saves" if broken else "valid saves"] += 1
            time.sleep(max(0.0, began + number * seconds / saves - time.monotonic()))
        tally.problems += _ends_right(world, engine, saves + 1)
        tally.sums["reloads"] += engine.out.count("jobs reloaded")
        tally.sums["rejections"] += engine.out.count("jobs file rejected")
        tally.problems += come_to_rest(world, JOBS, {}, engine=engine)
        take_stock(world, tally)
    finally:
        world.end()
    return tally


def _valid(world: World, number: int) -> str:
    """A file that leaves its number in the registry with each run."""
    return world.jobs_text([*JOBS, NotingJob("marker", fields={"tags": [str(number)]})], {})


def _write(world: World, content: bytes, random: Random) -> None:
    path, way = world.config, random.randrange(4)
    if way == 0:  # in place
        path.write_bytes(content)
    elif way == 1:  # in place and slowly
        with path.open("wb", buffering=0) as file:
            file.write(content[:100])
            time.sleep(0.002)
            file.write(content[100:])
    elif way == 2:  # gone for a moment
        path.unlink()
        time.sleep(0.002)
        path.write_bytes(content)
    else:
        beside = path.with_suffix(".tmp")
        beside.write_bytes(content)
        os.replace(beside, path)


def _ends_right(world: World, engine: Engine, number: int) -> list[str]:
    """A last valid save counts, and a broken one after it changes nothing but what is said of the file."""
    problems = []
    for label in ("valid", "broken"):
        at = SystemClock().now()
        world.save(_valid(world, number) if label == "valid" else "[[job]]\nname = ")
        try:
            _wait(lambda label=label, at=at: _taken_up(world, label, at), f"the last {label} file")  # type: ignore[misc]
        except TimeoutError as error:
            problems.append(f"{error}\n{engine.out}{engine.err}")
        world.command("run", "marker")
        _wait(lambda: not _unanswered(world), "an answer")
        last = [run for run in world.runs() if run.job == "marker"][-1]
        if str(number) not in last.tags:
            problems.append(f"after the last {label} save the engine works by save {last.tags}, not by {number}")
    if not engine.is_alive:
        problems.append(f"the engine has gone: {engine.out}{engine.err}")
    if EngineLock(str(world.state)).holder() != engine.pid:
        problems.append("somebody else holds the engine's lock")
    return problems


def _taken_up(world: World, label: str, since: datetime) -> bool:
    store = world.store()
    assert store is not None
    try:
        info = store.engine_info()
    finally:
        store.close()
    if label == "broken":
        return info.config_error is not None
    return info.config_error is None and info.loaded_at is not None and info.loaded_at > since


def _unanswered(world: World) -> bool:
    store = world.store()
    assert store is not None
    try:
        return bool(store.open_command_ids())
    finally:
        store.close()


def _wait(condition: Callable[[], bool], what: str) -> None:
    for _ in looking():
        if condition():
            return
    raise TimeoutError(f"{what} did not come")
