"""The console as nobody has set it up: no configuration, no memory, no editor, no multiplexer around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual.css.stylesheet import Stylesheet
from textual.widgets import Input

from peak_console.errors import StateError
from peak_console.forecast import aside
from tests.tui.console import running, three_jobs
from tests.tui.output_stage import RunDirectory

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from textual.css.model import RuleSet

    from tests.tui.console import Console


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the console keeps what is its own, empty for each test."""
    home: Path = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "PEAK_CONSOLE_CONFIG", "EDITOR", "VISUAL", "TMUX"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """A run's directory, still empty."""
    return RunDirectory(tmp_path / "run")


@pytest.fixture(autouse=True)
def _no_blinking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A picture of a cursor is the same whenever it is taken."""
    monkeypatch.setattr(Input, "_toggle_cursor", lambda _input: None)


@pytest.fixture(autouse=True, scope="session")
def _style_sheets_are_read_once() -> Iterator[None]:
    """All apps share the rules of a text with the same variables: reading them took an eighth of each app's time.

    Textual keeps them as well, for one app and by the same key; nobody changes a rule.
    """
    read = Stylesheet._parse_rules
    known: dict[tuple[object, ...], list[RuleSet]] = {}

    def read_once(sheet: Stylesheet, css: str, **where: Any) -> list[RuleSet]:
        key = (css, *where.items(), *sheet._variables.items())
        if key not in known:
            known[key] = read(sheet, css, **where)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", read_once)
        yield


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Console]:
    """The console on three jobs."""
    async with running(three_jobs(tmp_path)) as console:
        yield console


@pytest.fixture(autouse=True)
def _forecasts_in_this_process(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child for each plan takes long, and a forecast of a whole desk seconds: only ``answers`` are about those."""

    def ask(question: Any, directory: str, now: Any, jobsets: Any, *arguments: Any) -> Any:
        if question is aside.foresee_plan and "answers" not in request.path.parts:
            return arguments[0]
        why, answer = aside.answered(question, directory, now, jobsets, arguments)
        if why:
            raise StateError(why)
        return answer

    monkeypatch.setattr(aside, "ask", ask)
