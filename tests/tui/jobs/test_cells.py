"""What the cells of a row say, which columns fit, how rows sort and match: without a screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from peak_console.decisions.job_status import DisabledBy, Standing
from peak_console.model.records import Outcome, Override
from peak_console.schedule.model import JobSchedule
from peak_console.tui.drawing.paint import changed_span, cut, fitted, merged, pieces_width, width_of
from peak_console.tui.jobs.cells import Facts, cell_of, note
from peak_console.tui.jobs.columns import COLUMNS, GAP_CELLS, GUTTER_CELLS, USUAL, fit_columns, ordered
from peak_console.tui.jobs.filtering import compiled
from peak_console.tui.jobs.listing import JobList
from tests.tui.harness import ZONE, fixed_now, make_history, make_row, make_run, trading_rows

if TYPE_CHECKING:
    from peak_console.tui.state.snapshot import JobRow


def said(row: JobRow, column: str, width: int = 20) -> str:
    return "".join(text for text, _ in cell_of(Facts(row), column, width, fixed_now()))


def names(facts: list[Facts]) -> list[str]:
    return [each.name for each in facts]


def test_every_state_is_a_glyph_and_a_word() -> None:
    shown = {said(make_row(standing=standing), "state") for standing in Standing}

    assert len(shown) == len(Standing)
    assert all(glyph and word for glyph, _, word in (text.partition(" ") for text in shown))


@pytest.mark.parametrize(
    ("next_in", "text"), [(252, "00:04:12"), (0, "due"), (-30, "due"), (59640, "16h 34m"), (None, "–")]
)
def test_next_counts_down_to_the_slot(next_in: float | None, text: str) -> None:
    assert said(make_row(next_in=next_in), "next") == text


def test_a_job_that_its_file_disables_says_so_instead_of_a_countdown() -> None:
    by_operator = make_row(standing=Standing.DISABLED, disabled_by=DisabledBy.OPERATOR)

    assert said(make_row(standing=Standing.DISABLED), "next") == "by file"
    assert said(by_operator, "next") == "–"


def test_last_is_the_last_run_that_ended_while_another_is_under_way() -> None:
    under_way = make_run(9, ended_ago=None)
    row = make_row(history=make_history(durations=(1,), failed=(0,)), last_run=under_way, active=(under_way,))

    assert said(row, "last").split() == ["✖", "1h", "ago"]


def test_a_job_that_never_ran_says_never() -> None:
    assert said(make_row(standing=Standing.WAITING), "last") == "never"
    assert said(make_row(standing=Standing.WAITING), "took").strip() == "–"


@pytest.mark.parametrize(("took", "marked"), [(2.0, False), (3.0, False), (3.1, True)])
def test_a_run_is_marked_beyond_one_and_a_half_times_the_median(took: float, marked: bool) -> None:
    row = make_row(history=[make_run(99, took=took), *make_history(durations=(2.0,) * 9)])

    assert said(row, "took").startswith("▲") is marked


def test_took_of_a_running_job_is_the_time_so_far() -> None:
    row = make_row(
        standing=Standing.RUNNING,
        active=(make_run(5, ended_ago=None, took=75),),
        history=make_history(durations=(40.0, 41.0)),
    )

    assert said(row, "took").split() == ["▲", "1m15s"]


def test_the_bar_of_runs_is_level_when_steady_and_peaks_where_slow() -> None:
    assert said(make_row(history=make_history(durations=(2.0,) * 5)), "runs") == "▃▃▃▃▃"
    assert said(make_row(history=make_history(durations=(2.0, 2.0, 0.1, 4.0, 90.0))), "runs") == "▃▃▁▆█"


def test_a_failed_run_has_its_own_glyph_in_the_bar() -> None:
    failed = make_row(history=make_history(durations=(2.0,) * 4, failed=(1,)))
    stopped = make_row(history=[make_run(outcome=Outcome.STOPPED)])

    assert said(failed, "runs") == "▃▃✖▃"
    assert said(stopped, "runs") == "■"


def test_the_bar_shows_the_newest_runs_that_fit() -> None:
    assert said(make_row(history=make_history(durations=(9.0, 1.0, 1.0), failed=(0,))), "runs", width=2) == "▃✖"


def test_runs_that_took_no_time_are_a_flat_bar() -> None:
    assert said(make_row(history=make_history(durations=(0.0, 0.0))), "runs") == "▁▁"


def test_the_note_says_who_disabled_a_job_until_when_and_why() -> None:
    disabled = next(row for row in trading_rows() if row.name == "hourly_backtest_check")
    lasting = Override(enabled=True, by="anna", at=fixed_now() - timedelta(days=2))

    assert note(Facts(disabled), fixed_now(), ZONE) == 'by operator until 18:00: "exchange maintenance"'
    assert note(Facts(make_row(override=lasting)), fixed_now(), ZONE) == "enabled by anna since Sat 14:55"
    assert note(Facts(make_row()), fixed_now(), ZONE) == ""


def test_escapes_in_names_and_tags_are_gone() -> None:
    facts = Facts(make_row("\x1b[31mred\x07", tags=("a\u202eb",)))

    assert facts.name == "red\ufffd"
    assert facts.tags == "#a\ufffdb"


def test_facts_hold_while_a_row_says_the_same_and_no_longer() -> None:
    row = make_row(history=make_history(durations=(1.0, 2.0)))
    facts = Facts(row)

    assert facts.still_hold(replace(row, view=replace(row.view), history=list(row.history)))
    for other in (
        replace(row, view=replace(row.view, standing=Standing.FAILED)),
        replace(row, view=replace(row.view, next_slot=None)),
        replace(row, view=replace(row.view, override=Override(enabled=False, by="a", at=fixed_now()))),
        replace(row, view=replace(row.view, job=replace(row.view.job, tags=("new",)))),
        replace(row, view=replace(row.view, last_run=make_run(5000))),
        replace(row, view=replace(row.view, active=(make_run(5001, ended_ago=None),))),
        replace(row, history=[make_run(5002), *row.history]),
    ):
        assert not facts.still_hold(other)


def test_a_row_never_takes_more_room_than_there_is() -> None:
    facts = [Facts(row) for row in trading_rows()]
    least = GUTTER_CELLS + 10 + 8 + 13 + 8 + 3 * GAP_CELLS

    for width in range(20, 200):
        widths = fit_columns(facts, width)
        assert GUTTER_CELLS + sum(widths.values()) + GAP_CELLS * (len(widths) - 1) <= max(width, least)


def test_columns_go_from_the_right_before_names_are_cut() -> None:
    facts = [Facts(row) for row in trading_rows()]
    longest = max(each.name_width for each in facts)
    keys = list(USUAL)

    seen = set()
    for width in range(200, 60, -1):
        widths = fit_columns(facts, width)
        shown = list(widths)
        assert shown == keys[: len(shown)]
        assert widths["name"] >= min(longest, 24) or len(shown) == 4
        seen.add(len(shown))
    assert seen == {4, 5, 6, 7, 8}


def test_at_eighty_cells_names_and_the_last_run_are_whole() -> None:
    facts = [Facts(row) for row in trading_rows()]
    assert list(fit_columns(facts, 77)) == ["state", "name", "schedule", "next", "last"]


def test_the_worst_come_first_and_then_the_next_slot() -> None:
    facts = [
        Facts(make_row("later", next_in=900)),
        Facts(make_row("off", Standing.DISABLED)),
        Facts(make_row("sooner", next_in=60)),
        Facts(make_row("failed", Standing.FAILED, next_in=90000)),
        Facts(make_row("running", Standing.RUNNING)),
    ]

    assert names(ordered(facts, "state", descending=False)) == ["failed", "running", "sooner", "later", "off"]
    assert names(ordered(facts, "state", descending=True)) == ["off", "later", "sooner", "running", "failed"]


@pytest.mark.parametrize("descending", [False, True])
def test_rows_without_a_value_come_last_either_way(descending: bool) -> None:
    facts = [
        Facts(make_row("none", Standing.WAITING, next_in=None)),
        Facts(make_row("early", next_in=1, history=make_history(durations=(1.0,), ended_ago=9))),
        Facts(make_row("late", next_in=2, history=make_history(durations=(2.0,), ended_ago=3))),
    ]

    for column in ("next", "last", "took"):
        expected = ["late", "early", "none"] if descending else ["early", "late", "none"]
        assert names(ordered(facts, column, descending=descending)) == expected


def test_every_column_sorts() -> None:
    facts = [Facts(row) for row in trading_rows()]

    for column in COLUMNS:
        for descending in (False, True):
            assert sorted(names(ordered(facts, column.key, descending=descending))) == sorted(names(facts))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["Alpha", "beta", "gamma"]),
        ("alpha", ["Alpha"]),
        ("ALPHA", ["Alpha"]),
        ("#sig", ["Alpha", "gamma"]),
        ("sig", ["Alpha", "gamma"]),
        ("#ig", []),
        ("failed", ["beta"]),
        ("sig ok", ["gamma"]),
        ("sig alpha running", ["Alpha"]),
        ("sig nothing", []),
    ],
)
def test_every_word_of_a_filter_must_be_found(text: str, found: list[str]) -> None:
    facts = [
        Facts(make_row("Alpha", Standing.RUNNING, tags=("signals",))),
        Facts(make_row("beta", Standing.FAILED, tags=("risk",))),
        Facts(make_row("gamma", Standing.OK, tags=("SIGNALS",))),
    ]

    asked = compiled(text)
    assert [each.row.name for each in facts if asked(each, None)] == found


def test_a_cron_schedule_is_its_expression() -> None:
    assert said(make_row(schedule=JobSchedule(type="cron", cron="0 6 * * *")), "schedule") == "0 6 * * *"


@pytest.mark.parametrize("text", ["", "plain", "日本語の名前", "é" * 20, "a" * 50])
@pytest.mark.parametrize("width", [0, 1, 2, 5, 12])
def test_cut_and_fitted_text_takes_the_cells_it_is_given(text: str, width: int) -> None:
    assert width_of(cut(text, width)) <= width
    for right in (False, True):
        assert pieces_width(fitted(((text, "text"),), width, right=right, gap=2)) == width + 2


def test_neighbours_of_one_style_are_merged() -> None:
    assert merged([("a", "x"), ("b", "x"), ("c", "y"), ("d", "x")]) == (("ab", "x"), ("c", "y"), ("d", "x"))


@pytest.mark.parametrize(
    ("before", "after", "span"),
    [
        ("ab cd ef", "ab cd ef", (0, 0)),
        ("ab cd ef", "ab xy ef", (2, 2)),
        ("ab cd ef", "xy cd ef", (0, 2)),
        ("ab cd ef", "ab cd xy", (4, 2)),
        ("ab cd ef", "ab cdx ef", (2, 5)),
        ("ab cdx ef", "ab cd ef", (2, 5)),
        ("", "ab", (0, 2)),
        ("ab cd", "ab", (2, 2)),
        ("a a", "a a a", (2, 1)),
    ],
)
def test_the_span_that_changed_holds_every_difference(before: str, after: str, span: tuple[int, int]) -> None:
    old, new = ([(word, "text") for word in line.split()] for line in (before, after))

    assert changed_span(old, new) == span


def test_the_schedule_shows_its_zone_where_it_is_not_the_header_s() -> None:
    tokyo = make_row(schedule=JobSchedule(type="daily", daily_time="08:00", timezone="Asia/Tokyo"))
    berlin = make_row(schedule=JobSchedule(type="daily", daily_time="08:00", timezone="Europe/Berlin"))
    assert Facts(tokyo, ZONE).schedule == "daily 08:00 Asia/Tokyo"
    assert Facts(berlin, ZONE).schedule == "daily 08:00"


def test_another_zone_in_the_header_makes_the_rows_anew() -> None:
    jobs, rows = JobList(), [make_row(schedule=JobSchedule(type="daily", daily_time="08:00", timezone="Asia/Tokyo"))]
    assert jobs.take(rows, ZONE)[0] == ["backup"]
    assert jobs.take(rows, ZONE)[0] == []
    assert jobs.take(rows, ZoneInfo("Asia/Tokyo"))[0] == ["backup"]
    assert jobs.order[0].schedule == "daily 08:00"
