"""Give a command to the engine that serves the directory, or to one of this process for a moment."""

from __future__ import annotations

import os
import time

from peak_console.clock import SystemClock
from peak_console.errors import PeakConsoleError, StateError
from peak_console.store.bell import ring
from peak_console.store.commands import WITHDRAWN
from peak_console.store.directory import current_user, is_mounted_read_only, not_writable
from peak_console.store.store import Store
from peak_console.values import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from peak_console.alerts.service import Alerting
    from peak_console.engine.events import EngineEvent
    from peak_console.engine.open_directory import OpenDirectory
    from peak_console.engine.setup import EngineSetup
    from peak_console.jobs.model import JobSet
    from peak_console.model.records import Command

ANSWER_SECONDS = 5.0
"""How long a living engine may take to answer; it takes milliseconds."""
LOOK_SECONDS = 0.02


def ask_engine(
    directory: str, verb: str, job: str | None = None, run_id: int | None = None, arguments: Mapping[str, Any] = {}
) -> Command | None:
    """The answer of the engine that serves the directory; ``None`` when no engine serves it.

    Raises ``PeakConsoleError`` when an engine is there and does not answer; the command is withdrawn then.
    """
    if not os.path.isdir(directory):
        return None
    refuse_viewer(directory)
    if not ring(directory) and not _is_recorded(directory):
        return None
    clock = SystemClock()
    store = Store.open(directory, patience=ANSWER_SECONDS)
    try:
        number = store.issue(verb, current_user(), clock.now(), job, run_id, arguments)
        ring(directory)
        until = time.monotonic() + ANSWER_SECONDS
        while time.monotonic() < until:
            command = store.command(number)
            if command is not None and command.answer is not None:
                return command
            time.sleep(LOOK_SECONDS)
        return _withdrawn(store, number)
    finally:
        store.close()


def refuse_viewer(directory: str) -> None:
    """Raise ``PeakConsoleError`` for a user who may look at a state directory but not write there."""
    if not os.path.isdir(directory) or os.access(directory, os.W_OK):
        return
    what, mend = "you may look at this but not write there", "act as its owner"
    if is_mounted_read_only(directory):
        what, mend = not_writable(directory)
    raise PeakConsoleError(f"{directory}: {what}, so nothing can be commanded; {mend}")


def _is_recorded(directory: str) -> bool:
    """Whether an engine serves that cannot be rung: its doorbell or its lock was removed, which it will see itself."""
    store = Store.look(directory)
    if store is None:
        return False
    try:
        return any(engine.serves for engine in store.engines())
    finally:
        store.close()


def _withdrawn(store: Store, number: int) -> Command:
    """The answer that has come at the last moment. Raises ``PeakConsoleError`` when there is none."""
    silence = f"{store.directory}: the engine has not answered within {ANSWER_SECONDS:g} s"
    try:
        command = store.withdraw(number, SystemClock().now())
    except StateError as error:
        raise PeakConsoleError(f"{silence}, and may still do what it was asked for: {error}") from None
    if command is None or command.message == WITHDRAWN:
        raise PeakConsoleError(f"{silence}; see: peak-console status")
    if command.answer is None and command.run_id is not None:  # who asks again would run it twice
        from peak_console.engine.commands.answers import answer_of

        answer, message = answer_of(store.run(command.run_id), command.run_id)
        return replace(command, answer=answer, message=message)
    return command


def ask_here(
    jobset: JobSet, directory: str, verb: str, job: str | None = None, arguments: Mapping[str, Any] = {}
) -> Command:
    """Carry a command out in this process, under the engine's lock, for whichever engine comes next."""
    from peak_console.engine.control import Control
    from peak_console.engine.one_shot import OneShotEngine
    from peak_console.engine.open_directory import OpenDirectory

    setup, control = one_shot_setup(jobset, directory), Control()
    with OpenDirectory(setup, control) as place:
        place.store.be_patient(ANSWER_SECONDS)
        take_lock(place)
        engine = OneShotEngine(setup, place, control)
        number = place.store.issue(verb, current_user(), SystemClock().now(), job, None, arguments)
        engine.obey_once()
        command = place.store.command(number)
        assert command is not None
        return command


def one_shot_setup(
    jobset: JobSet,
    directory: str,
    *,
    emit: Callable[[EngineEvent], None] = lambda _event: None,
    alerting: Alerting | None = None,
) -> EngineSetup:
    """What an engine is made with that starts nothing but what it is asked for."""
    from peak_console.alerts.service import Alerting
    from peak_console.engine.setup import EngineOptions, EngineSetup
    from peak_console.runs.executors import make_executors

    alerting = alerting or Alerting(directory, SystemClock())
    return EngineSetup(
        jobset=jobset,
        directory=directory,
        options=EngineOptions(mode="run"),
        clock=SystemClock(),
        executors=make_executors(directory),
        environ=os.environ,
        channels_of=alerting.channels_of,
        emit=emit,
        on_alert=alerting.wake,
    )


def take_lock(place: OpenDirectory) -> None:
    """Take the engine's lock. Raises ``PeakConsoleError`` when a resident engine has just taken it."""
    from peak_console.headless.service import take_turn

    if not take_turn(place):
        raise PeakConsoleError(f"{place.directory}: an engine has just started to serve this; try again")
