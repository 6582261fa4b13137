"""The scheduler without a screen: one-shot for cron, resident for systemd, and the dry run of both."""

from __future__ import annotations

import os

from peak_console.clock import SystemClock
from peak_console.decisions.selection import check_tags, tag_doubts, tags_of
from peak_console.decisions.serving import listed
from peak_console.errors import DamagedError, DiskError, StateError
from peak_console.jobs.state_place import state_directory
from peak_console.jobs.watching.answering import probe_jobs_file, probe_state
from peak_console.jobs.watching.standing import load_standing
from peak_console.model.terms import RESIDENT_MODES
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence
    from types import FrameType

    from peak_console.engine.context import EngineContext
    from peak_console.engine.control import Control
    from peak_console.engine.events import EngineEvent
    from peak_console.engine.open_directory import OpenDirectory
    from peak_console.engine.setup import EngineOptions, EngineSetup
    from peak_console.engine.upkeep.stall import StallWatch
    from peak_console.headless.notify import Notifier
    from peak_console.headless.reports import Reporter
    from peak_console.jobs.model import JobSet
    from peak_console.jobs.watching.standing import FileStatus
    from peak_console.jobs.watching.watcher import Watcher
    from peak_console.model.records import Alert, EngineInfo
    from peak_console.outlet import Outlet

STAND_BY_SECONDS = 0.5
SUCCESSION_SECONDS = 0.02
"""How often a console's successor looks whether the console's engine has ended: no slot is to wait for that."""
ONE_SHOT_SECONDS = 10.0
"""How long ``--once`` waits for another ``--once`` to finish claiming, which takes it milliseconds."""


def run_headless(options: Namespace) -> int:
    """``--headless``, ``--once`` and ``--dry-run``; the exit code."""
    probe_jobs_file(options.config)
    jobset, seen = load_standing(options.config)
    doubts = check_tags(jobset.jobs, tags_of(options.include_tags), tags_of(options.exclude_tags))
    directory = state_directory(options.config, options.state_dir, jobset.settings.state_dir)
    probe_state(directory)
    _warn(jobset, quiet=options.quiet)
    if doubts:
        from peak_console.outlet import complain

        complain("".join(f"warning: {doubt}\n" for doubt in doubts))
    if options.dry_run:
        from peak_console.headless.dry_run import dry_run

        return dry_run(options, jobset, directory)
    return _Service(options, jobset, directory).run(seen)


def _warn(jobset: JobSet, known: JobSet | None = None, *, quiet: bool = False) -> None:
    """Show the warnings of a jobs file that an earlier one did not have; ``quiet`` omits those of unknown keys."""
    new = [warning for warning in jobset.warnings if known is None or warning not in known.warnings]
    if quiet:
        new = [warning for warning in new if not warning.unknown_key]
    if new:
        from peak_console.jobs.file.warnings import folded
        from peak_console.outlet import complain
        from peak_console.text import safe

        complain("".join(f"warning: {safe(line)}\n" for line in folded(new)))


def _warn_of_tags(options: Namespace, jobset: JobSet, known: JobSet) -> None:
    """Show what a new jobs file makes doubtful about the command line's tags, and was not before."""
    include, exclude = tags_of(options.include_tags), tags_of(options.exclude_tags)
    before = tag_doubts(known.jobs, include, exclude)[0]
    doubts = [doubt for doubt in tag_doubts(jobset.jobs, include, exclude)[0] if doubt not in before]
    if doubts:
        from peak_console.outlet import complain

        complain("".join(f"warning: {doubt}\n" for doubt in doubts))


