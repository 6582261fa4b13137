"""``logs``: a run's output, now or as it grows."""

from __future__ import annotations

import os
import sys
import time

from peak_console.errors import PeakConsoleError, UsageError
from peak_console.model.records import Outcome, RunState, Trigger
from peak_console.runs.executors import has_ended
from peak_console.runs.output.reader import OutputReader
from peak_console.store.directory import run_directory
from peak_console.store.locks import is_served
from peak_console.text import duration, safe, word
from peak_console.verbs.shared.common import note_file_error, number_of, select
from peak_console.verbs.shared.output import STREAM_NAMES, cut, gap_before, note, write
from peak_console.verbs.shared.terminal import TerminalOutput, has_colours

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import Protocol

    from peak_console.model.records import Run
    from peak_console.runs.output.reader import Chunk
    from peak_console.store.store import Store
    from peak_console.verbs.shared.common import Selection

    class Sink(Protocol):
        """Where output goes."""

        def take(self, chunk: Chunk) -> None: ...

        def end(self) -> None: ...


LOOK_SECONDS = 0.1
UNRECORDED_SECONDS = 5.0
"""How long ``--follow`` waits for a run that has ended to be recorded; an engine takes milliseconds."""


def show_output(options: Namespace) -> int:
    """``logs``: both streams in the order in which they were written, to a terminal or as they are."""
    if options.grep is not None:
        from peak_console.verbs.past.grep import find_in_outputs

        return find_in_outputs(options)
    if options.what is None:
        raise UsageError("logs: name a job or a run, or look for a text in all of them with --grep")
    if options.json or options.job or options.since or options.ignore_case:
        raise UsageError("--job, --since, --ignore-case and --json are for --grep")
    with select(options, needs_jobs=False) as selection:
        note_file_error(selection)
        run = _run(options.what, selection)
        if run.is_array:
            raise PeakConsoleError(
                f"{safe(run.job)} #{run.id} is an array: each of its runs has its own output; see them with"
                f" peak-console runs --array {run.id}"
            )
        _Reading(options, selection, run).show()
    return 0


def _run(what: str, selection: Selection) -> Run:
    """The run of a number, or a job's last run. Raises ``PeakConsoleError``."""
    store = selection.store
    number = what.removeprefix("#")
    is_number = number.isascii() and number.isdigit()
    if is_number and (what != number or selection.jobset is None or what not in selection.jobset.jobs):
        run_id = number_of(what)
        run = store.run(run_id) if store is not None and run_id is not None else None
        if run is None:
            raise PeakConsoleError(f"there is no run #{cut(number, 20)} in the registry; see: peak-console runs")
        if not selection.shows(run.defined_by):
            selection.job(run.defined_by)  # says why not
        return run
    job = selection.recorded_job(what)
    last = store.last_runs([job]).get(job) if store is not None else None
    if last is None:
        raise PeakConsoleError(f'job "{safe(job)}" has not run yet; see: peak-console next --job {word(job)}')
    return last


class _Reading:
    """One run's output on its way to stdout."""

    def __init__(self, options: Namespace, selection: Selection, run: Run) -> None:
        assert selection.store is not None  # it has the run
        self._store: Store = selection.store
        self._run = run
        self._stream: str | None = options.stream
        self._follows: bool = options.follow
        self._state_directory = selection.directory
        self._directory = run_directory(selection.directory, run.id)
        self._reader = OutputReader(self._directory)
        self._sink: Sink = _ToTerminal(self._stream) if sys.stdout.isatty() else _AsItIs()
        self._has_output = False

    def show(self) -> None:
        """Pass on what is there; with ``--follow``, what comes until the run has ended."""
        name = f"#{self._run.id} {self._run.job}"
        try:
            self._pass_on_all() if not self._follows else self._follow()
        finally:
            self._sink.end()
        if not self._has_output:
            note(f"{name} {self._why_nothing()}")
        elif self._follows:
            note(f"{name} {_ending(self._run)}")

    def _follow(self) -> None:
        ended_at: float | None = None
        while True:
            # Asked before reading: what a finished run has written is all there.
            current = self._store.run(self._run.id)
            is_over = current is None or current.state == RunState.FINISHED
            self._run = current or self._run
            self._pass_on_all()
            if is_over:
                return
            if has_ended(self._state_directory, self._run.id) or self._is_forsaken():
                ended_at = ended_at or time.monotonic()
                if time.monotonic() - ended_at > UNRECORDED_SECONDS:
                    return
            time.sleep(LOOK_SECONDS)

    def _is_forsaken(self) -> bool:
        """Whether the run's process is gone and no engine is there to record that."""
        from peak_console.runs.executors import is_gone
        from peak_console.runs.supervisors import is_alive

        run = self._run
        if run.state == RunState.QUEUED or is_served(self._state_directory) or is_alive(run.supervisor):
            return False
        return is_gone(self._state_directory, run.id, run.executor, run.reference)

    def _pass_on_all(self) -> None:
        while chunks := self._reader.read_new():
            for chunk in chunks:
                if self._stream in (None, chunk.stream):
                    self._has_output = True
                    self._sink.take(chunk)
            sys.stdout.flush()

    def _why_nothing(self) -> str:
        run = self._run
        if run.triggered_by == Trigger.SCRIPT:
            return "was logged by a script; its output is not kept here"
        if run.state in (RunState.QUEUED, RunState.CLAIMED, RunState.SUBMITTED):
            return f"has not started yet ({run.state})"
        if run.outcome in (Outcome.MISSED, Outcome.SKIPPED, Outcome.NOT_STARTED):
            return f"has no output: {(run.outcome or '').replace('_', ' ')}" + (f", {run.reason}" if run.reason else "")
        if not os.path.isdir(self._directory):
            raise PeakConsoleError(
                f"the output of #{run.id} {safe(run.job)} is gone: {self._directory} was removed; for others see: "
                "peak-console runs"
            )
        what = f"nothing to {STREAM_NAMES[self._stream]}" if self._stream else "nothing"
        return f"has written {what}" + ("" if run.state == RunState.FINISHED else " so far")


def _ending(run: Run) -> str:
    if run.outcome is None:
        return "has ended, but no engine has recorded that yet"
    code = f" with exit code {run.return_code}" if run.return_code else ""
    took = f" after {duration(run.duration_seconds)}" if run.duration_seconds is not None else ""
    return f"{run.outcome.replace('_', ' ')}{code}{took}" + (f": {run.reason}" if run.reason else "")


class _AsItIs:
    """Bytes as they were written: for pipes and files."""

    def take(self, chunk: Chunk) -> None:
        if words := gap_before(chunk):
            note(words)
        sys.stdout.buffer.write(chunk.data)

    def end(self) -> None:
        sys.stdout.flush()


class _ToTerminal:
    """Text that does nothing to the terminal but appear."""

    def __init__(self, stream: str | None) -> None:
        self._output = TerminalOutput(write, colours=has_colours(), marked=stream is None)

    def take(self, chunk: Chunk) -> None:
        if words := gap_before(chunk):
            self._output.remark(words)
        self._output.show(chunk.stream, chunk.data)

    def end(self) -> None:
        self._output.end()
