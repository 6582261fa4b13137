"""What watchers outside learn: that the engine works, and what becomes of the runs of a job."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from peak_console.store.directory import DATABASE
from tests.headless.support import shell
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.headless.support import Program

HEARTBEAT = "[heartbeat]\nevery = 1\n"


class Sink(ThreadingHTTPServer):
    """Answers as healthchecks.io does, and keeps what it was told: path, rid, body."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def paths(self) -> list[str]:
        return [path for path, _, _ in self.told]


class _Handler(BaseHTTPRequestHandler):
    server: Sink

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        address = urlsplit(self.path)
        self.server.told.append((address.path, "".join(parse_qs(address.query).get("rid", ())), body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"OK")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as server:
        yield server
        server.shutdown()


@pytest.mark.parametrize(
    ("script", "sign", "body"),
    [
        ("true", "0", "orders #1 succeeded"),
        ("exit 3", "3", "orders #1 failed"),
        ("kill -9 $$", "137", "orders #1 failed"),
        ("exec sleep 60", "fail", "orders #1 timed_out"),
    ],
)
def test_starts_and_ends_of_a_job_are_told_as_healthchecks_has_it(
    script: str, sign: str, body: str, sink: Sink, program: Program
) -> None:
    program.jobs(
        shell("orders", script, f'timeout_seconds = 2\nping_url = "{sink.url("uuid?create=1")}"')
        + shell("other", "true")
    )
    program.once()
    (start, rid, _), (end, same, told) = sink.told
    assert (start, end) == ("/uuid/start", f"/uuid/{sign}")
    assert rid == same != ""
    assert told.startswith(body)


def test_no_message_shows_the_url(sink: Sink, program: Program) -> None:
    program.jobs(shell("orders", "exit 3", f'ping_url = "{sink.url("hush")}"'))
    program.once()
    words = (
        "jobs",
        "jobs --json",
        "runs --json",
        "runs show 1",
        "runs show 1 --json",
        "alerts --json",
        "validate --json",
    )
    for each in words:
        assert "hush" not in program.run(*each.split()).out, each
    assert b"hush" not in (program.state / DATABASE).read_bytes()


def test_a_job_that_is_not_to_run_is_not_told_of(sink: Sink, program: Program) -> None:
    program.jobs(shell("orders", "true", f'ping_url = "{sink.url("uuid")}"\nenabled = false'))
    program.once()
    assert sink.told == []


def test_the_url_may_be_a_secret_of_the_environment(sink: Sink, program: Program) -> None:
    program.jobs(shell("orders", "true", 'ping_url_env = "ORDERS_PING"'))
    (program.folder / ".env").write_text(f"ORDERS_PING={sink.url('of-env')}\n")
    program.once()
    assert sink.paths() == ["/of-env/start", "/of-env/0"]


def test_a_service_that_is_away_holds_up_nothing(program: Program) -> None:
    program.jobs(shell("orders", "true", 'ping_url = "http://127.0.0.1:9/uuid"'))
    assert program.once().code == 0


def test_the_heartbeat_goes_on_while_the_engine_works_and_ends_with_it(sink: Sink, program: Program) -> None:
    program.jobs(f'{HEARTBEAT}url = "{sink.url("engine")}"\n' + shell("orders", "true"))
    engine = program.headless()
    wait_until(lambda: len(sink.told) >= 3, "three heartbeats")
    assert engine.leave() == 0
    at_the_end = len(sink.told)
    time.sleep(1.5)
    assert len(sink.told) == at_the_end
    assert set(sink.paths()) == {"/engine"}


def test_an_engine_that_cannot_record_gives_no_heartbeat(sink: Sink, program: Program) -> None:
    every = 'schedule_type = "interval"\ninterval_seconds = 0.5'
    program.jobs(f'{HEARTBEAT}url = "{sink.url("engine")}"\n' + shell("orders", "true", every))
    engine = program.headless()
    wait_until(lambda: len(sink.told) >= 2, "two heartbeats")
    with closing(sqlite3.connect(program.state / DATABASE, isolation_level=None)) as registry:
        registry.execute("BEGIN IMMEDIATE")
        wait_until(lambda: _is_silent(sink), "silence")
        registry.execute("ROLLBACK")
    before = len(sink.told)
    wait_until(lambda: len(sink.told) > before, "a heartbeat again")
    engine.leave()


def _is_silent(sink: Sink) -> bool:
    before = len(sink.told)
    time.sleep(3)
    return len(sink.told) == before


def test_the_heartbeat_may_be_a_file(program: Program) -> None:
    program.jobs(f'{HEARTBEAT}file = "beat"\n' + shell("orders", "true"))
    beat = program.folder / "beat"
    engine = program.headless()
    wait_until(beat.exists, "the file")
    first = beat.read_text()
    wait_until(lambda: beat.read_text() != first, "the next")
    engine.leave()
    assert not [name for name in os.listdir(program.folder) if name.startswith("beat.")]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[heartbeat]\nevery = 5\n", "[heartbeat]: needs a url, a url_env or a file"),
        ('[heartbeat]\nurl = "https://a"\nfile = "b"\n', "[heartbeat]: has both url and file; keep one of them"),
        ('[heartbeat]\nurl = "ftp://secret"\n', "url must begin with https:// or http:// "),
    ],
)
def test_what_is_wrong_with_it_is_said_with_its_place(text: str, fault: str, program: Program) -> None:
    program.jobs(text + shell("orders", "true"))
    said = program.run("validate").out
    assert fault in said
    assert "secret" not in said.replace("may be a secret", "")