class _Service:
    """One engine and what it needs around it, from start to exit code."""

    def __init__(self, options: Namespace, jobset: JobSet, directory: str) -> None:
        self._options = options
        self._directory = directory
        self._clock = SystemClock()
        self._outlet = _outlet(options)
        self._reporter = _reporter(options, jobset, self._outlet)
        from peak_console.alerts.service import Alerting
        from peak_console.engine.control import Control

        self._alerting = Alerting(directory, self._clock, self._complain)
        self._signals = 0
        self._jobset = jobset
        self._notifier = None if options.once else _notifier()
        self._control = Control()
        self._has_begun = False
        self._stall_watch: StallWatch | None = None

    def _complain(self, problem: str) -> None:
        """A delivery does not work. Called in the delivery's thread."""
        self._reporter.line(self._clock.now(), "warning", problem)

    def _setup(self, watcher: Watcher | None = None) -> EngineSetup:
        """What the engine is made with; the watcher is that of a resident engine."""
        from peak_console.engine.setup import EngineSetup
        from peak_console.runs.executors import make_executors

        setup = EngineSetup(
            jobset=self._jobset,
            directory=self._directory,
            options=engine_options(self._options, "headless" if watcher is not None else "once"),
            clock=self._clock,
            executors=make_executors(self._directory),
            environ=os.environ,
            channels_of=self._alerting.channels_of,
            emit=self._reporter if self._notifier is None else self._tell,
            on_alert=self._alerting.wake,
        )
        if watcher is not None:
            setup = replace(setup, reload=watcher.read_now)
            if not self._options.no_alerts:
                setup = replace(setup, on_emergency=self._alerting.send_at_once)
            setup = replace(setup, beat=self._beat)
        return setup

    def _beat(self) -> float | None:
        """Note that the engine has taken a turn, and tell systemd if it is time to; see ``Notifier.beat``."""
        if self._stall_watch is not None:
            self._stall_watch.count_turn()
        return self._notifier.beat() if self._notifier is not None else None

    def _tell_of_stall(self, level: str, text: str) -> None:
        """The engine's thread hangs, or goes on. Called in the watch's thread."""
        self._reporter.line(self._clock.now(), level, text)
        if self._notifier is not None:
            self._notifier.say(f"STATUS={text}")

    def _tell(self, event: EngineEvent) -> None:
        self._reporter(event)
        if self._notifier is not None:
            self._notifier.tell(event)

    def run(self, seen: FileStatus | None) -> int:
        """The exit code. The state directory is let go of whatever happens."""
        try:
            return self._opened(None) if self._options.once else self._begun(seen)
        finally:
            self._outlet.close()

    def _begun(self, seen: FileStatus | None) -> int:
        """The exit code of a resident engine, which begins as soon as the disk takes what it records."""
        from peak_console.engine.upkeep.disk_trouble import DiskTrouble

        trouble = DiskTrouble(self._clock, self._tell, self._send_at_once)
        self._take_signals()
        while not self._is_told_to_leave():
            try:
                return self._opened(self._watcher(seen))
            except DiskError as error:
                if self._has_begun:
                    raise
                if self._notifier is not None:  # as one that stands by: a manager that gives up starts it in vain
                    self._notifier.ready(str(error))
                trouble.wait(str(error), self._notifier.beat if self._notifier is not None else None)
        return 0

    def _is_told_to_leave(self) -> bool:
        return self._signals > 0

    def _opened(self, watcher: Watcher | None) -> int:
        """The exit code of work on the open state directory; the watcher is that of a resident engine."""
        from peak_console.engine.open_directory import OpenDirectory

        setup = self._setup(watcher)
        with OpenDirectory(setup, self._control) as place:
            self._take_signals()
            return self._once(setup, place) if watcher is None else self._resident(setup, place, watcher)

    def _send_at_once(self, alert: Alert) -> None:
        """Send an alert past the registry, which cannot take it."""
        if not self._options.no_alerts:
            self._alerting.channels_of(self._jobset)
            self._alerting.send_at_once(alert)

    def _take_signals(self) -> None:
        from _signal import SIGINT, SIGTERM, signal  # type: ignore[import-not-found]

        # ``signal`` itself makes enums of all numbers first, a fiftieth of a start with nothing to do.
        for number in (SIGINT, SIGTERM):
            signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1
        if self._signals == 1:
            self._control.drain()
        else:
            self._control.stop_runs()

    def _once(self, setup: EngineSetup, place: OpenDirectory) -> int:
        from peak_console.engine.quiet_start import sign_on_and_off

        if not take_turn(place, lambda: bool(self._signals)):
            text = f"another engine{_rival(place)} serves {self._directory}{_overlap(place)}; nothing done"
            self._reporter.line(self._clock.now(), "info", text)
            return 0
        await_known_jobs(place, self._control, self._jobset)
        if sign_on_and_off(setup, place, self._control):
            self._resume_deliveries(place)
            self._alerting.finish()
            return 0
        from peak_console.engine.one_shot import OneShotEngine

        engine = OneShotEngine(setup, place, self._control)
        self._tell_of_others(engine.context)
        self._tell_of_hold(engine.context)
        engine.dispatch_once()
        self._resume_deliveries(place)
        engine.finish_own()
        status = engine.end()
        self._alerting.finish()
        return 3 if status.failed else 0

    def _tell_of_hold(self, context: EngineContext) -> None:
        told = [] if context.status.hold is None else [(context.status.hold, "nothing new starts")]
        told += [(hold, "nothing new of these starts") for hold in context.holds.all]
        if not told:
            return
        from peak_console.decisions.conditions import held
        from peak_console.decisions.holding.holds import scope

        for hold, effect in told:
            which = f"{scope(hold)}: " if hold.tags or hold.words else ""
            text = f"{which}{held(hold, context.served.zone_of(None))}: {effect}"
            self._reporter.line(self._clock.now(), "warning", text)

    def _tell_of_others(self, context: EngineContext) -> None:
        """Name the jobs that the tags select, but another engine serves."""
        left: dict[str, list[str]] = {}
        for name, engine in context.served.contested.items():
            left.setdefault(engine.named, []).append(name)
        for who, names in left.items():
            text = f"left to another engine ({who}), which serves them: {listed(names)}"
            self._reporter.line(self._clock.now(), "info", text)

    def _resume_deliveries(self, place: OpenDirectory) -> None:
        """Send what an earlier engine could not."""
        due = None if self._options.no_alerts else place.store.next_delivery_at()
        if due is not None and (due <= self._clock.now() or not self._options.once):
            self._alerting.wake()

    def _watcher(self, seen: FileStatus | None) -> Watcher:
        from peak_console.jobs.watching.watcher import Watcher

        control = self._control
        return Watcher(
            self._options.config, on_jobs=self._offer, on_error=control.reject, on_held=control.hold_back,
            seen=seen, known=self._jobset,
        )  # fmt: skip

    def _resident(self, setup: EngineSetup, place: OpenDirectory, watcher: Watcher) -> int:
        import signal

        from peak_console.engine.resident import ResidentEngine
        from peak_console.engine.upkeep.stall import StallWatch

        signal.signal(signal.SIGHUP, lambda _number, _frame: watcher.look())
        if not self._stand_by(place, watcher):
            return 0
        watcher.settle(lambda: bool(self._signals))  # it may have stood by for weeks
        await_known_jobs(place, self._control, self._jobset)
        engine = ResidentEngine(setup, place, self._control)
        self._has_begun = True
        self._tell_of_hold(engine.context)
        self._resume_deliveries(place)
        watcher.start()
        self._stall_watch = watch = StallWatch(self._directory, self._tell_of_stall)
        watch.start()
        try:
            engine.serve()
            engine.end()
        finally:
            watch.stop()
            watcher.stop()
            self._alerting.finish()
        return 0

    def _offer(self, jobset: JobSet) -> None:
        """The jobs file has been read again. Called in the watcher's thread."""
        _warn(jobset, self._jobset)
        _warn_of_tags(self._options, jobset, self._jobset)
        self._jobset = jobset
        if self._notifier is not None:
            self._notifier.reloading()
        self._control.offer(jobset)

    def _stand_by(self, place: OpenDirectory, watcher: Watcher) -> bool:
        """Take the lock, or wait until it is free; ``False`` when told to leave before that."""
        told = False
        pause = SUCCESSION_SECONDS if self._options.successor else STAND_BY_SECONDS
        if self._options.no_wait and not take_turn(place, lambda: bool(self._signals)):
            who = f"another engine{_rival(place)} serves this state directory{_overlap(place)}"
            raise StateError(f"{self._directory}: {who}; without --no-wait this one would stand by")
        while not place.take_over():
            if not told and place.rival is not None and place.rival.mode in RESIDENT_MODES:
                told = True
                self._tell(self._standing_by(place.rival, place.overlap))
            if self._signals:
                return False
            if self._notifier is not None:
                self._notifier.beat()
            self._clock.sleep(pause)
            if place.overlap:  # the jobs file may no longer make them overlap
                watcher.compare()
        return True

    def _standing_by(self, rival: EngineInfo, overlap: Sequence[str]) -> EngineEvent:
        from peak_console.engine.events import EngineStandingBy

        return EngineStandingBy(
            at=self._clock.now(), directory=self._directory, holder=rival.pid, selection=rival.selection,
            overlap=overlap,
        )  # fmt: skip


