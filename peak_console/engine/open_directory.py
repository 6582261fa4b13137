"""A state directory that an engine has opened: the registry, the right to dispatch, and the doorbell."""

from __future__ import annotations

from peak_console.decisions.serving import Share, others
from peak_console.errors import DamagedError, DamagedRowError, StateError
from peak_console.model.records import EngineInfo
from peak_console.model.terms import RESIDENT_MODES
from peak_console.store.bell import BELL, bell_of
from peak_console.store.locks import holds_removed, lock_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType
    from typing import Self

    from peak_console.engine.control import Control
    from peak_console.engine.setup import EngineSetup
    from peak_console.jobs.model import JobSet
    from peak_console.model.records import Alert
    from peak_console.store.bell import Bell
    from peak_console.store.locks import Lock
    from peak_console.store.repair.restore import EngineMemory


class OpenDirectory:
    """Belongs to the thread that made it; ``with`` closes it."""

    def __init__(self, setup: EngineSetup, control: Control) -> None:
        """Open the state directory; replace a registry that cannot be read. Raises ``StateError``."""
        self.directory = setup.directory
        self._setup = setup
        self._control = control
        self.lock_name = lock_of(setup.options.include_tags, setup.options.exclude_tags)
        self.lock: Lock = setup.surroundings.make_lock(self.directory, self.lock_name)
        self.rival: EngineInfo | None = None
        """Why ``take_over`` has failed: the engine that serves the same jobs."""
        self.overlap: Sequence[str] = ()
        """The jobs that both would serve; empty when their tags are the same."""
        self.unreported: Sequence[Alert] = ()
        """Alerts about the registry that are recorded and were not announced."""
        try:
            self.store = setup.open_store(self.directory)
        except DamagedError:
            from peak_console.store.repair.damage import open_sound

            try:
                self.store = open_sound(self.directory, self.lock, setup.clock.now)
            except StateError:
                self.lock.release()
                raise
        # A pipe of its own until ``hang_bell``: it must not swallow rings that are meant for the engine that serves.
        self.bell: Bell = setup.surroundings.make_bell(None, BELL)
        control.connect(self._ring)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give up the lock and let go of everything; runs go on."""
        self._control.connect(lambda: None)
        self.bell.close()
        self._setup.executors.close()
        self.lock.release()
        self.store.close()

    def _ring(self) -> None:
        self.bell.ring()

    # The right to dispatch.

    @property
    def is_resident(self) -> bool:
        """Whether the engine stays and serves."""
        return self._setup.options.mode in RESIDENT_MODES

    def take_over(self) -> bool:
        """Dispatch what the tags select from now on; ``False`` while a ``rival`` does. Raises ``StateError``."""
        self.rival, self.overlap = None, ()
        if not self.lock.acquire():
            self.rival = self.holder()
            return False
        self.store.follow()  # it may have been replaced while this one stood by
        self.rival = self._serving_without_lock()
        if self.rival is not None:
            self.lock.release()
            return False
        try:
            in_order = self.store.engine_info(strict=True).pid is None
        except DamagedError:
            in_order = False
        if not in_order and self._setup.checks_registry:
            from peak_console.store.repair.damage import is_damaged

            if is_damaged(self.store):
                self.replace_registry()
        share = self.share(self._control.offered or self._setup.jobset)
        self.rival = share.blocked_by(self._setup.options.mode)
        if self.rival is None:
            return True
        self.overlap = share.overlap(self.rival)
        self.lock.release()
        return False

    def holder(self) -> EngineInfo:
        """The engine that holds the lock."""
        pid = self.lock.holder()
        found = EngineInfo(lock=self.lock_name, pid=pid)
        try:
            return next(
                (each for each in self.store.engines() if (each.lock, each.pid) == (self.lock_name, pid)), found
            )
        except DamagedError:
            return found

    def _serving_without_lock(self) -> EngineInfo | None:
        """The engine that serves what we would, and whose lock's file was removed: it will see that, and renew it."""
        try:
            engines = self.store.engines()
        except DamagedError:
            return None
        ours = [each for each in engines if each.lock == self.lock_name and each.stopped_at is None]
        return next((each for each in ours if holds_removed(self.directory, each.lock, each.pid)), None)

    def share(self, jobset: JobSet) -> Share:
        """The jobs that this engine serves, and those that its tags select but another engine serves."""
        options = self._setup.options
        return Share(jobset, options.include_tags, options.exclude_tags, others(self.store.engines(), self.lock_name))

    def give_way(self) -> None:
        """Let others dispatch from now on."""
        self.store.engine_stopped(self._setup.clock.now(), self.lock_name)
        self.lock.release()

    # The doorbell.

    def hang_bell(self) -> None:
        """Hang the doorbell that other processes ring, if this engine stays. Raises ``StateError``."""
        if not self.is_resident:
            return
        bell = self._setup.surroundings.make_bell(self.directory, bell_of(self.lock_name))
        before, self.bell = self.bell, bell
        before.close()

    # The registry.

    def replace_registry(self) -> None:
        """Set a damaged registry aside and turn to a fresh one. Raises ``StateError``."""
        from peak_console.store.repair.damage import repairing, set_aside

        with repairing(self.directory):
            if not self.store.follow():  # unless another engine was faster
                set_aside(self.directory, self._setup.clock.now())
                self.store.follow()

    def mend_rows(self, error: DamagedError, memory: EngineMemory, jobset: JobSet) -> bool:
        """Mend single rows that make no sense, if that is the damage; ``unreported`` has the alert about it then."""
        if not isinstance(error, DamagedRowError):
            return False
        from peak_console.engine.registry_loss.at_start import mend_rows

        alert = mend_rows(self.store, memory, jobset, self._is_started, self._setup.clock.now())
        if alert is None:
            return False
        self.unreported = [*self.unreported, alert]
        return True

    def _is_started(self, run_id: int) -> bool:
        return self._setup.executors.is_started(run_id)
