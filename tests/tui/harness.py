"""One widget on a screen of its own, a frozen moment, and factories for what widgets are given."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

from textual.app import App, ComposeResult

import peak_console.tui
from peak_console.decisions.job_status import DisabledBy, JobView, Standing
from peak_console.jobs.model import JobDefinition
from peak_console.model.records import Alert, Level, Outcome, Override, Run, RunState, Trigger
from peak_console.schedule.model import JobSchedule
from peak_console.tui.drawing.themes import DEFAULT_THEME, THEMES
from peak_console.tui.state.snapshot import EngineState, JobRow, Snapshot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.message import Message
    from textual.widget import Widget

ZONE = ZoneInfo("Europe/Berlin")
TUI_DIRECTORY = Path(peak_console.tui.__file__).parent
JOBS_FILE = "config/scheduler/jobs.toml"

AMessage = TypeVar("AMessage", bound="Message")


def fixed_now() -> datetime:
    """Monday, 23 November 2026, 14:55:48 in ``ZONE``."""
    return datetime(2026, 11, 23, 13, 55, 48, tzinfo=UTC)


class WidgetApp(App[None]):
    """Shows the given widgets one below the other, with the style sheets that the console loads."""

    CSS_PATH = sorted(str(path) for path in TUI_DIRECTORY.rglob("*.tcss") if path.parent.name != "dialogs")

    def __init__(self, *widgets: Widget) -> None:
        super().__init__()
        self._widgets = widgets
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = DEFAULT_THEME

    def compose(self) -> ComposeResult:
        yield from self._widgets


class Posted:
    """Keeps every message that widgets post: ``app.run_test(message_hook=posted)``."""

    def __init__(self) -> None:
        self._messages: list[Message] = []

    def __call__(self, message: Message) -> None:
        if not any(message is known for known in self._messages):  # it passes here again at every step it bubbles
            self._messages.append(message)

    def of(self, kind: type[AMessage]) -> list[AMessage]:
        return [message for message in self._messages if isinstance(message, kind)]

    def clear(self) -> None:
        self._messages.clear()


def make_run(
    id: int = 1,  # noqa: A002
    job: str = "backup",
    *,
    ended_ago: float | None = 3600,
    took: float = 2.0,
    outcome: str | None = Outcome.SUCCEEDED,
    now: datetime | None = None,
    **fields: Any,
) -> Run:
    """A run that ended ``ended_ago`` seconds before ``now``; ``None`` is one still running since ``took`` seconds."""
    now = now or fixed_now()
    finished = None if ended_ago is None else now - timedelta(seconds=ended_ago)
    started = (finished or now) - timedelta(seconds=took)
    values: dict[str, Any] = {
        "triggered_by": Trigger.SCHEDULE,
        "scheduled_for": started,
        "attempt": 1,
        "state": RunState.RUNNING if finished is None else RunState.FINISHED,
        "claimed_at": started,
        "outcome": None if finished is None else outcome,
        "return_code": None if finished is None else 0 if outcome == Outcome.SUCCEEDED else 2,
        "started_at": started,
        "finished_at": finished,
        "reference": "4711 then",
        **fields,
    }
    return Run(id=id, job=job, **values)


def make_history(
    job: str = "backup", durations: Sequence[float] = (), failed: Sequence[int] = (), ended_ago: float = 3600
) -> list[Run]:
    """Finished runs a day apart, newest first. ``durations`` reads oldest first, ``failed`` counts from the newest."""
    return [
        make_run(
            1000 - nth,
            job,
            ended_ago=ended_ago + nth * 86400,
            took=took,
            outcome=Outcome.FAILED if nth in failed else Outcome.SUCCEEDED,
        )
        for nth, took in enumerate(reversed(durations))
    ]


def make_row(
    name: str = "backup",
    standing: str = Standing.OK,
    *,
    next_in: float | None = 3600,
    history: Sequence[Run] = (),
    last_run: Run | None = None,
    active: Sequence[Run] = (),
    queued: Sequence[Run] = (),
    schedule: JobSchedule | None = None,
    tags: Sequence[str] = (),
    disabled_by: str | None = None,
    override: Override | None = None,
    now: datetime | None = None,
    **definition: Any,
) -> JobRow:
    """One row; its next slot is ``next_in`` seconds after ``now`` and its last run the newest of its history."""
    now = now or fixed_now()
    if standing == Standing.DISABLED:
        disabled_by, next_in = disabled_by or DisabledBy.FILE, None
    if disabled_by == DisabledBy.FILE:
        definition.setdefault("enabled", False)
    job = JobDefinition(
        name=name,
        schedule=schedule or JobSchedule(type="interval", interval_seconds=3600),
        tags=tuple(tags),
        **definition,
    )
    view = JobView(
        job=job,
        standing=standing,
        disabled_by=disabled_by,
        override=override,
        next_slot=None if next_in is None else now + timedelta(seconds=next_in),
        last_run=last_run or (history[0] if history else None),
        active=tuple(active),
        queued=tuple(queued),
    )
    return JobRow(view=view, history=tuple(history))


def make_alert(message: str = "exit 2", level: str = Level.CRITICAL, *, ago: float = 60, **fields: Any) -> Alert:
    return Alert(level=Level(level), message=message, timestamp=fixed_now() - timedelta(seconds=ago), **fields)


def make_snapshot(rows: Sequence[JobRow] = (), **fields: Any) -> Snapshot:
    """A snapshot of these rows, counted, of an engine that runs in this process."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.view.standing] = counts.get(row.view.standing, 0) + 1
    values: dict[str, Any] = {
        "taken_at": fixed_now(),
        "jobs_file": JOBS_FILE,
        "engine": EngineState.RUNNING,
        "critical": fields.get("unacknowledged", 0),
        "zone": ZONE,
        "counts": counts,
        **fields,
    }
    return Snapshot(rows=tuple(rows), **values)


