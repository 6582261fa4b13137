"""``run JOB``: by the engine that serves the state directory, or here when there is none."""

from __future__ import annotations

import os
import signal
import sys
import time
from functools import partial

from peak_console.clock import SystemClock
from peak_console.decisions.serving import serves
from peak_console.engine.commands.answers import unknown_job
from peak_console.engine.commands.confirmation import missing
from peak_console.engine.events import RunFinished, RunStarted
from peak_console.errors import PeakConsoleError, UnknownJobError, UsageError
from peak_console.jobs.state_place import state_directory
from peak_console.model.records import Outcome, RunState
from peak_console.store.directory import current_user, run_directory
from peak_console.store.store import Store
from peak_console.text import counted, safe
from peak_console.verbs.shared.asking import ask_engine, one_shot_setup, refuse_viewer, take_lock
from peak_console.verbs.shared.common import select
from peak_console.verbs.shared.output import gap_before, note

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping, Sequence
    from types import FrameType
    from typing import Any, TextIO

    from peak_console.engine.events import EngineEvent
    from peak_console.jobs.model import JobDefinition, JobSet
    from peak_console.model.records import Command, EngineInfo, Run
    from peak_console.runs.output.reader import OutputReader
    from peak_console.verbs.shared.terminal import TerminalOutput

LOOK_SECONDS = 0.05


def run_by_hand(options: Namespace) -> int:
    """Run jobs now, one after the other; 3 when one has failed, with ``--wait`` its own exit code."""
    from peak_console.decisions.selection import tags_of
    from peak_console.jobs.file.loader import filter_jobs_by_tags
    from peak_console.jobs.watching.standing import load_standing

    with select(options, needs_jobs=False) as selection:
        refuse_viewer(selection.directory)  # who may command nothing need not wait for the file
    jobset = load_standing(options.config)[0]
    directory = state_directory(options.config, options.state_dir, jobset.settings.state_dir)
    selected = filter_jobs_by_tags(jobset.jobs.values(), tags_of(options.include_tags), tags_of(options.exclude_tags))
    jobs = _wanted(options, {job.name: job for job in selected})
    for job in jobs:  # before the first one starts
        if refusal := missing(jobset, job.name, set(options.confirm)):
            raise UsageError(refusal)
    changes = _changes(options.set)
    codes = _each([partial(_run_one, options, jobset, directory, job, changes) for job in jobs])
    return next((code for code in codes if code), 0)


def _wanted(options: Namespace, known: Mapping[str, JobDefinition]) -> Sequence[JobDefinition]:
    """The jobs that are named, and those with one of the tags, each once.

    Raises ``UnknownJobError`` or ``UsageError`` before anything starts.
    """
    from peak_console.verbs.on_jobs import tagged

    for name in options.job:
        if name not in known:
            raise UnknownJobError(unknown_job(name, known))
    names = dict.fromkeys([*options.job, *tagged(known.values(), options.tags)])
    if not names:
        raise UsageError("run: name a job, or --tags")
    return [known[name] for name in names]


def _each(acts: Sequence[Callable[[], int]]) -> list[int]:
    """Do all of it, whatever is refused; refusals are told, and raised at the end."""
    if len(acts) == 1:
        return [acts[0]()]
    codes, refused = [], 0
    for act in acts:
        try:
            codes.append(act())
        except PeakConsoleError as error:
            note(str(error))
            refused += 1
    if refused:
        others = "; the others were started" if codes else ""
        raise PeakConsoleError(f"{refused} of {counted(len(acts), 'job')} refused{others}")
    return codes


def _run_one(options: Namespace, jobset: JobSet, directory: str, job: JobDefinition, changes: Mapping[str, Any]) -> int:
    """Run one job, by the engine that serves it, or here."""
    engines = _living(directory)
    if not engines or any(serves(each, job.name) for each in engines):
        arguments = {"args": changes, "force": options.force, "confirm": options.confirm}
        if chain := _chain(options):
            arguments["chain"] = chain
        if options.failed:
            arguments["failed"] = True
        command = ask_engine(directory, "run", job.name, arguments=arguments)
        if command is not None:
            return _follow_asked(command, directory, wait=options.wait)
    else:
        note(
            f"{safe(job.name)} is not served by any engine ({'; '.join(each.named for each in engines)}): run from here"
        )
    if changes:
        from peak_console.jobs.run_changes import with_changes

        job = with_changes(job, changes)
    return _Here(options, jobset, directory).run(job)


def _chain(options: Namespace) -> str | None:
    """How far down its chain the run goes. Raises ``UsageError``."""
    if options.with_downstream and options.from_here:
        raise UsageError("--with-downstream and --from-here: choose one of them")
    return "downstream" if options.with_downstream else "from_here" if options.from_here else None


def _living(directory: str) -> Sequence[EngineInfo]:
    store = Store.look(directory)
    if store is None:
        return ()
    try:
        return [each for each in store.engines() if each.serves]
    finally:
        store.close()


def _changes(settings: list[str]) -> dict[str, Any]:
    """``NAME=VALUE`` as arguments; a value that reads as TOML (``10``, ``true``) is that, anything else is text."""
    import tomli

    found: dict[str, Any] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name:
            raise UsageError(f'--set: "{setting}" is not NAME=VALUE; write for example --set top_n=10')
        try:
            found[name] = tomli.loads(f"value = {value}")["value"]
        except tomli.TOMLDecodeError:
            found[name] = value
    return found


