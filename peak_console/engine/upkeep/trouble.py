"""A registry that refuses what a resident engine has to record: said once, tried again, and told when it is over."""

from __future__ import annotations

from peak_console.engine.events import EngineMended, EngineTroubled
from peak_console.errors import DamagedError, StateError
from peak_console.store.database import BUSY_SECONDS as START_SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import tzinfo

    from peak_console.engine.control import Control
    from peak_console.engine.open_directory import OpenDirectory
    from peak_console.engine.setup import EngineSetup

BUSY_SECONDS = 1.0
"""How long a serving engine waits for another program that writes, before it looks after its runs again."""
TROUBLE_SECONDS = 1.0
"""How long it waits before it tries again what the registry refused."""
SIGN_SECONDS = 10.0
"""How often it gives a sign of life at least; see ``heartbeat``."""
ALARM_SECONDS = 10.0
"""After how many seconds of trouble the channels are told directly."""


class Trouble:
    """Knows whether the registry refuses at present, and shows it to other threads and processes."""

    def __init__(self, setup: EngineSetup, place: OpenDirectory, control: Control) -> None:
        self._setup = setup
        self._place = place
        self._control = control
        self._sign_due = float("-inf")
        self._sign = ""
        self._has_alarmed = False
        """Whether the channels know of the present trouble."""

    @property
    def is_on(self) -> bool:
        """Whether the registry refuses at present."""
        return self._control.trouble is not None

    def enter(self, error: StateError) -> None:
        """Say once what does not work."""
        now, text = self._setup.clock.now(), str(error)
        before = self._control.trouble
        if before is None:
            self._place.store.be_patient(0)
        self._control.trouble = (text, before[1] if before is not None else now)
        if before is None or text != before[0]:
            self._setup.emit(EngineTroubled(at=now, error=text))

    def leave(self) -> None:
        """Say that the registry works again."""
        before = self._control.trouble
        self.forget()
        if before is not None:
            self._setup.emit(EngineMended(at=self._setup.clock.now(), since=before[1]))

    def forget(self) -> None:
        """Go on with a registry that works."""
        self._control.trouble = None
        self._place.store.be_patient(BUSY_SECONDS)

    def give_sign(self, zone: tzinfo) -> None:
        """Show that the engine lives, and its trouble, on the lock's file and, if that lasts, to the channels."""
        trouble = self._control.trouble
        clock = self._setup.clock
        if trouble is None:
            self._has_alarmed = False
        elif not self._has_alarmed and (clock.now() - trouble[1]).total_seconds() >= ALARM_SECONDS:
            from peak_console.alerts.judge import judge_lasting_trouble

            self._has_alarmed = True
            self._setup.on_emergency(judge_lasting_trouble(*trouble, now=clock.now(), zone=zone))
        sign = f"{trouble[0]} (since {trouble[1]:%Y-%m-%d %H:%M:%S} UTC)" if trouble is not None else ""
        now = clock.monotonic()
        if now >= self._sign_due or sign != self._sign:
            self._place.lock.give_sign(sign)
            self._sign, self._sign_due = sign, now + SIGN_SECONDS / 2


def wait_for_registry(setup: EngineSetup, place: OpenDirectory, control: Control) -> bool:
    """Wait until the registry takes what is written; ``False`` if the engine was asked to drain before that.

    ``control.trouble`` tells meanwhile why it does not.
    """
    trouble = Trouble(setup, place, control)
    place.store.be_patient(BUSY_SECONDS)
    while not control.wants_drain:
        try:
            with place.store:
                pass
        except DamagedError:  # the engine replaces it when it begins
            break
        except StateError as error:
            trouble.enter(error)
            setup.clock.sleep(TROUBLE_SECONDS)
            continue
        break
    control.trouble = None
    place.store.be_patient(START_SECONDS)
    return not control.wants_drain
