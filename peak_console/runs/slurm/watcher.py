"""The one thread that asks Slurm: it hands runs over, stops them, and learns how they stand.

Slurm's commands may take a minute when its controller is away; the engine never waits for them. One look asks for all
runs at once. What the runs themselves say comes from their files, which an empty file in ``news`` points to.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque

from peak_console.errors import StartError
from peak_console.model.terms import Outcome
from peak_console.runs.interface import Ended, Stop
from peak_console.runs.slurm.commands import RefusedError, UnknownError
from peak_console.runs.slurm.files import Files, fence, read_files, read_spec, write
from peak_console.runs.slurm.verdicts import Patience, Verdict, by_files, verdict
from peak_console.text import duration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from peak_console.jobs.beside import ExecutorDefinition
    from peak_console.runs.slurm.commands import Entry, Slurm
    from peak_console.runs.slurm.run import SlurmRun
    from peak_console.runs.slurm.shared import SharedDirectory

NEWS_SECONDS = 0.25
"""How often the folder of news is listed while there are runs."""
SOON_SECONDS = 1.0
"""How soon after a submission, or the news of a start, Slurm is asked."""
AFTERMATH_SECONDS = 600.0
"""For so long after its controller came back Slurm may cancel jobs whose ids nodes know already."""
CLOSE_SECONDS = 1.0
"""How long an engine that leaves waits for a command that is under way: it ends by itself, and its answer is a file."""
INSIST_SECONDS = 10.0
"""A run that was to be killed and is not is cancelled in Slurm after so long."""


class Watcher:
    """Looks after the runs of one executor."""

    def __init__(
        self, definition: ExecutorDefinition, shared: SharedDirectory, slurm: Slurm, wake: Callable[[], None]
    ) -> None:
        self._definition = definition
        self._shared = shared
        self._slurm = slurm
        self._wake = wake
        self._runs: dict[int, SlurmRun] = {}
        self._to_submit: deque[SlurmRun] = deque()
        self._asked: deque[SlurmRun] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_closing = False
        self._look_at = 0.0
        self._unreachable_since: float | None = None
        self._fault = ""
        self._unread_since: float | None = None
        self._unread = ""
        """Since when the shared directory cannot be read, and why."""
        self._back_at = float("-inf")
        """When Slurm answered again after it had not."""
        self.looks = 0
        """How often Slurm was asked for all jobs."""

    # In the engine's thread.

    def define(self, definition: ExecutorDefinition, slurm: Slurm) -> None:
        """Work by another definition from now on."""
        self._definition, self._slurm = definition, slurm

    def add(self, run: SlurmRun) -> None:
        """Look after a run from now on, and hand it over if that is still to be done."""
        with self._changed:
            self._runs[run.run_id] = run
            (self._to_submit if run.spec is not None else self._asked).append(run)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="slurm", daemon=True)
                self._thread.start()
            self._changed.notify()

    def of(self, run_id: int) -> SlurmRun | None:
        """The run of an id if it is looked after already."""
        run = self._runs.get(run_id)
        return run if run is not None and not run.is_closed else None

    def ask(self, run: SlurmRun) -> None:
        """A run is to be stopped."""
        with self._changed:
            self._asked.append(run)
            self._changed.notify()

    def close(self) -> bool:
        """Look after nothing any more; what was not handed over yet is left to the next engine. Once: ``True``."""
        if self._is_closing:
            return False
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(CLOSE_SECONDS)
            return not self._thread.is_alive()
        return True

    def troubles(self) -> dict[str, str]:
        """What is wrong at present, by cause; nothing while there are no runs, as Slurm is not looked at then."""
        found: dict[str, str] = {}
        if not self._runs:
            return found
        since = self._unreachable_since
        if since is not None and time.monotonic() - since >= self._definition.unreachable_alert_seconds:
            found["unreachable"] = (
                f"Slurm does not answer ({self._fault}): its runs go on, and their ends are learned from their files;"
                " what is to be stopped or submitted waits"
            )
        since = self._unread_since
        if since is not None and time.monotonic() - since >= self._definition.unreachable_alert_seconds:
            found["unreadable"] = (
                f"the shared directory cannot be read ({self._unread}): nothing is known of its runs until it is back;"
                " see what is mounted"
            )
        for run in list(self._runs.values()):
            if run.in_vain and run.poll() is None:
                found[f"in vain:{run.run_id}"] = (
                    f"run #{run.run_id} waits in vain: {run.waits_for};"
                    " stop it, and mend its resources or the partition"
                )
        return found

    @property
    def is_reachable(self) -> bool:
        """Whether Slurm has answered when it was last asked."""
        return self._unreachable_since is None

    # In the thread of its own.

    def _work(self) -> None:
        while not self._is_closing:
            try:
                news = self._turn()
            except OSError as error:  # the shared directory: nothing is known of any run until it is back
                news, self._unread = False, f"{error.filename}: {error.strerror}"
                self._unread_since = self._unread_since or time.monotonic()
            except Exception as error:  # noqa: BLE001 - whatever it is, all runs go on being looked after
                news, self._fault = False, f"{type(error).__name__}: {error}"
                self._note_fault(self._fault)
            if news:
                self._wake()
            with self._changed:
                if not (self._to_submit or self._asked or self._is_closing):
                    self._changed.wait(NEWS_SECONDS if self._runs else None)

    def _turn(self) -> bool:
        """Do what is to be done now, one submission at the most; whether the engine has to be told of anything."""
        news = self._carry_out_wishes()
        news = self._submit_next() or news
        news = self._read_news() or news
        if self._runs and time.monotonic() >= self._look_at:
            news = self._look() or news
        return news

    def _submit_next(self) -> bool:
        with self._changed:
            run = self._to_submit[0] if self._to_submit else None
        if run is None:
            return False
        waiting = len(self._to_submit)
        live = sum(each.poll() is None for each in list(self._runs.values())) - waiting
        if live >= self._definition.max_submitted:
            time.sleep(NEWS_SECONDS if waiting == len(self._to_submit) else 0)
            return run.learn(Files(), Verdict(waits_for=f"max_submitted ({self._definition.max_submitted}) is reached"))
        self._to_submit.popleft()
        if run.is_closed:  # left to the next engine
            self._runs.pop(run.run_id, None)
            return False
        return self._submit(run)

    def _submit(self, run: SlurmRun) -> bool:
        """Hand a run over. Whatever comes of it, its claim makes sure that it starts once."""
        if run.poll() is not None:
            return False
        spec = run.spec
        try:
            wrapper = self._shared.prepare()
            if spec is not None and read_files(run.directory).started is None:
                self._shared.put_spec(run.directory, spec)
                run.memory.submitted_at = time.time()
            else:
                spec = read_spec(run.directory)
        except OSError as error:
            return self._submit_later(run, f"{error.filename}: cannot be used ({error.strerror}); see shared_dir")
        run.spec = None
        if spec is None and read_files(run.directory).started is None:
            return self._not_started(run, "its specification is gone from the shared directory")
        if spec is None:  # a wrapper has it by now
            return False
        self._look_at = min(self._look_at, time.monotonic() + SOON_SECONDS)
        run.memory.submissions += 1
        run.memory.unknown_looks, run.memory.gone_since = 0, None
        run.memory.had_outage = time.monotonic() - self._back_at < AFTERMATH_SECONDS
        try:
            run.job_id = self._slurm.submit(run.reference, spec, wrapper, run.directory)
        except RefusedError as error:
            return self._not_started(run, f"Slurm refuses it: {error}")
        except UnknownError as error:
            self._note_fault(str(error))
            return run.learn(Files(), Verdict(waits_for="whether Slurm has it is not known"))
        self._note_answer()
        return run.learn(Files(), Verdict(waits_for=""))

    def _submit_later(self, run: SlurmRun, why: str) -> bool:
        """Nothing was handed over, as the shared directory is not to be had: that may pass."""
        self._note_fault(why)
        with self._changed:
            self._to_submit.appendleft(run)
            self._changed.wait(NEWS_SECONDS)
        return run.learn(Files(), Verdict(waits_for=why))

    def _not_started(self, run: SlurmRun, why: str) -> bool:
        """The end of a run that cannot start; unless it has, after all."""
        return self._settle(run, Verdict(Ended(None, None, outcome=Outcome.NOT_STARTED, reason=why), must_fence=True))

    def _settle(self, run: SlurmRun, found: Verdict, files: Files | None = None) -> bool:
        """Do what a verdict asks for; it holds only once that is done."""
        files = files if files is not None else read_files(run.directory)
        run.in_vain = found.in_vain
        if found.must_fence:
            try:
                if not fence(run.directory):
                    return False  # it has begun: the next look says so
            except StartError as error:
                self._note_fault(str(error))
                return False
            self._cancel(run)
        if found.must_revoke:
            write(os.path.join(run.directory, "revoked"), b"")
        if found.must_submit:
            return self._submit(run)
        news = run.learn(files, found)
        if found.ended is not None:
            with self._changed:
                self._runs.pop(run.run_id, None)
            self._shared.forget_news(run.run_id)
        return news

    def _cancel(self, run: SlurmRun) -> None:
        try:
            self._slurm.cancel(run.reference)
        except (UnknownError, RefusedError):
            pass  # its wrapper will find that it must not start

    def _read_news(self) -> bool:
        """Look at the files of those runs that have told of something."""
        news = False
        for run_id in self._shared.news():
            run = self._runs.get(run_id)
            if run is not None and run.poll() is None:
                self._shared.forget_news(run_id)
                news = self._read(run) or news
        return news

    def _read(self, run: SlurmRun) -> bool:
        files = read_files(run.directory)
        found = by_files(files)
        if found is None and files.started is None:
            return False
        return self._settle(run, found or Verdict(), files)

    def _carry_out_wishes(self) -> bool:
        news = False
        while True:
            with self._changed:
                run = self._asked.popleft() if self._asked else None
            if run is None:
                return news
            if run.poll() is None and run.spec is None and run.wish is None:
                news = self._take_up(run) or news
            elif run.poll() is None and run.wish is not None:
                news = self._stop(run) or news

    def _take_up(self, run: SlurmRun) -> bool:
        """See how a run stands that an engine before this one has submitted."""
        self._look_at = min(self._look_at, time.monotonic())
        files = read_files(run.directory)
        run.memory.submitted_at = files.spec_at
        return self._read(run)

    def _stop(self, run: SlurmRun) -> bool:
        """Stop a run: one that has not begun never does, however Slurm is; the wrapper of another is asked."""
        how = run.wish
        files = read_files(run.directory)
        if files.code is not None:
            return self._read(run)
        if files.started is None:
            with self._changed:
                if run in self._to_submit:
                    self._to_submit.remove(run)
            stopped = Ended(None, None, outcome=Outcome.STOPPED, reason="stopped before it began")
            if self._settle(run, Verdict(stopped, must_fence=True), files):
                return True
            files = read_files(run.directory)
        job_id = (files.started or {}).get("job") or run.job_id
        if job_id is None or how is run.wish_sent:
            return False
        try:
            self._slurm.ask(str(job_id), "TERM" if how is Stop.ASK else "USR2")
        except (UnknownError, RefusedError) as error:
            self._note_fault(str(error))
            return False
        run.wish_sent, run.wish_sent_at = how, time.monotonic()
        return False

    def _look(self) -> bool:
        """Ask Slurm once for all runs, and see to each."""
        self._look_at = time.monotonic() + self._definition.poll_seconds
        try:
            self.looks += 1
            entries = self._slurm.look()
        except (UnknownError, RefusedError) as error:
            self._note_fault(str(error))
            return self._read_started()
        self._note_answer()
        by_name: dict[str, list[Entry]] = {}
        for entry in entries:
            by_name.setdefault(entry.name, []).append(entry)
        news = False
        for run in list(self._runs.values()):
            if run.is_closed:
                self._runs.pop(run.run_id, None)
            elif run.spec is None:
                news = self._judge(run, by_name.get(run.reference, ())) or news
        self._unread_since = None
        return news

    def _judge(self, run: SlurmRun, found: Sequence[Entry]) -> bool:
        pending = all(entry.state == "PENDING" for entry in found) and bool(found)
        # Of those that wait nothing is on the disk: a thousand of them cost one look.
        files = Files(exists=True) if pending and run.wish is None else read_files(run.directory)
        if run.wish is not None and run.wish is not run.wish_sent:
            self._stop(run)
        elif run.wish is Stop.KILL and time.monotonic() - run.wish_sent_at >= INSIST_SECONDS:
            self._cancel(run)
        return self._settle(run, verdict(files, found, run.memory, self._patience(run), time.time()), files)

    def _read_started(self) -> bool:
        """The files of every run, while Slurm does not answer."""
        news = False
        for run in list(self._runs.values()):
            if run.spec is None:
                if run.wish is not None and run.wish is not run.wish_sent:
                    news = self._stop(run) or news
                news = self._read(run) or news
        return news

    def _patience(self, run: SlurmRun) -> Patience:
        how = self._definition
        return Patience(how.settle_seconds, how.fence_seconds, run.queue_limit)

    def _note_fault(self, fault: str) -> None:
        self._fault = fault
        for run in list(self._runs.values()):
            run.memory.had_outage = True
        if self._unreachable_since is None:
            self._unreachable_since = time.monotonic()
            self._look_at = min(self._look_at, time.monotonic() + SOON_SECONDS)

    def _note_answer(self) -> None:
        if self._unreachable_since is not None:
            self._back_at = time.monotonic()
        self._unreachable_since = None

    def described(self) -> str:
        """For people: since when Slurm does not answer; empty when it does."""
        since = self._unreachable_since
        return "" if since is None else f"does not answer for {duration(time.monotonic() - since)} ({self._fault})"
