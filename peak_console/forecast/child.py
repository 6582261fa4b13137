"""The child process that makes a forecast for a console: neither keys nor an engine in that process wait for it.

Both ends belong to one program: what goes through the pipes are pickles, in pieces so small that a thread that reads or
writes them holds up the screen beside it for a millisecond at a time.
"""

from __future__ import annotations

import os
import pickle
import sys
from time import process_time, sleep

from peak_console.errors import StateError
from peak_console.forecast.outlook import Gathering, Outlook
from peak_console.values import dataclass, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from typing import IO, Final

    from peak_console.jobs.model import JobDefinition, JobSet

PROGRAM: Final = """\
import sys
sys.path[:] = sys.argv[1:]
from peak_console.forecast.child import main
main()
"""
PIECE: Final = 200
"""So many jobs, or runs, go through a pipe at a time."""
LOOK_SECONDS: Final = 0.5
"""How often a child looks whether the process that has started it is there."""
NICE: Final = 10
"""It makes way for everything else."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a forecast is to be made of; its jobs follow."""

    jobset: JobSet
    directory: str
    """The state directory."""
    now: datetime
    until: datetime
    seconds: float
    """How much of a processor's time it may take."""


@dataclass(frozen=True, slots=True)
class Part:
    """An outlook, of which the runs follow, and then none."""

    outlook: Outlook


@dataclass(frozen=True, slots=True)
class Ended:
    """Nothing follows: it took so much of a processor's time; ``why`` there is no outlook, or no further one."""

    seconds: float
    why: str = ""


def pieces_of(asked: Asked) -> Iterator[bytes]:
    """A question as it is sent. Where alerts go is left out: a forecast sends none."""
    jobs = list(asked.jobset.jobs.values())
    yield pickle.dumps(replace(asked, jobset=replace(asked.jobset, jobs={}, channels=(), heartbeat=None)))
    for first in range(0, len(jobs), PIECE):
        yield pickle.dumps(jobs[first : first + PIECE])
    yield pickle.dumps(())


def _read_question(source: IO[bytes]) -> Asked:
    asked: Asked = pickle.load(source)  # noqa: S301 - of our own parent
    jobs: dict[str, JobDefinition] = {}
    while piece := pickle.load(source):  # noqa: S301
        jobs |= {job.name: job for job in piece}
    return replace(asked, jobset=replace(asked.jobset, jobs=jobs))


def read_answers(source: IO[bytes]) -> Iterator[Outlook | Ended]:
    """Each outlook as it comes, and at last how it ended. Raises ``EOFError`` where the child ends before."""
    while not isinstance(piece := pickle.load(source), Ended):  # noqa: S301 - of our own child
        gathering = Gathering(piece.outlook)
        while runs := pickle.load(source):  # noqa: S301
            gathering.add(runs)
        yield gathering.outlook()
    yield piece


def _pieces_of_answer(outlook: Outlook) -> Iterator[object]:
    yield Part(Outlook(outlook.made_at, outlook.end, outlook.wanted))
    runs = [run for of_job in outlook.of_job.values() for run in of_job]
    for first in range(0, len(runs), PIECE):
        yield runs[first : first + PIECE]
    yield ()


def main() -> None:
    """Answer the question on standard input."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed must not stand among the answers
    os.nice(NICE)
    end_with_parent()
    asked = _read_question(sys.stdin.buffer)
    try:
        for outlook in _outlooks(asked):
            for piece in _pieces_of_answer(outlook):
                pickle.dump(piece, answers)
            answers.flush()
        ended = Ended(process_time())
    except StateError as error:
        ended = Ended(process_time(), str(error))
    pickle.dump(ended, answers)
    answers.close()


def end_with_parent() -> None:
    """Have this process end soon after the one that has started it: nobody would read the answer."""
    import threading

    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            sleep(LOOK_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _outlooks(asked: Asked) -> Iterator[Outlook]:
    from peak_console.forecast.outlook import foresee
    from peak_console.store.store import Store

    store = Store.look(asked.directory)
    enough = process_time() + asked.seconds
    try:
        yield from foresee(asked.jobset, store, asked.now, asked.until, lambda: process_time() < enough)
    finally:
        if store is not None:
            store.close()


def paths() -> Sequence[str]:
    """Where a child finds the same program: handed over, as it starts without a look at the environment."""
    return [os.path.abspath(place) for place in sys.path if place]
