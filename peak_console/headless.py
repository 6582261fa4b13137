"""The scheduler without a screen: one-shot for cron, resident for systemd, and the dry run of both."""

from __future__ import annotations

import os
import signal

from peak_console.clock import SystemClock
from peak_console.decisions.selection import check_tags, tags_of
from peak_console.decisions.serving import listed
from peak_console.errors import DamagedError, StateError
from peak_console.jobs.standing import load_standing
from peak_console.model.terms import RESIDENT_MODES
from peak_console.store.directory import state_directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from types import FrameType
    from typing import TypeVar

    from peak_console.engine.base import EngineCore
    from peak_console.engine.context import EngineOptions
    from peak_console.engine.events import EngineEvent
    from peak_console.engine.one_shot import PassingEngine
    from peak_console.engine.resident import Engine
    from peak_console.jobs.model import JobSet
    from peak_console.jobs.standing import FileStatus
    from peak_console.jobs.watcher import Watcher
    from peak_console.model.records import EngineInfo
    from peak_console.notify import Notifier
    from peak_console.outlet import Outlet
    from peak_console.reports import Reporter

    SomeEngine = TypeVar("SomeEngine", bound=EngineCore)

STAND_BY_SECONDS = 0.5
PASSING_ENGINE_SECONDS = 10.0
"""How long ``--once`` waits for another ``--once`` to finish claiming, which takes it milliseconds."""


def run_headless(options: Namespace) -> int:
    """``--headless``, ``--once`` and ``--dry-run``; the exit code."""
    jobset, seen = load_standing(options.config)
    doubts = check_tags(jobset.jobs, tags_of(options.include_tags), tags_of(options.exclude_tags))
    directory = state_directory(options.config, options.state_dir, jobset.settings.state_dir)
    _warn(jobset, quiet=options.quiet)
    if doubts:
        from peak_console.outlet import complain

        complain("".join(f"warning: {doubt}\n" for doubt in doubts))
    if options.dry_run:
        from peak_console.dryrun import dry_run

        return dry_run(options, jobset, directory)
    return _Service(options, jobset, directory).run(seen)


def _warn(jobset: JobSet, known: JobSet | None = None, *, quiet: bool = False) -> None:
    """Show the warnings of a jobs file that an earlier one did not have; ``quiet`` omits those of unknown keys."""
    new = [warning for warning in jobset.warnings if known is None or warning not in known.warnings]
    if quiet:
        new = [warning for warning in new if not warning.unknown_key]
    if new:
        from peak_console.jobs.warnings import folded
        from peak_console.outlet import complain
        from peak_console.text import safe

        complain("".join(f"warning: {safe(line)}\n" for line in folded(new)))


