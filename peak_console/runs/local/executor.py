"""Runs as process groups of this machine, each started and outlived by a keeper."""

from __future__ import annotations

import time
from collections import deque
from datetime import UTC, datetime

from peak_console.errors import StartError
from peak_console.runs.interface import AlreadyStartedError, Ended
from peak_console.runs.local import cgroup
from peak_console.runs.local.process import LocalRun, identity_of, told_end
from peak_console.runs.local.run_directory import (
    RECORD_PAUSE_SECONDS,
    Record,
    await_record,
    is_claimed,
    lay_out,
    prevent,
    read_exit_status,
    read_record,
    read_usage,
)
from peak_console.runs.local.system import this_system
from peak_console.runs.output.of_run import RunOutput
from peak_console.store.directory import run_directory
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from peak_console.runs.interface import RunHandle, RunSpec, Usage
    from peak_console.runs.local.keeper_client import KeeperLink
    from peak_console.runs.local.system import System

WOKEN = (
    "The process that starts runs and records their ends was stopped, and is awake again: starts and ends may have been"
    " late, and none is lost. Stopped by a job (kill -STOP $PPID) or by somebody; see the jobs that ran then."
)
USAGE_SECONDS, USAGE_LOOKS = 0.0002, 25
"""How often, and for how long, an end is looked at again whose keeper has not noted yet what the run has used."""
LOOK_SECONDS = 1.0
"""The shortest time in seconds between two looks for what a keeper has told unasked."""
NOBODY = (1 << 22, "nobody")
"""Stands for no process: the pid is one more than any system gives."""
ASKED_AHEAD = 256
"""The most starts that are requested before the first answer is read: few enough that the keeper never blocks."""


def process_mark(pid: int) -> str | None:
    """A mark that tells a living process from any other with the same pid; ``None`` when there is no process."""
    return this_system().mark(pid)


def process_lives(pid: int) -> bool:
    """Whether a process is there and has not died; a dead one that its parent has not reaped yet does not live."""
    return this_system().is_alive(pid)


def nothing_lives(directory: str, reference: str | None) -> bool:
    """Whether nothing of a run is alive; what its directory says of it counts before what is known otherwise."""
    record = read_record(directory)
    known = (record.pid, record.mark) if record is not None else identity_of(reference)
    if known is None:
        return True
    pid, mark = known
    return process_mark(pid) != mark or not process_lives(pid)


