"""What a line of the history says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.model.records import Outcome, RunState, Trigger
from peak_console.tui.drawing.paint import pieces_width
from peak_console.tui.history.lines import HistoryColumns
from tests.tui.harness import ZONE, fixed_now, make_run


def text(width: int = 140, **fields: Any) -> str:
    run = make_run(12, **fields)
    return "".join(piece for piece, _ in HistoryColumns(width).line(run, fixed_now(), ZONE))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"ended_ago": 3600}, ("13:55:46", "✔ ok", "backup", "2.0s")),
        ({"ended_ago": 90_000}, ("Sun 13:55",)),
        ({"outcome": Outcome.FAILED, "reason": "exposure too high"}, ("✖ failed 2", "exposure too high")),
        ({"late_because": "held", "outcome": Outcome.FAILED, "reason": "no"}, ("no; held",)),
        ({"triggered_by": Trigger.MANUAL, "requested_by": "ada"}, ("manual ada",)),
        ({"triggered_by": Trigger.RETRY, "attempt": 2}, ("attempt 2",)),
        ({"ended_ago": None, "took": 75}, ("▶ running", "1m15s")),
        ({"ended_ago": None, "state": RunState.QUEUED}, ("◷ queued",)),
        ({"outcome": Outcome.STOPPED, "stop_reason": "stopped by bob"}, ("■ stopped", "stopped by bob")),
        ({"job": "a\x1b[31mb"}, ("ab",)),
    ],
)  # fmt: skip
def test_a_run_is_told_with_its_reasons(fields: dict[str, Any], said: tuple[str, ...]) -> None:
    line = text(**fields)
    for words in said:
        assert words in line


@given(st.integers(30, 250), st.text(max_size=80), st.text(max_size=80), st.booleans())
def test_a_line_fits_any_width(width: int, job: str, reason: str, marked: bool) -> None:
    run = make_run(1, job, reason=reason, triggered_by=Trigger.MANUAL, requested_by=job)
    columns = HistoryColumns(width)
    line = columns.line(run, fixed_now(), ZONE, marked=marked)
    if width >= 80:
        assert pieces_width(line) <= width
    assert all("\x1b" not in piece for piece, _ in line)
