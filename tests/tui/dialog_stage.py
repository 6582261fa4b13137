"""Dialogs over an empty screen, what they are answered, and what they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.widgets import Static

from peak_console.jobs.model import JobDefinition
from peak_console.tui.dialogs.alert import AlertDialog
from tests.tui.harness import ZONE, WidgetApp, fixed_now, make_alert, make_run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import PurePath

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
UNANSWERED = object()


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


def alert_dialog(**fields: Any) -> AlertDialog:
    return AlertDialog(make_alert(**fields), now=fixed_now(), zone=ZONE)
