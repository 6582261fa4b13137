"""``serve`` as its users start it: what it says and refuses, and that nothing of it stays."""

from __future__ import annotations

import os
import re
import signal
import sys
import urllib.error
import urllib.request
from contextlib import suppress
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING

import aiohttp
import pytest

from peak_console import cli, cli_parser
from peak_console.verbs.setting_up import serve
from tests.headless.support import Program, Resident, programs, shell
from tests.support.processes import is_alive, wait_until
from tests.web.conftest import painted

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator
    from pathlib import Path

LINK = re.compile(r"(http://127\.0\.0\.1:\d+)/\?token=\S+")


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    for program in programs(tmp_path):
        program.jobs(shell("backup", "true", 'schedule_type = "daily"\ndaily_time = "05:00"'))
        yield program


def serving(program: Program, *flags: str, under: str | None = None) -> Resident:
    served = program.start("serve", "--port", "0", *flags, under=under)
    served.shows("\n")
    return served


def links(served: Resident) -> list[str]:
    return [match.group() for match in LINK.finditer(served.out)]


async def opened(session: aiohttp.ClientSession, link: str) -> aiohttp.ClientWebSocketResponse:
    """The socket of a page, as a browser would open it by a link."""
    origin = link.partition("/?")[0]
    async with session.get(link) as entered:
        assert entered.status == 200
        cookies = SimpleCookie(entered.headers["Set-Cookie"])
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
    return await session.ws_connect(f"{origin}/ws?width=140&height=42", headers={"Origin": origin, "Cookie": cookie})


def consoles(served: Resident) -> list[int]:
    """The processes behind its tabs."""
    with open(f"/proc/{served.pid}/task/{served.pid}/children", encoding="ascii") as file:
        return [int(pid) for pid in file.read().split()]


def parsed(*words: str) -> Namespace:
    return cli_parser.make_parser(["serve", *words]).parse_args(["serve", *words])


# What it says and refuses.


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ("--host", "0.0.0.0"),
            "from elsewhere rather use ssh -L 8765:127.0.0.1:8765",
        ),
        (("--host", "desk.example"), "or add --allow-network"),
        (("--port", "65536"), "--port: 65536 is not between 0 (any that is free) and 65535"),
        (("--max-tabs", "0"), "--max-tabs: 0 is not between 1 and 100"),
    ],
)
def test_what_makes_no_sense_is_refused(
    words: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["serve", *words]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["aiohttp", "textual_serve"])
def test_without_the_extra_it_says_what_to_install(
    program: Program, missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in list(sys.modules):
        if name.startswith("peak_console.web"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    assert cli.main(["serve", "--config", str(program.config)]) == 1
    assert "pip install 'peak-console[web]'" in capsys.readouterr().err


def test_pages_only_look_unless_told_otherwise_and_never_become_the_engine() -> None:
    words = ("--config", "a b.toml", "--state-dir", "s", "--include-tags", "t")
    command = serve.console_command(parsed(*words))
    options = cli_parser.make_parser(command[3:]).parse_args(command[3:])
    assert (options.in_browser, options.read_only) == (True, True)
    assert (options.config, options.state_dir, options.include_tags, options.exclude_tags) == (
        "a b.toml",
        "s",
        "t",
        None,
    )

    command = serve.console_command(parsed("--allow-actions"))
    options = cli_parser.make_parser(command[3:]).parse_args(command[3:])
    assert (options.in_browser, options.read_only) == (True, False)


async def test_without_anything_recorded_it_says_so_and_so_does_each_page(program: Program) -> None:
    served = serving(program)
    assert "no engine serves" in served.err
    assert "start one with peak-console --headless" in served.err
    async with aiohttp.ClientSession() as session, await opened(session, links(served)[0]) as socket:
        assert "waiting for the first engine" in await painted(socket, "Ctrl+C ends that")
    assert served.leave() == 0
    assert not program.state.exists()


def test_a_port_that_is_taken_is_said(program: Program) -> None:
    served = serving(program)
    port = links(served)[0].partition("/?")[0].rpartition(":")[2]
    second = program.run("serve", "--port", port)
    assert second.code == 1
    assert second.err.rstrip().endswith(
        f"127.0.0.1:{port}: cannot be listened on (Address already in use); see --host and --port"
    )
    assert "Traceback" not in second.err
    assert served.leave() == 0


# From its start to its end.


async def test_a_page_commands_what_the_engine_does_and_everything_ends_with_serve(program: Program) -> None:
    engine = program.headless()
    served = serving(program, "--allow-actions")
    assert "no engine" not in served.err
    async with aiohttp.ClientSession() as session:
        first = await opened(session, links(served)[0])
        await painted(first, f"attached to pid {engine.pid}")
        served.send(signal.SIGUSR1)
        wait_until(lambda: len(links(served)) == 2, "another link")
        second = await opened(session, links(served)[1])
        await painted(second, "backup")
        await first.send_json(["stdin", "r"])
        assert program.finished()[0].outcome == "succeeded"
        pids = consoles(served)
        assert len(pids) == 2

        await first.close()
        wait_until(lambda: len(consoles(served)) == 1, "the end of the closed page's console")
        assert served.leave() == 0
        assert not any(map(is_alive, pids))
        assert served.err.count("\n") == 1  # nothing but its greeting
    assert engine.is_alive
    assert engine.leave() == 0


async def test_however_serve_ends_its_consoles_end_too(program: Program) -> None:
    program.headless()
    served = serving(program)
    async with aiohttp.ClientSession() as session:
        socket = await opened(session, links(served)[0])
        await painted(socket, "read-only")
        (console,) = consoles(served)
        served.send(signal.SIGKILL)
        served.wait()
        wait_until(lambda: not is_alive(console), "the end of the console")


def test_its_terminal_gives_another_link_for_enter(program: Program) -> None:
    inside, outside = os.openpty()
    os.set_blocking(inside, False)
    pid = os.posix_spawn(
        sys.executable, program.command("serve", "--port", "0"), program.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, outside, fd) for fd in (0, 1, 2)], setsid=True,
    )  # fmt: skip
    os.close(outside)
    shown = b""

    def found() -> list[str]:
        nonlocal shown
        with suppress(BlockingIOError):
            shown += os.read(inside, 4096)
        return [match.group() for match in LINK.finditer(shown.decode(errors="replace"))]

    try:
        wait_until(lambda: found() and b"Enter: another link" in shown, "the first link")
        os.write(inside, b"\n")
        wait_until(lambda: len(found()) == 2, "the second link")
        first, second = found()
        with pytest.raises(urllib.error.HTTPError, match="401") as refused:
            urllib.request.urlopen(first)
        refused.value.close()
        urllib.request.urlopen(second).close()
    finally:
        os.kill(pid, signal.SIGINT)
        _, status = os.waitpid(pid, 0)
        os.close(inside)
    assert os.waitstatus_to_exitcode(status) == 0
