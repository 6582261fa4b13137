"""The pictures in the README and docs, drawn by the program itself: ``python -m tests.tui.pictures``."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from pathlib import Path

PICTURES = Path(__file__).parents[2] / "docs" / "images"
JOBS_FILE = "config/scheduler/jobs.toml"
PLACES = {"console": ((140, 42), ()), "details": ((120, 30), ("enter",)), "output": ((80, 24), ("2",))}
"""By name: the terminal's size, and the keys that are pressed before the picture is taken."""


async def draw(name: str) -> str:
    """The picture as SVG, its spaces kept and its ids the same each time."""
    from peak_console.jobs.file.loader import load
    from tests.tui import desk

    jobs = tuple(load(JOBS_FILE).jobs.values())  # those that the repository ships
    size, keys = PLACES[name]
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_STATE_HOME"] = os.environ["XDG_CONFIG_HOME"] = folder  # nobody's own settings
        app = desk.failing(Path(folder), jobs, JOBS_FILE).app()
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            for key in keys:
                await pilot.press(key)
                await pilot.pause()
            svg = app.export_screenshot(title="Peak Console")
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    return svg.replace("<svg ", '<svg xml:space="preserve" ', 1)


def main() -> None:
    os.chdir(PICTURES.parents[1])
    os.environ |= {"TEXTUAL_ANIMATIONS": "none", "COLORTERM": "truecolor"}
    os.environ.pop("NO_COLOR", None)
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in PLACES:
        (PICTURES / f"{name}.svg").write_text(asyncio.run(draw(name)), encoding="utf-8")


if __name__ == "__main__":
    main()
