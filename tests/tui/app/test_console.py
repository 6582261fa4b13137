"""What the operator does to jobs, alerts and the engine, by the keys that the table of actions gives them."""

from __future__ import annotations

import re
from pathlib import Path

from textual.widgets import Static

from peak_console.jobs.beside import Gate
from peak_console.jobs.model import JobSet, SchedulerSettings
from peak_console.tui.bars.status_text import first_line
from peak_console.tui.dialogs.confirm import ConfirmForce, ConfirmStop
from peak_console.tui.dialogs.confirm_name import ConfirmNameDialog
from peak_console.tui.dialogs.holding.disable import DisableDialog
from peak_console.tui.dialogs.holding.enable import EnableDialog
from peak_console.tui.dialogs.holding.gates import GatesDialog
from peak_console.tui.dialogs.holding.hold import HoldDialog, ReleaseDialog
from peak_console.tui.dialogs.run_form import RunForm
from peak_console.tui.keys.actions import ACTION
from peak_console.values import replace
from tests.tui.console import Console, covers


def test_every_action_has_a_test() -> None:
    sources = (path.read_text(encoding="utf-8") for path in Path(__file__).parents[1].rglob("test_*.py"))
    marks = re.findall(r"^@covers\((.*?)\)$", "\n".join(sources), re.MULTILINE | re.DOTALL)
    assert {action for mark in marks for action in re.findall(r'"(\w+)"', mark)} == set(ACTION)


# Runs.


@covers("run")
async def test_run_asks_for_a_run_of_the_job_under_the_cursor(console: Console) -> None:
    await console.go_to("alpha")
    await console.press("r")

    assert console.stage.commands == [("run", "alpha", None, {})]


@covers("mark")
async def test_what_is_marked_is_run_together_and_stays_marked(console: Console) -> None:
    await console.press("space", "space")
    assert console.app.layout.jobs.selected_names() == ("beta", "alpha")

    await console.press("r")

    assert [command[:2] for command in console.stage.commands] == [("run", "beta"), ("run", "alpha")]
    assert console.app.layout.jobs.selected_names() == ("beta", "alpha")
    await console.press("escape")
    assert console.app.layout.jobs.selected_names() == ("gamma",)  # that is where the cursor is


@covers("run_with")
async def test_run_with_sends_only_what_was_changed(console: Console) -> None:
    await console.go_to("alpha")
    await console.press("R")
    assert console.shows(RunForm)

    await console.press("down")
    await console.press("end", "0", "enter")

    assert console.stage.commands == [("run", "alpha", None, {"args": {"top_n": 30}})]


async def test_run_with_can_be_left_without_a_run(console: Console) -> None:
    await console.press("R", "escape")

    assert console.stage.commands == []
    assert not console.shows(RunForm)


async def test_run_with_is_for_one_job_at_a_time(console: Console) -> None:
    await console.press("space", "space", "R")

    assert not console.shows(RunForm)
    assert console.toasts == [("warning", "arguments are changed for one job at a time: unmark the others with Esc")]


@covers("stop")
async def test_stop_asks_first_and_then_stops_each_run(console: Console) -> None:
    console.stage.running("beta", 3)
    await console.refresh()
    ids = [run.id for run in console.stage.store.unfinished()]
    await console.press("x")
    assert console.shows(ConfirmStop)
    assert console.stage.commands == []

    await console.press("enter")

    assert console.stage.commands == [("stop", "beta", ids[0], {}), ("stop", "beta", ids[1], {})]


async def test_stop_does_nothing_when_the_answer_is_no(console: Console) -> None:
    await console.press("x", "escape")

    assert console.stage.commands == []


async def test_stop_says_when_there_is_nothing_to_stop(console: Console) -> None:
    await console.go_to("alpha")
    await console.press("x")

    assert console.toasts == [("warning", "alpha is not running")]


async def test_a_run_that_waits_can_be_stopped(console: Console) -> None:
    waiting = console.stage.queued("alpha", console.stage.clock.now(), attempt=2, due_in=30)
    await console.refresh()
    await console.go_to("alpha")
    await console.press("x", "enter")

    assert console.stage.commands == [("stop", "alpha", waiting.id, {})]


# Disabling and holding.


@covers("disable")
async def test_disable_asks_for_how_long_and_why(console: Console) -> None:
    await console.go_to("alpha")
    await console.press("d")
    assert console.shows(DisableDialog)

    await console.write("2h")
    await console.press("tab")
    await console.write("desk closed")
    await console.press("enter")

    assert console.stage.commands == [("disable", "alpha", None, {"for_seconds": 7200, "reason": "desk closed"})]


async def test_disable_without_an_answer_is_for_good(console: Console) -> None:
    await console.go_to("alpha")
    await console.press("d", "enter")

    assert console.stage.commands == [("disable", "alpha", None, {"for_seconds": None, "reason": None})]


async def test_enabling_a_job_says_first_when_it_starts_next(console: Console) -> None:
    console.stage.disable("alpha", reason="desk closed")
    await console.refresh()
    await console.go_to("alpha")
    await console.press("d")
    assert console.shows(EnableDialog)
    assert console.stage.commands == []
    shown = [str(each.content) for each in console.screen.query(".explanation").results(Static)]
    assert shown[0] == "  alpha: next 15:54 (disabled by anna: desk closed)"
    await console.press("escape")
    assert console.stage.commands == []
    await console.press("d", "enter")

    assert console.stage.commands == [("enable", "alpha", None, {})]


