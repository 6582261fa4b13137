"""Marking many jobs, running again, forcing, and acting from details and palette."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from peak_console.tui.details.screen import JobDetails
from peak_console.tui.dialogs.confirm import ConfirmForce, ConfirmStop
from peak_console.tui.dialogs.holding.disable import DisableDialog
from peak_console.tui.dialogs.run_form import RunForm
from tests.tui.console import Console, covers, running, three_jobs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def marked(console: Console) -> Sequence[str]:
    return console.app.layout.jobs.marked_names


@covers("mark_all", "invert_marks")
async def test_all_shown_jobs_are_marked_and_marks_are_inverted(console: Console) -> None:
    await console.press("asterisk")
    assert len(marked(console)) == 3
    await console.press("asterisk")
    assert marked(console) == ()
    await console.press("space", "I")
    assert marked(console) == ("alpha", "gamma")
    await console.press("slash")
    await console.write("alpha")
    await console.press("enter", "I", "escape")
    assert marked(console) == ("gamma",)


@covers("rerun")
async def test_a_run_is_run_again_as_it_was(console: Console) -> None:
    stage = console.stage
    stage.ran("alpha", 5, args_changed=("top_n", "fast"))
    await console.go_to("alpha")
    await console.refresh()
    await console.press("full_stop")
    assert stage.commands == [("run", "alpha", None, {"args": {"top_n": 3, "fast": None}})]
    await console.press("left_square_bracket")
    await console.press("2", "o", "full_stop")
    assert stage.commands[1:] == [("run", "alpha", None, {})]


async def test_what_was_changed_last_is_where_the_next_change_begins(console: Console) -> None:
    await console.go_to("alpha")
    await console.press("R", "down", "end", "backspace", "7", "enter")
    assert console.stage.commands == [("run", "alpha", None, {"args": {"top_n": 7}})]
    await console.press("R")
    assert console.shows(RunForm)
    await console.press("enter")
    assert console.stage.commands[1:] == console.stage.commands[:1]


async def test_a_run_that_policy_refuses_is_forced_after_a_question_that_names_it(console: Console) -> None:
    await console.press("j", "k", "r")
    console.stage.answer("beta: #3 is still running; stop it first, or use --force", "refused")
    await console.refresh()
    assert console.shows(ConfirmForce)
    await console.press("enter")  # is no
    assert console.stage.commands == []
    await console.press("r")
    console.stage.answer("beta: #3 is still running; stop it first, or use --force", "refused")
    await console.refresh()
    await console.press("y")
    assert console.stage.commands == [("run", "beta", None, {"force": True})]


@pytest.mark.parametrize(("key", "dialog"), [("x", ConfirmStop), ("d", DisableDialog), ("R", RunForm)])
async def test_what_can_be_done_in_the_table_can_be_done_in_details(
    console: Console, key: str, dialog: type[ConfirmStop | DisableDialog | RunForm]
) -> None:
    await console.press("space", "space", "home", "enter")  # marks do not count there
    assert console.shows(JobDetails)
    await console.press(key)
    assert console.shows(dialog)
    await console.press("escape")
    assert console.shows(JobDetails)
    await console.press("r")
    assert [command[:2] for command in console.stage.commands] == [("run", "beta")]


async def test_the_palette_finds_jobs(console: Console) -> None:
    found = console.app.found_jobs
    assert found.search("a") == ()
    assert found.search("AL") == [
        ("Run", "alpha", "run"), ("Output of", "alpha", "output"), ("Disable", "alpha", "disable"),
    ]  # fmt: skip
    assert found.search("gam")[-1] == ("Enable", "gamma", "disable")
    assert [name for _, name, _ in found.search("et")][::3] == ["beta"]
    await console.press("space")  # beta is marked
    found.act("alpha", "run")
    assert [command[:2] for command in console.stage.commands] == [("run", "alpha")]
    found.act("gamma", "output")
    await console.pilot.pause()
    assert console.app.layout.focused == "output"
    assert console.cursor == "gamma"


async def test_a_rerun_with_a_changed_variable_takes_what_was_typed_or_asks_for_it_again(tmp_path: Path) -> None:
    stage = three_jobs(tmp_path)
    stage.ran("alpha", 5, args_changed=["$LEVEL"])
    async with running(stage) as console:
        await console.go_to("alpha")
        await console.press("full_stop")
        assert console.toasts[-1][1] == "$LEVEL was changed for that run, and is not kept: give it again with R"
        assert stage.commands == []
        await console.press("R", "ctrl+n", *"$LEVEL", "tab", *"debug", "enter")
        assert stage.commands == [("run", "alpha", None, {"args": {"$LEVEL": "debug"}})]
        await console.press("full_stop")
        assert stage.commands[-1] == ("run", "alpha", None, {"args": {"$LEVEL": "debug"}})
