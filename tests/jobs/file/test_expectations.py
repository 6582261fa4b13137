"""What a result has to say, and which numbers of it are kept."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peak_console.jobs.expectations import MOST_METRICS, fault_of, metrics, unmet

RESULT = {"rows": 12, "status": "ok", "drawdown": 0.15, "live": True, "book": {"pnl": -3.5, "side": "buy"}, "a.b": 1}


@pytest.mark.parametrize(
    ("expect", "wrong"),
    [
        ({"rows": ">0", "status": "ok", "drawdown": "<0.2"}, []),
        ({"rows": 12, "live": True, "book.pnl": "<= -3.5", "a.b": "=1"}, []),
        ({"rows": "=12", "status": "==ok", "book.side": "!=sell"}, []),
        ({"rows": ">12"}, ["rows is 12, expected >12"]),
        ({"rows": ">= 12.5"}, ["rows is 12, expected >= 12.5"]),
        ({"status": "OK"}, ["status is ok, expected OK"]),
        ({"status": ">0"}, ["status is ok, expected >0"]),
        ({"live": 1}, ["live is true, expected 1"]),
        ({"live": ">0"}, ["live is true, expected >0"]),
        ({"rows": "!=12"}, ["rows is 12, expected !=12"]),
        ({"cols": ">0", "book.qty": 1}, ["cols is missing, expected >0", "book.qty is missing, expected 1"]),
    ],
)
def test_each_expectation_that_is_not_met_is_told(expect: dict[str, Any], wrong: list[str]) -> None:
    assert unmet(expect, RESULT) == wrong


@given(st.floats(allow_nan=True), st.floats(allow_nan=False, allow_infinity=False))
def test_a_comparison_holds_as_python_has_it_and_never_for_what_is_no_number(value: float, limit: float) -> None:
    for sign, holds in ((">", value > limit), ("<", value < limit), (">=", value >= limit), ("<=", value <= limit)):
        expected = holds and math.isfinite(value)
        assert (unmet({"n": f"{sign}{limit!r}"}, {"n": value}) == []) is expected


@pytest.mark.parametrize(
    ("written", "fault"),
    [(">", 'must compare with something: ">"'), ("<abc", 'must compare with a number: "<abc"'), ("!=", "must compare"),
     ("a > b", None), ("", None), (">1e3", None), (3, None)],
)  # fmt: skip
def test_an_expectation_that_compares_with_nothing_is_wrong(written: Any, fault: str | None) -> None:
    found = fault_of(written)
    assert found is None if fault is None else (found or "").startswith(fault)


def test_numbers_are_kept_those_of_tables_too_and_nothing_else() -> None:
    assert metrics(RESULT) == {"rows": 12, "drawdown": 0.15, "book.pnl": -3.5, "a.b": 1}
    assert metrics({"n": float("nan"), "i": float("inf"), "big": 10**400, "deep": {"er": {"x": 1}}, "x" * 200: 1}) == {}
    assert len(metrics({f"n{number}": number for number in range(1000)})) == MOST_METRICS


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), st.text() | st.booleans() | st.integers()), st.dictionaries(st.text(), JSON))
def test_no_result_and_no_expectation_is_too_strange(expect: dict[str, Any], result: dict[str, Any]) -> None:
    for told in unmet(expect, result):
        assert "expected" in told
    json.dumps(metrics(result), allow_nan=False)
