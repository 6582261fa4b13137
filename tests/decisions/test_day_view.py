"""The day view without a screen: cells, lanes, axis, and slots ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.decisions.ahead.day_view import (
    ZOOMS,
    Span,
    at_cell,
    axis,
    coming,
    draw,
    foreseen,
    nearest,
    span_around,
)
from peak_console.decisions.ahead.day_words import told
from peak_console.decisions.ahead.upcoming import slots_ahead
from peak_console.model.ahead import AheadRun, Due
from peak_console.model.lane import COMING, RUNNING, LaneItem
from peak_console.model.records import Outcome
from tests.support.factories import make_job

NOW = datetime(2026, 11, 23, 13, 55, 48, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
HOUR = Span(NOW - timedelta(minutes=30), 60, 60)


def item(start: float, seconds: float, outcome: str = Outcome.SUCCEEDED, **fields: object) -> LaneItem:
    """An item that begins so many minutes after the hour's first cell."""
    at = HOUR.start + timedelta(minutes=start)
    return LaneItem("a", at, at + timedelta(seconds=seconds), outcome, **fields)  # type: ignore[arg-type]


def line(*items: LaneItem) -> str:
    return "".join(glyph for glyph, _ in draw(items, HOUR, NOW)).rstrip()


@pytest.mark.parametrize(
    ("items", "drawn"),
    [
        ((), ""),
        ((item(2, 1),), "  ━"),
        ((item(2, 180),), "  ━━━"),
        ((item(2, 180, Outcome.FAILED),), "  ✖━━"),
        ((item(2, 60, count=4),), "  ═"),
        ((item(2, 60, Outcome.FAILED, count=4, bad=1),), "  ✖"),
        ((item(2, 0, Outcome.MISSED), item(4, 0, Outcome.SKIPPED)), "  ○ ·"),
        ((item(3, 60, late_seconds=90.0),), "  ▲━"),
        ((item(2, 60, Outcome.FAILED), item(2, 240)), "  ✖━━━"),
        ((item(29, 180, RUNNING),), " " * 29 + "▶━┄"),
        ((item(40, 120, COMING),), " " * 40 + "◇┄"),
        ((item(-3, 240),), "━"),
        ((item(58, 600),), " " * 58 + "━━"),
        ((item(70, 60),), ""),
    ],
)
def test_a_lane(items: tuple[LaneItem, ...], drawn: str) -> None:
    assert line(*items) == drawn


@given(
    st.lists(st.builds(item, st.floats(-100, 100), st.floats(0, 9999), st.sampled_from([*Outcome, COMING, RUNNING])))
)
def test_any_items_fill_exactly_the_cells(items: list[LaneItem]) -> None:
    cells = draw(items, HOUR, NOW)
    assert len(cells) == HOUR.cells
    for each in items:
        first = HOUR.cell_of(each.start)
        if 0 <= first < HOUR.cells:
            assert cells[first][0] != " "
            assert at_cell(items, HOUR, first) is not None


@given(st.sampled_from(ZOOMS), st.integers(4, 300), st.integers(-5000, 5000))
def test_a_span_has_its_length_and_its_cells_stand_still(seconds: int, cells: int, shift: int) -> None:
    span = span_around(NOW, seconds, cells, shift)
    assert abs((span.end - span.start).total_seconds() - seconds) < 0.01
    later = span_around(NOW + timedelta(seconds=span.cell_seconds / 1000), seconds, cells, shift)
    moved = (later.start - span.start).total_seconds() / span.cell_seconds
    assert abs(moved - round(moved)) < 0.01
    for cell in (0, cells - 1):
        assert span.cell_of(span.start_of(cell)) == cell
    if not shift:
        assert span.start <= NOW < span.end


@given(st.sampled_from([60.0, 600.0, 4000.0]) | st.floats(300, 90_000), st.sampled_from(ZOOMS), st.integers(-200, 200))
def test_slots_ahead_are_those_of_the_one_answer_one_for_each_cell(every: float, seconds: int, shift: int) -> None:
    job = make_job("a", interval_seconds=every)
    span = span_around(NOW, seconds, 40, shift)
    found = [each.start for each in coming(job, None, NOW, span, 5.0)]
    ahead = takewhile(lambda slot: slot < span.end, slots_ahead(job, None, NOW))
    seen: dict[int, datetime] = {}
    for slot in islice(ahead, 100_000):
        if max(slot, NOW) >= span.start:
            seen.setdefault(span.cell_of(max(slot, NOW)), max(slot, NOW))
    assert found == list(seen.values())


def test_the_next_and_the_one_before() -> None:
    items = [item(2, 60), item(10, 60), item(40, 60, COMING)]
    assert [nearest(items, HOUR, 10, by) for by in (-1, 1)] == [2, 40]
    assert [nearest(items, HOUR, 2, -1), nearest(items, HOUR, 40, 1)] == [None, None]


def test_the_axis_names_hours_and_days() -> None:
    assert axis(span_around(NOW, 6 * 3600, 72), BERLIN).split() == [
        "12:00",
        "13:00",
        "14:00",
        "15:00",
        "16:00",
        "17:00",
    ]
    assert "Tue 24" in axis(span_around(NOW, 3 * 86400, 100), BERLIN)
    assert axis(span_around(NOW, 3600, 4), BERLIN).strip() == ""


