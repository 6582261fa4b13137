"""The engine that stays, without a screen: it waits for its turn and disk, and tells a service manager of itself."""

from __future__ import annotations

import os

from peak_console.errors import DiskError, StateError
from peak_console.headless.service import await_known_jobs, overlap_of, rival_of, take_turn
from peak_console.headless.telling import tell_of_blackouts, tell_of_holds, warn, warn_of_tags
from peak_console.model.terms import RESIDENT_MODES
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from peak_console.engine.events import EngineEvent
    from peak_console.engine.open_directory import OpenDirectory
    from peak_console.engine.setup import EngineSetup
    from peak_console.engine.upkeep.stall import StallWatch
    from peak_console.headless.notify import Notifier
    from peak_console.headless.service import Service
    from peak_console.jobs.model import JobSet
    from peak_console.jobs.watching.standing import FileStatus
    from peak_console.jobs.watching.watcher import Watcher
    from peak_console.model.records import Alert, EngineInfo

STAND_BY_SECONDS = 0.5
SUCCESSION_SECONDS = 0.02
"""How often a console's successor looks whether the console's engine has ended: no slot is to wait for that."""


class ResidentService:
    """Serves until it is told to leave."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._options = service.options
        self._directory = service.directory
        self._clock = service.clock
        self._control = service.control
        self._alerting = service.alerting
        self._notifier = _notifier()
        self._has_begun = False
        self._stall_watch: StallWatch | None = None

    def serve(self, seen: FileStatus | None) -> int:
        """Begin as soon as the disk takes what the engine records; return the exit code."""
        from peak_console.engine.upkeep.disk_trouble import DiskTrouble

        trouble = DiskTrouble(self._clock, self._tell, self._send_at_once)
        self._service.take_signals()
        while not self._service.is_told_to_leave():
            try:
                return self._opened(self._watcher(seen))
            except DiskError as error:
                if self._has_begun:
                    raise
                if self._notifier is not None:  # as one that stands by: a manager that gives up starts it in vain
                    self._notifier.ready(str(error))
                trouble.wait(str(error), self._notifier.beat if self._notifier is not None else None)
        return 0

    def _opened(self, watcher: Watcher) -> int:
        """Work on the open state directory; return the exit code."""
        from peak_console.engine.open_directory import OpenDirectory

        setup = self._setup(watcher)
        with OpenDirectory(setup, self._control) as place:
            self._service.take_signals()
            return self._resident(setup, place, watcher)

    def _setup(self, watcher: Watcher) -> EngineSetup:
        setup = replace(self._service.setup("headless"), reload=watcher.read_now, beat=self._beat)
        if self._notifier is not None:
            setup = replace(setup, emit=self._tell)
        if not self._options.no_alerts:
            setup = replace(setup, on_emergency=self._alerting.send_at_once)
        return setup

    def _tell(self, event: EngineEvent) -> None:
        self._service.reporter(event)
        if self._notifier is not None:
            self._notifier.tell(event)

    def _beat(self) -> float | None:
        """Note that the engine has taken a turn, and tell systemd if it is time to; see ``Notifier.beat``."""
        if self._stall_watch is not None:
            self._stall_watch.count_turn()
        return self._notifier.beat() if self._notifier is not None else None

    def _tell_of_stall(self, level: str, text: str) -> None:
        """The engine's thread hangs, or goes on. Called in the watch's thread."""
        self._service.say(level, text)
        if self._notifier is not None:
            self._notifier.say(f"STATUS={text}")

    def _send_at_once(self, alert: Alert) -> None:
        """Send an alert past the registry, which cannot take it."""
        if not self._options.no_alerts:
            self._alerting.channels_of(self._service.jobset)
            self._alerting.send_at_once(alert)

    def _watcher(self, seen: FileStatus | None) -> Watcher:
        from peak_console.jobs.watching.watcher import Watcher

        control = self._control
        return Watcher(
            self._options.config, on_jobs=self._offer, on_error=control.reject, on_held=control.hold_back,
            seen=seen, known=self._service.jobset,
        )  # fmt: skip

    def _resident(self, setup: EngineSetup, place: OpenDirectory, watcher: Watcher) -> int:
        import signal

        from peak_console.engine.resident import ResidentEngine
        from peak_console.engine.upkeep.stall import StallWatch

        signal.signal(signal.SIGHUP, lambda _number, _frame: watcher.look())
        if not self._stand_by(place, watcher):
            return 0
        watcher.settle(self._service.is_told_to_leave)  # it may have stood by for weeks
        await_known_jobs(place, self._control, self._service.jobset)
        engine = ResidentEngine(setup, place, self._control)
        self._has_begun = True
        known = engine.context
        tell_of_holds(known.status, known.holds, known.served, self._service.say)
        tell_of_blackouts(known.blackouts, known.served, known.clock.now(), self._service.say)
        self._service.resume_deliveries(place)
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
        warn(jobset, self._service.jobset)
        warn_of_tags(self._options, jobset, self._service.jobset)
        self._service.jobset = jobset
        if self._notifier is not None:
            self._notifier.reloading()
        self._control.offer(jobset)

    def _stand_by(self, place: OpenDirectory, watcher: Watcher) -> bool:
        """Take the lock, or wait until it is free; ``False`` when told to leave before that."""
        told = False
        pause = SUCCESSION_SECONDS if self._options.successor else STAND_BY_SECONDS
        if self._options.no_wait and not take_turn(place, self._service.is_told_to_leave):
            who = f"another engine{rival_of(place)} serves this state directory{overlap_of(place)}"
            raise StateError(f"{self._directory}: {who}; without --no-wait this one would stand by")
        while not place.take_over():
            if not told and place.rival is not None and place.rival.mode in RESIDENT_MODES:
                told = True
                self._tell(self._standing_by(place.rival, place.overlap))
            if self._service.is_told_to_leave():
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


def _notifier() -> Notifier | None:
    """The notifier for systemd; ``None`` when systemd did not start this process."""
    if not os.environ.get("NOTIFY_SOCKET"):
        return None
    from peak_console.headless.notify import Notifier

    return Notifier(os.environ)