def trading_rows() -> list[JobRow]:
    """A morning at a trading desk: one of each state, as the pictures show it."""
    daily = {
        time: JobSchedule(type="daily", daily_time=time, timezone="Europe/Berlin")
        for time in ("07:30", "07:45", "08:00")
    }
    weekly = JobSchedule(type="interval", interval_seconds=7 * 86400)
    steady = (2.0, 2.2, 2.1, 1.9, 2.0, 2.3, 2.1)
    override = Override(
        enabled=False,
        by="operator",
        at=fixed_now() - timedelta(hours=1),
        until=fixed_now().replace(hour=17, minute=0, second=0),
        reason="exchange maintenance",
    )
    return [
        make_row("initial_setup", Standing.WAITING, next_in=64800, schedule=JobSchedule(type="once"), tags=("setup",)),
        make_row(
            "daily_forward_signals_btc",
            next_in=59652,
            history=make_history("daily_forward_signals_btc", steady * 3, ended_ago=26700),
            schedule=daily["07:30"],
            tags=("signals", "btc"),
        ),
        make_row(
            "daily_risk_check",
            Standing.FAILED,
            next_in=61452,
            history=make_history("daily_risk_check", (0.4, 0.5, 0.4, 0.6, 0.5, 0.4, 0.9), (0, 3), ended_ago=24947),
            schedule=daily["08:00"],
            tags=("risk",),
        ),
        make_row(
            "risk_check_hourly",
            next_in=252,
            history=make_history("risk_check_hourly", (0.4,) * 20, (7,), ended_ago=3360),
            tags=("risk",),
        ),
        make_row(
            "weekly_sweep_ma",
            Standing.RUNNING,
            next_in=604800 - 512,
            history=make_history("weekly_sweep_ma", (700, 690, 810, 724), ended_ago=7 * 86400),
            active=(make_run(1290, "weekly_sweep_ma", ended_ago=None, took=512),),
            schedule=weekly,
            tags=("research", "slow"),
        ),
        make_row(
            "morning_market_scan",
            Standing.RUNNING,
            next_in=60552,
            history=make_history("morning_market_scan", (41, 48, 45, 52, 48, 47), ended_ago=86400 + 25000),
            active=(make_run(1291, "morning_market_scan", ended_ago=None, took=75),),
            schedule=daily["07:45"],
            tags=("scan", "equities"),
        ),
        make_row(
            "quotes_feed",
            Standing.RETRYING,
            next_in=41,
            history=make_history("quotes_feed", (3.0, 3.1, 3.3, 2.9, 3.1), (0, 1), ended_ago=19),
            queued=(make_run(1292, "quotes_feed", ended_ago=None, state=RunState.QUEUED, attempt=2),),
            schedule=JobSchedule(type="cron", cron="*/5 9-17 * * mon-fri", timezone="Europe/Berlin"),
            tags=("feed",),
        ),
        make_row(
            "hourly_backtest_check",
            Standing.DISABLED,
            disabled_by=DisabledBy.OPERATOR,
            override=override,
            history=make_history("hourly_backtest_check", (9.9, 8.1, 9.2, 9.4, 9.9), ended_ago=3 * 86400 + 500),
            tags=("research",),
        ),
        make_row("legacy_export", Standing.DISABLED, tags=("legacy",)),
        make_row(
            "monthly_report",
            Standing.STOPPED,
            next_in=8 * 86400,
            history=make_history("monthly_report", (60, 71, 64), ended_ago=31 * 86400),
            last_run=make_run(1280, "monthly_report", ended_ago=7000, took=12, outcome=Outcome.STOPPED),
            schedule=JobSchedule(type="cron", cron="0 6 1 * *", timezone="Europe/Berlin"),
            tags=("report",),
        ),
    ]
