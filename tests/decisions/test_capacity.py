"""Places for runs under ``max_concurrent_runs``."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from peak_console.decisions.capacity import Capacity
from tests.support.factories import make_job

JOB = make_job()


@given(limit=st.integers(1, 20), taken=st.integers(0, 30), wanted=st.integers(0, 40))
def test_no_more_places_are_taken_than_are_free(limit: int, taken: int, wanted: int) -> None:
    capacity = Capacity(limit, taken)
    free = capacity.free
    assert free == max(0, limit - taken)
    answers = [capacity.take(JOB) for _ in range(wanted)]
    assert answers == [True] * min(free, wanted) + [False] * max(0, wanted - free)
    assert capacity.taken == taken + sum(answers)
    assert capacity.is_full == (capacity.free == 0)


@given(taken=st.integers(0, 10_000))
def test_a_limit_of_zero_is_no_limit(taken: int) -> None:
    capacity = Capacity(0, taken)
    assert capacity.free is None
    assert not capacity.is_full
    assert all(capacity.take(JOB) for _ in range(100))
