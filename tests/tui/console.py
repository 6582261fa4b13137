"""The console on a stage, driven by keys and mouse."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from textual.notifications import Notify

from peak_console.tui.keys.actions import ACTION
from tests.support.factories import make_job
from tests.tui.stage import Stage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from textual.events import MouseScrollDown, MouseScrollUp
    from textual.message import Message
    from textual.notifications import Notification
    from textual.pilot import Pilot
    from textual.screen import Screen

    from peak_console.tui.app.console import ConsoleApp

    Test = TypeVar("Test", bound=Callable[..., object])


def covers(*actions: str) -> Callable[[Test], Test]:
    """Mark a test as one of these actions; a test reads the marks, so that no action is left out."""
    unknown = set(actions) - ACTION.keys()
    assert not unknown, unknown
    return lambda test: test


class Console:
    """A running console, and what the operator sees and does."""

    def __init__(self, stage: Stage, app: ConsoleApp, pilot: Pilot[int], said: list[Notification]) -> None:
        self.stage, self.app, self.pilot, self._said = stage, app, pilot, said

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
        await self.pilot.pause()

    async def write(self, text: str) -> None:
        """Type a text."""
        await self.press(*text)

    async def refresh(self) -> None:
        """The console hears that something is new."""
        self.app.feed.bring_up_to_date()
        await self.pilot.pause()

    async def go_to(self, job: str) -> None:
        """Put the cursor on a job."""
        self.app.layout.jobs.move_to(job)
        await self.pilot.pause()

    async def wheel(self, pane: str, kind: type[MouseScrollDown | MouseScrollUp]) -> None:
        """Turn the wheel by a notch over a pane."""
        left, top = self.app.layout.pane(pane).region.offset
        x, y = left + 5, top + 5
        self.app.post_message(kind(None, x, y, 0, 0, 0, False, False, False, screen_x=x, screen_y=y))
        await self.pilot.pause()

    @property
    def screen(self) -> Screen[Any]:
        return self.app.screen

    def shows(self, kind: type[Screen[Any]]) -> bool:
        """Whether such a screen is on top."""
        return isinstance(self.app.screen, kind)

    @property
    def toasts(self) -> list[tuple[str, str]]:
        """What was said in passing, ever: severity and text, oldest first."""
        return [(note.severity, note.message) for note in self._said]

    @property
    def cursor(self) -> str | None:
        return self.app.layout.jobs.cursor_name

    @property
    def shown_run(self) -> int | None:
        """The id of the run whose output is on the screen."""
        run = self.app.layout.output._run
        return run.id if run is not None else None


@asynccontextmanager
async def running(stage: Stage, size: tuple[int, int] = (140, 42), *, live: bool = False) -> AsyncIterator[Console]:
    """The console on ``stage``, as it is after its first paint."""
    app = stage.app(live=live)
    said: list[Notification] = []

    def hear(message: Message) -> None:
        if isinstance(message, Notify) and message.notification not in said:
            said.append(message.notification)

    async with app.run_test(size=size, notifications=True, message_hook=hear) as pilot:
        await pilot.pause()
        yield Console(stage, app, pilot, said)


def configure(home: Path, text: str) -> None:
    """What the operator has written for the console."""
    (home / ".config/peak-console").mkdir(parents=True)
    (home / ".config/peak-console/console.toml").write_text(text)


def three_jobs(directory: Path) -> Stage:
    """From top to bottom: ``beta`` runs, ``alpha`` is well and has two runs with output, ``gamma`` is disabled."""
    directory.mkdir(exist_ok=True)
    stage = Stage(
        directory / "state",
        make_job("alpha", interval_seconds=3600, args={"script": "a.py", "top_n": 3}, tags=("daily", "risk")),
        make_job("beta", interval_seconds=3600, tags=("risk",)),
        make_job("gamma", interval_seconds=3600, enabled=False, tags=("daily",)),
        jobs_file=str(directory / "jobs.toml"),
    )
    (directory / "jobs.toml").write_text(
        "".join(f'[[job]]\nname = "{name}"\ncommand = "/bin/true"\n\n' for name in ("alpha", "beta", "gamma"))
    )
    stage.ran("alpha", 7000, out="an earlier run\n")
    stage.ran("alpha", 60, out="".join(f"line {n} of many\n" for n in range(60)), err="a needle on stderr\n")
    stage.running("beta", 10, out="at work\n")
    return stage