def _rival(place: OpenDirectory) -> str:
    return f" ({place.rival.named})" if place.rival is not None and place.rival.pid else ""


def _overlap(place: OpenDirectory) -> str:
    """What both select, where the tags are not the same."""
    return f", including {listed(place.overlap)}" if place.overlap else ""


def engine_options(options: Namespace, mode: str) -> EngineOptions:
    """The engine's options from the command line's."""
    from peak_console.engine.setup import EngineOptions

    return EngineOptions(
        mode=mode,
        poll_interval=options.poll_interval,
        include_tags=tags_of(options.include_tags),
        exclude_tags=tags_of(options.exclude_tags),
        keep_registry=not options.no_registry,
        send_alerts=not options.no_alerts,
    )


def await_known_jobs(place: OpenDirectory, control: Control, jobset: JobSet) -> None:
    """Before an engine begins: have the jobs file stand a while if it makes ``once`` of what an engine knew otherwise.

    As ``once`` is what a job is that names no schedule, half a file makes jobs into such, and starts them. Raises
    ``JobsFileError``.
    """
    from peak_console.jobs.watching.caution import START_SECONDS, has_become_once

    try:
        states = place.store.job_states()
    except DamagedError:  # the engine replaces the registry; then nothing is known
        return
    if has_become_once(jobset, states):
        control.offer(load_standing(jobset.path, START_SECONDS)[0])