def test_what_stands_in_a_cell_is_told() -> None:
    assert told(item(2, 30, Outcome.FAILED, run_id=7, late_seconds=90.0), BERLIN) == (
        "#7 failed 14:27:48, 30.0s, 1m30s late"
    )
    assert told(item(2, 60, Outcome.FAILED, count=4, bad=1), BERLIN) == "4 runs until 14:28, 1 not well (failed)"
    assert told(item(40, 120, COMING), BERLIN) == "due 15:05:48, until about 15:07:48 (2m00s)"
    assert told(item(2, 600, RUNNING, run_id=8), BERLIN) == "#8 running since 14:27:48, until about 14:37:48"


def run_ahead(minute: float, seconds: float = 60.0, **fields: Any) -> AheadRun:
    """A run that is foreseen to start so many minutes after the hour's first cell, on its slot."""
    at = HOUR.start + timedelta(minutes=minute)
    known = {"slot": at, "starts_at": at, "ends_at": at + timedelta(seconds=seconds), "outcome": Outcome.SUCCEEDED}
    return AheadRun("a", **{**known, **fields})


def due(minute: float, expected: float | None = 40.0, **fields: Any) -> Due:
    start = HOUR.start
    ends = start + timedelta(minutes=expected) if expected is not None else None
    return Due("a", start + timedelta(minutes=minute), ends, **fields)


@pytest.mark.parametrize(
    ("runs", "drawn"),
    [
        ((run_ahead(40, 120),), " " * 40 + "◇┄"),
        ((run_ahead(40), run_ahead(44, attempt=2)), " " * 40 + "◇   ↻"),
        ((run_ahead(40, 60, due=due(45)),), " " * 40 + "◇    ⚑"),
        ((run_ahead(40, starts_at=None, ends_at=None, outcome=Outcome.SKIPPED),), " " * 40 + "·"),
        ((run_ahead(40, starts_at=None, ends_at=None, outcome="missed"),), " " * 40 + "○"),
        ((run_ahead(20),), ""),
        ((run_ahead(29.5, starts_at=None, ends_at=None, outcome="queued"),), " " * 30 + "◇"),
        ((run_ahead(90),), ""),
    ],
)
def test_what_is_foreseen_is_drawn_from_now_on(runs: tuple[AheadRun, ...], drawn: str) -> None:
    assert line(*foreseen(runs, NOW, HOUR)) == drawn


@pytest.mark.parametrize(
    ("deadline", "style"),
    [
        (due(45), "accent"),
        (due(39), "error"),
        (due(45, None), "error"),
        (due(45, spread_seconds=600), "warning"),
        (due(45, is_guess=True), "accent"),
    ],
)
def test_a_slot_has_the_colour_of_its_risk(deadline: Due, style: str) -> None:
    [found] = foreseen([run_ahead(40, due=deadline)], NOW, HOUR)
    assert draw([found], HOUR, NOW)[40][1] == style


def test_of_several_runs_in_a_cell_the_one_at_risk_is_seen() -> None:
    late = run_ahead(40.5, due=due(20))
    [found] = foreseen([run_ahead(40.1), late, run_ahead(40.8)], NOW, HOUR)
    assert found.ahead is late


def test_sessions_lie_behind_everything() -> None:
    opens, closes = HOUR.start + timedelta(minutes=1), HOUR.start + timedelta(minutes=6)
    drawn = draw([item(2, 60)], HOUR, NOW, [(opens, closes)])
    assert "".join(glyph for glyph, _ in drawn).rstrip() == " ▁━▁▁▁"


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (run_ahead(40, 120), "due 15:05:48, until about 15:07:48 (2m00s)"),
        (run_ahead(40, 60, is_guess=True), "due 15:05:48, until about 15:06:48 (no history yet)"),
        (
            run_ahead(40, 60, slot=HOUR.start + timedelta(minutes=30), waits="waiting for quotes"),
            "due 14:55:48, starts about 15:05:48 (waiting for quotes), until about 15:06:48 (1m00s)",
        ),
        (run_ahead(40, 60, attempt=2), "attempt 2 15:05:48, until about 15:06:48 (1m00s)"),
        (run_ahead(40, 60, outcome="failed"), "due 15:05:48, until about 15:06:48 (1m00s), will probably fail"),
        (run_ahead(40, 60, due=due(45)), "due 15:05:48 · end by 15:10: 5m00s slack · until about 15:06:48 (1m00s)"),
        (run_ahead(40, 60, due=due(39)), "due 15:05:48 · end by 15:04: 1m00s late · until about 15:06:48 (1m00s)"),
        (
            run_ahead(40, starts_at=None, outcome="queued", waits="waiting for quotes", due=due(45, None)),
            "due 15:05:48, and still waits: waiting for quotes · end by 15:10: will miss it",
        ),
        (
            run_ahead(40, starts_at=None, ends_at=None, outcome="skipped", reason="held"),
            "15:05:48 will be skipped: held",
        ),
    ],
)
def test_what_is_foreseen_is_told_in_words(run: AheadRun, words: str) -> None:
    [found] = foreseen([run], NOW, HOUR)
    assert told(found, BERLIN) == words


@given(st.integers(1, 90))
def test_slots_begin_where_the_forecast_ends(minutes: int) -> None:
    job, until = make_job("a", interval_seconds=420), NOW + timedelta(minutes=minutes)
    every = list(coming(job, None, NOW, HOUR, None))
    assert list(coming(job, None, NOW, HOUR, None, until)) == [each for each in every if each.start >= until]
