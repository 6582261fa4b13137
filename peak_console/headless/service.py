"""The scheduler without a screen: one-shot for cron, resident for systemd, and the dry run of both."""

from __future__ import annotations

import os

from peak_console.clock import SystemClock
from peak_console.decisions.selection import check_tags, tags_of
from peak_console.decisions.serving import listed
from peak_console.errors import DamagedError
from peak_console.jobs.state_place import state_directory
from peak_console.jobs.watching.answering import probe_jobs_file, probe_state
from peak_console.jobs.watching.standing import load_standing
from peak_console.model.terms import RESIDENT_MODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from types import FrameType

    from peak_console.engine.control import Control
    from peak_console.engine.open_directory import OpenDirectory
    from peak_console.engine.setup import EngineOptions, EngineSetup
    from peak_console.headless.reports import Reporter
    from peak_console.jobs.model import JobSet
    from peak_console.jobs.watching.standing import FileStatus
    from peak_console.outlet import Outlet

ONE_SHOT_SECONDS = 10.0
"""How long ``--once`` waits for another ``--once`` to finish claiming, which takes it milliseconds."""


def run_headless(options: Namespace) -> int:
    """``--headless``, ``--once`` and ``--dry-run``; the exit code."""
    probe_jobs_file(options.config)
    jobset, seen = load_standing(options.config)
    doubts = check_tags(jobset.jobs, tags_of(options.include_tags), tags_of(options.exclude_tags))
    directory = state_directory(options.config, options.state_dir, jobset.settings.state_dir)
    probe_state(directory)
    if jobset.warnings or doubts:
        from peak_console.headless.telling import complain_of, warn

        warn(jobset, quiet=options.quiet)
        complain_of(doubts)
    if options.dry_run:
        from peak_console.headless.dry_run import dry_run

        return dry_run(options, jobset, directory)
    return Service(options, jobset, directory).run(seen)


class Service:
    """One engine and what it needs around it, from start to exit code."""

    def __init__(self, options: Namespace, jobset: JobSet, directory: str) -> None:
        from peak_console.alerts.service import Alerting
        from peak_console.engine.control import Control

        self.options = options
        self.directory = directory
        self.jobset = jobset
        self.clock = SystemClock()
        self._outlet = _outlet(options)
        self.reporter = _reporter(options, jobset, self._outlet)
        self.alerting = Alerting(directory, self.clock, self._complain)
        self.control = Control()
        self.signals = 0
        """How often the process has been told to leave."""

    def say(self, level: str, text: str) -> None:
        """Report something that is no event of the engine."""
        self.reporter.line(self.clock.now(), level, text)

    def _complain(self, problem: str) -> None:
        """Report that a delivery does not work. Called in the delivery's thread."""
        self.say("warning", problem)

    def setup(self, mode: str) -> EngineSetup:
        """What an engine of this mode is made with."""
        from peak_console.engine.setup import EngineSetup
        from peak_console.runs.executors import make_executors

        return EngineSetup(
            jobset=self.jobset,
            directory=self.directory,
            options=engine_options(self.options, mode),
            clock=self.clock,
            executors=make_executors(self.directory),
            environ=os.environ,
            channels_of=self.alerting.channels_of,
            emit=self.reporter,
            on_alert=self.alerting.wake,
        )

    def run(self, seen: FileStatus | None) -> int:
        """Serve, and return the exit code. The state directory is let go of whatever happens."""
        try:
            if self.options.once:
                return self._once()
            from peak_console.headless.resident import ResidentService

            return ResidentService(self).serve(seen)
        finally:
            self._outlet.close()

    def is_told_to_leave(self) -> bool:
        """Whether a signal has come."""
        return self.signals > 0

    def take_signals(self) -> None:
        """Have INT and TERM drain the engine, and a second one stop its runs."""
        from _signal import SIGINT, SIGTERM, signal  # type: ignore[import-not-found]

        # ``signal`` itself makes enums of all numbers first, a fiftieth of a start with nothing to do.
        for number in (SIGINT, SIGTERM):
            signal(number, self._on_signal)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.signals += 1
        if self.signals == 1:
            self.control.drain()
        else:
            self.control.stop_runs()

    def _once(self) -> int:
        from peak_console.engine.open_directory import OpenDirectory

        setup = self.setup("once")
        with OpenDirectory(setup, self.control) as place:
            self.take_signals()
            return self._one_shot(setup, place)

    def _one_shot(self, setup: EngineSetup, place: OpenDirectory) -> int:
        """Dispatch what is due, see its runs to their ends, and return the exit code."""
        from peak_console.engine.quiet_start import sign_on_and_off

        if not take_turn(place, self.is_told_to_leave):
            text = f"another engine{rival_of(place)} serves {self.directory}{overlap_of(place)}; nothing done"
            self.say("info", text)
            return 0
        await_known_jobs(place, self.control, self.jobset)
        if sign_on_and_off(setup, place, self.control):
            self.resume_deliveries(place)
            self.alerting.finish()
            return 0
        from peak_console.engine.one_shot import OneShotEngine
        from peak_console.headless.telling import tell_of_blackouts, tell_of_holds, tell_of_others

        engine = OneShotEngine(setup, place, self.control)
        known = engine.context
        tell_of_others(known.served, self.say)
        tell_of_holds(known.status, known.holds, known.served, self.say)
        tell_of_blackouts(known.blackouts, known.served, known.clock.now(), self.say)
        engine.dispatch_once()
        self.resume_deliveries(place)
        engine.finish_own()
        status = engine.end()
        self.alerting.finish()
        return 3 if status.failed else 0

    def resume_deliveries(self, place: OpenDirectory) -> None:
        """Send what an earlier engine could not."""
        due = None if self.options.no_alerts else place.store.next_delivery_at()
        if due is not None and (due <= self.clock.now() or not self.options.once):
            self.alerting.wake()


def rival_of(place: OpenDirectory) -> str:
    """Who has the lock, in parentheses, where that is known."""
    return f" ({place.rival.named})" if place.rival is not None and place.rival.pid else ""


def overlap_of(place: OpenDirectory) -> str:
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
        claims_ahead=True,
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


def _outlet(options: Namespace) -> Outlet:
    from peak_console.outlet import Outlet

    return Outlet(apart=not options.once)


def _reporter(options: Namespace, jobset: JobSet, outlet: Outlet) -> Reporter:
    from peak_console.headless.reports import Reporter
    from peak_console.schedule.zones import zone

    as_json = options.log_format == "json"
    where = zone(jobset.settings.timezone)
    return Reporter(outlet.write, where, as_json=as_json, verbose=options.verbose, quiet=options.quiet)
