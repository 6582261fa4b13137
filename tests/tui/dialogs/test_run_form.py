"""The dialog that runs a job with other arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Input

from peak_console.jobs.command import build_command_args
from peak_console.jobs.model import JobDefinition
from peak_console.tui.dialogs.run_form import RunForm
from tests.tui.dialog_stage import JOB, UNANSWERED, DialogApp, answer_of, answers, said

if TYPE_CHECKING:
    from collections.abc import Callable

    SnapCompare = Callable[..., bool]


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


async def test_a_fixed_list_and_variables_can_be_changed_and_are_what_the_form_begins_with_again() -> None:
    job = JobDefinition("plain", command="sh", argv=["-c", "true"], env={"LEVEL": "info"})
    as_it_was = ("enter",)
    another_list = (*["backspace"] * 20, *'["-c", "x"]', "enter")
    a_variable = ("ctrl+n", *"$NEW", "tab", *"7", "enter")
    an_argument = ("ctrl+n", *"n", "tab", *"7", "enter")
    no_list = (*["backspace"] * 20, *"text", "enter")
    before = {"argv": ["-c", "x"], "$NEW": 7}
    assert await answers(
        (RunForm(job), as_it_was), (RunForm(job), another_list), (RunForm(job), a_variable),
        (RunForm(job), an_argument), (RunForm(job), no_list), (RunForm(job, before), as_it_was),
    ) == [{}, {"argv": ["-c", "x"]}, {"$NEW": 7}, UNANSWERED, UNANSWERED, before]  # fmt: skip


async def test_a_job_without_arguments_can_be_given_one() -> None:
    assert await answer_of(RunForm(JobDefinition("plain")), "shift+tab", *"n", "tab", *"1", "enter") == {"n": 1}
