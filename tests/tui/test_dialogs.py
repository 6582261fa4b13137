"""Every dialog: what its keys answer, what it refuses, how it looks."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from textual.widgets import Button, Input, OptionList, Static

from peak_console.jobs.command import build_command_args
from peak_console.jobs.model import JobDefinition
from peak_console.store.model import RunState
from peak_console.tui.dialogs.alert import ACKNOWLEDGE, GO, AlertDialog
from peak_console.tui.dialogs.base import Dialog, names
from peak_console.tui.dialogs.confirm import ConfirmStop, TakeOverDialog
from peak_console.tui.dialogs.disable import DisableChoice, DisableDialog
from peak_console.tui.dialogs.help import HelpScreen
from peak_console.tui.dialogs.hold import HoldDialog
from peak_console.tui.dialogs.quit import QuitDialog
from peak_console.tui.dialogs.run_form import RunForm
from peak_console.tui.dialogs.save import SaveDialog
from peak_console.tui.dialogs.tags import TagsDialog
from tests.tui.harness import ZONE, WidgetApp, fixed_now, make_alert, make_run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path, PurePath

    from textual.pilot import Pilot
    from textual.screen import Screen

    SnapCompare = Callable[..., bool]

RUNS = [
    make_run(1290, "weekly_sweep", ended_ago=None, took=512),
    make_run(1291, "market_scan", ended_ago=None, took=75),
]
JOB = JobDefinition(
    "risk_check",
    args={
        "script": "scripts/check.py",
        "top_n": 10,
        "verbose": True,
        "symbols": ["BTC/EUR", "ETH/EUR"],
        "since": "2026-01-01",
        "api_token": "hunter2hunter2",
    },
)
FAILURE = """\
risk_check failed with exit code 2
Run #1293, due at 08:00 CET, took 0.8s.
Last lines of stderr:
  File "config/scripts/check_live_risk_limits.py", line 169, in main
    raise LimitBreached(breaches)
  LimitBreached: gross exposure 860,000 EUR > limit 800,000 EUR"""
UNANSWERED = object()
HOSTILE = "[/]\x1b]0;owned\x07[red]x\u202e"


class DialogApp(WidgetApp):
    """A dialog over an empty screen, and what it answered."""

    CSS_PATH: ClassVar[list[str | PurePath]] = []  # dialogs bring their own

    def __init__(self, dialog: Screen[Any] | None = None) -> None:
        super().__init__()
        self.dialog = dialog
        self.answer: Any = UNANSWERED

    def on_mount(self) -> None:
        if self.dialog is not None:
            self.ask(self.dialog)

    def ask(self, dialog: Screen[Any]) -> None:
        self.answer = UNANSWERED
        self.push_screen(dialog, self._answered)

    def _answered(self, answer: Any) -> None:
        self.answer = answer


async def answers(*cases: tuple[Screen[Any], Sequence[str]]) -> list[Any]:
    """What each dialog answers to some keys, or to a click on ``#selector``; ``UNANSWERED`` while it is still open."""
    app = DialogApp()
    found = []
    async with app.run_test(size=(100, 30)) as pilot:
        for dialog, keys in cases:
            app.ask(dialog)
            await pilot.pause()
            for key in keys:
                await (pilot.click(key) if key.startswith("#") and len(key) > 1 else pilot.press(key))
            await pilot.pause()
            found.append(app.answer)
    return found


async def answer_of(dialog: Screen[Any], *keys: str) -> Any:
    return (await answers((dialog, keys)))[0]


def said(dialog: Screen[Any], selector: str) -> str:
    return str(dialog.query_one(selector, Static).visual)


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


def alert_dialog(**fields: Any) -> AlertDialog:
    return AlertDialog(make_alert(**fields), now=fixed_now(), zone=ZONE)


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
        assert said(dialog, "#meaning") == "off until somebody enables it, also across restarts"
        await pilot.press(*"2h")
        await pilot.pause()
        assert said(dialog, "#meaning") == "on again at 16:55"


# Quit, tags, save.


async def test_leaving_says_what_becomes_of_the_runs() -> None:
    cases: dict[tuple[str, ...], str | None] = {
        ("enter",): "wait", ("down", "enter"): "stop", ("down", "down", "enter"): "leave", ("w",): "wait",
        ("s",): "stop", ("l",): "leave", ("escape",): None,
    }  # fmt: skip
    assert await answers(*((QuitDialog(RUNS), keys) for keys in cases)) == [*cases.values()]


async def test_where_runs_cannot_be_left_nobody_is_offered_it() -> None:
    assert await answer_of(QuitDialog(RUNS, leave=False), "l") is UNANSWERED
    assert await answer_of(QuitDialog(RUNS, leave=False), "up", "enter") == "stop"


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


# Running with other arguments.


async def test_only_what_differs_is_sent() -> None:
    cases: dict[tuple[str, ...], object] = {
        ("enter",): {},
        ("tab", "end", "backspace", "5", "enter"): {"top_n": 15},
        ("down", "end", "backspace", "5", "backspace", "0", "#confirm"): {},
        ("tab", "tab", *["backspace"] * 4, "enter"): {"verbose": None},
        ("tab", "tab", *["backspace"] * 4, "ctrl+r", "enter"): {},
        ("ctrl+n", *"dry_run", "tab", *"true", "enter"): {"dry_run": True},
        ("ctrl+n", *"note", "tab", *"not toml", "enter"): {"note": "not toml"},
        ("ctrl+n", "tab", *"5", "enter"): {},
        ("ctrl+n", *"x", "tab", *"5", "ctrl+r", "enter"): {},
        ("escape",): None,
        ("#cancel",): None,
        ("ctrl+n", *"top_n", "tab", *"5", "enter"): UNANSWERED,
    }
    assert await answers(*((RunForm(JOB), keys) for keys in cases)) == [*cases.values()]


