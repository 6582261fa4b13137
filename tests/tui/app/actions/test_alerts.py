"""Alerts that are acknowledged by keys, and the answers that an engine gives."""

from __future__ import annotations

import pytest
from textual.widgets import Static

from peak_console.model.records import EngineInfo, Level
from peak_console.store.locks import EngineLock
from peak_console.tui.dialogs.acknowledge import AcknowledgeDialog
from peak_console.tui.dialogs.confirm import TakeOverDialog
from peak_console.tui.state.snapshot import EngineState
from tests.tui.console import Console, covers

# Alerts.


@covers("acknowledge")
@pytest.mark.parametrize("pane", ["1", "4"])
async def test_acknowledge_is_for_the_alert_under_the_cursor_and_goes_to_the_next(console: Console, pane: str) -> None:
    older = console.stage.alert("beta failed", job="beta", ago=20)
    newer = console.stage.alert("alpha failed", job="alpha", ago=10)
    await console.refresh()
    await console.press(pane, "a")
    assert console.stage.commands == [("ack", None, None, {"alert": newer.id})]

    await console.press("a")

    assert console.stage.commands[1:] == [("ack", None, None, {"alert": older.id})]


@covers("acknowledge_all")
async def test_acknowledge_all_shows_them_first_and_leaves_what_comes_meanwhile(console: Console) -> None:
    console.stage.alert("beta failed", job="beta")
    newest = console.stage.alert("alpha is late", Level.WARNING, job="alpha")
    await console.refresh()
    await console.press("A")
    assert console.shows(AcknowledgeDialog)
    assert console.stage.commands == []
    shown = [str(each.content) for each in console.screen.query(Static)]
    assert "Acknowledge 2 open alerts: 1 critical, 1 warning?" in shown
    console.stage.alert("gamma failed", job="gamma")
    await console.refresh()
    await console.write("seen by desk")
    await console.press("enter")

    assert console.stage.commands == [("ack", None, None, {"newest": newest.id, "note": "seen by desk"})]


@covers("note")
async def test_an_alert_is_acknowledged_with_a_note(console: Console) -> None:
    alert = console.stage.alert("beta failed", job="beta")
    await console.refresh()
    await console.press("4", "n")
    await console.write("ok")
    await console.press("enter")
    assert console.stage.commands == [("ack", None, None, {"alert": alert.id, "note": "ok"})]


@covers("take_back")
async def test_an_acknowledgement_is_taken_back(console: Console) -> None:
    older = console.stage.alert("beta failed", job="beta", ago=20)
    newer = console.stage.alert("alpha failed", job="alpha", ago=10)
    await console.refresh()
    await console.press("u")
    assert console.toasts == [("information", "nothing has been acknowledged from here")]

    await console.press("a", "u")  # whatever the cursor has gone on to
    assert console.stage.commands[1:] == [("unack", None, None, {"alerts": [newer.id]})]

    console.stage.store.acknowledge("otto", console.stage.clock.now(), older.id)
    await console.refresh()
    await console.press("4", "end", "u")  # what somebody else has acknowledged
    assert console.stage.commands[2:] == [("unack", None, None, {"alerts": [older.id]})]


async def test_what_was_acknowledged_together_is_taken_back_together(console: Console) -> None:
    alerts = [console.stage.alert(f"{n} failed") for n in range(3)]
    await console.refresh()
    await console.press("A", "enter", "u")
    (_, _, _, told) = console.stage.commands[-1]
    assert sorted(told["alerts"]) == [alert.id for alert in alerts]


async def test_information_needs_no_acknowledgement(console: Console) -> None:
    console.stage.alert("reloaded", Level.INFO)
    await console.refresh()
    await console.press("a", "A")

    assert console.stage.commands == []


# Answers.


async def test_what_is_said_twice_is_shown_once_and_the_oldest_makes_room(console: Console) -> None:
    for text in ("one", "two", "two", "three", "four", "four"):
        console.app.dialogs.say(text)
    await console.pilot.pause()

    assert [each.message for each in console.app._notifications] == ["two", "three", "four"]
    assert len(console.app.screen.query("Toast")) == 3


async def test_an_answer_becomes_a_toast_once(console: Console) -> None:
    await console.go_to("alpha")
    await console.press("j", "k", "r")
    console.stage.answer("alpha #4 started")
    await console.refresh()
    await console.refresh()

    assert console.toasts == [("information", "alpha #4 started")]


async def test_a_refusal_is_a_warning(console: Console) -> None:
    await console.press("j", "k", "r")
    console.stage.answer("beta: runs already", "refused")
    await console.refresh()

    assert console.toasts == [("warning", "beta: runs already")]


async def test_an_answer_in_markup_is_only_text(console: Console) -> None:
    await console.press("j", "k", "r")
    console.stage.answer("[/] [red]\x1b[2J[/red]", "refused")
    await console.refresh()

    assert console.toasts == [("warning", "[/] [red][/red]")]


@pytest.mark.parametrize("key", ["r", "H", "A"])
async def test_without_an_engine_nothing_is_asked_of_it(console: Console, key: str) -> None:
    console.stage.alert()
    console.stage.hold()
    console.stage.session.state = EngineState.STOPPED
    await console.refresh()
    await console.press(key)

    assert console.stage.commands == []
    assert console.toasts == [("error", "no engine serves this directory: press E to take over")]


@covers("take_over")
async def test_take_over_asks_first(console: Console) -> None:
    console.stage.session.state = EngineState.STOPPED
    await console.press("E")
    assert console.shows(TakeOverDialog)
    await console.press("escape", "E", "enter")

    assert console.stage.session.left == ["take over"]


async def test_a_served_directory_is_not_taken_over(console: Console) -> None:
    await console.press("E", "enter", "escape")

    assert console.stage.session.left == []
    assert console.toasts == [("information", "an engine serves this directory already")]


async def test_jobs_that_another_engine_leaves_alone_can_be_taken_over(console: Console) -> None:
    session = console.stage.session
    session.state, session.served_by = EngineState.ATTACHED, None
    await console.press("E")
    assert isinstance(console.screen, TakeOverDialog)
    assert console.screen.sentence().plain.endswith("Serve them here?")
    await console.press("enter")
    assert session.left == ["take over"]


async def test_who_serves_a_part_of_the_selection_is_named_and_the_rest_is_not_promised(console: Console) -> None:
    stage = console.stage
    stage.session.state = EngineState.ATTACHED
    lock = EngineLock(stage.session.directory)
    assert lock.acquire()
    stage.store.engine_started(
        EngineInfo(pid=4712, mode="headless", started_at=stage.ago(60), jobs=list(stage.session.jobs)[:1])
    )
    await console.refresh()
    await console.press("E")
    lock.release()
    [(_, said)] = console.toasts
    assert said.startswith("pid 4712 serves other jobs of this selection already")
    assert "--include-tags" in said
    assert stage.session.left == []
