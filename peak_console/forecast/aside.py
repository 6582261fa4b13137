"""Questions that need a whole forecast, answered by a child process: neither keys nor an engine here wait for it.

Both ends belong to one program: what goes through the pipes are pickles. Where alerts go is left out.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

from peak_console.errors import StateError
from peak_console.forecast.child import NICE, PIECE, end_with_parent, paths
from peak_console.text import safe
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from typing import IO, Final, TypeVar

    from peak_console.forecast.plan import Plan
    from peak_console.forecast.why import Told
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.store.store import Store

    Answer = TypeVar("Answer")

PROGRAM: Final = """\
import sys
sys.path[:] = sys.argv[1:]
from peak_console.forecast.aside import main
main()
"""
MOST_SECONDS: Final = 60
"""So much of a processor's time an answer may take."""


def foresee_plan(store: Store | None, now: datetime, jobsets: Sequence[JobSet], plan: Plan) -> Plan:
    """A plan with what the forecast says of the file at work and of the other one."""
    from peak_console.forecast.plan import foreseen

    before, after = jobsets
    return foreseen(plan, before, after, store, now)


def foresee_job(
    store: Store | None, now: datetime, jobsets: Sequence[JobSet], name: str, slot: datetime | None
) -> tuple[Told | None, Sequence[str]]:
    """What becomes of a job's slot, if it is ahead, and what the job does next."""
    from peak_console.forecast.why import Reasons
    from peak_console.schedule.zones import zone

    (jobset,) = jobsets
    reasons, job = Reasons(jobset, store, now, zone(jobset.settings.timezone)), jobset.jobs[name]
    then = reasons.of_slot(slot, job) if slot is not None and slot > now else None
    return then, reasons.ahead(job)


def ask(
    question: Callable[..., Answer], directory: str, now: datetime, jobsets: Sequence[JobSet], *arguments: object
) -> Answer:
    """The answer of one of the functions above, of the state in ``directory``. Blocks, and holds up no other thread.

    Raises ``StateError`` with a sentence where there is none.
    """
    try:
        child = subprocess.Popen(
            [sys.executable, "-I", "-c", PROGRAM, *paths()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        raise StateError(f"no forecast can be made ({error.strerror or error})") from None
    with child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            for piece in _pieces((question, directory, now, arguments), jobsets):
                child.stdin.write(piece)
            child.stdin.close()
            why, answer = pickle.load(child.stdout)  # noqa: S301 - of our own child
        except (OSError, EOFError, pickle.UnpicklingError):
            child.kill()
            raise StateError(f"it has ended before its time; it may take {MOST_SECONDS} s of a processor") from None
    if why:
        raise StateError(why)
    found: Answer = answer
    return found


def _pieces(asked: object, jobsets: Sequence[JobSet]) -> Iterator[bytes]:
    """A question as it is sent: in pieces, as each holds up the other threads while it is made."""
    yield pickle.dumps((asked, [replace(each, jobs={}, channels=(), heartbeat=None) for each in jobsets]))
    for jobset in jobsets:
        jobs = list(jobset.jobs.values())
        for first in range(0, len(jobs), PIECE):
            yield pickle.dumps(jobs[first : first + PIECE])
        yield pickle.dumps(())


def _read(source: IO[bytes]) -> tuple[Callable[..., object], str, datetime, Sequence[JobSet], Sequence[object]]:
    (question, directory, now, arguments), bare = pickle.load(source)  # noqa: S301 - of our own parent
    jobsets = []
    for each in bare:
        jobs: dict[str, JobDefinition] = {}
        while piece := pickle.load(source):  # noqa: S301
            jobs |= {job.name: job for job in piece}
        jobsets.append(replace(each, jobs=jobs))
    return question, directory, now, jobsets, arguments


def main() -> None:
    """Answer the question on standard input."""
    import resource

    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed must not stand before the answer
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    end_with_parent()
    pickle.dump(answered(*_read(sys.stdin.buffer)), answers)
    answers.close()


def answered(
    question: Callable[..., object],
    directory: str,
    now: datetime,
    jobsets: Sequence[JobSet],
    arguments: Sequence[object],
) -> tuple[str, object]:
    """Why there is no answer, empty where there is one; and the answer."""
    from peak_console.store.store import Store

    try:
        store = Store.look(directory)
        try:
            return "", question(store, now, jobsets, *arguments)
        finally:
            if store is not None:
                store.close()
    except StateError as error:
        return str(error), None
    except Exception as error:  # noqa: BLE001 - it is of all jobs: what goes wrong with one of them is told
        return f"it failed: {safe(str(error)) or type(error).__name__}", None