class _Service:
    """One engine and what it needs around it, from start to exit code."""

    def __init__(self, options: Namespace, jobset: JobSet, directory: str) -> None:
        self._options = options
        self._directory = directory
        self._clock = SystemClock()
        self._outlet = _outlet(options)
        self._reporter = _reporter(options, jobset, self._outlet)
        from peak_console.alerts.service import Alerting

        self._alerting = Alerting(directory, self._clock, self._complain)
        self._signals = 0
        self._jobset = jobset
        self._notifier = None if options.once else _notifier()
        self._engine: EngineCore

    def _complain(self, problem: str) -> None:
        """A delivery does not work. Called in the delivery's thread."""
        self._reporter.line(self._clock.now(), "warning", problem)

    def _make(self, kind: type[SomeEngine]) -> SomeEngine:
        from peak_console.runs.local.executor import LocalExecutor

        engine = self._engine = kind(
            self._jobset,
            self._directory,
            options=engine_options(self._options, "once" if self._options.once else "headless"),
            clock=self._clock,
            executor=LocalExecutor(),
            environ=os.environ,
            channels_of=self._alerting.channels_of,
            emit=self._reporter if self._notifier is None else self._tell,
            on_alert=self._alerting.wake,
        )
        return engine

    def _tell(self, event: EngineEvent) -> None:
        self._reporter(event)
        if self._notifier is not None:
            self._notifier.tell(event)

    def run(self, seen: FileStatus | None) -> int:
        if self._options.once:
            from peak_console.engine.one_shot import PassingEngine

            passing = self._make(PassingEngine)
            return self._opened(lambda: self._once(passing))
        from peak_console.engine.resident import Engine

        engine = self._make(Engine)
        return self._opened(lambda: self._resident(engine, seen))

    def _opened(self, work: Callable[[], int]) -> int:
        """The exit code of work on the state directory, which is let go of whatever happens."""
        self._engine.open()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        try:
            return work()
        finally:
            self._engine.close()
            self._outlet.close()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        if self._signals == 1:
            self._engine.drain()
        else:
            self._engine.stop_runs()

    def _once(self, engine: PassingEngine) -> int:
        if not take_turn(engine, lambda: bool(self._signals)):
            text = f"another engine{self._rival()} serves {self._directory}{self._overlap()}; nothing done"
            self._reporter.line(self._clock.now(), "info", text)
            return 0
        await_known_jobs(engine, self._jobset)
        engine.begin()
        self._tell_of_others()
        self._tell_of_hold()
        engine.dispatch_once()
        self._resume_deliveries()
        engine.finish_own()
        status = engine.end()
        self._alerting.finish()
        return 3 if status.failed else 0

    def _tell_of_hold(self) -> None:
        hold = self._engine.context.hold
        if hold is not None:
            text = f"held by {hold.by}: nothing new starts" + (f" ({hold.reason})" if hold.reason else "")
            self._reporter.line(self._clock.now(), "warning", text)

    def _rival(self) -> str:
        rival = self._engine.rival
        return f" ({rival.named})" if rival is not None and rival.pid else ""

    def _overlap(self) -> str:
        """What both select, where the tags are not the same."""
        jobs = self._engine.overlap
        return f", including {listed(jobs)}" if jobs else ""

    def _tell_of_others(self) -> None:
        """Name the jobs that the tags select, but another engine serves."""
        left: dict[str, list[str]] = {}
        for name, engine in self._engine.context.contested.items():
            left.setdefault(engine.named, []).append(name)
        for who, names in left.items():
            text = f"left to another engine ({who}), which serves them: {listed(names)}"
            self._reporter.line(self._clock.now(), "info", text)

    def _resume_deliveries(self) -> None:
        """Send what an earlier engine could not."""
        due = None if self._options.no_alerts else self._engine.store.next_delivery_at()
        if due is not None and (due <= self._clock.now() or not self._options.once):
            self._alerting.wake()

    def _resident(self, engine: Engine, seen: FileStatus | None) -> int:
        from peak_console.jobs.watcher import Watcher

        watcher = Watcher(
            self._options.config, on_jobs=self._offer, on_error=engine.reject, on_held=engine.hold_back,
            seen=seen, known=self._jobset,
        )  # fmt: skip
        signal.signal(signal.SIGHUP, lambda _number, _frame: watcher.look())
        engine.on_reload(watcher.read_now)
        if not self._options.no_alerts:
            engine.on_emergency(self._alerting.send_at_once)
        if self._notifier is not None:
            engine.on_beat(self._notifier.beat)
        if not self._stand_by(watcher):
            return 0
        watcher.settle(lambda: bool(self._signals))  # it may have stood by for weeks
        await_known_jobs(engine, self._jobset)
        engine.begin()
        self._tell_of_hold()
        self._resume_deliveries()
        watcher.start()
        try:
            engine.serve()
            engine.end()
        finally:
            watcher.stop()
            self._alerting.finish()
        return 0

    def _offer(self, jobset: JobSet) -> None:
        """The jobs file has been read again. Called in the watcher's thread."""
        _warn(jobset, self._jobset)
        self._jobset = jobset
        if self._notifier is not None:
            self._notifier.reloading()
        self._engine.offer(jobset)

    def _stand_by(self, watcher: Watcher) -> bool:
        """Take the lock, or wait until it is free; ``False`` when told to leave before that."""
        import time

        engine = self._engine
        told = False
        if self._options.no_wait and not take_turn(engine, lambda: bool(self._signals)):
            who = f"another engine{self._rival()} serves this state directory{self._overlap()}"
            raise StateError(f"{self._directory}: {who}; without --no-wait this one would stand by")
        while not engine.take_over():
            if not told and engine.rival is not None and engine.rival.mode in RESIDENT_MODES:
                told = True
                self._tell(self._standing_by(engine.rival))
            if self._signals:
                return False
            if self._notifier is not None:
                self._notifier.beat()
            time.sleep(STAND_BY_SECONDS)
            if engine.overlap:  # the jobs file may no longer make them overlap
                watcher.compare()
        return True

    def _standing_by(self, rival: EngineInfo) -> EngineEvent:
        from peak_console.engine.events import EngineStandingBy

        return EngineStandingBy(
            at=self._clock.now(), directory=self._directory, holder=rival.pid, selection=rival.selection,
            overlap=self._engine.overlap,
        )  # fmt: skip


def engine_options(options: Namespace, mode: str) -> EngineOptions:
    """The engine's options from the command line's."""
    from peak_console.engine.context import EngineOptions

    return EngineOptions(
        mode=mode,
        poll_interval=options.poll_interval,
        include_tags=tags_of(options.include_tags),
        exclude_tags=tags_of(options.exclude_tags),
        keep_registry=not options.no_registry,
        send_alerts=not options.no_alerts,
    )


def await_known_jobs(engine: EngineCore, jobset: JobSet) -> None:
    """Before ``begin``: have the jobs file stand a while if it makes ``once`` of what an engine knew otherwise.

    As ``once`` is what a job is that names no schedule, half a file makes jobs into such, and starts them. Raises
    ``JobsFileError``.
    """
    from peak_console.jobs.caution import START_SECONDS, has_become_once

    try:
        states = engine.store.job_states()
    except DamagedError:  # ``begin`` replaces the registry; then nothing is known
        return
    if has_become_once(jobset, states):
        engine.offer(load_standing(jobset.path, START_SECONDS)[0])


def take_turn(engine: EngineCore, give_up: Callable[[], bool] = lambda: False) -> bool:
    """Take an engine's lock, waiting only for another start that is claiming at this very moment."""
    import time

    until = time.monotonic() + PASSING_ENGINE_SECONDS
    while not engine.take_over():
        rival = engine.rival
        # After a crash the row and the lock's file still name the dead one, while somebody tries the lock to see.
        resident = rival is not None and rival.mode in RESIDENT_MODES and _lives(rival.pid)
        if resident or time.monotonic() > until or give_up():
            return False
        time.sleep(0.01)
    return True


def _lives(pid: int | None) -> bool:
    try:
        os.kill(pid or 0, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        pass
    return True


def _notifier() -> Notifier | None:
    """Whom systemd hears, if we were started by it."""
    if not os.environ.get("NOTIFY_SOCKET"):
        return None
    from peak_console.notify import Notifier

    return Notifier(os.environ)


def _outlet(options: Namespace) -> Outlet:
    from peak_console.outlet import Outlet

    return Outlet(apart=not options.once)


def _reporter(options: Namespace, jobset: JobSet, outlet: Outlet) -> Reporter:
    from peak_console.reports import Reporter
    from peak_console.schedule.zones import zone

    as_json = options.log_format == "json"
    where = zone(jobset.settings.timezone)
    return Reporter(outlet.write, where, as_json=as_json, verbose=options.verbose, quiet=options.quiet)
