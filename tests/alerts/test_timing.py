from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from peak_console.alerts.timing import GIVE_UP_AFTER, retry_at

NOW = datetime(2025, 3, 4, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 5), (2, 15), (3, 45), (4, 135), (6, 1215), (7, 3600), (8, 3600), (5000, 3600)]
)
def test_wait_triples_up_to_an_hour(attempts: int, seconds: float) -> None:
    assert retry_at(attempts, NOW, NOW, jitter=0) == NOW + timedelta(seconds=seconds)


def test_jitter_adds_up_to_a_fifth() -> None:
    assert retry_at(1, NOW, NOW, jitter=1) == NOW + timedelta(seconds=6)
    assert retry_at(7, NOW, NOW, jitter=0.5) == NOW + timedelta(seconds=3960)


def test_retry_beyond_a_day_after_the_alert_is_not_made() -> None:
    last = NOW + GIVE_UP_AFTER - timedelta(seconds=5)
    assert retry_at(1, NOW, last, jitter=0) == NOW + GIVE_UP_AFTER
    assert retry_at(1, NOW, last + timedelta(microseconds=1), jitter=0) is None
