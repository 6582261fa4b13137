"""A console whose clock is turned by hand, with keys in between; when it has stood still, it paints all of it anew.

``python -m tests.terminal.cells_program FOLDER`` goes on as files appear in the folder, and makes some when it has done
so. ``painted`` counts the kinds of updates that it wrote.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from peak_console.tui.app.console import ConsoleApp
from tests.support.factories import make_job
from tests.tui.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType
    from textual.screen import Screen

STEP_SECONDS = 0.04
"""Longer than a frame."""
JOBS = 60


class Program(ConsoleApp):
    def __init__(self, folder: Path) -> None:
        jobs = [make_job(f"job {number:02}", interval_seconds=90.0 + 7 * number) for number in range(JOBS)]
        self._stage = stage = Stage(folder / "state", *jobs)
        super().__init__(stage.session, clock=stage.clock, live=False)
        stage.running("job 03", since=20.0)
        for number in range(JOBS):
            stage.decided(f"job {number:02}")
        self._folder = folder
        self._painted: Counter[str] = Counter()
        self._steps = self._all_steps()

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(STEP_SECONDS, self._step)

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        if renderable is not None:
            self._painted[type(renderable).__name__] += 1
        super()._display(screen, renderable)

    def _step(self) -> None:
        name = next(self._steps, None)
        if name is not None:
            self.call_after_refresh((self._folder / name).touch)

    def _is_asked(self, name: str) -> bool:
        return (self._folder / name).exists()

    def _all_steps(self) -> Iterator[str | None]:
        while not (self._is_asked("tick") and self.screen.query("#upcoming")):
            yield None
        self._painted.clear()
        for number in range(40):
            self._tick()
            yield None
            if number % 3 == 0:
                self.layout.jobs.action_move(1)
            elif number % 7 == 0:
                self.layout.jobs.action_mark()
            yield None
        (self._folder / "painted").write_text(json.dumps(self._painted), encoding="utf-8")
        yield from self._stand("ticked")
        for _ in range(6):  # as high as the upcoming slots
            self.notify("lies on whatever ticks below it " * 9, timeout=60.0)
        while not any(toast.region for toast in self.screen.query("Toast")):
            yield None
        for _ in range(5):
            self._tick()
            yield None
        yield from self._stand("toasted")

    def _tick(self) -> None:
        self._stage.clock.advance(1.0)
        self.presenter.tick()

    def _stand(self, name: str) -> Iterator[str | None]:
        """Say that it has got so far, and when that is asked for, paint all of it anew; until that has been seen."""
        yield name
        while not self._is_asked(f"{name} again"):
            yield None
        self.screen.refresh()
        yield f"{name} anew"
        while not self._is_asked(f"{name} seen"):
            yield None


if __name__ == "__main__":
    Program(Path(sys.argv[1])).run()
