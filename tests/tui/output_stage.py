"""Runs with output to show: a directory as its recorder leaves it, and lines as their reader should see them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from peak_console.tui.drawing import themes
from peak_console.tui.output.files import ERR, OUT, OutputFiles
from peak_console.tui.output.line_index import LineIndex
from peak_console.tui.output.stream_lines import Line, line_bytes
from peak_console.tui.output.view import OutputView
from tests.tui.harness import ZONE, WidgetApp, fixed_now, make_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from textual.pilot import Pilot

    from peak_console.model.records import Run


class RunDirectory:
    """A run's directory; ``write`` plays the job and its recorder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(exist_ok=True)
        self._sizes = [0, 0]

    def __str__(self) -> str:
        return str(self.path)

    def write(self, out: bytes = b"", err: bytes = b"", *, at: int | None = None) -> None:
        """Append to both streams; ``at``: and record a sample, at this Unix millisecond."""
        for stream, (name, data) in enumerate((("stdout.log", out), ("stderr.log", err))):
            with (self.path / name).open("ab") as file:
                file.write(data)
            self._sizes[stream] += len(data)
        if at is not None:
            with (self.path / "timeline").open("a") as file:
                file.write(f"{at} {self._sizes[OUT]} {self._sizes[ERR]}\n")

    def drop(self, stream: str, gone: int, kept: int) -> None:
        """Punch a hole, as the recorder does once output outgrows its bound. A hole reads as zeros."""
        (self.path / "dropped.new").write_text(f"{stream} {gone} {kept}\n")
        (self.path / "dropped.new").rename(self.path / "dropped")
        with (self.path / f"std{stream}.log").open("r+b") as file:
            file.seek(gone)
            file.write(bytes(kept - gone))


def indexed(directory: RunDirectory) -> LineIndex:
    """An index of all that is there."""
    index = LineIndex(OutputFiles(str(directory)))
    while not index.advance(1 << 20):
        pass
    return index


def texts(index: LineIndex, lines: Iterable[Line] | None = None) -> list[str]:
    """Lines as a reader sees them: ``E`` before those of stderr."""
    found = index.window(0, index.total + 10) if lines is None else lines
    return [_text(index, line) for line in found]


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Wait for what a thread has to do first."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        await pilot.pause(0.01)


def _text(index: LineIndex, line: Line) -> str:
    if line.dropped:
        return f"dropped {line.end - line.start}"
    data, _ = line_bytes(index.files, line)
    return ("E " if line.stream == ERR else "") + data.decode("utf-8", "replace")


class OutputApp(WidgetApp):
    """An output pane that shows a run from the start."""

    def __init__(
        self, shown: Run | None, directory: RunDirectory | str, theme: str = "textual-dark", **told: Any
    ) -> None:
        self.view = OutputView()
        super().__init__(self.view)
        self._shown, self._directory, self._theme = shown, str(directory), theme
        self._told = {"now": fixed_now(), "zone": ZONE, **told}

    def on_mount(self) -> None:
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.theme = self._theme
        self.view.show_run(self._shown, self._directory, **self._told)
        self.view.focus()

    def screen_text(self) -> list[str]:
        """The rows inside the border, without the scrollbar."""
        rows = ["".join(segment.text for segment in strip) for strip in self.screen._compositor.render_strips()]
        return [row[1:-2].rstrip() for row in rows[1:-1]]

    def borders(self) -> tuple[str, str]:
        rows = ["".join(segment.text for segment in strip) for strip in self.screen._compositor.render_strips()]
        return rows[0].strip("╭─╮ "), rows[-1].strip("╰─╯ ")


def live(**fields: Any) -> Run:
    return make_run(7, "sweep", ended_ago=None, took=125, **fields)


def ended(**fields: Any) -> Run:
    return make_run(7, "sweep", ended_ago=60, took=12.5, **fields)


def numbered(count: int, first: int = 0) -> bytes:
    return b"".join(b"line %d\n" % number for number in range(first, first + count))