def take_turn(place: OpenDirectory, give_up: Callable[[], bool] = lambda: False) -> bool:
    """Take an engine's lock, waiting only for another start that is claiming at this very moment."""
    clock = SystemClock()
    until = clock.monotonic() + ONE_SHOT_SECONDS
    while not place.take_over():
        rival = place.rival
        # After a crash registry and lock file still name the dead engine while another process tries the lock.
        resident = rival is not None and rival.mode in RESIDENT_MODES and _lives(rival.pid)
        if resident or clock.monotonic() > until or give_up():
            return False
        clock.sleep(0.01)
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
    """The notifier for systemd; ``None`` when systemd did not start this process."""
    if not os.environ.get("NOTIFY_SOCKET"):
        return None
    from peak_console.headless.notify import Notifier

    return Notifier(os.environ)


def _outlet(options: Namespace) -> Outlet:
    from peak_console.outlet import Outlet

    return Outlet(apart=not options.once)


def _reporter(options: Namespace, jobset: JobSet, outlet: Outlet) -> Reporter:
    from peak_console.headless.reports import Reporter
    from peak_console.schedule.zones import zone

    as_json = options.log_format == "json"
    where = zone(jobset.settings.timezone)
    return Reporter(outlet.write, where, as_json=as_json, verbose=options.verbose, quiet=options.quiet)
