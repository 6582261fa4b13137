"""Every dialog as it looks."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.decisions.holding.backlog import Outlook
from peak_console.model.state import Hold
from peak_console.tui.dialogs.acknowledge import AcknowledgeDialog
from peak_console.tui.dialogs.confirm import ConfirmStop, TakeOverDialog
from peak_console.tui.dialogs.help import HelpScreen
from peak_console.tui.dialogs.holding.disable import DisableDialog
from peak_console.tui.dialogs.holding.enable import EnableDialog
from peak_console.tui.dialogs.holding.hold import HoldDialog, ReleaseDialog
from peak_console.tui.dialogs.holding.hold_jobs import HoldJobsDialog, HoldsDialog
from peak_console.tui.dialogs.quit import QuitDialog
from peak_console.tui.dialogs.run_form import RunForm
from peak_console.tui.dialogs.save import SaveDialog
from peak_console.tui.dialogs.tags import TagsDialog
from tests.support.factories import make_job
from tests.tui.dialog_stage import JOB, RUNS, DialogApp, alert_dialog
from tests.tui.harness import ZONE, fixed_now, make_alert

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

    from peak_console.tui.dialogs.base import Dialog

    SnapCompare = Callable[..., bool]

FAILURE = """\
risk_check failed with exit code 2
Run #1293, due at 08:00 CET, took 0.8s.
Last lines of stderr:
  File "config/scripts/check_live_risk_limits.py", line 169, in main
    raise LimitBreached(breaches)
  LimitBreached: gross exposure 860,000 EUR > limit 800,000 EUR"""


def pictured(dialog: Dialog[Any] | HelpScreen, *keys: str, theme: str = "peak-dark") -> tuple[DialogApp, Any]:
    async def prepare(pilot: Pilot[None]) -> None:
        await pilot.pause()
        pilot.app.theme = theme
        await pilot.press(*keys)
        await pilot.pause()

    return DialogApp(dialog), prepare


SOME_JOBS = [make_job(name, tags=("live",)) for name in ("gold", "silver", "oil", "wheat", "corn")]
SOME_HOLDS = [
    Hold(fixed_now() - timedelta(hours=1), "anna", "maintenance", fixed_now() + timedelta(hours=3), ("live",)),
    Hold(fixed_now() - timedelta(days=1), "ben", words="report !eod"),
]
SIZES = pytest.mark.parametrize("size", [(80, 24), (140, 42)], ids=["small", "large"])


@SIZES
@pytest.mark.parametrize(
    ("dialog", "keys"),
    [
        pytest.param(
            lambda: HoldJobsDialog(SOME_JOBS, "live", now=fixed_now(), zone=ZONE),
            ("tab", *"18:00", "tab", *"maintenance"),
            id="hold_jobs",
        ),
        pytest.param(
            lambda: HoldJobsDialog(SOME_JOBS, "", now=fixed_now(), zone=ZONE),
            (*"risk", "tab", *"soon"),
            id="hold_jobs_until_nonsense",
        ),
        pytest.param(lambda: HoldsDialog(SOME_HOLDS, now=fixed_now(), zone=ZONE), (), id="holds"),
        pytest.param(lambda: ConfirmStop(RUNS[:1], now=fixed_now()), (), id="stop_one"),
        pytest.param(lambda: ConfirmStop(RUNS, now=fixed_now()), ("right",), id="stop_two"),
        pytest.param(lambda: TakeOverDialog("Process 4711 ended at 14:02."), (), id="take_over"),
        pytest.param(lambda: alert_dialog(message=FAILURE, job="risk_check", run_id=1293), (), id="alert"),
        pytest.param(HoldDialog, tuple("month end"), id="hold"),
        pytest.param(lambda: DisableDialog(["backup"], now=fixed_now(), zone=ZONE), ("down", "down"), id="disable"),
        pytest.param(lambda: DisableDialog(["backup", "feed"]), tuple("soon"), id="disable_wrongly"),
        pytest.param(lambda: QuitDialog(RUNS, "next: limit_check in 56m", fixed_now()), ("down",), id="quit"),
        pytest.param(lambda: release(Outlook(3, 12, 2, 1)), ("down",), id="release"),
        pytest.param(lambda: release(Outlook(0, 0, 0, 0)), (), id="release-idle"),
        pytest.param(
            lambda: EnableDialog(
                {"backup": fixed_now(), "sweep": fixed_now() + timedelta(hours=3), "once": None},
                {"backup": "by anna: exchange maintenance"},
                now=fixed_now(),
                zone=ZONE,
            ),
            (),
            id="enable",
        ),
        pytest.param(
            lambda: AcknowledgeDialog([make_alert(f"backup_{n} failed (exit 2)", id=n) for n in range(9)]),
            (),
            id="acknowledge",
        ),
        pytest.param(lambda: QuitDialog([], "next: limit_check in 56m", fixed_now()), ("down",), id="quit-idle"),
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


def release(outlook: Outlook) -> ReleaseDialog:
    hold = Hold(fixed_now() - timedelta(minutes=5), "anna", "exchange maintenance")
    return ReleaseDialog(hold, lambda: outlook, now=fixed_now(), zone=ZONE, queued=2)


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
