"""A console that may only attach, only look, or is on somebody's page: what it refuses, and in which words."""

from __future__ import annotations

import os
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console import cli
from peak_console.errors import StateError
from peak_console.jobs.model import JobSet, SchedulerSettings
from peak_console.store.locks import EngineLock
from peak_console.store.store import Store
from peak_console.tui.app.palette import offered_commands
from peak_console.tui.bars.key_bar import KeyBar
from peak_console.tui.bars.status_text import first_line
from peak_console.tui.state.permissions import Permissions
from peak_console.tui.state.session import EngineSession
from peak_console.tui.state.snapshot import EngineState
from tests.store.support import claim
from tests.tui.console import running, three_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.tui.console import Console

NO_ENGINE = "no engine serves this directory: start one with peak-console --headless"
READ_ONLY = "this console is read-only: open one without --read-only to act"
READ_ONLY_PAGE = "this page is read-only: start peak-console serve with --allow-actions to act from here"
NOT_HIS = "looking on only, nothing can be commanded: state: the state directory belongs to user root, not to anna"
IN_BROWSER = "not available in a browser: open the console in a terminal for it"


def session_on(directory: Path, **limits: bool) -> EngineSession:
    jobset = JobSet("jobs.toml", {}, SchedulerSettings())
    options = Namespace(config=str(directory / "jobs.toml"), include_tags=None, exclude_tags=None, **limits)
    return EngineSession(options, jobset, str(directory))


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Path, EngineLock]]:
    """A directory in which something has run, and the lock that an engine would hold."""
    directory = tmp_path / "state"
    store = Store.open(str(directory))
    claim(store, "backup")
    store.close()
    lock = EngineLock(str(directory))
    yield directory, lock
    lock.release()


@pytest.mark.parametrize("limit", ["attach", "read_only", "in_browser"])
def test_it_attaches_and_never_becomes_the_engine(served: tuple[Path, EngineLock], limit: str) -> None:
    directory, lock = served
    session = session_on(directory, **{limit: True})
    try:
        assert session.engine_state == EngineState.STOPPED
        assert [trouble.text for trouble in session.troubles()] == [NO_ENGINE]
        session.take_over()
        assert not session.is_own
        assert lock.acquire()  # nobody else has it
        assert session.engine_state == EngineState.ATTACHED
        assert session.troubles() == []
    finally:
        session.store.close()


def test_since_when_the_engine_is_silent_is_a_trouble(served: tuple[Path, EngineLock]) -> None:
    directory, lock = served
    assert lock.acquire()
    silent_since = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    os.utime(lock.path, (silent_since.timestamp(), silent_since.timestamp()))
    session = session_on(directory, attach=True)
    try:
        [trouble] = session.troubles()
        assert trouble.text == "the engine has given no sign of life: it hangs, or its disk does; see its log"
        assert trouble.since == silent_since
        lock.give_sign("the disk is full (since then)")
        assert [each.text for each in session.troubles()] == [
            "the engine can record nothing, and starts nothing: the disk is full (since then)"
        ]
    finally:
        session.store.close()


def test_it_does_not_make_a_directory_to_attach_to(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="nothing has been recorded there yet; start an engine with peak-console"):
        session_on(tmp_path / "state", attach=True)
    assert not (tmp_path / "state").exists()


def test_it_leaves_a_damaged_registry_to_the_engine(served: tuple[Path, EngineLock]) -> None:
    directory, _ = served
    (directory / "registry.db").write_bytes(b"no database at all" * 1000)
    with pytest.raises(StateError):
        session_on(directory, attach=True)
    assert [path.name for path in directory.glob("registry*")] == ["registry.db"]


def test_read_only_commands_nothing_and_the_registry_takes_nothing(served: tuple[Path, EngineLock]) -> None:
    directory, lock = served
    assert lock.acquire()
    session = session_on(directory, read_only=True)
    try:
        with pytest.raises(StateError, match="this console is read-only"):
            session.command("hold")
        with pytest.raises(StateError):
            session.store.issue("hold", "anna", session.clock.now(), None, None, {})
    finally:
        session.store.close()


def test_an_attached_console_commands_what_the_engine_then_does(served: tuple[Path, EngineLock]) -> None:
    directory, lock = served
    assert lock.acquire()
    session = session_on(directory, attach=True)
    try:
        number = session.command("hold", reason="maintenance")
        assert session.store.open_command_ids() == [number]
    finally:
        session.store.close()


