"""Every dialog but one (``test_run_form``): what its keys answer, and what it refuses."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Button, Input, OptionList, Static

from peak_console.jobs.model import JobDefinition
from peak_console.model.records import RunState
from peak_console.tui.dialogs.alert import ACKNOWLEDGE, GO
from peak_console.tui.dialogs.base import names
from peak_console.tui.dialogs.confirm import ConfirmStop, TakeOverDialog
from peak_console.tui.dialogs.help import HelpScreen, KeyTable
from peak_console.tui.dialogs.holding.disable import DisableChoice, DisableDialog
from peak_console.tui.dialogs.holding.hold import HoldDialog
from peak_console.tui.dialogs.quit import QuitDialog
from peak_console.tui.dialogs.run_form import RunForm
from peak_console.tui.dialogs.save import SaveDialog
from peak_console.tui.dialogs.tags import TagsDialog
from tests.tui.dialog_stage import RUNS, UNANSWERED, DialogApp, alert_dialog, answer_of, answers, said
from tests.tui.harness import ZONE, fixed_now, make_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.screen import Screen

    SnapCompare = Callable[..., bool]

HOSTILE = "[/]\x1b]0;owned\x07[red]x\u202e"


# Yes or no.


@pytest.mark.parametrize("dialog", [lambda: ConfirmStop(RUNS), TakeOverDialog], ids=["stop", "take_over"])
async def test_questions_are_answered_by_keys_and_mouse(dialog: Callable[[], Screen[bool]]) -> None:
    yes = [("enter",), ("y",), ("right", "left", "enter"), ("#confirm",)]
    no = [("n",), ("escape",), ("tab", "enter"), ("right", "enter"), ("#cancel",)]
    found = await answers(*((dialog(), keys) for keys in [*yes, *no]))
    assert found == [True] * len(yes) + [False] * len(no)


async def test_the_question_names_the_run_and_how_long_it_has_been_running() -> None:
    dialog = ConfirmStop(RUNS[:1], now=fixed_now(), kill_grace_seconds=30)
    async with DialogApp(dialog).run_test() as pilot:
        await pilot.pause()
        assert said(dialog, ".sentence") == "Stop weekly_sweep #1290, running for 8m32s?"
        assert "after 30 s is killed" in said(dialog, ".explanation")


async def test_runs_that_have_not_started_are_not_said_to_be_killed() -> None:
    dialog = ConfirmStop([make_run(5, "feed", ended_ago=None, state=RunState.QUEUED)], now=fixed_now())
    async with DialogApp(dialog).run_test() as pilot:
        await pilot.pause()
        assert said(dialog, ".sentence") == "Stop feed #5, which waits for its turn?"
        assert said(dialog, ".explanation") == "It has not started yet, and will not."


def test_many_names_stay_a_sentence() -> None:
    assert names(["a"]).plain == "a"
    assert names(["a", "b", "c"]).plain == "a, b and c"
    assert names([str(n) for n in range(9)]).plain == "0, 1, 2, 3, 4, 5 and 3 more"
    assert names(["[red]\x1b[2Jx[/]"]).plain == "[red]x[/]"


# One alert.


async def test_an_alert_leads_to_what_it_is_about_or_is_acknowledged() -> None:
    cases: list[tuple[dict[str, Any], tuple[str, ...], object]] = [
        ({"job": "backup", "run_id": 7}, ("enter",), GO),
        ({"job": "backup", "run_id": 7}, ("right", "enter"), ACKNOWLEDGE),
        ({"job": "backup"}, ("a",), ACKNOWLEDGE),
        ({"job": "backup"}, (f"#{GO}",), GO),
        ({"job": "backup"}, ("#cancel",), None),
        ({}, ("enter",), ACKNOWLEDGE),
        ({}, ("escape",), None),
        ({"acknowledged_at": fixed_now(), "acknowledged_by": "anna"}, ("a",), UNANSWERED),
        ({"acknowledged_at": fixed_now(), "acknowledged_by": "anna"}, ("enter",), None),
    ]
    assert await answers(*((alert_dialog(**fields), keys) for fields, keys, _ in cases)) == [end for *_, end in cases]


async def test_a_long_alert_scrolls_and_says_who_has_seen_it() -> None:
    dialog = alert_dialog(
        message="\n".join(f"line {n}" for n in range(50)), acknowledged_at=fixed_now(), acknowledged_by="anna"
    )
    async with DialogApp(dialog).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert said(dialog, ".explanation") == "Acknowledged by anna, 14:55."
        await pilot.press("j", "pagedown", "up")
        await pilot.pause()
        assert dialog.query_one("#message").scroll_offset.y == 8
        assert dialog.query_one("#cancel").region.bottom < 24


# Hold and disable.


async def test_a_hold_takes_a_reason_or_none() -> None:
    cases = [(*"month end", "enter"), ("enter",), (*"x", "escape"), ("#cancel",), ("#confirm",)]
    assert await answers(*((HoldDialog(), keys) for keys in cases)) == ["month end", "", None, None, ""]


async def test_a_job_is_disabled_for_a_while_or_for_good() -> None:
    cases: dict[tuple[str, ...], DisableChoice | None] = {
        ("enter",): DisableChoice(None, None),
        ("down", "enter"): DisableChoice(1800, None),
        ("down", "down", "enter"): DisableChoice(7200, None),
        ("up", "enter"): DisableChoice(86400, None),
        ("down", "up", "enter"): DisableChoice(None, None),
        (*"1h30m", "tab", *"feed down", "enter"): DisableChoice(5400, "feed down"),
        ("escape",): None,
        ("#cancel",): None,
    }
    assert await answers(*((DisableDialog(["backup"]), keys) for keys in cases)) == [*cases.values()]


async def test_a_quick_duration_can_be_clicked() -> None:
    dialog = DisableDialog(["backup"])
    app = DialogApp(dialog)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        await pilot.click("#quick-2")
        await pilot.pause()
        assert dialog.query_one("#duration", Input).value == "2h"
        assert dialog.query_one("#quick-2", Button).has_class("-chosen")
        await pilot.click("#confirm")
        await pilot.pause()
    assert app.answer == DisableChoice(7200, None)


async def test_a_duration_that_is_none_is_said_and_disables_nothing() -> None:
    dialog = DisableDialog(["backup"])
    app = DialogApp(dialog)
    async with app.run_test() as pilot:
        await pilot.pause()
        for text in ("soon", "0", "0s", "99999w", "2 fort"):
            dialog.query_one("#duration", Input).value = text
            await pilot.press("enter")
            await pilot.pause()
            assert app.answer is UNANSWERED
            assert said(dialog, "#meaning").startswith("✖ ")


async def test_it_says_when_the_job_is_on_again() -> None:
    dialog = DisableDialog(["backup"], now=fixed_now(), zone=ZONE)
    async with DialogApp(dialog).run_test() as pilot:
        await pilot.pause()
        assert said(dialog, "#meaning") == "off until it is enabled again, also across restarts"
        await pilot.press(*"2h")
        await pilot.pause()
        assert said(dialog, "#meaning") == "on again at 16:55"


# Quit, tags, save.


async def test_leaving_says_what_becomes_of_the_runs() -> None:
    cases: dict[tuple[str, ...], str | None] = {
        ("enter",): "background", ("down", "enter"): "wait", ("down", "down", "enter"): "stop", ("w",): "wait",
        ("s",): "stop", ("l",): "leave", ("b",): "background", ("escape",): None, ("up", "enter"): None,
    }  # fmt: skip
    assert await answers(*((QuitDialog(RUNS), keys) for keys in cases)) == [*cases.values()]


async def test_leaving_while_nothing_runs_says_what_becomes_of_the_scheduler() -> None:
    cases: dict[tuple[str, ...], str | None] = {
        ("enter",): "background", ("down", "enter"): "end", ("e",): "end", ("b",): "background", ("escape",): None,
        ("up", "enter"): None,
    }  # fmt: skip
    assert await answers(*((QuitDialog([]), keys) for keys in cases)) == [*cases.values()]
    assert await answer_of(QuitDialog([]), "w") is UNANSWERED


async def test_a_run_that_begins_while_one_thinks_of_leaving_is_asked_about() -> None:
    dialog = QuitDialog([], look=lambda: (RUNS, "", fixed_now()))
    app = DialogApp(dialog)
    async with app.run_test() as pilot:
        dialog.look_again()
        await pilot.press("w")
    assert app.answer == "wait"


async def test_tags_are_ticked() -> None:
    counts = {"risk": 2, "btc": 11, "slow": 2}  # the commonest first: btc, risk, slow
    assert await answers(
        (TagsDialog(counts), ("space", "down", "down", "space", "enter")),
        (TagsDialog(counts, {"btc", "risk"}), ("space", "enter")),
        (TagsDialog(counts, {"btc", "gone"}), ("#confirm",)),
        (TagsDialog(counts, {"btc", "slow"}), ("n", "enter")),
        (TagsDialog(counts, {"btc"}), ("space", "escape")),
    ) == [{"btc", "slow"}, {"risk"}, {"btc"}, set(), None]


async def test_ticks_are_signs_and_not_only_colours() -> None:
    dialog = TagsDialog({"risk": 1, "btc": 2}, {"risk"})
    async with DialogApp(dialog).run_test() as pilot:
        await pilot.pause()
        lines = [str(option.prompt).split() for option in dialog.query_one(OptionList).options]
    assert lines == [["·", "#btc", "2", "jobs"], ["✔", "#risk", "1", "job"]]


async def test_without_tags_it_says_so() -> None:
    assert await answer_of(TagsDialog({}), "n", "enter") == set()


async def test_a_new_file_is_saved_at_once(tmp_path: Path) -> None:
    path = str(tmp_path / "out.log")
    assert await answer_of(SaveDialog(path), "enter") == path
    assert await answer_of(SaveDialog(path), "escape") is None


async def test_a_file_that_is_there_is_replaced_only_when_asked_twice(tmp_path: Path) -> None:
    path = tmp_path / "out.log"
    path.write_text("old")
    assert await answer_of(SaveDialog(str(path)), "enter") is UNANSWERED
    assert await answer_of(SaveDialog(str(path)), "enter", "enter") == str(path)
    other = tmp_path / "out.logs"
    other.write_text("old")
    assert await answer_of(SaveDialog(str(path)), "enter", "s", "enter") is UNANSWERED


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("", "✖ name a file"),
        (".", "✖ that is a directory; add a file name"),
        ("none/out.log", "✖ there is no directory {here}/none"),
    ],
)
async def test_what_cannot_be_saved_is_said(tmp_path: Path, name: str, sentence: str) -> None:
    dialog = SaveDialog(os.path.join(tmp_path, name) if name else "")
    app = DialogApp(dialog)
    async with app.run_test(size=(200, 24)) as pilot:
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        assert app.answer is UNANSWERED
        assert said(dialog, "#meaning") == sentence.format(here=tmp_path)


# Help.


async def test_help_closes_by_the_key_that_opened_it() -> None:
    cases = [(HelpScreen({"help": "h"}), (key,)) for key in ("escape", "q", "question_mark", "h")]
    assert await answers(*cases, (HelpScreen(), ("h",))) == [None] * 4 + [UNANSWERED]


async def test_help_shows_the_keys_that_hold() -> None:
    dialog = HelpScreen({"run": "ctrl+r"})
    async with DialogApp(dialog).run_test(size=(150, 60)) as pilot:
        await pilot.pause()
        text = "\n".join(str(part.visual) for part in dialog.query(Static))
        text += "\n".join(str(part.render()) for part in dialog.query(KeyTable))
    assert "Ctrl+R     Run the job now, or every marked job." in text
    for word in ("failed", "disabled", "missed", "critical", "In a few words", "hold"):
        assert word in text


async def test_help_scrolls() -> None:
    dialog = HelpScreen()
    async with DialogApp(dialog).run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("j", "j", "k")
        await pilot.pause()
        assert dialog.query_one("#help").scroll_offset.y == 1


# Hostile text.


@pytest.mark.parametrize(
    "dialog",
    [
        lambda: ConfirmStop([make_run(1, HOSTILE, ended_ago=None)], now=fixed_now()),
        lambda: DisableDialog([HOSTILE]),
        lambda: QuitDialog([make_run(1, HOSTILE, ended_ago=None)]),
        lambda: TagsDialog({HOSTILE: 1}),
        lambda: TakeOverDialog(HOSTILE),
        lambda: alert_dialog(message=HOSTILE, job=HOSTILE),
        lambda: SaveDialog("/tmp/" + HOSTILE, HOSTILE),
        lambda: RunForm(JobDefinition(HOSTILE, args={HOSTILE: HOSTILE})),
    ],
)
async def test_hostile_text_is_only_text(dialog: Callable[[], Screen[Any]]) -> None:
    screen = dialog()
    async with DialogApp(screen).run_test() as pilot:
        await pilot.pause()
        drawn = pilot.app.export_screenshot()
    assert "[red]x" in drawn.replace("&#160;", " ")
    assert not {"\x1b", "\x07", "\u202e"} & set(drawn)
