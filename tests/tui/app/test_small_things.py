"""Small things that an operator stumbles over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from peak_console.decisions.job_status import Standing
from peak_console.model.records import Level, Trigger
from peak_console.tui.app.actions import terminal as terminal_actions
from peak_console.tui.app.presenter import title_of
from peak_console.tui.bars.key_bar import KeyBar
from peak_console.tui.bars.status_text import next_row
from peak_console.tui.dialogs.help import HelpScreen
from peak_console.tui.jobs.cells import Facts, next_cell, took_cell
from peak_console.tui.state.jobs_file import _PLACE
from tests.tui.console import Console, covers
from tests.tui.harness import fixed_now, make_history, make_row, make_run, make_snapshot

if TYPE_CHECKING:
    from pathlib import Path


def test_another_attempt_counts_as_what_comes_next() -> None:
    retry = make_run(
        9, "fetch", ended_ago=None, state="queued", started_at=None, triggered_by=Trigger.RETRY, attempt=2,
        not_before=fixed_now() + timedelta(seconds=20),
    )  # fmt: skip
    fetch = make_row("fetch", Standing.RETRYING, next_in=3600, queued=[retry])
    assert next_row(make_snapshot([make_row("other", next_in=60), fetch])) is fetch
    assert next_cell(Facts(fetch), fixed_now())[0][0] == "00:00:20"


@pytest.mark.parametrize(("took", "sign"), [(2.0, " "), (3.9, "▲"), (2.9, " "), (0.9, "▼"), (1.2, " "), (0.2, "▼")])
def test_unusually_long_and_short_runs_have_signs_and_a_floor(took: float, sign: str) -> None:
    history = make_history(durations=[2.0, 2.0, 2.0, 2.0, took])
    facts = Facts(make_row(history=history, last_run=history[0]))
    assert took_cell(facts, fixed_now())[0][0] == sign


def test_a_terminals_title_says_how_things_stand() -> None:
    rows = [make_row("a", Standing.FAILED), make_row("b", Standing.RUNNING), make_row("c", Standing.RUNNING)]
    assert title_of(make_snapshot(rows)) == "✖1 ▶2 jobs.toml"
    assert title_of(make_snapshot([make_row("a")], jobs_file="/x/a\x1b]2;b.toml")).startswith("a")
    assert "\x1b" not in title_of(make_snapshot([], jobs_file="/x/a\x1b]2;b.toml"))


async def test_the_key_bar_can_be_clicked(console: Console) -> None:
    bar = console.app.screen.query_one(KeyBar)
    start = next(start for start, _, action in bar._places if action == "help")
    await console.pilot.click(bar, offset=(start, 0))
    await console.pilot.pause()
    assert console.shows(HelpScreen)


def test_the_editor_opens_at_the_mistake_of_a_rejected_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "jobs.toml"
    path.write_text('[[job]]\nname = "a"\n')
    found = _PLACE.search('jobs.toml:41:3: error: job "a": unknown key')
    assert found is not None
    assert found[1] == "41"
    opened: list[list[str]] = []
    monkeypatch.setenv("EDITOR", "vi")
    monkeypatch.setattr("subprocess.Popen", opened.append)
    terminal_actions.open_editor(str(path), "a", 41)
    terminal_actions.open_editor(str(path), "a")
    assert [words[1] for words in opened] == ["+41", "+1"]


@covers("filter_alerts", "scope")
async def test_alerts_are_filtered_and_more_of_them_listed_by_keys(console: Console) -> None:
    console.stage.alert("alpha failed", job="alpha")
    console.stage.alert("beta is late", Level.WARNING, job="beta")
    console.stage.alert("gamma succeeded", Level.INFO, job="gamma", run_id=1)
    await console.refresh()
    pane = console.app.layout.alerts
    await console.press("4", "slash")
    await console.write("level:warning")
    await console.press("enter")
    assert [alert.job for alert in pane._alerts] == ["beta"]
    await console.press("slash", *["backspace"] * 13, "enter", "v", "v")
    assert [alert.job for alert in pane._alerts] == ["alpha", "beta", "gamma"]