class LocalExecutor:
    """Starts runs through one keeper, which it starts when it is first needed."""

    def __init__(self, directory: str, system: System | None = None) -> None:
        """``directory`` is the state directory, as an absolute path."""
        self._directory = directory
        self._system = system or this_system()
        self._link: KeeperLink | None = None
        self._home = cgroup.home()
        self._has_keepers = False
        """Whether processes of ours may be there, at work or to be reaped."""
        self._looked_at = 0.0
        self._told: dict[str, tuple[int, float]] = {}
        """By run directory: ends that no file took, as keepers told them."""

    def __del__(self) -> None:
        self.close()

    def prepare(self, run_ids: Sequence[int] = ()) -> None:
        for run_id in run_ids:
            lay_out(self._place(run_id))
        if not run_ids:
            self._keeper()

    def _place(self, run_id: int) -> str:
        return run_directory(self._directory, run_id)

    def outputs(self, run_id: int) -> RunOutput:
        return RunOutput(self._place(run_id))

    def fileno(self) -> int | None:
        return None

    def drain(self) -> None:
        pass

    def rest(self) -> None:
        if self._has_keepers:
            from peak_console.runs.local.keeper_client import reap_departed

            self.close()
            self._has_keepers = reap_departed()

    def submit(self, specs: Iterable[RunSpec]) -> list[LocalRun | StartError]:
        results: list[LocalRun | StartError] = []
        asked: deque[tuple[RunSpec, KeeperLink | StartError]] = deque()
        for spec in specs:
            asked.append((spec, self._ask(spec)))
            if len(asked) > ASKED_AHEAD:
                results.append(self._result(*asked.popleft()))
        results.extend(self._result(*each) for each in asked)
        return results

    def _ask(self, spec: RunSpec) -> KeeperLink | StartError:
        """Ask the keeper for a start; return the link that will have the answer, or why there is none."""
        from peak_console.runs.local.keeper_client import LinkBrokenError

        try:
            directory = self._place(spec.run_id)
            lay_out(directory)
            link = self._keeper()
            try:
                link.send(spec, directory, self._group(directory))
            except LinkBrokenError:
                pass  # receiving fails as well
        except StartError as error:
            return error
        except Exception as error:  # noqa: BLE001 - whatever a run's own data does, the others are asked for
            return StartError(
                f"run #{spec.run_id}: cannot be handed to the process that starts runs"
                f" ({type(error).__name__}: {error}); see its definition"
            )
        return link

    def _result(self, spec: RunSpec, link: KeeperLink | StartError) -> LocalRun | StartError:
        from peak_console.runs.local.keeper_client import LinkBrokenError

        if isinstance(link, StartError):
            return link
        try:
            return self._made(spec, link)
        except LinkBrokenError:
            if self._link is link:
                self.close()
        return self._start_apart(spec)

    def _start_apart(self, spec: RunSpec) -> LocalRun | StartError:
        """Start a run whose keeper was lost through one of its own: the present one may owe other answers first.

        Should the lost one come back, or have started it, only one of the two can.
        """
        from peak_console.runs.local.keeper_client import LinkBrokenError

        try:
            link = self._new_keeper()
            directory = self._place(spec.run_id)
            try:
                link.send(spec, directory, self._group(directory))
                return self._made(spec, link)
            finally:
                link.close()
        except StartError as error:
            return error
        except LinkBrokenError:
            pass
        try:
            if not self.fence(spec.run_id):
                return AlreadyStartedError(f"run #{spec.run_id}: it began, and then the process that starts runs died")
        except StartError as error:
            return error
        return StartError(f"run #{spec.run_id}: the process that starts runs dies each time; see the system's log")

    def _made(self, spec: RunSpec, link: KeeperLink) -> LocalRun | StartError:
        """Read the keeper's answer to the oldest request. Raises ``LinkBrokenError``."""
        answer = link.receive()
        if answer[0] == "refused":
            from peak_console.runs.local.refusals import refusal

            _, stage, number, words = answer
            return refusal(spec, self._place(spec.run_id), stage, number, words)
        _, pid, mark, began, keeper = answer
        return self._run(spec.run_id, Record(pid, mark, began, tuple({keeper, link.pid})))

    def _run(self, run_id: int, record: Record) -> LocalRun:
        directory = self._place(run_id)
        group = self._group(directory)
        if group is not None and not cgroup.holds(group, record.pid) and self._system.is_same(record.pid, record.mark):
            group = None  # started before it could have one: what is there by now is not its
        return LocalRun(run_id, directory, record, self._system, self._told_end, group)

    def _group(self, directory: str) -> str | None:
        """The cgroup of a run, where runs get one."""
        return None if self._home is None else cgroup.path_for(self._home, directory)

    def _told_end(self, directory: str) -> tuple[int, float] | None:
        """The end that our keeper has told because no file could take it."""
        if self._link is not None:
            self._link.look()
        return self._told.get(directory)

    def adopt(self, run_id: int, reference: str | None) -> LocalRun | Ended:
        directory = self._place(run_id)
        known = identity_of(reference)
        record = await_record(directory, self._is_same_and_alive) if known is None else read_record(directory)
        if known is not None and (record is None or record.mark != known[1]):
            record = Record(*known, 0, ())
        if record is None:
            return self._end_of(directory)
        if self._system.is_same(record.pid, record.mark):
            run = self._run(run_id, record)
            ended = run.poll()
            if ended is None:
                return run
            run.close()
        else:
            ended = self._end_of(directory)
        if known is not None:
            return ended
        began = datetime.fromtimestamp(record.began, UTC) if record.began else None
        return replace(ended, reference=f"{record.pid} {record.mark}", started_at=began)

    def _end_of(self, directory: str) -> Ended:
        """The end of a run whose process is gone; where the keeper reaps first, its record may be under way."""
        for _ in range(self._system.polls_without_end):
            if read_exit_status(directory)[0] is not None:
                break
            time.sleep(RECORD_PAUSE_SECONDS)
        code, at = read_exit_status(directory)
        told = self._told_end(directory) if code is None else None
        return Ended(code, at) if told is None else told_end(told)

    def _is_same_and_alive(self, pid: int, mark: str) -> bool:
        return self._system.is_same(pid, mark) and self._system.is_alive(pid)

    def remains(self, run_id: int, reference: str) -> LocalRun:
        pid, mark = identity_of(reference) or NOBODY
        return self._run(run_id, Record(pid, mark, 0, ()))

    def lingering(self, handles: Sequence[RunHandle]) -> list[RunHandle]:
        sessions = self._system.sessions()
        return [handle for handle in handles if isinstance(handle, LocalRun) and handle.lingers(sessions)]

    def usage(self, run_id: int) -> Usage | None:
        place = self._place(run_id)
        for _ in range(USAGE_LOOKS):  # the keeper notes it some microseconds after the end
            if (found := read_usage(place)) is not None:
                return found
            time.sleep(USAGE_SECONDS)
        return read_usage(place)

    def is_started(self, run_id: int) -> bool:
        return is_claimed(self._place(run_id))

    def fence(self, run_id: int) -> bool:
        return prevent(self._place(run_id))

    def troubles(self) -> Mapping[str, str]:
        return {}

    def mishaps(self) -> list[str]:
        link, now = self._link, time.monotonic()
        if link is None or now - self._looked_at < LOOK_SECONDS:
            return []
        self._looked_at = now
        link.look()
        wakings, link.wakings = link.wakings, 0
        return [WOKEN] if wakings else []

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _keeper(self) -> KeeperLink:
        if self._link is None:
            self._link = self._new_keeper()
        return self._link

    def _new_keeper(self) -> KeeperLink:
        from peak_console.runs.local.keeper_client import KeeperLink

        self._has_keepers = True
        if self._home is not None:
            cgroup.sweep(self._home)
        try:
            return KeeperLink(self._system.name, self._told)
        except OSError as error:
            raise StartError(
                f"cannot start the process that starts runs ({error.strerror}); see whether the machine has room for it"
            ) from None
