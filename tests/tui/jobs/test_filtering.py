"""The language of the jobs' filter."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.decisions.job_status import Standing
from peak_console.model.records import Trigger
from peak_console.schedule.model import JobSchedule
from peak_console.tui.jobs.cells import Facts
from peak_console.tui.jobs.columns import COLUMN, ordered
from peak_console.tui.jobs.filtering import FilterError, compiled
from peak_console.tui.jobs.listing import JobList
from tests.tui.harness import fixed_now, make_row, make_run

LATE = make_run(7, "late", scheduled_for=fixed_now() - timedelta(seconds=3602 + 90))
ROWS = [
    make_row("alpha_btc", Standing.RUNNING, tags=("live", "signals")),
    make_row("beta", Standing.FAILED, tags=("risk",)),
    make_row("gamma_btc", Standing.OK, tags=("paper", "signals")),
    make_row("late", Standing.OK, last_run=LATE, history=[LATE]),
    make_row("tokyo", schedule=JobSchedule(type="daily", daily_time="08:00", timezone="Asia/Tokyo")),
    make_row("overdue", Standing.WAITING, next_in=-300),
]


def found(text: str) -> list[str]:
    asked = compiled(text)
    return [row.name for row in ROWS if asked(Facts(row), fixed_now())]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("btc", ["alpha_btc", "gamma_btc"]),
        ("btc !live", ["gamma_btc"]),
        ("!btc !tokyo !late", ["beta", "overdue"]),
        ("live | risk", ["alpha_btc", "beta"]),
        ("live|risk", ["alpha_btc", "beta"]),
        ("btc #live | beta", ["alpha_btc", "beta"]),
        ("state:failed", ["beta"]),
        ("state:failed,running", ["alpha_btc", "beta"]),
        ("!state:ok btc", ["alpha_btc"]),
        ("tag:live,paper btc", ["alpha_btc", "gamma_btc"]),
        ("tag:signal", []),
        ("/^(alpha|beta)/", ["alpha_btc", "beta"]),
        ("!/_btc$/ state:failed", ["beta"]),
        ("late:>1m", ["late", "overdue"]),
        ("late:>4m", ["overdue"]),
        ("late:<4m", ["late"]),
        ("zone:tokyo", ["tokyo"]),
        ("", [row.name for row in ROWS]),
        ("btc |", ["alpha_btc", "gamma_btc"]),
        ("btc !", ["alpha_btc", "gamma_btc"]),
        ("btc state:", ["alpha_btc", "gamma_btc"]),
        ("late:>", [row.name for row in ROWS]),
    ],
)
def test_what_a_filter_finds(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("/(/", '"(" is no regular expression: missing ), unterminated subpattern at position 0'),
        ("state:faild", "no state is called faild; did you mean failed?"),
        ("late:>soon", "late:>soon: write for example late:>1m"),
    ],
)
def test_what_is_wrong_with_a_filter_is_said(text: str, fault: str) -> None:
    with pytest.raises(FilterError, match=r".*") as refused:
        compiled(text)
    assert str(refused.value) == fault


def test_while_a_filter_is_wrong_the_one_before_holds() -> None:
    jobs = JobList()
    jobs.take(ROWS)
    jobs.filter_by("btc")
    jobs.filter_by("/(/")
    assert jobs.filter_fault
    assert list(jobs.places) == ["alpha_btc", "gamma_btc"]
    jobs.filter_by("risk")
    assert not jobs.filter_fault
    assert list(jobs.places) == ["beta"]


@given(st.text(alphabet='ab !|/#:,"\\()[]*+?>.state:taglatezone', max_size=30))
def test_any_text_is_a_filter_or_has_a_sentence(text: str) -> None:
    try:
        asked = compiled(text)
    except FilterError:
        return
    for row in ROWS:
        asked(Facts(row), fixed_now())


@pytest.mark.parametrize("column", [*COLUMN])
@pytest.mark.parametrize("descending", [True, False])
def test_failed_jobs_are_on_top_whatever_the_column(column: str, *, descending: bool) -> None:
    facts = [Facts(row) for row in ROWS]
    top = ordered(facts, column, descending=descending)[0].row.name
    assert top == "beta" or (column == "state" and descending)


def test_a_run_by_hand_is_never_late() -> None:
    run = make_run(1, triggered_by=Trigger.MANUAL, scheduled_for=fixed_now() - timedelta(hours=9))
    assert Facts(make_row(last_run=run)).lateness(None) is None
