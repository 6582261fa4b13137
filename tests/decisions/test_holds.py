"""Which jobs a hold covers."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from peak_console.decisions.conditions import HOLD
from peak_console.decisions.holding.holds import covers, held_names, holding, is_over, scope
from peak_console.model.state import Hold
from tests.support.clock import MONDAY_MORNING
from tests.support.factories import make_job, make_situation

NOW = MONDAY_MORNING
TAGS = st.lists(st.sampled_from(["live", "risk", "report"]), unique=True)
NAMES = st.sampled_from(["trade", "eod_report", "report"])
WORDS = st.sampled_from(["", "report", "!eod", "#live", "report !eod", "/^e/", "job:trade", "none"])
ENDS = st.none() | st.integers(-100, 100).map(lambda seconds: NOW + timedelta(seconds=seconds))
HOLDS = st.builds(Hold, st.just(NOW), st.just("ada"), until=ENDS, tags=TAGS.map(tuple), words=WORDS)


@given(st.lists(HOLDS, max_size=4), NAMES, TAGS)
def test_a_job_is_held_while_any_hold_that_covers_it_lasts(holds: list[Hold], name: str, tags: list[str]) -> None:
    job = make_job(name, interval_seconds=60, tags=tuple(tags))
    found = holding(job, holds, NOW)
    lasting = [hold for hold in holds if not is_over(hold, NOW) and covers(hold, job)]
    assert (found is not None) is bool(lasting)
    assert held_names({name: job}, holds, NOW) == ({name} if lasting else set())
    if found is not None:
        ends = [hold.until for hold in lasting if hold.until is not None]
        assert found.until == (max(ends) if len(ends) == len(lasting) else None)
        asked = make_situation(job, NOW, NOW, hold=found)
        assert not HOLD.holds(asked)
        assert HOLD.answer(asked).until == found.until


def test_the_end_of_a_hold_is_told_ahead() -> None:
    job = make_job("trade", interval_seconds=60)
    hold = Hold(NOW, "ada", "maintenance", until=NOW + timedelta(hours=4))
    assert HOLD.holds(make_situation(job, NOW, NOW + timedelta(hours=5), hold=hold))
    sentence = HOLD.answer(make_situation(job, NOW, NOW, hold=hold)).sentence
    assert sentence.startswith("held by ada since ")
    assert " until " in sentence
    assert sentence.endswith("(maintenance)")


def test_scopes_in_words() -> None:
    assert scope(Hold(NOW, "ada")) == "all jobs"
    assert scope(Hold(NOW, "ada", tags=("live", "risk"))) == "jobs tagged live or risk"
    assert scope(Hold(NOW, "ada", words="report")) == "jobs: report"
    assert scope(Hold(NOW, "ada", tags=("live",), words="report")) == "jobs tagged live: report"
