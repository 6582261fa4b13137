"""What the pane says of runs that are foreseen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from peak_console.forecast.outlook import HORIZON, Gathering, Outlook
from peak_console.model.ahead import AheadRun, Due
from peak_console.model.records import Outcome
from peak_console.schedule.model import JobSchedule
from tests.tui.harness import (
    fixed_now,
    make_row,
    make_snapshot,
)
from tests.tui.upcoming.test_pane import said

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from peak_console.tui.state.snapshot import JobRow, Snapshot

    SnapCompare = Callable[..., bool]


def ahead(name: str, minutes: float, takes: float = 5.0, *, slot: float | None = None, **fields: Any) -> AheadRun:
    """A run that is foreseen in so many minutes."""
    at = fixed_now() + timedelta(minutes=minutes)
    due_at = at if slot is None else fixed_now() + timedelta(minutes=slot)
    known = {"starts_at": at, "ends_at": at + timedelta(minutes=takes), "outcome": Outcome.SUCCEEDED}
    return AheadRun(name, due_at, **{**known, **fields})


def foreseen(rows: Sequence[JobRow], *runs: AheadRun, **fields: Any) -> Snapshot:
    gathering = Gathering(Outlook(fixed_now(), fixed_now() + HORIZON, fixed_now() + HORIZON))
    gathering.add(runs)
    return make_snapshot(rows, outlook=gathering.outlook(), **fields)


def due_in(minutes: float, ends: float | None) -> Due:
    now = fixed_now()
    expected = now + timedelta(minutes=ends) if ends is not None else None
    return Due("report", now + timedelta(minutes=minutes), expected)


CHAINED = JobSchedule(type="after")


@pytest.mark.parametrize(
    ("run", "line"),
    [
        (ahead("report", 60), "1h 00m  report  15:55–16:00"),
        (ahead("report", 60, 0.1), "1h 00m  report  15:55"),
        (ahead("report", 60, is_guess=True), "1h 00m  report  15:55"),
        (ahead("report", 60, due=due_in(80, 65)), "1h 00m  report  ⚑ ends 16:00, 15m00s slack  15:55–16:00"),
        (ahead("report", 60, due=due_in(62, 65)), "1h 00m  report  ⚑ ends 16:00, 3m00s late  15:55–16:00"),
        (ahead("report", 60, due=due_in(62, None)), "1h 00m  report  ⚑ late  15:55–16:00"),
        (ahead("report", 60, attempt=2), "1h 00m  report  ↻ attempt 2  15:55–16:00"),
        (
            ahead("report", 60, starts_at=None, ends_at=None, outcome="skipped", reason="holiday"),
            "1h 00m  report  · will be skipped: holiday  15:55",
        ),
        (
            ahead("report", 60, starts_at=None, ends_at=None, outcome="queued", waits="waiting for quotes"),
            "1h 00m  report  ◷ waiting for quotes  15:55",
        ),
    ],
)
def test_a_job_of_a_chain_has_a_line_by_forecast(run: AheadRun, line: str) -> None:
    row = make_row("report", next_in=None, schedule=CHAINED)
    shown = said(foreseen([row], run), 80)
    assert shown[0].strip() == "next"
    assert " ".join(shown[1].split()) == " ".join(line.split())


def test_a_slot_is_shown_at_its_foreseen_start_once_with_its_further_attempt() -> None:
    rows = [make_row("report", next_in=3600), make_row("other", next_in=300)]
    runs = [
        ahead("report", 70, slot=60, outcome="failed"), ahead("report", 80, slot=60, attempt=2),
        ahead("report", 120), ahead("other", 2, slot=2),
    ]  # fmt: skip
    shown = [line.split() for line in said(foreseen(rows, *runs), 80)[1:]]
    assert shown == [
        ["00:05:00", "other", "15:00"],
        ["1h", "10m", "report", "16:05–16:10"],
        ["1h", "20m", "report", "↻", "attempt", "2", "16:15–16:20"],
    ], "what is foreseen for a slot that has passed is not shown"


def test_the_heading_says_what_is_to_be_said_of_the_forecast() -> None:
    shown = said(foreseen([make_row("report")], outlook_note="forecast is being renewed"))
    assert shown[0].strip() == "next · forecast is being renewed"


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (76, "1h 00m  fetch_quotes_of_all  ⚑ ends 16:00, 15m00s slack  15:55–16:00"),
        (62, "1h 00m  fetch_quotes_of_all  ⚑ ends 16:00, 15m00s slack"),
        (48, "1h 00m  fetch_quotes_of_all  ⚑ 15m00s slack"),
        (40, "1h 00m  fetch_quotes…  ⚑ 15m00s slack"),
        (36, "1h 00m  fetch_quote…  ⚑ 15m00s s…"),
        (20, "1h 00m  fetch_qu…"),
    ],
)
def test_a_remark_gives_way_before_the_name_does(width: int, shown: str) -> None:
    row = make_row("fetch_quotes_of_all", next_in=None, schedule=CHAINED)
    line = said(foreseen([row], ahead("fetch_quotes_of_all", 60, due=due_in(80, 65))), width)[1]
    assert " ".join(line.split()) == " ".join(shown.split())