async def test_the_preview_shows_what_would_run_without_secrets() -> None:
    dialog = RunForm(JOB)
    async with DialogApp(dialog).run_test(size=(200, 40)) as pilot:
        await pilot.pause()
        await pilot.press("tab", "end", "backspace", "5", "ctrl+n", *"dry_run", "tab", *"true")
        await pilot.pause()
        preview = said(dialog, "#preview")
    args = {**JOB.args, "top_n": 15, "dry_run": True, "api_token": "'***'"}
    assert preview == "runs  python " + " ".join(build_command_args(JobDefinition("x", args=args)))
    assert "hunter2" not in preview


async def test_a_secret_is_not_shown_where_it_is_typed() -> None:
    dialog = RunForm(JOB)
    async with DialogApp(dialog).run_test() as pilot:
        await pilot.pause()
        hidden = [field.password for field in dialog.query(Input)]
    assert hidden == [False] * 5 + [True]


async def test_a_fixed_argv_runs_as_it_stands() -> None:
    job = JobDefinition("plain", command="sh", argv=["-c", "true"])
    assert await answer_of(RunForm(job), "ctrl+n", "enter") == {}


async def test_a_job_without_arguments_can_be_given_one() -> None:
    assert await answer_of(RunForm(JobDefinition("plain")), "shift+tab", *"n", "tab", *"1", "enter") == {"n": 1}


# Help.


async def test_help_closes_by_the_key_that_opened_it() -> None:
    cases = [(HelpScreen({"help": "h"}), (key,)) for key in ("escape", "q", "question_mark", "h")]
    assert await answers(*cases, (HelpScreen(), ("h",))) == [None] * 4 + [UNANSWERED]


async def test_help_shows_the_keys_that_hold() -> None:
    dialog = HelpScreen({"run": "ctrl+r"})
    async with DialogApp(dialog).run_test(size=(150, 60)) as pilot:
        await pilot.pause()
        text = "\n".join(str(part.visual) for part in dialog.query(Static))
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


# Hostile text, and pictures.


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


def pictured(dialog: Dialog[Any] | HelpScreen, *keys: str, theme: str = "peak-dark") -> tuple[DialogApp, Any]:
    async def prepare(pilot: Pilot[None]) -> None:
        await pilot.pause()
        pilot.app.theme = theme
        await pilot.press(*keys)
        await pilot.pause()

    return DialogApp(dialog), prepare


SIZES = pytest.mark.parametrize("size", [(80, 24), (140, 42)], ids=["small", "large"])


@SIZES
@pytest.mark.parametrize(
    ("dialog", "keys"),
    [
        pytest.param(lambda: ConfirmStop(RUNS[:1], now=fixed_now()), (), id="stop_one"),
        pytest.param(lambda: ConfirmStop(RUNS, now=fixed_now()), ("right",), id="stop_two"),
        pytest.param(lambda: TakeOverDialog("Process 4711 ended at 14:02."), (), id="take_over"),
        pytest.param(lambda: alert_dialog(message=FAILURE, job="risk_check", run_id=1293), (), id="alert"),
        pytest.param(HoldDialog, tuple("month end"), id="hold"),
        pytest.param(lambda: DisableDialog(["backup"], now=fixed_now(), zone=ZONE), ("down", "down"), id="disable"),
        pytest.param(lambda: DisableDialog(["backup", "feed"]), tuple("soon"), id="disable_wrongly"),
        pytest.param(lambda: QuitDialog(RUNS, now=fixed_now()), ("down",), id="quit"),
        pytest.param(lambda: TagsDialog({"risk": 2, "btc": 11, "slow": 1}, {"risk"}), ("down",), id="tags"),
        pytest.param(lambda: SaveDialog("/"), ("enter",), id="save"),
        pytest.param(lambda: RunForm(JOB), ("tab", "end", "backspace", "5", "tab", "ctrl+n", *"top_n"), id="run_with"),
        pytest.param(HelpScreen, (), id="help"),
    ],
)
def test_picture(
    snap_compare: SnapCompare, dialog: Callable[[], Dialog[Any]], keys: tuple[str, ...], size: tuple[int, int]
) -> None:
    app, prepare = pictured(dialog(), *keys)
    assert snap_compare(app, run_before=prepare, terminal_size=size)


@pytest.mark.parametrize("theme", ["peak-16", "peak-colour-blind", "peak-light"])
@pytest.mark.parametrize(
    "dialog",
    [
        pytest.param(lambda: QuitDialog(RUNS, now=fixed_now()), id="quit"),
        pytest.param(lambda: DisableDialog(["backup"]), id="disable"),
    ],
)
def test_picture_in_other_themes(snap_compare: SnapCompare, dialog: Callable[[], Dialog[Any]], theme: str) -> None:
    app, prepare = pictured(dialog(), "down", theme=theme)
    assert snap_compare(app, run_before=prepare, terminal_size=(80, 24))
