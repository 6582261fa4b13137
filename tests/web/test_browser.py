"""``serve`` in a real browser: the console is there and hears its keys, and a page of somebody else gets nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.headless.support import Program, programs, shell
from tests.support.chromium import PROGRAM, chromium
from tests.support.processes import wait_until
from tests.web.test_serve import consoles, links, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.headless.support import Resident
    from tests.support.chromium import Page

pytestmark = pytest.mark.skipif(PROGRAM is None, reason="there is no Chromium")

COLOURS = """\
new Set([...document.querySelectorAll("canvas")].flatMap((canvas) => {
  const paint = canvas.getContext("2d");
  return paint ? [...new Uint32Array(paint.getImageData(0, 0, canvas.width, canvas.height).data.buffer)] : [];
})).size"""
"""How many colours the terminal shows; the script paints it, so there is no text to read."""
HOSTILE = """\
<!doctype html><body><script>
const tell = (what) => { document.body.dataset.told = (document.body.dataset.told || "") + what + ";" };
const socket = new WebSocket("ORIGIN/ws?width=80&height=24".replace("http", "ws"));
socket.onopen = () => tell("socket opened");
socket.onerror = () => tell("socket refused");
fetch("ORIGIN/", {credentials: "include"}).then(() => tell("page read"), () => tell("page refused"));
const frame = document.createElement("iframe");
frame.src = "ORIGIN/";
document.body.append(frame);
</script></body>
"""


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    for program in programs(tmp_path):
        program.jobs(shell("nightly_backup", "true", 'schedule_type = "daily"\ndaily_time = "05:00"'))
        yield program


async def test_the_console_in_a_browser_and_what_others_get(program: Program, tmp_path: Path) -> None:
    engine = program.headless()
    served = serving(program)
    link = links(served)[0]
    origin = link.partition("/?")[0]
    async with chromium(tmp_path) as page:
        await page.go_to(link)
        await page.shows("nightly_backup")
        await page.shows(f"attached to pid {engine.pid}")
        await page.waits_for(f"document.body.classList.contains('-first-byte') && {COLOURS} > 20")
        assert await page.value("location.href") == f"{origin}/"
        assert await page.value("document.cookie") == ""
        assert {url.partition("/?")[0].partition("/static")[0].rstrip("/") for url in page.requested} == {origin}

        await page.press("r")  # without a click before it
        await page.shows("this page is read-only")
        await page.press("?")
        await page.shows("Help")
        assert program.runs() == []

        await others_get_nothing(page, origin, served)

        await page.go_to(link)  # used before; the browser is known, and still not let in by it
        await page.waits_for("document.body.innerText.includes('open a link of peak-console serve')")
        await page.go_to(f"{origin}/")
        page.received = ""
        await page.shows("nightly_backup")
        assert served.leave() == 0
        await page.waits_for("document.body.classList.contains('-closed')")
        assert "This console has ended." in await page.value("document.body.innerText")


async def others_get_nothing(page: Page, origin: str, served: Resident) -> None:
    """Neither another port of this machine, to which the browser gives our cookie as well, nor a name led here."""

    async def hostile(_request: web.Request) -> web.Response:
        return web.Response(text=HOSTILE.replace("ORIGIN", origin), content_type="text/html")

    site = web.Application()
    site.router.add_get("/", hostile)
    async with TestServer(site) as other:
        await page.go_to(f"http://127.0.0.1:{other.port}/")
        await page.waits_for("(document.body.dataset.told || '').split(';').length == 3")
        assert sorted((await page.value("document.body.dataset.told")).split(";")) == [
            "", "page refused", "socket refused",
        ]  # fmt: skip
        wait_until(lambda: consoles(served) == [], "the end of the console that was left")

    await page.go_to(f"http://evil.example:{origin.rpartition(':')[2]}/")
    await page.waits_for("document.body.innerText.includes('is not a name of this machine')")
