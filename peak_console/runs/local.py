"""Runs as process groups of this machine, each started and outlived by a keeper."""

from __future__ import annotations

import time
from collections import deque

from peak_console.errors import StartError
from peak_console.runs.interface import Ended
from peak_console.runs.marks import RECORD_PAUSE_SECONDS, Record, claim, lay_out, read_exit_status, read_record
from peak_console.runs.process import LocalRun
from peak_console.runs.system import this_system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from peak_console.runs.interface import RunSpec
    from peak_console.runs.link import KeeperLink
    from peak_console.runs.system import System

ASKED_AHEAD = 256
"""So many starts are asked for before the first answer is awaited: few enough that no answer waits for us."""


def process_mark(pid: int) -> str | None:
    """Tells a living process from any other that has or had its pid; ``None`` when there is none."""
    return this_system().mark(pid)


class LocalExecutor:
    """Starts runs through one keeper, which it starts when it is first needed."""

    def __init__(self, system: System | None = None) -> None:
        self._system = system or this_system()
        self._link: KeeperLink | None = None

    def __del__(self) -> None:
        self.close()

    def prepare(self) -> None:
        self._keeper()

    def start(self, spec: RunSpec, *, seized: bool = False) -> LocalRun:
        (result,) = self.start_many([spec], seized=seized)
        if isinstance(result, StartError):
            raise result
        return result

    def start_many(self, specs: Iterable[RunSpec], *, seized: bool = False) -> list[LocalRun | StartError]:
        results: list[LocalRun | StartError] = []
        asked: deque[tuple[RunSpec, KeeperLink | StartError]] = deque()
        for spec in specs:
            asked.append((spec, self._ask(spec, seized)))
            if len(asked) > ASKED_AHEAD:
                results.append(self._result(*asked.popleft(), seized))
        results.extend(self._result(*each, seized) for each in asked)
        return results

    def _ask(self, spec: RunSpec, seized: bool) -> KeeperLink | StartError:
        """Ask the keeper for a start; the link that has the answer, or why there is none."""
        from peak_console.runs.link import LinkBrokenError

        try:
            lay_out(spec.directory)
            link = self._keeper()
        except StartError as error:
            return error
        try:
            link.send(spec, seized=seized)
        except LinkBrokenError:
            pass  # receiving fails as well
        return link

    def _result(self, spec: RunSpec, link: KeeperLink | StartError, seized: bool) -> LocalRun | StartError:
        from peak_console.runs.link import LinkBrokenError

        if isinstance(link, StartError):
            return link
        try:
            return self._made(spec, link)
        except LinkBrokenError:
            if self._link is link:
                self.close()
        if not seized and self.seize(spec.directory):  # the lost keeper can start it no more, so another one may
            return self._start_apart(spec)
        found = self.adopt(spec.run_id, spec.directory, None, None)
        if isinstance(found, LocalRun):
            return found
        return StartError(f"run #{spec.run_id}: the process that starts runs died meanwhile; run it again if need be")

    def _start_apart(self, spec: RunSpec) -> LocalRun | StartError:
        """Start a seized run through a keeper of its own: the present one may owe other answers first."""
        from peak_console.runs.link import LinkBrokenError

        try:
            link = self._new_keeper()
            try:
                link.send(spec, seized=True)
                return self._made(spec, link)
            finally:
                link.close()
        except StartError as error:
            return error
        except LinkBrokenError:
            return StartError(f"run #{spec.run_id}: the process that starts runs dies each time; see the system's log")

    def _made(self, spec: RunSpec, link: KeeperLink) -> LocalRun | StartError:
        """What the keeper made of the oldest request. Raises ``LinkBrokenError``."""
        pid, mark, began, words = link.receive()
        if not pid:
            from peak_console.runs.refusals import refusal

            return refusal(spec, mark, int(began), words)
        return LocalRun(spec.directory, Record(pid, mark, began, link.pid), self._system)

    def adopt(
        self,
        run_id: int,  # noqa: ARG002 - the files tell
        directory: str,
        pid: int | None,
        pid_started: str | None,
    ) -> LocalRun | Ended:
        record = read_record(directory, patiently=pid is None)
        if pid is not None and pid_started is not None and (record is None or record.mark != pid_started):
            record = Record(pid, pid_started, 0, 0)
        if record is None or not self._system.is_same(record.pid, record.mark):
            return self._end_of(directory)
        run = LocalRun(directory, record, self._system)
        ended = run.poll()
        if ended is None:
            return run
        run.close()
        return ended

    def _end_of(self, directory: str) -> Ended:
        """The end of a run whose process is gone; where the keeper reaps first, its record may be under way."""
        for _ in range(self._system.polls_without_end):
            if read_exit_status(directory)[0] is not None:
                break
            time.sleep(RECORD_PAUSE_SECONDS)
        return Ended(*read_exit_status(directory))

    def seize(self, directory: str) -> bool:
        return claim(directory)

    def close(self) -> None:
        if self._link is not None:
            self._link.close()
            self._link = None

    def _keeper(self) -> KeeperLink:
        if self._link is None:
            self._link = self._new_keeper()
        return self._link

    def _new_keeper(self) -> KeeperLink:
        from peak_console.runs.link import KeeperLink

        try:
            return KeeperLink(self._system.name)
        except OSError as error:
            raise StartError(f"cannot start the process that starts runs ({error.strerror})") from None