async def test_of_marked_jobs_those_that_are_on_are_disabled(console: Console) -> None:
    await console.press("space", "space", "space", "d", "enter")

    assert [command[:2] for command in console.stage.commands] == [("disable", "beta"), ("disable", "alpha")]


async def test_a_job_that_asks_for_it_runs_only_once_its_name_is_typed(console: Console) -> None:
    jobs = [replace(console.stage.job("alpha"), confirm=True, mode="live"), console.stage.job("beta")]
    console.stage.session.define(*jobs)
    await console.refresh()
    await console.go_to("alpha")
    await console.press("r")
    assert console.shows(ConfirmNameDialog)
    await console.write("beta")
    await console.press("enter")
    assert console.shows(ConfirmNameDialog)
    await console.press("escape")
    assert console.stage.commands == []
    await console.press("r")
    await console.write("alpha")
    await console.press("enter")
    assert console.stage.commands == [("run", "alpha", None, {"confirm": ["alpha"]})]


async def test_a_release_asks_for_the_names_of_what_it_starts(console: Console) -> None:
    jobs = [replace(console.stage.job(name), confirm=name != "beta") for name in ("alpha", "beta")]
    console.stage.session.define(*jobs)
    console.stage.decided("alpha", ago=7200)
    console.stage.hold("x")
    await console.refresh()
    await console.press("H", "enter")
    assert console.shows(ConfirmNameDialog)
    await console.write("alpha")
    await console.press("enter")
    assert console.stage.commands == [("release", None, None, {"slots": None, "confirm": ["alpha"]})]


@covers("gates")
async def test_gates_are_closed_with_a_reason_and_opened_again(console: Console) -> None:
    await console.press("K")
    assert console.toasts == [("information", "the jobs file has no gate")]
    console.stage.session.guard(Gate("desk"), Gate("venue", tags=("risk",)))
    await console.refresh()

    await console.press("K", "down")
    assert console.shows(GatesDialog)
    await console.write("halted")
    await console.press("enter")
    assert console.stage.commands == [("close_gate", None, None, {"gate": "venue", "reason": "halted"})]

    store = console.stage.session.store
    store.close_gate("venue", "anna", console.stage.ago(5), "halted")
    await console.refresh()
    snapshot = console.app.feed.snapshot
    assert snapshot is not None
    header = "".join(text for text, _ in first_line(snapshot, console.stage.ago(0), 140))
    assert "GATE venue CLOSED" in header
    row = next(row for row in snapshot.rows if row.name == "alpha")
    assert (row.view.gate or "").startswith("gate venue is closed by anna since ")
    await console.press("K", "down", "enter")
    assert console.stage.commands[-1] == ("open_gate", None, None, {"gate": "venue", "reason": None})


@covers("hold")
async def test_hold_asks_for_a_reason_and_its_release_what_becomes_of_waiting_slots(
    console: Console,
) -> None:
    await console.press("H")
    assert console.shows(HoldDialog)
    await console.write("exchange down")
    await console.press("enter")
    assert console.stage.commands == [("hold", None, None, {"reason": "exchange down"})]

    console.stage.answer("held")
    console.stage.hold("exchange down")
    await console.refresh()
    console.stage.clock.advance(seconds=3 * 3600)
    await console.press("H")
    assert console.shows(ReleaseDialog)
    shown = [str(each.content) for each in console.screen.query(Static)]
    assert 'Held by anna since 14:50: "exchange down"' in shown
    assert "6 slots of 2 jobs wait." in shown
    await console.press("escape")
    assert console.stage.commands == []

    await console.press("H", "enter")
    await console.press("H", "n")
    await console.press("H", "a")
    await console.press("H", "d")
    slots = [told["slots"] for verb, _, _, told in console.stage.commands if verb == "release"]
    assert slots == [None, "newest", "all", "drop"]


async def test_the_reason_of_a_hold_can_be_changed(console: Console) -> None:
    console.stage.hold("exchange down")
    await console.refresh()
    await console.press("H", "e")
    assert console.shows(HoldDialog)
    await console.write("!")
    await console.press("enter")
    assert console.stage.commands == [("hold", None, None, {"reason": "exchange down!", "edit": True})]


async def test_a_hold_and_a_blackout_are_overridden_after_a_question_that_names_them(console: Console) -> None:
    console.stage.hold("exchange down")
    await console.refresh()
    for why in ("held by anna since 14:50 (exchange down); release the hold", "in the blackout eod; wait for its end"):
        await console.press("j", "k", "r")
        console.stage.answer(f"beta: {why}, or use --force", "refused")
        await console.refresh()
        assert console.shows(ConfirmForce)
        named = " ".join(str(line.render()) for line in console.screen.query(".explanation").results(Static))
        assert why.split(";")[0] in named
        assert "--force" not in named
        await console.press("enter")  # leaves it
        assert console.stage.commands == []
    await console.press("r")
    console.stage.answer("beta: held by anna since 14:50; release the hold, or use --force", "refused")
    await console.refresh()
    await console.press("y")
    assert console.stage.commands == [("run", "beta", None, {"force": True})]


@covers("accept_jobs")
async def test_a_jobs_file_that_is_held_back_is_taken_up_here_and_by_the_engine(console: Console) -> None:
    await console.press("L")
    assert console.toasts[-1][1] == "no jobs file is held back"
    assert console.stage.commands == []

    console.stage.session.wants_consent = True
    console.stage.session.offered = JobSet(console.stage.session.jobs_file, {}, SchedulerSettings())
    await console.press("L", "escape")
    assert console.stage.commands == []
    await console.press("L", "y")
    assert console.stage.commands == [("reload", None, None, {"accept": True})]
    assert console.stage.session.left == ["accept jobs"]