def _follow_asked(command: Command, directory: str, *, wait: bool) -> int:
    if command.answer != "done" or command.run_id is None:
        raise PeakConsoleError(command.message or "refused")
    if not wait:
        sys.stdout.write(f"{safe(command.message or '')}\n")
        return 0
    store = Store.look(directory)
    if store is None:
        raise PeakConsoleError(
            f"{directory}: the registry is gone, so the run cannot be followed; see: peak-console status"
        )
    try:
        output = _Output(directory, command.run_id)
        while (run := store.run(command.run_id)) is not None and run.state != RunState.FINISHED:
            output.show()
            time.sleep(LOOK_SECONDS)
        output.end()
        return _exit_code(run)
    finally:
        store.close()


def _exit_code(run: Run | None) -> int:
    """A finished run's own code; 3 when it failed without one. An array as a whole has none."""
    if run is not None and run.is_array:
        return 0 if run.outcome == Outcome.SUCCEEDED else 3
    if run is None or run.return_code is None:
        return 3
    return run.return_code or (0 if run.outcome == Outcome.SUCCEEDED else 3)


class _Output:
    """Passes a run's output on to this process's own output as it comes."""

    def __init__(self, directory: str, run_id: int) -> None:
        self._directory = run_directory(directory, run_id)
        self._reader: OutputReader | None = None
        self._terminals: dict[str, TerminalOutput] = {}

    def show(self) -> None:
        from peak_console.runs.output.reader import OutputReader

        if self._reader is None:
            if not os.path.isdir(self._directory):
                return
            self._reader = OutputReader(self._directory)
        for chunk in self._reader.read_new():
            if words := gap_before(chunk):
                note(words)
            stream = sys.stderr if chunk.stream == "err" else sys.stdout
            if stream.isatty():
                self._terminal(chunk.stream, stream).show(chunk.stream, chunk.data)
            else:
                stream.buffer.write(chunk.data)
            stream.flush()

    def end(self) -> None:
        """Show the last of it, and leave the terminals as they were."""
        self.show()
        for terminal in self._terminals.values():
            terminal.end()

    def _terminal(self, name: str, stream: TextIO) -> TerminalOutput:
        """What makes a stream harmless for the terminal behind it."""
        from peak_console.verbs.shared.terminal import TerminalOutput, has_colours

        if name not in self._terminals:
            self._terminals[name] = TerminalOutput(stream.write, colours=has_colours(), marked=False)
        return self._terminals[name]


class _Here:
    """A manual run in this process: claimed under the engine's lock, looked after without it."""

    def __init__(self, options: Namespace, jobset: JobSet, directory: str) -> None:
        from peak_console.alerts.service import Alerting
        from peak_console.engine.control import Control

        self._options = options
        self._directory = directory
        self._last: RunFinished | None = None
        self._outputs: list[_Output] = []
        self._signals = 0
        self._alerting = Alerting(directory, SystemClock(), report=note)
        self._control = Control()
        self._setup = one_shot_setup(jobset, directory, emit=self._note, alerting=self._alerting)

    def _note(self, event: EngineEvent) -> None:
        if isinstance(event, RunStarted) and self._options.wait:
            self._outputs.append(_Output(self._directory, event.run.id))
        elif isinstance(event, RunFinished) and event.run.array_of is None:
            self._last = event

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        if self._signals == 1 and not self._options.wait:
            self._control.drain()
        else:
            self._control.stop_runs()

    def run(self, job: JobDefinition) -> int:
        """Run a job to its last attempt; the exit code."""
        from peak_console.engine.one_shot import OneShotEngine
        from peak_console.engine.open_directory import OpenDirectory

        with OpenDirectory(self._setup, self._control) as place:
            take_lock(place)
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self._on_signal)
            engine = OneShotEngine(self._setup, place, self._control)
            if job.name not in engine.context.served.jobs:
                raise PeakConsoleError(f"{job.name}: an engine has just started to serve this; try again")
            if self._options.failed:
                from peak_console.engine.arrays.again import failed_part

                job = failed_part(engine.context.store, job)
            run, refusal = engine.run_by_hand(
                job,
                by=current_user(),
                force=self._options.force,
                chain=_chain(self._options),
                args_changed=sorted(_changes(self._options.set)),
            )
            if run is None:
                raise PeakConsoleError(f"{job.name}: {refusal}, or use --force")
            engine.finish_own(on_look=self._show if self._options.wait else None)
            for output in self._outputs:
                output.end()
        self._alerting.finish()
        return self._told()

    def _show(self) -> None:
        for output in self._outputs:
            output.show()

    def _told(self) -> int:
        from peak_console.headless.reports import sentence

        if self._last is None:
            return 0
        run = self._last.run
        if self._options.wait:
            if run.reason:
                sys.stderr.write(f"peak-console: {sentence(self._last)}\n")
            return _exit_code(run)
        sys.stdout.write(f"{sentence(self._last)}\n")
        return 0 if run.outcome == Outcome.SUCCEEDED else 3