async def test_read_only_refuses_each_key_that_acts_before_it_asks_anything(tmp_path: Path, home: Path) -> None:
    stage = three_jobs(tmp_path)
    stage.session.permissions = Permissions(attach=True, read_only=True)
    stage.alert()
    acting = ("r", "R", "x", "d", "H", "a", "A", "e", "2", "S")
    async with running(stage) as console:
        assert "read-only" in first_line_of(console)
        assert not {"Run", "Stop", "Edit"} & words_of(console.screen.query_one(KeyBar))
        main = console.screen
        for key in acting:
            await console.press(key)
            assert console.screen is main, key
        assert console.toasts == [("warning", READ_ONLY)] * (len(acting) - 1)
        assert stage.commands == []

        await console.press("1", "s", "2", "l")  # what is only seen can be changed, and is not remembered
        assert console.app.layout.jobs.sort_column is not None
        assert not (home / ".local").exists()


async def test_who_may_not_write_is_refused_each_key_that_acts_but_not_what_is_his_own(tmp_path: Path) -> None:
    stage = three_jobs(tmp_path)
    stage.session.permissions = Permissions(looks_only=NOT_HIS)
    stage.session.state = EngineState.ATTACHED
    stage.alert()
    acting = ("r", "R", "x", "d", "H", "a", "A")
    async with running(stage) as console:
        assert "read-only" in first_line_of(console)
        offered = words_of(console.screen.query_one(KeyBar))
        assert "Edit" in offered  # the jobs file may be his all the same
        assert not {"Run", "Stop"} & offered
        main = console.screen
        for key in acting:
            await console.press(key)
            assert console.screen is main, key
        assert console.toasts == [("warning", NOT_HIS)] * len(acting)
        stage.session.state = EngineState.STOPPED
        await console.press("E")
        assert console.screen is main
        assert console.toasts[-1] == ("warning", "no engine serves this directory: only its owner can start one")
        assert stage.commands == []
        assert stage.session.left == []


async def test_a_page_that_may_act_still_has_no_way_off_its_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "/bin/true")
    stage = three_jobs(tmp_path)
    stage.session.permissions = Permissions(attach=True, in_browser=True)
    stage.session.state = EngineState.ATTACHED
    async with running(stage) as console:
        main = console.screen
        await console.press("e", "ctrl+z", "2", "S")
        assert console.screen is main
        assert console.toasts == [("warning", IN_BROWSER)] * 3
        assert "read-only" not in first_line_of(console)
        assert {"Run", "Stop"} <= words_of(console.screen.query_one(KeyBar))
        assert "Edit" not in words_of(console.screen.query_one(KeyBar))
        await console.press("1", "j", "r")
        assert [command[0] for command in stage.commands] == ["run"]


async def test_without_an_engine_an_attached_console_says_what_starts_one(tmp_path: Path) -> None:
    stage = three_jobs(tmp_path)
    stage.session.permissions = Permissions(attach=True)
    stage.session.state = EngineState.STOPPED
    async with running(stage) as console:
        await console.press("r", "E")
        assert console.toasts == [("error", NO_ENGINE), ("warning", NO_ENGINE)]
        assert stage.session.left == []


def test_a_read_only_page_names_what_lets_it_act() -> None:
    assert Permissions(attach=True, read_only=True, in_browser=True).why_not_act == READ_ONLY_PAGE


@pytest.mark.parametrize("flag", ["--attach", "--read-only"])
def test_only_the_console_can_attach(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--headless", flag]) == 2
    assert "--attach and --read-only are for the console" in capsys.readouterr().err


async def test_the_palette_offers_only_what_is_to_be_had(tmp_path: Path) -> None:
    stage = three_jobs(tmp_path)
    stage.session.permissions = Permissions(attach=True, read_only=True)
    async with running(stage) as console:
        commands = offered_commands(console.app.config.keymap, console.app.session.permissions.not_offered)
        offered = {action.id for _, _, action in commands(console.screen)._entries()}
        assert offered.isdisjoint(
            {"run", "run_with", "stop", "disable", "hold", "acknowledge", "take_over", "edit", "save"}
        )
        assert offered >= {"details", "copy_command", "filter", "search"}


def words_of(bar: KeyBar) -> set[str]:
    return set(str(bar.render()).split())


def first_line_of(console: Console) -> str:
    assert console.app.feed.snapshot is not None
    return "".join(text for text, _ in first_line(console.app.feed.snapshot, console.stage.clock.now(), 140))
