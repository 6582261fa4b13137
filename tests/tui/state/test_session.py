"""A session with an engine of its own, without a screen: what it says is wrong, and for how long."""

from __future__ import annotations

import os
import sqlite3
import sys
import threading
from argparse import Namespace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from peak_console.errors import StateError
from peak_console.jobs.file.loader import load
from peak_console.store.directory import DATABASE
from peak_console.store.store import Store
from peak_console.tui.state.own_engine import SWITCH_SECONDS
from peak_console.tui.state.session import EngineSession
from peak_console.tui.state.snapshot import EngineState
from tests.support.processes import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JOBS = """
[[job]]
name = "tick"
command = "true"
schedule_type = "interval"
interval_seconds = 0.1
"""


class News:
    """Counts how often the screen was told to look."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def __call__(self) -> None:
        with self._lock:
            self.count += 1


@pytest.fixture
def news() -> News:
    return News()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[EngineSession]:
    """One for a job that is due all the time; a test starts it."""
    jobs = tmp_path / "jobs.toml"
    jobs.write_text(JOBS, encoding="ascii")
    options = Namespace(
        config=str(jobs), include_tags=None, exclude_tags=None, poll_interval=1.0, no_alerts=True, no_registry=False
    )
    session = EngineSession(options, load(str(jobs)), str(tmp_path / "state"))
    yield session
    session.leave_runs()
    wait_until(lambda: session.wait(1), "the end of the engine")
    session.close()


def test_whoever_paints_gives_way_to_the_engine_soon(
    session: EngineSession, news: News, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(partial(sys.setswitchinterval, sys.getswitchinterval()))
    session.start(news)
    assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)


def test_a_file_that_is_held_back_is_decided_on_before_another_engine_takes_it(
    session: EngineSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EngineSession, "wants_consent", True)
    with pytest.raises(StateError, match="the jobs file is held back"):
        session.prepare_successor()
    assert not session.succession.is_wanted


def runs(session: EngineSession) -> int:
    return len(session.store.runs(limit=10_000))


def locked(session: EngineSession) -> sqlite3.Connection:
    """Another program, in the middle of writing."""
    client = sqlite3.connect(os.path.join(session.directory, DATABASE), isolation_level=None, timeout=30)
    client.execute("BEGIN IMMEDIATE")
    return client


def test_an_engine_that_is_locked_out_from_the_start_begins_when_it_can(session: EngineSession, news: News) -> None:
    client = locked(session)
    session.start(news)
    wait_until(lambda: session.engine_state == EngineState.BLOCKED, "the trouble")
    assert "another program keeps the registry locked" in session.troubles()[0].text
    client.execute("ROLLBACK")
    client.close()
    wait_until(lambda: runs(session) >= 1, "a run")
    assert session.troubles() == []


def test_unknown_tags_are_doubts_and_trouble_once_no_job_is_left(session: EngineSession) -> None:
    session.options.exclude_tags = "forwrad"
    assert session.tag_doubts == ['--exclude-tags: no job has the tag "forwrad"; there are no tags']
    assert not [trouble for trouble in session.troubles() if "forwrad" in trouble.text]
    session.options.include_tags = "risk"
    assert [trouble.text for trouble in session.troubles() if "no job for this console" in trouble.text]


def test_a_dotenv_that_does_not_count_is_trouble(
    session: EngineSession, news: News, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_bytes(b"A=\xff")
    session.start(news)
    wait_until(lambda: runs(session) >= 1, "a run")
    [trouble] = session.troubles()
    assert trouble.text == "alerts: .env is not UTF-8 text: nothing in it counts; save it with that encoding"


def test_who_leaves_while_locked_out_does_not_wait(session: EngineSession, news: News) -> None:
    client = locked(session)
    session.start(news)
    wait_until(lambda: session.engine_state == EngineState.BLOCKED, "the trouble")
    session.leave_runs()
    wait_until(lambda: session.wait(0.1), "the end of the engine")
    client.close()
    assert session.store.engine_info().started_at is None


def test_an_engine_that_is_locked_out_says_so_until_it_is_not(session: EngineSession, news: News) -> None:
    session.start(news)
    wait_until(lambda: runs(session) >= 2, "two runs")
    assert (session.engine_state, session.troubles()) == (EngineState.RUNNING, [])
    told, before = news.count, session.clock.now()
    client = locked(session)

    wait_until(lambda: session.engine_state == EngineState.BLOCKED, "the trouble")
    (trouble,) = session.troubles()
    assert trouble.text.startswith("the engine can record nothing and so starts nothing, but keeps trying: ")
    assert "another program keeps the registry locked" in trouble.text
    assert before <= trouble.since <= session.clock.now()
    wait_until(lambda: news.count > told, "word to the screen")
    assert session.troubles() == [trouble], "the same trouble began only once"

    client.execute("ROLLBACK")
    client.close()
    wait_until(lambda: session.engine_state == EngineState.RUNNING, "the end of the trouble")
    assert session.troubles() == []
    known = runs(session)
    wait_until(lambda: runs(session) > known, "another run")


def test_an_engine_that_has_ended_says_why_and_can_be_started_again(
    session: EngineSession, news: News, tmp_path: Path
) -> None:
    session.start(news)
    wait_until(lambda: runs(session) >= 1, "a run")
    Store.open(str(tmp_path / "theirs")).close()
    os.rename(session.directory, tmp_path / "ours")
    os.rename(tmp_path / "theirs", session.directory)

    wait_until(lambda: session.engine_state == EngineState.STOPPED, "the end of the engine")
    (trouble,) = session.troubles()
    assert "was removed or replaced while this engine served it" in trouble.text
    assert trouble.text.endswith("press E to start the engine again")

    session.take_over()
    wait_until(lambda: session.engine_state == EngineState.RUNNING and not session.troubles(), "another engine")
    session.store.data_version()
    wait_until(lambda: runs(session) >= 1, "a run in the other registry")


def test_a_registry_that_was_removed_is_made_anew_at_once(session: EngineSession, news: News, tmp_path: Path) -> None:
    session.start(news)
    wait_until(lambda: runs(session) >= 1, "a run")
    os.rename(session.directory, tmp_path / "removed")
    session.wake()
    wait_until(session.store.follow, "a registry in its place")
    wait_until(lambda: runs(session) >= 1, "a run in it")
    assert session.troubles() == []


def test_a_save_that_drops_every_job_is_told_of_until_the_operator_consents(
    session: EngineSession, news: News, tmp_path: Path
) -> None:
    session.start(news)
    wait_until(lambda: session.engine_state == EngineState.RUNNING and runs(session) > 0, "the first run")
    (tmp_path / "jobs.toml").write_text("", encoding="ascii")
    wait_until(lambda: session.wants_consent, "the save to be held back")
    (trouble,) = session.troubles()
    assert "would remove all 1 job: tick" in trouble.text
    assert "press L to take it up now" in trouble.text
    session.command("reload", accept=True)
    wait_until(lambda: not session.troubles(), "the save to be taken up")
    assert not session.jobs
